//! Tags: names with a colour under which targets, or distribution sets, are gathered.

use crate::request::Expected;
use crate::{Audit, Result, SetTagId, TargetTagId, TenantId, Timestamp, text};

/// A tag; what it is for is told by the kind of its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag<I> {
    /// Number.
    pub id: I,
    /// Whose it is.
    pub tenant: TenantId,
    /// Unique among the tags of its kind, at most 128 characters.
    pub name: String,
    /// At most 512 characters.
    pub description: Option<String>,
    /// A colour for user interfaces, at most 16 characters.
    pub colour: Option<String>,
    /// Who made it and who touched it last.
    pub audit: Audit,
}

/// A tag of targets.
pub type TargetTag = Tag<TargetTagId>;

/// A tag of distribution sets.
pub type SetTag = Tag<SetTagId>;

/// What an operator says of a new tag.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TagDraft {
    /// Required.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// A colour for user interfaces.
    pub colour: Option<String>,
}

/// A change to a tag; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TagPatch {
    /// New name.
    pub name: Option<String>,
    /// New description.
    pub description: Option<String>,
    /// New colour.
    pub colour: Option<String>,
    /// What it is a change of.
    pub expected: Expected,
}

/// Checks and trims what is said of a new tag.
///
/// # Errors
/// [`crate::Error::Invalid`] if a text is missing, too long or has markup.
pub fn new_tag(draft: &TagDraft) -> Result<TagDraft> {
    let description = draft.description.as_deref();
    Ok(TagDraft {
        name: text::required("name", &draft.name, text::NAME_MAX)?,
        description: text::optional("description", description, text::DESCRIPTION_MAX)?,
        colour: text::optional("colour", draft.colour.as_deref(), text::COLOUR_MAX)?,
    })
}

/// Applies an operator's change to a tag.
///
/// # Errors
/// [`crate::Error::Invalid`] as in [`new_tag`]; [`crate::Error::EtagMismatch`].
pub fn update_tag<I: Copy + Into<i64>>(
    tag: &Tag<I>,
    patch: &TagPatch,
    by: &str,
    now: Timestamp,
) -> Result<Tag<I>> {
    patch.expected.check(tag.id.into(), tag.audit.modified_at.millis())?;
    let mut tag = tag.clone();
    if let Some(name) = &patch.name {
        tag.name = text::required("name", name, text::NAME_MAX)?;
    }
    if let Some(new) = &patch.description {
        tag.description = text::optional("description", Some(new), text::DESCRIPTION_MAX)?;
    }
    if let Some(new) = &patch.colour {
        tag.colour = text::optional("colour", Some(new), text::COLOUR_MAX)?;
    }
    tag.audit.touch_later(by, now);
    Ok(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(7);

    #[test]
    fn a_tag_has_a_name_and_a_short_colour() {
        let draft = TagDraft {
            name: " pilot ".into(),
            colour: Some("green".into()),
            ..TagDraft::default()
        };
        assert_eq!(new_tag(&draft).unwrap().name, "pilot");
        let nameless = TagDraft { name: " ".into(), ..draft.clone() };
        let gaudy = TagDraft { colour: Some("c".repeat(17)), ..draft };
        assert!(new_tag(&nameless).is_err() && new_tag(&gaudy).is_err());
    }

    #[test]
    fn a_change_leaves_what_it_does_not_name() {
        let tag = Tag {
            id: TargetTagId(1),
            tenant: TenantId(1),
            name: "pilot".into(),
            description: Some("first".into()),
            colour: None,
            audit: Audit::new("op", Timestamp::from_millis(1)),
        };
        let patch = TagPatch { name: Some("early".into()), ..TagPatch::default() };
        let changed = update_tag(&tag, &patch, "me", NOW).unwrap();
        assert_eq!(changed.name, "early");
        assert_eq!(changed.description, tag.description);
        assert_eq!(changed.audit.modified_by, "me");
        assert_eq!(changed.audit.created_by, "op");
    }
}
