//! The client certificate as a trusted proxy reports it.

use crate::{CertificateHeaders, ClientCertificate};
use http::HeaderMap;

/// How many numbered issuer headers are read.
const ISSUERS_MAX: usize = 32;

/// What the headers say. None if they name nobody, or not one and the same.
pub(crate) fn from_headers(
    headers: &HeaderMap,
    names: &CertificateHeaders,
) -> Option<ClientCertificate> {
    let mut common_names =
        names.common_name.iter().flat_map(|name| headers.get_all(name)).map(|v| v.to_str().ok());
    let common_name = common_names.next()??;
    if common_name.is_empty() || common_names.any(|other| other != Some(common_name)) {
        return None;
    }
    let mut issuers = Vec::new();
    for value in names.issuer_list.iter().flat_map(|name| headers.get_all(name)) {
        let values = value.to_str().ok()?.split([',', ';']).map(str::trim);
        issuers.extend(values.filter(|v| !v.is_empty()).map(str::to_owned));
    }
    for prefix in &names.issuer_numbered {
        numbered(headers, prefix, &mut issuers);
    }
    Some(ClientCertificate { common_name: common_name.to_owned(), issuers })
}

/// Reads `prefix0`, `prefix1` and so on up to the first gap; the first may be missing.
fn numbered(headers: &HeaderMap, prefix: &str, issuers: &mut Vec<String>) {
    for number in 0..ISSUERS_MAX {
        let value = headers.get(format!("{prefix}{number}")).and_then(|v| v.to_str().ok());
        match value {
            Some(issuer) => issuers.push(issuer.trim().to_owned()),
            None if number == 0 => {}
            None => break,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

    fn read(pairs: &[(&'static str, &'static str)]) -> Option<ClientCertificate> {
        let headers: HeaderMap = pairs
            .iter()
            .map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v)))
            .collect();
        from_headers(&headers, &CertificateHeaders::default())
    }

    fn certificate(common_name: &str, issuers: &[&str]) -> Option<ClientCertificate> {
        let issuers = issuers.iter().map(|&i| i.into()).collect();
        Some(ClientCertificate { common_name: common_name.into(), issuers })
    }

    #[test]
    fn both_families_of_headers_are_read() {
        let new = [("x-controller-id", "d1"), ("x-authority", "a1; a2,a3")];
        assert_eq!(read(&new), certificate("d1", &["a1", "a2", "a3"]));
        let numbered = [("x-controller-id", "d1"), ("x-authority-1", "b"), ("x-authority-2", "c")];
        assert_eq!(read(&numbered), certificate("d1", &["b", "c"]));
        let old = [
            ("x-ssl-client-cn", "d1"),
            ("x-ssl-issuer-hash-1", "h1"),
            ("x-ssl-issuer-hash-2", "h2"),
            ("x-ssl-issuer-hash-4", "after the gap"),
        ];
        assert_eq!(read(&old), certificate("d1", &["h1", "h2"]));
    }

    #[test]
    fn headers_that_disagree_or_name_nobody_are_not_believed() {
        assert_eq!(read(&[("x-authority", "a1")]), None);
        assert_eq!(read(&[("x-controller-id", ""), ("x-authority", "a1")]), None);
        assert_eq!(read(&[("x-controller-id", "d2"), ("x-ssl-client-cn", "d1")]), None);
    }
}
