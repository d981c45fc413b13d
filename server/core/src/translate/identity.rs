//! Users, API tokens, tenants and the audit trail.

use super::page::Asked;
use super::target::unknown_field;
use super::{audit, given, instant, name, time};
use crate::usecase::{NewToken, NewUser, UserChange};
use otahub_domain::Result;
use otahub_domain::identity::{ApiToken, user_of_login};
use otahub_proto::names;
use otahub_proto::otahub::v1 as proto;
use otahub_store::{Account, AuditEntry, TenantRow};

pub(crate) fn user(account: Account) -> proto::User {
    proto::User {
        name: names::user(user_of_login(&account.user.name)),
        authorities: account.user.authorities,
        disabled: account.user.disabled,
        password: String::new(),
        audit: Some(audit(&account.audit)),
        configured: account.configured,
    }
}

pub(crate) fn new_user(user: proto::User, tenant: &str) -> Result<NewUser> {
    Ok(NewUser {
        tenant: name::optional(tenant, name::tenant)?,
        name: name::user(&user.name)?,
        password: user.password,
        authorities: user.authorities,
        disabled: user.disabled,
    })
}

pub(crate) fn user_change(user: proto::User, mask: &[String]) -> Result<UserChange> {
    let mut change = UserChange::default();
    for field in mask {
        match field.as_str() {
            "password" => change.password = Some(user.password.clone()),
            "authorities" => change.authorities = Some(user.authorities.clone()),
            "disabled" => change.disabled = Some(user.disabled),
            other => return Err(unknown_field(other)),
        }
    }
    Ok(change)
}

pub(crate) fn new_token(token: proto::ApiToken) -> NewToken {
    NewToken {
        description: token.description,
        authorities: token.authorities,
        expires_at: token.expire_time.as_ref().map(instant),
    }
}

pub(crate) fn api_token(token: ApiToken) -> proto::ApiToken {
    proto::ApiToken {
        name: names::api_token(token.id.0),
        expire_time: token.expires_at.map(time),
        last_use_time: token.last_used_at.map(time),
        audit: Some(audit(&token.audit)),
        description: token.description,
        authorities: token.authorities,
    }
}

pub(crate) fn tenant(row: TenantRow) -> proto::Tenant {
    proto::Tenant { name: names::tenant(&row.name) }
}

pub(crate) fn audit_entry(entry: AuditEntry) -> proto::AuditEntry {
    proto::AuditEntry {
        id: entry.id,
        time: Some(time(entry.at)),
        actor: entry.actor,
        method: entry.method,
        resource: entry.resource,
        protocol: entry.protocol,
        credential: entry.credential,
        outcome: entry.outcome,
        truncated: entry.truncated,
    }
}

/// What a list is asked for that cannot be ordered.
pub(crate) fn asked(size: i32, token: String, filter: &str) -> Asked {
    let selection = given(filter.to_owned()).unwrap_or_default();
    Asked { size, token, selection, ..Asked::default() }
}

/// The window of such a list: how many to pass over, and how many to show.
pub(crate) fn window(asked: &Asked) -> Result<(u64, u64)> {
    let page = asked.page(|_| None::<()>)?;
    Ok((page.skip, page.limit))
}
