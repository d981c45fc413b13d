//! Paging (AIP-158) and ordering (AIP-132).
//!
//! A page token is opaque to callers. It holds how many items came before and a digest of the
//! other arguments, so that a token is refused with other arguments than its own.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use otahub_domain::{Error, Result};
use otahub_proto::otahub::v1 as proto;
use otahub_store::{DeletedMode, Page};
use sha2::{Digest, Sha256};

/// Items of a page when the caller does not say.
const SIZE_DEFAULT: u64 = 50;
/// The most items of a page.
const SIZE_MAX: u64 = 500;

/// What every list request has.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    /// `page_size`.
    pub size: i32,
    /// `page_token`.
    pub token: String,
    /// `skip`.
    pub skip: i32,
    /// `order_by`.
    pub order_by: String,
    /// `filter`, and whatever else selects.
    pub selection: String,
}

impl Asked {
    /// The page that is asked for. `field` knows the fields that the list can be ordered by.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a token of another request, or an unknown field.
    pub(crate) fn page<O>(&self, field: impl Fn(&str) -> Option<O>) -> Result<Page<O>> {
        let before = match self.token.as_str() {
            "" => u64::try_from(self.skip).unwrap_or(0),
            token => self.read(token)?,
        };
        let limit = match u64::try_from(self.size) {
            Ok(0) | Err(_) => SIZE_DEFAULT,
            Ok(size) => size.min(SIZE_MAX),
        };
        Ok(Page { skip: before, limit, order: order(&self.order_by, field)? })
    }

    /// The token of the page after this one; empty at the end.
    pub(crate) fn next(&self, skip: u64, count: usize, total: u64) -> String {
        let reached = skip.saturating_add(count as u64);
        if count == 0 || reached >= total {
            return String::new();
        }
        URL_SAFE_NO_PAD.encode(format!("{reached}.{}", self.digest()))
    }

    fn read(&self, token: &str) -> Result<u64> {
        let wrong = || Error::invalid("page_token", "is not a token of this request");
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| wrong())?;
        let text = String::from_utf8(bytes).map_err(|_| wrong())?;
        let (reached, digest) = text.split_once('.').ok_or_else(wrong)?;
        if digest != self.digest() {
            return Err(wrong());
        }
        reached.parse().map_err(|_| wrong())
    }

    fn digest(&self) -> String {
        let digest = Sha256::digest(format!("{}\n{}", self.order_by, self.selection));
        hex::encode(&digest[..8])
    }
}

/// Builds an [`Asked`] from any list request with the usual fields.
macro_rules! asked {
    ($request:expr, $($selection:expr),*) => {
        $crate::translate::page::Asked {
            size: $request.page_size,
            token: $request.page_token.clone(),
            skip: $request.skip,
            order_by: $request.order_by.clone(),
            selection: [$(format!("{}", $selection)),*].join("\n"),
        }
    };
}
pub(crate) use asked;

fn order<O>(order_by: &str, field: impl Fn(&str) -> Option<O>) -> Result<Vec<(O, bool)>> {
    let unknown =
        |part: &str| Error::invalid("order_by", format!("cannot order by {}", part.escape_debug()));
    let parts = order_by.split(',').map(str::trim).filter(|p| !p.is_empty());
    parts
        .map(|part| {
            let (name, descending) = match part.split_once(' ') {
                None => (part, false),
                Some((name, direction)) => match direction.trim() {
                    "desc" => (name, true),
                    "asc" => (name, false),
                    _ => return Err(unknown(part)),
                },
            };
            field(name).map(|f| (f, descending)).ok_or_else(|| unknown(part))
        })
        .collect()
}

/// Whether soft-deleted things are shown.
pub(crate) fn deleted_mode(mode: i32) -> DeletedMode {
    match proto::DeletedMode::try_from(mode) {
        Ok(proto::DeletedMode::Include) => DeletedMode::Include,
        Ok(proto::DeletedMode::Only) => DeletedMode::Only,
        Ok(proto::DeletedMode::Unspecified | proto::DeletedMode::Exclude) | Err(_) => {
            DeletedMode::Exclude
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(order_by: &str, token: String) -> Asked {
        Asked { order_by: order_by.into(), token, ..Asked::default() }
    }

    fn field(name: &str) -> Option<&'static str> {
        ["name", "id"].into_iter().find(|f| *f == name)
    }

    #[test]
    fn a_token_leads_on_and_only_with_the_same_arguments() {
        let first = asked("name desc", String::new());
        let page = first.page(field).unwrap();
        assert_eq!((page.skip, page.limit), (0, 50));
        assert_eq!(page.order, vec![("name", true)]);
        let token = first.next(0, 50, 60);
        assert_eq!(asked("name desc", token.clone()).page(field).unwrap().skip, 50);
        assert!(asked("id", token).page(field).is_err());
        assert!(asked("id", "nonsense".into()).page(field).is_err());
        assert_eq!(first.next(50, 10, 60), "");
    }

    #[test]
    fn an_unknown_order_is_refused_and_a_size_is_cut() {
        assert!(asked("colour", String::new()).page(field).is_err());
        assert!(asked("name sideways", String::new()).page(field).is_err());
        let large = Asked { size: 10_000, ..Asked::default() };
        assert_eq!(large.page(field).unwrap().limit, 500);
    }
}
