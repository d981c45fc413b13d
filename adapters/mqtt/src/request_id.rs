//! The UUID of a request: the same on every node and with every repetition, because it is made of
//! the tenant and the action. Nothing has to be kept to find the action again.

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Actions have numbers below this.
const ACTION_END: i64 = 1 << 48;

/// The UUID of the request for an action: a version 8 of the action's number and a digest.
pub(crate) fn of(tenant: &str, action: i64) -> Option<Uuid> {
    if !(1..ACTION_END).contains(&action) {
        return None;
    }
    let digest = Sha256::digest(format!("otahub request\n{tenant}\n{action}").as_bytes());
    let mut bytes = [0; 16];
    bytes[..6].copy_from_slice(&action.to_be_bytes()[2..]);
    bytes[6..].copy_from_slice(&digest[..10]);
    Some(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// The action that a request is for; nothing if the hub never made such a UUID.
pub(crate) fn action(tenant: &str, text: &str) -> Option<i64> {
    let id = Uuid::try_parse(text).ok()?;
    let mut number = [0; 8];
    number[2..].copy_from_slice(&id.as_bytes()[..6]);
    let action = i64::from_be_bytes(number);
    (of(tenant, action) == Some(id)).then_some(action)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn another_tenants_request_is_unknown() {
        let id = of("DEFAULT", 7).unwrap().to_string();
        assert_eq!(action("DEFAULT", &id), Some(7));
        assert_eq!(action("OTHER", &id), None);
        assert_eq!(id.len(), 36);
        assert_eq!(action("DEFAULT", "04bf491c-af94-4e9d-813f-ebeebfb856a6"), None);
        assert_eq!(of("DEFAULT", 0), None);
    }

    proptest! {
        #[test]
        fn a_request_leads_back_to_its_action(number in 1..ACTION_END, noise in "\\PC{0,40}") {
            let id = of("T", number).unwrap().to_string();
            prop_assert_eq!(action("T", &id), Some(number));
            prop_assert_eq!(action("T", &id.to_uppercase()), Some(number));
            prop_assert_eq!(action("T", &noise), None);
        }
    }
}
