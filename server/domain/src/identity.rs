//! Users, API tokens and tenants: what they may be called, and how long their secrets are.

use crate::permission::{Permission, Role};
use crate::{ApiTokenId, Audit, Error, Result, TenantId, Timestamp, UserId};

/// The tenant that is there from the start; its users log in without naming it.
pub const DEFAULT_TENANT: &str = "DEFAULT";

/// How long the name of a user may be, in characters.
const USER_NAME_MAX: usize = 64;
/// How long the name of a tenant may be.
const TENANT_NAME_MAX: usize = 40;
/// How long a password has to be, in characters.
const PASSWORD_MIN: usize = 8;
/// How long a password may be, in characters.
pub const PASSWORD_MAX: usize = 1024;
/// How many authorities a user or token may have.
const AUTHORITIES_MAX: usize = 64;
/// How long the description of a token may be, in characters.
const DESCRIPTION_MAX: usize = 128;

/// A credential for a program, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// Its number.
    pub id: ApiTokenId,
    /// Whose data it sees.
    pub tenant: TenantId,
    /// The user with whom it ends; none if its maker is no user of the hub's own.
    pub user: Option<UserId>,
    /// What it is for.
    pub description: String,
    /// Names of permissions and roles.
    pub authorities: Vec<String>,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// When it was used last, coarsely.
    pub last_used_at: Option<Timestamp>,
    /// Who made it.
    pub audit: Audit,
}

/// Refuses what cannot be the name of a user.
///
/// # Errors
/// [`Error::Invalid`] for `name`.
pub fn check_user_name(name: &str) -> Result<()> {
    let odd = |c: char| matches!(c, ':' | '\\' | '/') || c.is_control();
    let fits = (1..=USER_NAME_MAX).contains(&name.chars().count());
    if fits && name.trim() == name && !name.contains(odd) {
        return Ok(());
    }
    let rule = format!(
        "needs 1 to {USER_NAME_MAX} characters, no blanks at its ends, no `:`, `\\`, `/` and no \
         control characters"
    );
    Err(Error::invalid("name", rule))
}

/// The name of a tenant, in upper case.
///
/// # Errors
/// [`Error::Invalid`] for `name`.
pub fn tenant_name(name: &str) -> Result<String> {
    let usual = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let is_path = name.chars().all(|c| c == '.');
    if (1..=TENANT_NAME_MAX).contains(&name.len()) && name.chars().all(usual) && !is_path {
        return Ok(name.to_ascii_uppercase());
    }
    let rule = format!("needs 1 to {TENANT_NAME_MAX} letters, digits, `-`, `_` or `.`");
    Err(Error::invalid("name", rule))
}

/// Refuses a password that is too short or too long.
///
/// # Errors
/// [`Error::Invalid`] for `password`; it does not show the password.
pub fn check_password(password: &str) -> Result<()> {
    if (PASSWORD_MIN..=PASSWORD_MAX).contains(&password.chars().count()) {
        return Ok(());
    }
    let message = format!("needs {PASSWORD_MIN} to {PASSWORD_MAX} characters");
    Err(Error::invalid("password", message))
}

/// Refuses authorities that mean nothing here, and too many.
///
/// # Errors
/// [`Error::Invalid`] for `authorities`.
pub fn check_authorities(authorities: &[String]) -> Result<()> {
    if authorities.len() > AUTHORITIES_MAX {
        return Err(Error::invalid("authorities", format!("at most {AUTHORITIES_MAX}")));
    }
    let known = |name: &str| Permission::parse(name).is_some() || Role::parse(name).is_some();
    match authorities.iter().find(|name| !known(name)) {
        None => Ok(()),
        Some(name) => {
            let shown: String = name.escape_debug().take(USER_NAME_MAX).collect();
            Err(Error::invalid("authorities", format!("{shown} is no permission and no role")))
        }
    }
}

/// Refuses a description of a token that is too long, and an end that is over.
///
/// # Errors
/// [`Error::Invalid`].
pub fn check_token(description: &str, expires_at: Option<Timestamp>, now: Timestamp) -> Result<()> {
    if description.chars().count() > DESCRIPTION_MAX {
        let message = format!("at most {DESCRIPTION_MAX} characters");
        return Err(Error::invalid("description", message));
    }
    if expires_at.is_some_and(|end| end <= now) {
        return Err(Error::invalid("expire_time", "is over"));
    }
    Ok(())
}

/// A user's name with its tenant's: what it logs in with, and by which it is unique.
#[must_use]
pub fn login(tenant: &str, user: &str) -> String {
    if tenant == DEFAULT_TENANT { user.to_owned() } else { format!("{tenant}\\{user}") }
}

/// A login in the form that [`login`] gives it: the tenant in upper case, or left out.
#[must_use]
pub fn usual_login(given: &str) -> String {
    match given.split_once('\\') {
        Some((tenant, user)) => login(&tenant.to_uppercase(), user),
        None => given.to_owned(),
    }
}

/// The user's name in a login.
#[must_use]
pub fn user_of_login(login: &str) -> &str {
    login.split_once('\\').map_or(login, |(_, user)| user)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_would_be_taken_for_something_else_are_refused() {
        for good in ["a", "Zoë", "ci bot", "a@b.example", &"x".repeat(64)] {
            assert!(check_user_name(good).is_ok(), "{good}");
        }
        for bad in ["", " a", "a ", "a:b", "T\\a", "a/b", "a\nb", &"x".repeat(65)] {
            assert!(check_user_name(bad).is_err(), "{bad}");
        }
        assert_eq!(tenant_name("acme-1").as_deref(), Ok("ACME-1"));
        for bad in ["", "a b", "ü", "a/b", "..", "a\\b", &"x".repeat(41)] {
            assert!(tenant_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_password_has_to_be_of_some_length_and_is_not_shown() {
        assert!(check_password("12345678").is_ok());
        assert!(check_password(&"ü".repeat(1024)).is_ok());
        for bad in ["1234567".to_owned(), "x".repeat(1025)] {
            let said = check_password(&bad).unwrap_err().to_string();
            assert!(!said.contains(&bad), "{said}");
        }
    }

    #[test]
    fn authorities_are_known_words() {
        let words = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert!(check_authorities(&words(&["READ_TARGET", "ROLE_TENANT_ADMIN"])).is_ok());
        for bad in ["READ_TARGET/name==a", "", "role_tenant_admin"] {
            assert!(check_authorities(&words(&[bad])).is_err(), "{bad}");
        }
        assert!(check_authorities(&words(&["READ_TARGET"; 65])).is_err());
    }

    #[test]
    fn a_login_names_its_tenant_unless_that_is_the_default_one() {
        assert_eq!(login("DEFAULT", "a"), "a");
        assert_eq!(login("ACME", "a"), "ACME\\a");
        assert_eq!(usual_login("acme\\A"), "ACME\\A");
        assert_eq!(usual_login("default\\a"), "a");
        assert_eq!(usual_login("a"), "a");
        assert_eq!(user_of_login("ACME\\a"), "a");
        assert_eq!(user_of_login("a"), "a");
    }

    #[test]
    fn a_token_does_not_begin_after_its_end() {
        let now = Timestamp::from_millis(1000);
        assert!(check_token("ci", None, now).is_ok());
        assert!(check_token("ci", Some(Timestamp::from_millis(1001)), now).is_ok());
        assert!(check_token("ci", Some(now), now).is_err());
        assert!(check_token(&"x".repeat(129), None, now).is_err());
    }
}
