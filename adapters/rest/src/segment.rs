//! Segments of a path, as links carry them.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};

/// What may stand in a segment as it is: RFC 3986's `pchar` without `+` (older hubs meant a
/// blank by it), `;` (begins parameters) and the quote.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b',')
    .remove(b'=')
    .remove(b':')
    .remove(b'@');

/// A text as one segment of a path: a blank becomes `%20`.
pub fn segment(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, ENCODED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_keeps_what_it_may_and_encodes_the_rest() {
        for (text, expected) in [
            ("update.zip", "update.zip"),
            ("a b+c.bin", "a%20b%2Bc.bin"),
            ("a/b?c#d%e", "a%2Fb%3Fc%23d%25e"),
            ("ä", "%C3%A4"),
            ("a:b@c", "a:b@c"),
        ] {
            assert_eq!(segment(text).to_string(), expected);
        }
    }
}
