//! Absolute addresses of resources, for HAL links.

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

    /// `…/system/configs/{key}`.
    pub(crate) fn config(&self, key: &str) -> String {
        format!("{}/system/configs/{}", self.0, segment(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_controller_id_is_encoded_as_one_path_segment() {
        let base = Base::new("https://hub/");
        assert_eq!(base.target("a/b c#1"), "https://hub/rest/v1/targets/a%2Fb%20c%231");
        assert_eq!(base.action("urn:x@1", 7), "https://hub/rest/v1/targets/urn:x@1/actions/7");
    }
}
