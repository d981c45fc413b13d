//! How targets come to be and how they change.

use super::{Target, TargetDraft, TargetPatch, TypeChange, UpdateStatus};
use crate::{Audit, Error, Result, TargetId, TenantId, Timestamp, text};

/// Who has created targets that registered themselves.
pub const PLUG_AND_PLAY: &str = "CONTROLLER_PLUG_AND_PLAY";

/// The most characters of a controller id.
const CONTROLLER_ID_MAX: usize = 256;
const ADDRESS_MAX: usize = 512;
const TOKEN_MAX: usize = 128;
const GROUP_MAX: usize = 256;

/// Makes a target of what an operator says (Management API reference: "TargetCreate"). Row
/// number, tenant and version are 0 until the store sets them.
///
/// `token` is used if the draft has none; see [`generated_token`].
///
/// # Errors
/// [`Error::Invalid`] if a field is too long, has markup, or the controller id has blanks.
pub fn new_target(draft: &TargetDraft, token: String, by: &str, now: Timestamp) -> Result<Target> {
    let controller_id = controller_id(&draft.controller_id)?;
    let name = given("name", draft.name.as_deref(), text::NAME_MAX)?
        .unwrap_or_else(|| text::cut(&controller_id, text::NAME_MAX));
    let mut target = blank(controller_id, name, token, Audit::new(by, now));
    let description = draft.description.as_deref();
    target.description = text::optional("description", description, text::DESCRIPTION_MAX)?;
    target.address = address(draft.address.as_deref())?;
    if let Some(given) = security_token(draft.security_token.as_deref())? {
        target.security_token = given;
    }
    target.group = given("group", draft.group.as_deref(), GROUP_MAX)?;
    target.target_type = draft.target_type;
    Ok(target)
}

/// Makes a target of a device that nobody knows yet (DDI reference: "Side effects:
/// registration"). It counts as heard of. Row number, tenant and version are 0 until the store
/// sets them.
///
/// # Errors
/// [`Error::Invalid`] if the id has blanks, markup or more than 128 characters: it becomes the
/// name too.
pub fn plug_and_play(
    controller_id: &str,
    token: String,
    address: Option<String>,
    now: Timestamp,
) -> Result<Target> {
    self_registered(controller_id, None, token, address, now)
}

/// As [`plug_and_play`], with a name of its own if it says one.
fn self_registered(
    controller_id: &str,
    name: Option<&str>,
    token: String,
    address: Option<String>,
    now: Timestamp,
) -> Result<Target> {
    let controller_id = self::controller_id(controller_id)?;
    let name = match given("name", name, text::NAME_MAX)? {
        Some(name) => name,
        None => {
            text::limited("name", &controller_id, text::NAME_MAX)?;
            controller_id.clone()
        }
    };
    let mut target = blank(controller_id, name, token, Audit::new(PLUG_AND_PLAY, now));
    target.description = Some(text::cut(
        &format!("Plug and Play target: {}", target.controller_id),
        text::DESCRIPTION_MAX,
    ));
    target.address = address.map(|address| text::cut(&address, ADDRESS_MAX));
    target.update_status = UpdateStatus::Registered;
    target.last_poll_at = Some(now);
    Ok(target)
}

/// What a device says when it makes itself known by a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// Its id.
    pub controller_id: String,
    /// Where it is reached from now on.
    pub address: String,
    /// What it is called; as before without one.
    pub name: Option<String>,
}

/// Makes a target of a device that announces itself (DMF reference: "THING_CREATED"), or what it
/// becomes of the target that it is already. It counts as heard of.
///
/// # Errors
/// [`Error::Invalid`] as in [`plug_and_play`], of the name, and of an address that is too long.
pub fn announce(
    known: Option<&Target>,
    announcement: &Announcement,
    token: String,
    now: Timestamp,
) -> Result<Target> {
    let address = address(Some(&announcement.address))?;
    let name = announcement.name.as_deref();
    let Some(known) = known else {
        return self_registered(&announcement.controller_id, name, token, address, now);
    };
    let mut target = known.clone();
    if let Some(name) = given("name", name, text::NAME_MAX)? {
        target.name = name;
    }
    target.address = address;
    if target.update_status == UpdateStatus::Unknown {
        target.update_status = UpdateStatus::Registered;
    }
    target.last_poll_at = target.last_poll_at.max(Some(now));
    Ok(target)
}

/// Applies an operator's change (Management API reference: "TargetUpdate").
///
/// # Errors
/// [`Error::Invalid`] as in [`new_target`]; [`Error::EtagMismatch`].
pub fn update_target(
    target: &Target,
    patch: &TargetPatch,
    by: &str,
    now: Timestamp,
) -> Result<Target> {
    patch.expected.check(target.id.0, target.version)?;
    let mut target = target.clone();
    if let Some(name) = &patch.name {
        target.name = text::required("name", name, text::NAME_MAX)?;
    }
    if let Some(description) = &patch.description {
        target.description =
            text::optional("description", Some(description), text::DESCRIPTION_MAX)?;
    }
    if patch.address.is_some() {
        target.address = address(patch.address.as_deref())?;
    }
    if let Some(token) = security_token(patch.security_token.as_deref())? {
        target.security_token = token;
    }
    if patch.group.is_some() {
        target.group = given("group", patch.group.as_deref(), GROUP_MAX)?;
    }
    match patch.target_type {
        TypeChange::Keep => {}
        TypeChange::Clear => target.target_type = None,
        TypeChange::Set(target_type) => target.target_type = Some(target_type),
    }
    target.request_attributes |= patch.request_attributes;
    target.audit.touch(by, now);
    Ok(target)
}

/// A device's secret of 16 random bytes: 32 hexadecimal digits.
#[must_use]
pub fn generated_token(random: [u8; 16]) -> String {
    random.iter().fold(String::with_capacity(32), |mut token, byte| {
        for digit in [byte >> 4, byte & 15] {
            token.extend(char::from_digit(digit.into(), 16));
        }
        token
    })
}

fn blank(controller_id: String, name: String, security_token: String, audit: Audit) -> Target {
    Target {
        id: TargetId(0),
        tenant: TenantId(0),
        controller_id,
        name,
        description: None,
        address: None,
        security_token,
        group: None,
        target_type: None,
        update_status: UpdateStatus::Unknown,
        assigned_set: None,
        installed_set: None,
        installed_at: None,
        request_attributes: true,
        last_poll_at: None,
        auto_confirmation: None,
        audit,
        version: 0,
    }
}

fn controller_id(id: &str) -> Result<String> {
    const FIELD: &str = "controller_id";
    if id.is_empty() {
        return Err(Error::invalid(FIELD, "is required"));
    }
    if id.chars().any(|sign| sign.is_whitespace() || sign.is_control()) {
        return Err(Error::invalid(FIELD, "contains blanks"));
    }
    text::limited(FIELD, id, CONTROLLER_ID_MAX)?;
    Ok(id.to_owned())
}

/// A text that counts as absent if it is empty.
fn given(field: &'static str, text: Option<&str>, max: usize) -> Result<Option<String>> {
    Ok(text::optional(field, text, max)?.filter(|text| !text.is_empty()))
}

/// A URI, as far as that goes: a text without blanks.
fn address(address: Option<&str>) -> Result<Option<String>> {
    const FIELD: &str = "address";
    let Some(address) = given(FIELD, address, ADDRESS_MAX)? else {
        return Ok(None);
    };
    if address.chars().any(|sign| sign.is_whitespace() || sign.is_control()) {
        return Err(Error::invalid(FIELD, "is no URI"));
    }
    Ok(Some(address))
}

fn security_token(token: Option<&str>) -> Result<Option<String>> {
    const FIELD: &str = "security_token";
    let Some(token) = token.filter(|token| !token.is_empty()) else {
        return Ok(None);
    };
    if token.chars().count() > TOKEN_MAX {
        return Err(Error::invalid(FIELD, format!("has more than {TOKEN_MAX} characters")));
    }
    Ok(Some(token.to_owned()))
}
