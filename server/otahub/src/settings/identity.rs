//! Settings of users, and of the issuer whose tokens count.

use super::Settings;
use otahub_core::auth::{OidcOptions, is_password_hash};
use otahub_core::{ConfiguredUser, DEFAULT_TENANT};
use otahub_domain::identity::{check_authorities, check_user_name, tenant_name};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;
use url::{Host, Url};

/// A user that changes only in the settings.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct UserSettings {
    /// Its tenant; without one, the tenant that its name begins with, or `DEFAULT`.
    pub tenant: Option<String>,
    /// An argon2id hash, as `otahub hash-password` gives it.
    pub password_hash: String,
    /// Permissions and roles, by hawkBit's names.
    pub authorities: Vec<String>,
}

/// An issuer of tokens, and what their claims mean here.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct OidcSettings {
    /// The issuer, exactly as it names itself.
    pub issuer: String,
    /// A token has to be meant for one of these.
    pub audiences: Vec<String>,
    /// The claim with the user's name.
    #[serde(default = "username_claim")]
    pub username_claim: String,
    /// The claim with the roles; dots lead into objects.
    #[serde(default = "roles_claim")]
    pub roles_claim: String,
    /// What a role permits; if empty, roles are hawkBit's permissions and roles themselves.
    #[serde(default)]
    pub roles: BTreeMap<String, Vec<String>>,
    /// The claim with the tenant; without one, all are of `tenant`.
    pub tenant_claim: Option<String>,
    /// The tenant of all, if no claim tells.
    #[serde(default = "default_tenant")]
    pub tenant: String,
    /// By how many seconds clocks may differ.
    #[serde(default = "leeway_secs")]
    pub leeway_secs: u64,
}

fn username_claim() -> String {
    "preferred_username".into()
}

fn roles_claim() -> String {
    "roles".into()
}

fn default_tenant() -> String {
    DEFAULT_TENANT.into()
}

const fn leeway_secs() -> u64 {
    60
}

/// The most by which clocks may differ, in seconds.
const LEEWAY_MAX_SECS: u64 = 600;

impl Settings {
    /// The users of the settings.
    ///
    /// # Errors
    /// A sentence that says what is wrong with one.
    pub(crate) fn users(&self) -> Result<Vec<ConfiguredUser>, String> {
        self.users.iter().map(|(name, user)| user.configured(name)).collect()
    }
}

impl UserSettings {
    fn configured(&self, key: &str) -> Result<ConfiguredUser, String> {
        let wrong = |why: String| format!("bad setting: users.{key}: {why}");
        let (named, name) = match key.split_once('\\') {
            Some((tenant, name)) => (Some(tenant), name),
            None => (None, key),
        };
        if named.is_some() && self.tenant.is_some() {
            return Err(wrong("the tenant is given twice".into()));
        }
        check_user_name(name).map_err(|e| wrong(e.to_string()))?;
        let tenant = named.or(self.tenant.as_deref()).unwrap_or(DEFAULT_TENANT);
        if !is_password_hash(&self.password_hash) {
            let why = "password_hash is no argon2id hash: make one with `otahub hash-password`";
            return Err(wrong(why.into()));
        }
        check_authorities(&self.authorities).map_err(|e| wrong(e.to_string()))?;
        Ok(ConfiguredUser {
            tenant: tenant_name(tenant).map_err(|e| wrong(format!("tenant: {e}")))?,
            name: name.to_owned(),
            password_hash: self.password_hash.clone(),
            authorities: self.authorities.clone(),
        })
    }
}

impl OidcSettings {
    /// Refuses what would not be safe or could not work.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub(crate) fn check(&self) -> Result<(), String> {
        let wrong = |why: &str| Err(format!("bad setting: oidc: {why}"));
        let url = Url::parse(&self.issuer).ok();
        let is_safe = url.is_some_and(|url| match url.scheme() {
            "https" => true,
            "http" => is_loopback(&url),
            _ => false,
        });
        if !is_safe {
            return wrong("issuer has to be an https address (http only on this machine)");
        }
        if self.audiences.is_empty() || self.audiences.iter().any(String::is_empty) {
            return wrong("audiences has to say for whom tokens are meant");
        }
        if self.leeway_secs > LEEWAY_MAX_SECS {
            return wrong("leeway_secs is at most 600");
        }
        tenant_name(&self.tenant).map_err(|e| format!("bad setting: oidc.tenant: {e}"))?;
        for (role, authorities) in &self.roles {
            check_authorities(authorities)
                .map_err(|e| format!("bad setting: oidc.roles.{role}: {e}"))?;
        }
        Ok(())
    }

    /// What the hub goes by.
    pub(crate) fn options(&self) -> OidcOptions {
        OidcOptions {
            issuer: self.issuer.clone(),
            audiences: self.audiences.clone(),
            username_claim: self.username_claim.clone(),
            roles_claim: self.roles_claim.clone(),
            roles: self.roles.clone(),
            tenant_claim: self.tenant_claim.clone(),
            tenant: self.tenant.clone(),
            leeway: Duration::from_secs(self.leeway_secs),
        }
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::settings::{Flags, Settings};

    const HASH: &str = "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$\
                        AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    fn load(text: &str) -> Result<Settings, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("otahub.toml");
        std::fs::write(&path, text.replace("HASH", HASH)).unwrap();
        Settings::load(Some(&path), &Flags::default())
    }

    #[test]
    fn users_are_read_with_their_tenants() {
        let text = "[users.zoe]\npassword_hash = 'HASH'\nauthorities = ['READ_TARGET']\n\
                    [users.'acme\\Bob']\npassword_hash = 'HASH'\nauthorities = []\n\
                    [users.eve]\ntenant = 'beta'\npassword_hash = 'HASH'\nauthorities = []\n";
        let users = load(text).unwrap().users().unwrap();
        let who: Vec<_> = users.iter().map(|u| (u.tenant.as_str(), u.name.as_str())).collect();
        assert_eq!(who, [("ACME", "Bob"), ("BETA", "eve"), ("DEFAULT", "zoe")]);
    }

    #[test]
    fn a_user_that_makes_no_sense_is_named() {
        for (text, said) in [
            ("[users.zoe]\npassword_hash = 'secret'\nauthorities = []", "hash-password"),
            ("[users.zoe]\npassword_hash = 'HASH'\nauthorities = ['FLY']", "FLY"),
            ("[users.'a:b']\npassword_hash = 'HASH'\nauthorities = []", "users.a:b"),
            ("[users.'t\\a']\ntenant='t'\npassword_hash = 'HASH'\nauthorities = []", "twice"),
        ] {
            let sentence = load(text).unwrap_err();
            assert!(sentence.contains(said) && !sentence.contains("'secret'"), "{sentence}");
        }
    }

    #[test]
    fn an_issuer_is_reached_by_tls_and_its_tokens_are_meant_for_the_hub() {
        let good = "[oidc]\nissuer = 'https://id.example/r'\naudiences = ['otahub']\n";
        let settings = load(good).unwrap();
        assert_eq!(settings.oidc.unwrap().roles_claim, "roles");
        for (bad, said) in [
            ("[oidc]\nissuer = 'http://id.example'\naudiences = ['a']", "https"),
            ("[oidc]\nissuer = 'https://id.example'\naudiences = []", "audiences"),
            ("[oidc]\nissuer = 'https://i'\naudiences = ['a']\nleeway_secs = 601", "600"),
            ("[oidc]\nissuer = 'https://i'\naudiences = ['a']\n[oidc.roles]\nr = ['X']", "X"),
        ] {
            let sentence = load(bad).unwrap_err();
            assert!(sentence.contains(said), "{sentence}");
        }
    }
}
