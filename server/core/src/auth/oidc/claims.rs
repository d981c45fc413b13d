//! What the claims of a token mean here.

use super::OidcOptions;
use otahub_domain::Timestamp;
use serde_json::{Map, Value};

/// The longest name of a user, in characters.
const NAME_MAX: usize = 128;

/// Who a token says its bearer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The user's name.
    pub username: String,
    /// The tenant's name.
    pub tenant: String,
    /// Permissions and roles.
    pub authorities: Vec<String>,
    /// When the token counts no more, the leeway added.
    pub expires_at: Timestamp,
}

/// Judges the claims of a token whose signature is right.
pub(super) fn identity(
    claims: &Map<String, Value>,
    options: &OidcOptions,
    now: Timestamp,
) -> Result<Identity, &'static str> {
    if claims.get("iss").and_then(Value::as_str) != Some(options.issuer.as_str()) {
        return Err("another issuer");
    }
    let mut audience = texts(claims.get("aud").ok_or("no audience")?);
    if !audience.any(|name| options.audiences.iter().any(|a| a == name)) {
        return Err("another audience");
    }
    let expires_at = instant(claims, "exp")?.ok_or("no end")?.plus(options.leeway);
    if now >= expires_at {
        return Err("expired");
    }
    for begin in ["nbf", "iat"] {
        if instant(claims, begin)?.is_some_and(|begin| now.plus(options.leeway) < begin) {
            return Err("not in force yet");
        }
    }
    let tenant = match &options.tenant_claim {
        None => options.tenant.clone(),
        Some(claim) => text(claims, claim).ok_or("no tenant")?.to_owned(),
    };
    let username = text(claims, &options.username_claim).ok_or("no user name")?;
    if username.chars().count() > NAME_MAX || username.contains(char::is_control) {
        return Err("an odd user name");
    }
    Ok(Identity {
        username: username.into(),
        tenant,
        authorities: roles(claims, options),
        expires_at,
    })
}

fn roles(claims: &Map<String, Value>, options: &OidcOptions) -> Vec<String> {
    let Some(found) = find(claims, &options.roles_claim) else {
        return Vec::new();
    };
    let named = texts(found).flat_map(str::split_whitespace);
    if options.roles.is_empty() {
        return named.map(str::to_owned).collect();
    }
    named.filter_map(|role| options.roles.get(role)).flatten().cloned().collect()
}

/// A claim: by its whole name, or else by the way through objects that its dots are.
fn find<'c>(claims: &'c Map<String, Value>, path: &str) -> Option<&'c Value> {
    if let Some(found) = claims.get(path) {
        return Some(found);
    }
    let (first, rest) = path.split_once('.')?;
    find(claims.get(first)?.as_object()?, rest)
}

fn text<'c>(claims: &'c Map<String, Value>, path: &str) -> Option<&'c str> {
    find(claims, path)?.as_str().filter(|text| !text.trim().is_empty())
}

/// The texts of a list, or the only one.
fn texts(value: &Value) -> impl Iterator<Item = &str> {
    let alone = value.as_str();
    let list = value.as_array().into_iter().flatten().filter_map(Value::as_str);
    alone.into_iter().chain(list)
}

/// A time in seconds since 1970; one that is no number is no time.
fn instant(claims: &Map<String, Value>, claim: &str) -> Result<Option<Timestamp>, &'static str> {
    let Some(value) = claims.get(claim) else {
        return Ok(None);
    };
    let seconds = value.as_f64().filter(|s| s.is_finite()).ok_or("a time is no number")?;
    #[expect(clippy::cast_possible_truncation, reason = "saturates, which is as far as it matters")]
    let millis = (seconds * 1000.0) as i64;
    Ok(Some(Timestamp::from_millis(millis)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::collections::BTreeMap;
    use std::time::Duration;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn options() -> OidcOptions {
        OidcOptions {
            issuer: "https://id".into(),
            audiences: vec!["otahub".into()],
            username_claim: "preferred_username".into(),
            roles_claim: "realm_access.roles".into(),
            roles: BTreeMap::new(),
            tenant_claim: None,
            tenant: "DEFAULT".into(),
            leeway: Duration::from_secs(60),
        }
    }

    fn good() -> Value {
        json!({
            "iss": "https://id", "aud": ["x", "otahub"], "exp": 1_700_000_100,
            "preferred_username": "zoe", "realm_access": {"roles": ["READ_TARGET", "r"]},
            "org": {"name": "acme"},
        })
    }

    fn judged(change: &Value, options: &OidcOptions) -> Result<Identity, &'static str> {
        let mut claims = good();
        let fields = claims.as_object_mut().unwrap();
        for (key, value) in change.as_object().unwrap() {
            match value {
                Value::Null => fields.remove(key),
                value => fields.insert(key.clone(), value.clone()),
            };
        }
        identity(fields, options, NOW)
    }

    #[test]
    fn a_good_token_is_its_user() {
        let zoe = judged(&json!({}), &options()).unwrap();
        assert_eq!((zoe.username.as_str(), zoe.tenant.as_str()), ("zoe", "DEFAULT"));
        assert_eq!(zoe.authorities, ["READ_TARGET", "r"]);
        assert_eq!(zoe.expires_at, Timestamp::from_millis(1_700_000_160_000));
        for change in [
            json!({"aud": "otahub"}),
            json!({"exp": 1_699_999_950}),
            json!({"nbf": 1_700_000_050.5}),
        ] {
            assert!(judged(&change, &options()).is_ok(), "{change}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for change in [
            json!({"iss": "https://id/"}),
            json!({"iss": null}),
            json!({"aud": "other"}),
            json!({"aud": null}),
            json!({"aud": []}),
            json!({"exp": null}),
            json!({"exp": "1700000100"}),
            json!({"exp": 1_699_999_940}),
            json!({"nbf": 1_700_000_061}),
            json!({"nbf": "0"}),
            json!({"iat": 1_700_000_061}),
            json!({"preferred_username": null}),
            json!({"preferred_username": " "}),
            json!({"preferred_username": "a\nb"}),
            json!({"preferred_username": "x".repeat(129)}),
        ] {
            assert!(judged(&change, &options()).is_err(), "{change}");
        }
    }

    #[test]
    fn claims_become_roles_and_a_tenant() {
        let mut options = options();
        options.roles = BTreeMap::from([("r".into(), vec!["ROLE_TARGET_ADMIN".into()])]);
        options.tenant_claim = Some("org.name".into());
        let zoe = judged(&json!({}), &options).unwrap();
        assert_eq!(zoe.authorities, ["ROLE_TARGET_ADMIN"]);
        assert_eq!(zoe.tenant, "acme");
        assert!(judged(&json!({"org": null}), &options).is_err());
        options.roles_claim = "scope".into();
        let scoped = judged(&json!({"scope": "openid r"}), &options).unwrap();
        assert_eq!(scoped.authorities, ["ROLE_TARGET_ADMIN"]);
        let none = judged(&json!({"scope": null}), &options).unwrap();
        assert!(none.authorities.is_empty());
    }
}
