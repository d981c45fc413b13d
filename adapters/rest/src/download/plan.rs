//! Which bytes to send, by the request's conditions and ranges.

use super::File;
use http::header::{IF_MATCH, IF_RANGE, RANGE};
use http::{HeaderMap, HeaderValue, Method};
use http_range_header::{ParsedRanges, StartPosition, parse_range_header};
use std::ops::RangeInclusive;

/// How many ranges one request may ask for.
const RANGES_MAX: usize = 64;

/// Which bytes to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// 412: the file is not the one that the client has in mind.
    PreconditionFailed,
    /// 416: no such bytes.
    Unsatisfiable,
    /// 200: all of them.
    Whole,
    /// 206: these, in ascending order, without overlap; never none.
    Parts(Vec<RangeInclusive<u64>>),
}

impl Plan {
    /// Whether a request has to be compared with the file before it is known whether the whole
    /// file will be sent.
    #[must_use]
    pub fn depends_on_file(method: &Method, headers: &HeaderMap) -> bool {
        headers.contains_key(IF_MATCH) || (method == Method::GET && headers.contains_key(RANGE))
    }

    /// What to send. Ranges count for GET only.
    #[must_use]
    pub fn of(method: &Method, headers: &HeaderMap, file: &File) -> Self {
        if headers.contains_key(IF_MATCH) && !if_match(headers, file) {
            return Self::PreconditionFailed;
        }
        let range = headers.get(RANGE).filter(|_| method == Method::GET);
        match range {
            Some(range) if if_range(headers.get(IF_RANGE), file) => ranges(range, file.size_bytes),
            _ => Self::Whole,
        }
    }
}

/// `If-Match`: a list of tags, bare or quoted, or `*`.
fn if_match(headers: &HeaderMap, file: &File) -> bool {
    headers.get_all(IF_MATCH).iter().filter_map(|v| v.to_str().ok()).any(|list| {
        list.split(',')
            .map(str::trim)
            .any(|tag| tag == "*" || tag == file.sha1 || unquoted(tag) == Some(&file.sha1))
    })
}

/// `If-Range`: the quoted tag, or a date that is not before the file's.
fn if_range(value: Option<&HeaderValue>, file: &File) -> bool {
    let Some(value) = value else { return true };
    let Ok(text) = value.to_str() else {
        return false;
    };
    if unquoted(text) == Some(&file.sha1) {
        return true;
    }
    let since_epoch = |time: std::time::SystemTime| time.duration_since(std::time::UNIX_EPOCH).ok();
    let seconds = httpdate::parse_http_date(text).ok().and_then(since_epoch).map(|d| d.as_secs());
    let modified = u64::try_from(file.modified_millis.div_euclid(1000)).unwrap_or_default();
    seconds.is_some_and(|seconds| seconds >= modified)
}

fn unquoted(tag: &str) -> Option<&str> {
    tag.strip_prefix('"')?.strip_suffix('"')
}

fn ranges(header: &HeaderValue, size_bytes: u64) -> Plan {
    let Ok(text) = header.to_str() else {
        return Plan::Unsatisfiable;
    };
    if !text.starts_with("bytes") {
        return Plan::Whole; // RFC 9110 §14.2: a unit that is not known is passed over
    }
    let satisfiable = parse_range_header(text).ok().and_then(|r| within(r, size_bytes));
    satisfiable.map_or(Plan::Unsatisfiable, Plan::Parts)
}

fn within(mut parsed: ParsedRanges, size_bytes: u64) -> Option<Vec<RangeInclusive<u64>>> {
    if size_bytes == 0 || parsed.ranges.len() > RANGES_MAX {
        return None;
    }
    for range in &mut parsed.ranges {
        if let StartPosition::FromLast(length) = &mut range.start {
            *length = size_bytes.min(*length); // §14.1.2: a longer suffix is the whole file
        }
    }
    let mut ranges = parsed.validate(size_bytes).ok()?;
    ranges.sort_unstable_by_key(|range| *range.start());
    Some(ranges)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderName;
    use proptest::prelude::*;

    fn file(size_bytes: u64) -> File {
        File {
            name: "f".into(),
            size_bytes,
            sha1: "a26704c04fc5f10db5aab58468035531cc542485".into(),
            modified_millis: 1_700_000_000_500,
        }
    }

    fn plan(method: &Method, headers: &[(HeaderName, &str)]) -> Plan {
        let headers = headers.iter().map(|(n, v)| (n.clone(), v.parse().unwrap())).collect();
        Plan::of(method, &headers, &file(36))
    }

    #[test]
    fn ranges_are_read_as_recorded() {
        for (range, expected) in [
            ("bytes=10-", Some(vec![10..=35])),
            ("bytes=5-9", Some(vec![5..=9])),
            ("bytes=-4", Some(vec![32..=35])),
            ("bytes=-400", Some(vec![0..=35])),
            ("bytes=30-400", Some(vec![30..=35])),
            ("bytes=0-", Some(vec![0..=35])),
            ("bytes=4-5,0-1", Some(vec![0..=1, 4..=5])),
            ("bytes=0-5,3-8", None),
            ("bytes=36-", None),
            ("bytes=400-", None),
            ("bytes=9-5", None),
            ("bytes=x-y", None),
            ("bytes=-0", None),
            ("bytes= 1-2", None),
            ("bytes=", None),
            ("bytes=99999999999999999999-", None),
        ] {
            let expected = expected.map_or(Plan::Unsatisfiable, Plan::Parts);
            assert_eq!(plan(&Method::GET, &[(RANGE, range)]), expected, "{range}");
        }
        assert_eq!(plan(&Method::GET, &[(RANGE, "lines=1-2")]), Plan::Whole);
        assert_eq!(plan(&Method::HEAD, &[(RANGE, "bytes=1-2")]), Plan::Whole);
    }

    #[test]
    fn an_empty_file_has_no_ranges() {
        let headers = [(RANGE, "bytes=0-".parse().unwrap())].into_iter().collect();
        assert_eq!(Plan::of(&Method::GET, &headers, &file(0)), Plan::Unsatisfiable);
    }

    #[test]
    fn if_match_takes_bare_and_quoted_tags() {
        let sha1 = "a26704c04fc5f10db5aab58468035531cc542485";
        for (value, expected) in [
            (sha1.to_owned(), Plan::Whole),
            (format!("\"{sha1}\""), Plan::Whole),
            (format!("\"x\", \"{sha1}\""), Plan::Whole),
            ("*".into(), Plan::Whole),
            ("deadbeef".into(), Plan::PreconditionFailed),
            (String::new(), Plan::PreconditionFailed),
        ] {
            assert_eq!(plan(&Method::GET, &[(IF_MATCH, &value)]), expected, "{value}");
        }
    }

    #[test]
    fn if_range_takes_quoted_tags_and_dates() {
        let sha1 = "a26704c04fc5f10db5aab58468035531cc542485";
        let date = |seconds: u64| {
            let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
            httpdate::fmt_http_date(time)
        };
        for (value, honoured) in [
            (format!("\"{sha1}\""), true),
            (sha1.to_owned(), false),
            ("deadbeef".into(), false),
            (date(1_700_000_000), true),
            (date(1_700_000_001), true),
            (date(1_699_999_999), false),
        ] {
            let plan = plan(&Method::GET, &[(IF_RANGE, &value), (RANGE, "bytes=10-12")]);
            let expected = if honoured { Plan::Parts(vec![10..=12]) } else { Plan::Whole };
            assert_eq!(plan, expected, "{value}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_asked_for_lies_within_the_file(
            text in "bytes=[-0-9, ]{0,40}", size in 0..99u64,
        ) {
            let headers = [(RANGE, text.parse().unwrap())].into_iter().collect();
            if let Plan::Parts(parts) = Plan::of(&Method::GET, &headers, &file(size)) {
                prop_assert!(!parts.is_empty());
                prop_assert!(parts.iter().all(|r| r.start() <= r.end() && *r.end() < size));
                prop_assert!(parts.windows(2).all(|w| w[0].end() < w[1].start()));
            }
        }
    }
}
