//! The words of OTAEvent, in the contract's: the one table.

use otahub_client::device::{Fault, Phase};

/// A line of the table: what a device says, and what an operator sees of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The status, as it stands on the wire.
    pub status: &'static str,
    /// The contract's word for it.
    pub phase: Phase,
    /// The action's status that the history shows.
    pub shown: &'static str,
}

/// Every status that a device may report. `Confirmed`, `Denied` and `Downloaded` are known in the
/// JSON mode only.
pub const TABLE: [Row; 11] = [
    row("Confirmed", Phase::Confirmed, "running"),
    row("Denied", Phase::Denied, "wait_for_confirmation"),
    row("Acknowledged", Phase::Acknowledged, "retrieved"),
    row("Downloading", Phase::Downloading, "download"),
    row("Downloaded", Phase::Downloaded, "downloaded"),
    row("Deploying", Phase::Deploying, "running"),
    row("Deployed", Phase::Deployed, "running"),
    row("Rebooting", Phase::Rebooting, "running"),
    row("Success", Phase::Success, "finished"),
    row("Error", Phase::Error, "warning"),
    row("Failure", Phase::Failure, "error"),
];

const fn row(status: &'static str, phase: Phase, shown: &'static str) -> Row {
    Row { status, phase, shown }
}

/// The phase of a status; what is not in the table is noted as a warning.
pub(crate) fn phase(status: &str) -> Phase {
    TABLE.iter().find(|row| row.status == status).map_or(Phase::Unspecified, |row| row.phase)
}

/// What a code means for the hub. Others than these are kept as they came.
pub(crate) fn fault(code: &str) -> Fault {
    match code {
        "" => Fault::Unspecified,
        "Canceled" => Fault::Canceled,
        "UpdateAlreadyInProgress" => Fault::Busy,
        "SystemRollback" => Fault::RolledBack,
        "InvalidRequest" | "RequestError" | "InternalError" => Fault::Refused,
        _ => Fault::Other,
    }
}

/// The usual spelling of a code: devices have others for some.
pub(crate) fn canonical(code: &str) -> &str {
    match code {
        "ErrorNetwork" => "NetworkError",
        "RequestError" => "InvalidRequest",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_interface_is_known_and_others_are_kept() {
        for (code, canonical_code, meaning) in [
            ("", "", Fault::Unspecified),
            ("RequestTimeout", "RequestTimeout", Fault::Other),
            ("InvalidRequest", "InvalidRequest", Fault::Refused),
            ("RequestError", "InvalidRequest", Fault::Refused),
            ("UpdateAlreadyInProgress", "UpdateAlreadyInProgress", Fault::Busy),
            ("NetworkError", "NetworkError", Fault::Other),
            ("ErrorNetwork", "NetworkError", Fault::Other),
            ("IOError", "IOError", Fault::Other),
            ("InternalError", "InternalError", Fault::Refused),
            ("InvalidBaseImage", "InvalidBaseImage", Fault::Other),
            ("SystemRollback", "SystemRollback", Fault::RolledBack),
            ("Canceled", "Canceled", Fault::Canceled),
            ("NoCoffee", "NoCoffee", Fault::Other),
        ] {
            assert_eq!(canonical(code), canonical_code);
            assert_eq!(fault(code), meaning, "{code}");
        }
        assert_eq!(phase("Success"), Phase::Success);
        assert_eq!(phase("success"), Phase::Unspecified);
    }
}
