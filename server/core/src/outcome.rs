//! What came of a request, kept small: enough to find it again for a repeat.

use crate::usecase::Assigned;
use futures::future::BoxFuture;
use otahub_domain::action::Action;
use otahub_domain::distribution_set::{Set, SetType};
use otahub_domain::rollout::Rollout;
use otahub_domain::software::{Artifact, Metadata, Module, ModuleType};
use otahub_domain::tag::{SetTag, TargetTag};
use otahub_domain::target::Target;
use otahub_domain::target_filter::TargetFilter;
use otahub_domain::target_type::TargetType;
use otahub_domain::{
    ActionId, ArtifactId, Entity, Error, ModuleId, ModuleTypeId, Result, RolloutId, SetId,
    SetTagId, SetTypeId, TargetFilterId, TargetId, TargetTagId, TargetTypeId, TenantId,
};
use otahub_store::{Account, Session, TenantRow};
use serde_json::{Value, json};

/// What a job gives, on its way back.
pub(crate) type Recalled<'s, T> = BoxFuture<'s, Result<T>>;

/// What a job gives whose request may come again.
pub(crate) trait Outcome: Sized + Send + 'static {
    /// What it is found by.
    fn kept(&self) -> Value;

    /// What was kept, as it is now. NOT_FOUND if it is gone since.
    fn recalled<'s>(session: &'s Session<'s>, tenant: TenantId, kept: Value) -> Recalled<'s, Self>;
}

/// Something that a number finds.
pub(crate) trait Numbered: Sized + Send + Sync + 'static {
    /// Its number.
    fn number(&self) -> i64;

    /// What has this number.
    fn numbered<'s>(session: &'s Session<'s>, tenant: TenantId, id: i64) -> Recalled<'s, Self>;
}

macro_rules! numbered {
    ($($thing:ident $id:ident $read:ident $entity:ident;)*) => {$(
        impl Numbered for $thing {
            fn number(&self) -> i64 {
                self.id.0
            }

            fn numbered<'s>(
                session: &'s Session<'s>,
                tenant: TenantId,
                id: i64,
            ) -> Recalled<'s, Self> {
                Box::pin(async move {
                    let found = session.$read(tenant, $id(id)).await?;
                    found.ok_or_else(|| Error::not_found(Entity::$entity, id))
                })
            }
        }
    )*};
}

numbered! {
    Action ActionId action Action;
    Artifact ArtifactId artifact Artifact;
    Module ModuleId module SoftwareModule;
    ModuleType ModuleTypeId module_type SoftwareModuleType;
    Rollout RolloutId rollout Rollout;
    Set SetId set DistributionSet;
    SetTag SetTagId set_tag DistributionSetTag;
    SetType SetTypeId set_type DistributionSetType;
    Target TargetId target_by_id Target;
    TargetFilter TargetFilterId target_filter TargetFilter;
    TargetTag TargetTagId target_tag TargetTag;
    TargetType TargetTypeId target_type TargetType;
}

impl<T: Numbered> Outcome for T {
    fn kept(&self) -> Value {
        json!(self.number())
    }

    fn recalled<'s>(session: &'s Session<'s>, tenant: TenantId, kept: Value) -> Recalled<'s, Self> {
        Box::pin(async move {
            let id = kept.as_i64().ok_or(Error::Internal)?;
            T::numbered(session, tenant, id).await
        })
    }
}

impl<T: Numbered> Outcome for Vec<T> {
    fn kept(&self) -> Value {
        self.iter().map(Numbered::number).collect()
    }

    fn recalled<'s>(session: &'s Session<'s>, tenant: TenantId, kept: Value) -> Recalled<'s, Self> {
        Box::pin(async move {
            let mut found = Self::new();
            for id in kept.as_array().ok_or(Error::Internal)? {
                let id = id.as_i64().ok_or(Error::Internal)?;
                found.push(T::numbered(session, tenant, id).await?);
            }
            Ok(found)
        })
    }
}

/// Outcomes that are kept as they are.
macro_rules! plain {
    ($($thing:ty: $this:ident => $kept:expr, $value:ident => $back:expr;)*) => {$(
        impl Outcome for $thing {
            fn kept(&self) -> Value {
                let $this = self;
                $kept
            }

            fn recalled<'s>(
                _session: &'s Session<'s>,
                _tenant: TenantId,
                $value: Value,
            ) -> Recalled<'s, Self> {
                Box::pin(async move { $back.ok_or(Error::Internal) })
            }
        }
    )*};
}

plain! {
    (): _this => Value::Null, _value => Some(());
    bool: this => json!(this), value => value.as_bool();
    usize: this => json!(this), value => value.as_u64().and_then(|n| usize::try_from(n).ok());
    Metadata: this => metadata(this), value => metadata_of(&value);
    Assigned: this => assigned(this), value => assigned_of(&value);
}

fn metadata(entry: &Metadata) -> Value {
    json!([entry.key, entry.value, entry.target_visible])
}

fn metadata_of(kept: &Value) -> Option<Metadata> {
    Some(Metadata {
        key: kept.get(0)?.as_str()?.to_owned(),
        value: kept.get(1)?.as_str()?.to_owned(),
        target_visible: kept.get(2)?.as_bool()?,
    })
}

fn assigned(done: &Assigned) -> Value {
    let actions = done.actions.iter().map(|(action, target)| json!([action.0, target]));
    json!([actions.collect::<Value>(), done.already, done.total])
}

fn assigned_of(kept: &Value) -> Option<Assigned> {
    let action = |pair: &Value| {
        let target = pair.get(1)?.as_str()?.to_owned();
        Some((ActionId(pair.get(0)?.as_i64()?), target))
    };
    Some(Assigned {
        actions: kept.get(0)?.as_array()?.iter().map(action).collect::<Option<_>>()?,
        already: kept.get(1)?.as_u64()?,
        total: kept.get(2)?.as_u64()?,
    })
}

impl Outcome for Account {
    fn kept(&self) -> Value {
        json!(self.user.name)
    }

    fn recalled<'s>(session: &'s Session<'s>, _: TenantId, kept: Value) -> Recalled<'s, Self> {
        Box::pin(async move {
            let login = kept.as_str().ok_or(Error::Internal)?;
            let found = session.account(login).await?;
            found.ok_or_else(|| Error::not_found(Entity::User, login))
        })
    }
}

impl Outcome for TenantRow {
    fn kept(&self) -> Value {
        json!(self.name)
    }

    fn recalled<'s>(session: &'s Session<'s>, _: TenantId, kept: Value) -> Recalled<'s, Self> {
        Box::pin(async move {
            let name = kept.as_str().ok_or(Error::Internal)?;
            let found = session.tenant(name).await?;
            found.ok_or_else(|| Error::not_found(Entity::Tenant, name))
        })
    }
}
