//! `Content-Disposition`: under which name a download is to be kept.

use http::HeaderValue;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// `attachment;filename=NAME`: bare if the name is a token, quoted if it is plain ASCII, and
/// else with the name in UTF-8 beside an ASCII one (RFC 6266, RFC 8187).
#[must_use]
pub fn disposition(name: &str) -> HeaderValue {
    let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    let text = if !name.is_empty() && name.bytes().all(is_token) {
        format!("attachment;filename={name}")
    } else {
        let plain = |c: char| {
            if c.is_ascii() && !c.is_ascii_control() { c } else { '_' }
        };
        let ascii: String = name.chars().map(plain).collect();
        let quoted = ascii.replace('\\', "\\\\").replace('"', "\\\"");
        let mut text = format!("attachment;filename=\"{quoted}\"");
        if ascii != name {
            let encoded = utf8_percent_encode(name, NON_ALPHANUMERIC);
            text.push_str(&format!(";filename*=UTF-8''{encoded}"));
        }
        text
    };
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_quoted_when_needed() {
        for (name, expected) in [
            ("update.bin.MD5SUM", "attachment;filename=update.bin.MD5SUM"),
            ("my update.bin", "attachment;filename=\"my update.bin\""),
            ("a\"b\\c", "attachment;filename=\"a\\\"b\\\\c\""),
            (
                "größe.bin",
                "attachment;filename=\"gr__e.bin\";filename*=UTF-8''gr%C3%B6%C3%9Fe%2Ebin",
            ),
        ] {
            assert_eq!(disposition(name).to_str().unwrap(), expected);
        }
    }

    proptest! {
        #[test]
        fn no_name_breaks_out_of_the_header(name in "\\PC*|[\\x00-\\x20\"\\\\;]*") {
            let value = disposition(&name);
            prop_assert!(value.as_bytes().iter().all(|b| (0x20..0x7f).contains(b)));
            prop_assert!(value.as_bytes().starts_with(b"attachment;filename="));
        }
    }
}
