//! Credentials that were right lately, and the queue of passwords to be checked.
//!
//! A change of a user or a token makes them forget: in the step that commits it, and on the other
//! nodes when they read of it in the event log.

use super::{Credential, Operator};
use otahub_domain::{ApiTokenId, TenantId};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;

/// For how long a credential that was right is not checked again, whatever happens.
const REMEMBERED_FOR: Duration = Duration::from_secs(60);
/// How many credentials are remembered.
const REMEMBERED: u64 = 10_000;
/// How many passwords are hashed at the same time; each takes 19 MiB and a core.
const CHECKS_AT_ONCE: usize = 2;

/// What a credential is remembered by: its SHA-256.
pub(crate) type Digest = [u8; 32];

/// Credentials that were right lately.
pub(crate) struct Logins {
    right: moka::sync::Cache<Digest, Arc<Operator>>,
    /// Counts the changes: what was checked while one came is not remembered.
    generation: AtomicU64,
    /// Turns for hashing.
    pub(super) checks: Semaphore,
}

impl Default for Logins {
    fn default() -> Self {
        let right = moka::sync::Cache::builder().max_capacity(REMEMBERED);
        Self {
            right: right.time_to_live(REMEMBERED_FOR).build(),
            generation: AtomicU64::new(0),
            checks: Semaphore::new(CHECKS_AT_ONCE),
        }
    }
}

impl Logins {
    /// Who showed this credential lately.
    pub(super) fn get(&self, digest: &Digest) -> Option<Arc<Operator>> {
        self.right.get(digest)
    }

    /// How many changes there were; to be asked before anything is read.
    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::SeqCst)
    }

    /// Remembers who showed a credential, unless something changed since `generation`.
    pub(super) fn remember(&self, digest: Digest, operator: &Arc<Operator>, generation: u64) {
        if self.generation() == generation {
            self.right.insert(digest, operator.clone());
            if self.generation() != generation {
                self.right.invalidate(&digest);
            }
        }
    }

    /// Forgets the credentials of a user, its tokens among them.
    pub(crate) fn forget_user(&self, tenant: TenantId, name: &str) {
        self.forget(|operator| operator.tenant == tenant && operator.username == name);
    }

    /// Forgets a token.
    pub(crate) fn forget_token(&self, id: ApiTokenId) {
        self.forget(|operator| operator.credential == Credential::Token(id));
    }

    /// Forgets everything, when it is not known what has changed.
    pub(crate) fn forget_all(&self) {
        self.forget(|_| true);
    }

    fn forget(&self, concerned: impl Fn(&Operator) -> bool) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        let keys = self.right.iter().filter(|(_, operator)| concerned(operator)).map(|(k, _)| *k);
        for key in keys.collect::<Vec<_>>() {
            self.right.invalidate(&key);
        }
    }
}
