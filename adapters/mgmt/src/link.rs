//! Absolute addresses of resources, for HAL links.

use crate::rsql;
use otahub_rest::segment;

/// Builds links below `{origin}/rest/v1`.
#[derive(Debug, Clone)]
pub(crate) struct Base(String);

impl Base {
    /// Links for a request that came to `origin`, e.g. `https://hub.example:8443`.
    pub(crate) fn new(origin: &str) -> Self {
        Self(format!("{}/rest/v1", origin.trim_end_matches('/')))
    }

    /// `…/targets/{controllerId}`.
    pub(crate) fn target(&self, controller_id: &str) -> String {
        format!("{}/targets/{}", self.0, segment(controller_id))
    }

    /// `…/targets/{controllerId}/actions/{id}`.
    pub(crate) fn action(&self, controller_id: &str, action: i64) -> String {
        format!("{}/actions/{action}", self.target(controller_id))
    }

    /// `…/{collection}/{id}`.
    pub(crate) fn numbered(&self, collection: &str, id: i64) -> String {
        format!("{}/{collection}/{id}", self.0)
    }

    /// `…/softwaremodules/{id}`.
    pub(crate) fn module(&self, id: i64) -> String {
        self.numbered("softwaremodules", id)
    }

    /// `…/distributionsets/{id}`.
    pub(crate) fn set(&self, id: i64) -> String {
        self.numbered("distributionsets", id)
    }

    /// `…/distributionsets` that have this name and version.
    pub(crate) fn sets_named(&self, name: &str, version: &str) -> String {
        let query = format!("name=={};version=={}", rsql::value(name), rsql::value(version));
        let query: String = form_urlencoded::byte_serialize(query.as_bytes()).collect();
        format!("{}/distributionsets?q={query}&offset=0&limit=50", self.0)
    }

    /// `…/system/configs/{key}`.
    pub(crate) fn config(&self, key: &str) -> String {
        format!("{}/system/configs/{}", self.0, segment(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_found_by_name_and_version_whatever_they_are() {
        let base = Base::new("https://hub/");
        let plain = "https://hub/rest/v1/distributionsets\
                     ?q=name%3D%3Dfw%3Bversion%3D%3D1.0&offset=0&limit=50";
        assert_eq!(base.sets_named("fw", "1.0"), plain);
        let quoted = base.sets_named("a \"b\" & c;", "1");
        assert!(quoted.contains("name%3D%3D%22a+%5C%22b%5C%22+%26+c%3B%22%3Bversion"), "{quoted}");
    }

    #[test]
    fn a_controller_id_is_encoded_as_one_path_segment() {
        let base = Base::new("https://hub/");
        assert_eq!(base.target("a/b c#1"), "https://hub/rest/v1/targets/a%2Fb%20c%231");
        assert_eq!(base.action("urn:x@1", 7), "https://hub/rest/v1/targets/urn:x@1/actions/7");
    }
}
