//! One call of a device: who speaks, for whom, and what its path says.

use crate::routes::Api;
use http::StatusCode;
use http::request::Parts;
use otahub_client::device::DeviceRef;
use otahub_client::device::device_service_client::DeviceServiceClient;
use otahub_client::{Called, Caller};
use otahub_rest::{Exception, Format, Origin, Problem, Representation, caller, negotiate};
use percent_encoding::percent_decode_str;
use std::borrow::Cow;

/// The forms that DDI's documents come in, the default first.
const DOCUMENTS: &[Format] = &[Format::HalJson, Format::Json, Format::Cbor];

/// The most characters of a controller id.
const CONTROLLER_ID_CHARS_MAX: usize = 256;

/// One call of a device.
pub(crate) struct Call<'a> {
    pub(crate) parts: &'a Parts,
    /// `/{tenant}/controller/v1/{controllerId}` in the request's own spelling.
    base: &'a str,
    /// What follows it, without the slash between.
    rest: &'a str,
    tenant: Cow<'a, str>,
    controller_id: Cow<'a, str>,
    caller: Caller,
    api: &'a Api,
}

impl<'a> Call<'a> {
    /// Reads the path and the credential.
    pub(crate) fn of(api: &'a Api, parts: &'a Parts) -> Result<Self, Problem> {
        let path = parts.uri.path();
        let end = path.match_indices('/').nth(4).map_or(path.len(), |(at, _)| at);
        let (base, rest) = path.split_at(end);
        let mut segments = base.split('/').skip(1);
        let tenant = decoded(segments.next().unwrap_or_default())?;
        let controller_id = decoded(segments.nth(2).unwrap_or_default())?;
        let has_blanks = controller_id.contains(char::is_whitespace);
        if has_blanks || controller_id.chars().count() > CONTROLLER_ID_CHARS_MAX {
            return Err(Problem::exception(
                Exception::CONSTRAINT_VIOLATION,
                "a controller id has at most 256 characters and no blanks",
            ));
        }
        let caller = match grant(parts) {
            Some(grant) => caller::granted(parts, &api.settings, grant),
            None => caller::device(parts, &api.settings),
        };
        let rest = rest.trim_start_matches('/');
        Ok(Self { parts, base, rest, tenant, controller_id, caller, api })
    }

    /// The hub, called on the device's behalf.
    pub(crate) fn hub(&self) -> DeviceServiceClient<Called> {
        self.api.hub.device(&self.caller)
    }

    /// Who speaks, in the contract's words.
    pub(crate) fn device(&self) -> Option<DeviceRef> {
        Some(DeviceRef {
            tenant: self.tenant.as_ref().to_owned(),
            controller_id: self.controller_id.as_ref().to_owned(),
        })
    }

    /// The number in the second segment after the controller id, e.g. of `deploymentBase/7`.
    pub(crate) fn number(&self) -> Result<i64, Problem> {
        let text = self.rest.split('/').nth(1).unwrap_or_default();
        text.parse().map_err(|_| Problem::not_readable("the id in the path is not a number"))
    }

    /// The last segment of the path, not decoded.
    pub(crate) fn last_segment(&self) -> &'a str {
        self.rest.rsplit('/').next().unwrap_or_default()
    }

    /// The query's `actionHistory`, 0 without one.
    pub(crate) fn history_size(&self) -> Result<i32, Problem> {
        let query = self.parts.uri.query().unwrap_or_default();
        let value = query.split('&').find_map(|pair| pair.strip_prefix("actionHistory="));
        match value {
            None | Some("") => Ok(0),
            Some(text) => {
                text.parse().map_err(|_| Problem::not_readable("actionHistory has to be a number"))
            }
        }
    }

    /// The form that the device wants its document in.
    pub(crate) fn representation(&self) -> Result<Representation, Problem> {
        negotiate(&self.parts.headers, DOCUMENTS)
    }

    /// The largest body that is read, in bytes.
    pub(crate) fn body_bytes_max(&self) -> usize {
        self.api.settings.body_bytes_max
    }

    /// Where links of this device begin.
    pub(crate) fn links(&self) -> LinkBase<'_> {
        LinkBase {
            origin: Origin::of(self.parts, &self.api.settings),
            device: self.base,
            tenant: &self.tenant,
        }
    }
}

/// The query's `grant`: the right to download without a credential, which links in requests over
/// MQTT carry.
pub(crate) fn grant(parts: &Parts) -> Option<&str> {
    parts.uri.query()?.split('&').find_map(|pair| pair.strip_prefix("grant="))
}

/// Where links of a device begin.
pub(crate) struct LinkBase<'a> {
    pub(crate) origin: Origin<'a>,
    device: &'a str,
    tenant: &'a str,
}

impl LinkBase<'_> {
    /// A link to a resource of the device, in the request's spelling.
    pub(crate) fn to(&self, path: std::fmt::Arguments<'_>) -> String {
        format!("{}{}/{path}", self.origin.base(), self.device)
    }

    /// The path of a file, with the tenant in upper case.
    pub(crate) fn artifact_path(&self, module: i64, filename: &str) -> String {
        let device = self.device.trim_start_matches('/');
        let rest = device.split_once('/').map_or("", |(_, rest)| rest);
        let tenant = self.tenant.to_uppercase();
        let tenant = otahub_rest::segment(&tenant);
        let filename = otahub_rest::segment(filename);
        format!("/{tenant}/{rest}/softwaremodules/{module}/artifacts/{filename}")
    }
}

/// A segment of the path as text.
pub(crate) fn decoded(segment: &str) -> Result<Cow<'_, str>, Problem> {
    percent_decode_str(segment).decode_utf8().map_err(|_| Problem::generic(StatusCode::BAD_REQUEST))
}
