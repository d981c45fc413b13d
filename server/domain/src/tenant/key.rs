//! The settings that a tenant can have: their names, types and rules (Management API reference:
//! "Tenant configuration").

use std::time::Duration;

use super::parse_duration;
use crate::action::EntryStatus;
use crate::target::PollingTime;
use crate::{Error, Result};

/// The most characters of a value.
const VALUE_MAX: usize = 32_768;

/// The type of a setting's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ValueType {
    /// `true` or `false`.
    Bool,
    /// 32 bits.
    Int,
    /// 64 bits.
    Long,
    /// Text.
    String,
}

/// A setting's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Text.
    Text(String),
}

/// Bounds of settings that the hub's operator sets for all tenants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The shortest polling interval; hawkBit has 30 seconds.
    pub polling_min: Duration,
    /// The longest polling interval; hawkBit has 23:59:59.
    pub polling_max: Duration,
}

impl Default for Limits {
    /// hawkBit's bounds.
    fn default() -> Self {
        Self {
            polling_min: Duration::from_secs(30),
            polling_max: Duration::from_secs(24 * 3600 - 1),
        }
    }
}

/// A setting's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// Devices may be known by a proxy's certificate header.
    AuthenticationHeaderEnabled,
    /// Which certificate issuers count, separated by `;` or `,`.
    AuthenticationHeaderAuthority,
    /// Devices may use their own tokens.
    AuthenticationTargetTokenEnabled,
    /// Devices may use the tenant's token.
    AuthenticationGatewayTokenEnabled,
    /// The tenant's token. Secret.
    AuthenticationGatewayTokenKey,
    /// Older actions are closed, not cancelled, by a new assignment.
    RepositoryActionsAutoclose,
    /// How often devices poll.
    PollingTime,
    /// How late a device may be.
    PollingOverdueTime,
    /// How often devices poll ahead of a maintenance window.
    MaintenanceWindowPollCount,
    /// Rollouts need an approval.
    RolloutApproval,
    /// After how many milliseconds old actions are deleted; negative for never.
    ActionCleanupExpiry,
    /// Which actions are deleted then.
    ActionCleanupStatus,
    /// How many percent of a target's actions go when their quota is full; 0 for none.
    ActionCleanupOnQuotaHit,
    /// Several assignments to one AMQP consumer travel together.
    BatchAssignments,
    /// Actions wait for a confirmation.
    UserConfirmationFlow,
    /// Sets are locked when they are given out.
    ImplicitLock,
    /// Artifacts may be downloaded without a credential. Ours, of older hawkBits.
    AnonymousDownload,
}

impl Key {
    /// Every key.
    pub const ALL: [Self; 17] = [
        Self::AuthenticationHeaderEnabled,
        Self::AuthenticationHeaderAuthority,
        Self::AuthenticationTargetTokenEnabled,
        Self::AuthenticationGatewayTokenEnabled,
        Self::AuthenticationGatewayTokenKey,
        Self::RepositoryActionsAutoclose,
        Self::PollingTime,
        Self::PollingOverdueTime,
        Self::MaintenanceWindowPollCount,
        Self::RolloutApproval,
        Self::ActionCleanupExpiry,
        Self::ActionCleanupStatus,
        Self::ActionCleanupOnQuotaHit,
        Self::BatchAssignments,
        Self::UserConfirmationFlow,
        Self::ImplicitLock,
        Self::AnonymousDownload,
    ];

    /// hawkBit's name of the key.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuthenticationHeaderEnabled => "authentication.header.enabled",
            Self::AuthenticationHeaderAuthority => "authentication.header.authority",
            Self::AuthenticationTargetTokenEnabled => "authentication.targettoken.enabled",
            Self::AuthenticationGatewayTokenEnabled => "authentication.gatewaytoken.enabled",
            Self::AuthenticationGatewayTokenKey => "authentication.gatewaytoken.key",
            Self::RepositoryActionsAutoclose => "repository.actions.autoclose.enabled",
            Self::PollingTime => "pollingTime",
            Self::PollingOverdueTime => "pollingOverdueTime",
            Self::MaintenanceWindowPollCount => "maintenanceWindowPollCount",
            Self::RolloutApproval => "rollout.approval.enabled",
            Self::ActionCleanupExpiry => "action.cleanup.auto.expiry",
            Self::ActionCleanupStatus => "action.cleanup.auto.status",
            Self::ActionCleanupOnQuotaHit => "action.cleanup.onQuotaHit.percent",
            Self::BatchAssignments => "batch.assignments.enabled",
            Self::UserConfirmationFlow => "user.confirmation.flow.enabled",
            Self::ImplicitLock => "implicit.lock.enabled",
            Self::AnonymousDownload => "anonymous.download.enabled",
        }
    }

    /// The key of this name.
    ///
    /// # Errors
    /// [`Error::ConfigurationKeyInvalid`].
    pub fn parse(name: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|key| key.as_str() == name)
            .ok_or_else(|| Error::ConfigurationKeyInvalid { key: name.to_owned() })
    }

    /// The type of its value.
    #[must_use]
    pub const fn value_type(self) -> ValueType {
        match self {
            Self::AuthenticationHeaderEnabled
            | Self::AuthenticationTargetTokenEnabled
            | Self::AuthenticationGatewayTokenEnabled
            | Self::RepositoryActionsAutoclose
            | Self::RolloutApproval
            | Self::BatchAssignments
            | Self::UserConfirmationFlow
            | Self::ImplicitLock
            | Self::AnonymousDownload => ValueType::Bool,
            Self::MaintenanceWindowPollCount | Self::ActionCleanupOnQuotaHit => ValueType::Int,
            Self::ActionCleanupExpiry => ValueType::Long,
            Self::AuthenticationHeaderAuthority
            | Self::AuthenticationGatewayTokenKey
            | Self::PollingTime
            | Self::PollingOverdueTime
            | Self::ActionCleanupStatus => ValueType::String,
        }
    }

    /// Its value where a tenant has none: hawkBit's default.
    #[must_use]
    pub fn default_value(self) -> Value {
        match self {
            Self::AuthenticationHeaderEnabled
            | Self::AuthenticationTargetTokenEnabled
            | Self::AuthenticationGatewayTokenEnabled
            | Self::RepositoryActionsAutoclose
            | Self::RolloutApproval
            | Self::BatchAssignments
            | Self::UserConfirmationFlow
            | Self::AnonymousDownload => Value::Bool(false),
            Self::ImplicitLock => Value::Bool(true),
            Self::AuthenticationHeaderAuthority | Self::AuthenticationGatewayTokenKey => {
                Value::Text(String::new())
            }
            Self::PollingTime | Self::PollingOverdueTime => Value::Text("00:05:00".to_owned()),
            Self::MaintenanceWindowPollCount => Value::Int(3),
            Self::ActionCleanupExpiry => Value::Int(-1),
            Self::ActionCleanupStatus => Value::Text("CANCELED,ERROR".to_owned()),
            Self::ActionCleanupOnQuotaHit => Value::Int(0),
        }
    }

    /// Whether the value is not for everybody's eyes.
    #[must_use]
    pub fn is_secret(self) -> bool {
        self == Self::AuthenticationGatewayTokenKey
    }

    /// Converts a given value to the key's type and checks it.
    ///
    /// # Errors
    /// [`Error::ConfigurationValueInvalid`] if it does not convert or breaks the key's rule.
    pub fn check(self, value: &Value, limits: &Limits) -> Result<Value> {
        let value = self.convert(value)?;
        let Value::Text(text) = &value else {
            return Ok(value);
        };
        if text.chars().count() > VALUE_MAX {
            return Err(self.wrong(format!("has more than {VALUE_MAX} characters")));
        }
        if self == Self::PollingTime {
            PollingTime::parse(text, limits.polling_min, limits.polling_max)?;
        }
        if self == Self::PollingOverdueTime && parse_duration(text).is_none() {
            return Err(self.wrong("is no duration (HH:mm:ss or ISO-8601)"));
        }
        if self == Self::ActionCleanupStatus && !are_statuses(text) {
            return Err(self.wrong("is no list of action statuses"));
        }
        Ok(value)
    }

    fn convert(self, value: &Value) -> Result<Value> {
        let converted = match (self.value_type(), value) {
            (ValueType::Bool, Value::Bool(_)) | (ValueType::String, Value::Text(_)) => {
                Some(value.clone())
            }
            (ValueType::Bool, Value::Text(text)) => boolean(text).map(Value::Bool),
            (ValueType::Int | ValueType::Long, Value::Int(number)) => Some(Value::Int(*number)),
            (ValueType::Int | ValueType::Long, Value::Text(text)) => {
                text.trim().parse().ok().map(Value::Int)
            }
            (ValueType::String, Value::Bool(flag)) => Some(Value::Text(flag.to_string())),
            (ValueType::String, Value::Int(number)) => Some(Value::Text(number.to_string())),
            (ValueType::Bool, Value::Int(_))
            | (ValueType::Int | ValueType::Long, Value::Bool(_)) => None,
        };
        let converted = converted.ok_or_else(|| self.wrong("has the wrong type"))?;
        match (self.value_type(), &converted) {
            (ValueType::Int, Value::Int(number)) if i32::try_from(*number).is_err() => {
                Err(self.wrong("is no 32-bit number"))
            }
            (ValueType::Bool | ValueType::Int | ValueType::Long | ValueType::String, _) => {
                Ok(converted)
            }
        }
    }

    fn wrong(self, message: impl Into<String>) -> Error {
        let key = self.as_str().to_owned();
        Error::ConfigurationValueInvalid { key, message: message.into() }
    }
}

fn boolean(text: &str) -> Option<bool> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

fn are_statuses(text: &str) -> bool {
    text.split([',', ';'])
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .all(|word| EntryStatus::parse(word).is_some())
}
