//! A tenant's settings in force, typed.

use std::time::Duration;

use super::{Key, Value, parse_duration};
use crate::Audit;
use crate::action::State;
use crate::target::PollingTime;

/// A setting as it is shown: a tenant's own value, or the default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its name.
    pub key: Key,
    /// Its value.
    pub value: Value,
    /// Who set it; none if the default is in force.
    pub audit: Option<Audit>,
}

/// All settings in force for a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configuration {
    /// Devices may be known by a proxy's certificate header.
    pub header_enabled: bool,
    /// Which certificate issuers count, separated by `;` or `,`.
    pub header_authority: String,
    /// Devices may use their own tokens.
    pub target_token_enabled: bool,
    /// Devices may use the tenant's token.
    pub gateway_token_enabled: bool,
    /// The tenant's token; an empty one never fits.
    pub gateway_token_key: String,
    /// Older actions are closed, not cancelled, by a new assignment.
    pub autoclose: bool,
    /// How often devices poll.
    pub polling_time: PollingTime,
    /// How late a device may be.
    pub polling_overdue: Duration,
    /// How often devices poll ahead of a maintenance window.
    pub maintenance_poll_count: i32,
    /// Rollouts need an approval.
    pub rollout_approval: bool,
    /// After how long old actions are deleted; never, without one.
    pub cleanup_expiry: Option<Duration>,
    /// Which actions are deleted then.
    pub cleanup_states: Vec<State>,
    /// How many percent (1 to 99) of the quota of actions go when it is full.
    pub cleanup_on_quota_percent: Option<u32>,
    /// Several assignments to one AMQP consumer travel together.
    pub batch_assignments: bool,
    /// Actions wait for a confirmation.
    pub consent_flow: bool,
    /// Sets are locked when they are given out.
    pub implicit_lock: bool,
    /// Artifacts may be downloaded without a credential.
    pub anonymous_download: bool,
}

impl Default for Configuration {
    /// hawkBit's defaults.
    fn default() -> Self {
        const FIVE_MINUTES: Duration = Duration::from_secs(300);
        Self {
            header_enabled: false,
            header_authority: String::new(),
            target_token_enabled: false,
            gateway_token_enabled: false,
            gateway_token_key: String::new(),
            autoclose: false,
            polling_time: PollingTime::every(FIVE_MINUTES),
            polling_overdue: FIVE_MINUTES,
            maintenance_poll_count: 3,
            rollout_approval: false,
            cleanup_expiry: None,
            cleanup_states: vec![State::Canceled, State::Error],
            cleanup_on_quota_percent: None,
            batch_assignments: false,
            consent_flow: false,
            implicit_lock: true,
            anonymous_download: false,
        }
    }
}

impl Configuration {
    /// The defaults, overridden by a tenant's settings. A value that [`Key::check`] would refuse
    /// is passed over.
    #[must_use]
    pub fn from_settings(settings: impl IntoIterator<Item = (Key, Value)>) -> Self {
        let mut configuration = Self::default();
        for (key, value) in settings {
            match value {
                Value::Bool(flag) => configuration.set_flag(key, flag),
                Value::Int(number) => configuration.set_number(key, number),
                Value::Text(text) => configuration.set_text(key, text),
            }
        }
        configuration
    }

    fn set_flag(&mut self, key: Key, flag: bool) {
        let field = match key {
            Key::AuthenticationHeaderEnabled => &mut self.header_enabled,
            Key::AuthenticationTargetTokenEnabled => &mut self.target_token_enabled,
            Key::AuthenticationGatewayTokenEnabled => &mut self.gateway_token_enabled,
            Key::RepositoryActionsAutoclose => &mut self.autoclose,
            Key::RolloutApproval => &mut self.rollout_approval,
            Key::BatchAssignments => &mut self.batch_assignments,
            Key::UserConfirmationFlow => &mut self.consent_flow,
            Key::ImplicitLock => &mut self.implicit_lock,
            Key::AnonymousDownload => &mut self.anonymous_download,
            Key::AuthenticationHeaderAuthority
            | Key::AuthenticationGatewayTokenKey
            | Key::PollingTime
            | Key::PollingOverdueTime
            | Key::MaintenanceWindowPollCount
            | Key::ActionCleanupExpiry
            | Key::ActionCleanupStatus
            | Key::ActionCleanupOnQuotaHit => return,
        };
        *field = flag;
    }

    fn set_number(&mut self, key: Key, number: i64) {
        if key == Key::MaintenanceWindowPollCount {
            self.maintenance_poll_count = i32::try_from(number).unwrap_or(0);
        }
        if key == Key::ActionCleanupExpiry {
            self.cleanup_expiry = u64::try_from(number).ok().map(Duration::from_millis);
        }
        if key == Key::ActionCleanupOnQuotaHit {
            self.cleanup_on_quota_percent =
                u32::try_from(number).ok().filter(|percent| (1..=99).contains(percent));
        }
    }

    fn set_text(&mut self, key: Key, text: String) {
        if key == Key::AuthenticationHeaderAuthority {
            self.header_authority = text;
        } else if key == Key::AuthenticationGatewayTokenKey {
            self.gateway_token_key = text;
        } else if key == Key::PollingTime {
            if let Ok(polling) = PollingTime::parse(&text, Duration::ZERO, Duration::MAX) {
                self.polling_time = polling;
            }
        } else if key == Key::PollingOverdueTime {
            self.polling_overdue = parse_duration(&text).unwrap_or(self.polling_overdue);
        } else if key == Key::ActionCleanupStatus {
            self.cleanup_states = cleanup_statuses(&text);
        }
    }
}

/// The states that `action.cleanup.auto.status` names: hawkBit's upper-case words, separated by
/// `,` or `;`. Words that name no state of an action are passed over.
#[must_use]
pub fn cleanup_statuses(text: &str) -> Vec<State> {
    let named = |word: &str| {
        State::ALL
            .into_iter()
            .find(|state| crate::action::detail_status(*state).as_str().eq_ignore_ascii_case(word))
    };
    text.split([',', ';']).filter_map(|word| named(word.trim())).collect()
}
