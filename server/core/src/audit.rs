//! Who changed what: every call of an operator that changes something leaves entries.
//!
//! The layer [`crate::layers::audited`] gives each such call a [`Call`]. Whoever recognises the
//! operator notes it there ([`recognised`]). [`Hub::write`], through which every change passes,
//! then adds an entry for each resource that the job has noted, in the job's own transaction. Calls
//! of devices, and what the hub does of itself, have no [`Call`] and cost nothing.

use crate::auth::Operator;
use crate::hub::Hub;
use crate::once::Once;
use otahub_domain::{Result, Timestamp};
use otahub_store::{AuditEntry, Lane, Notes, RequestKey, Session};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

tokio::task_local! {
    static CALL: Arc<Call>;
}

/// The outcome of a change.
pub(crate) const DONE: &str = "OK";
/// The outcome of what the caller may not do.
pub(crate) const DENIED: &str = "PERMISSION_DENIED";

/// A call that is to be accounted for.
pub(crate) struct Call {
    method: String,
    protocol: String,
    operator: OnceLock<Arc<Operator>>,
    /// The resource that the request names.
    named: OnceLock<String>,
    /// What is to be done once, however often it is asked for.
    once: OnceLock<Once>,
    /// A job added entries that are not known to be committed yet.
    pending: AtomicBool,
    recorded: AtomicBool,
}

impl Call {
    /// A call of `method` (`otahub.v1.TargetService/DeleteTarget`).
    pub(crate) fn new(method: &str, protocol: &str) -> Arc<Self> {
        Arc::new(Self {
            method: method.to_owned(),
            protocol: protocol.to_owned(),
            operator: OnceLock::new(),
            named: OnceLock::new(),
            once: OnceLock::new(),
            pending: AtomicBool::new(false),
            recorded: AtomicBool::new(false),
        })
    }

    /// Notes what the request names.
    pub(crate) fn name(&self, resource: String) {
        // the first is what the request is about
        let _ = self.named.set(resource);
    }

    /// Notes under which id the request is made, and what tells its content.
    pub(crate) fn identify(&self, id: &str, fingerprint: String) {
        if let Some(operator) = self.operator.get() {
            let key = RequestKey {
                tenant: operator.tenant,
                caller: operator.username.clone(),
                method: self.method.clone(),
                id: id.to_owned(),
            };
            // a request has one id
            let _ = self.once.set(Once { key, fingerprint });
        }
    }

    /// A part of the call that is accounted for by itself, and done once if it has an id. The
    /// second word tells its content.
    pub(crate) fn part(&self, request: Option<(String, String)>) -> Arc<Self> {
        let part = Self::new(&self.method, &self.protocol);
        if let Some(operator) = self.operator.get() {
            // the part is new
            let _ = part.operator.set(operator.clone());
        }
        if let Some((id, fingerprint)) = request {
            part.identify(&id, fingerprint);
        }
        part
    }

    /// What is to be done once.
    pub(crate) fn once(&self) -> Option<&Once> {
        self.once.get()
    }

    /// Notes that the request was a repeat: it changes nothing, so there is nothing to account for.
    pub(crate) fn repeated(&self) {
        self.recorded.store(true, Ordering::Relaxed);
    }

    /// Whether entries were committed.
    pub(crate) fn is_recorded(&self) -> bool {
        self.recorded.load(Ordering::Relaxed)
    }

    /// Adds the entries of what the session's job has noted to its transaction.
    pub(crate) async fn record(&self, session: &Session<'_>, now: Timestamp) -> Result<()> {
        let notes = session.notes();
        let entries = if notes.names.is_empty() { Vec::new() } else { self.of(notes, DONE, now) };
        self.pending.store(!entries.is_empty(), Ordering::Relaxed);
        if entries.is_empty() { Ok(()) } else { Ok(session.append_audit(entries).await?) }
    }

    /// Notes whether the last job was committed.
    pub(crate) fn settle(&self, committed: bool) {
        if self.pending.swap(false, Ordering::Relaxed) && committed {
            self.recorded.store(true, Ordering::Relaxed);
        }
    }

    fn of(&self, notes: Notes, outcome: &str, at: Timestamp) -> Vec<AuditEntry> {
        let Some(operator) = self.operator.get() else {
            return Vec::new();
        };
        let entry = |resource| AuditEntry {
            id: 0,
            tenant: operator.tenant,
            at,
            actor: operator.username.clone(),
            credential: operator.credential.name(),
            protocol: self.protocol.clone(),
            method: self.method.clone(),
            resource,
            outcome: outcome.to_owned(),
            truncated: notes.truncated,
        };
        notes.names.iter().cloned().map(entry).collect()
    }
}

/// The call that this task works for, once its operator is known.
pub(crate) fn current() -> Option<Arc<Call>> {
    CALL.try_with(Arc::clone).ok().filter(|call| call.operator.get().is_some())
}

/// Notes who calls.
pub(crate) fn recognised(operator: &Arc<Operator>) {
    // outside of a change there is nothing to note
    let _ = CALL.try_with(|call| {
        // a call has one caller, however often it is recognised
        let _ = call.operator.set(operator.clone());
    });
}

/// Does work on behalf of a call.
pub(crate) async fn within<F: Future>(call: Option<Arc<Call>>, work: F) -> F::Output {
    match call {
        Some(call) => CALL.scope(call, work).await,
        None => work.await,
    }
}

impl Hub {
    /// Adds an entry on its own: for what was denied, and for a change that noted no resource.
    pub(crate) async fn account(&self, call: Arc<Call>, outcome: &'static str) {
        let now = self.now();
        let named = call.named.get().cloned().unwrap_or_default();
        let entries = call.of(Notes { names: [named].into(), truncated: false }, outcome, now);
        if entries.is_empty() {
            return;
        }
        let job = self.store.write(Lane::ANY, move |session| {
            let entries = entries.clone();
            Box::pin(async move { session.append_audit(entries).await })
        });
        if let Err(error) = job.await {
            tracing::error!(%error, method = call.method, outcome, "an audit entry is lost");
        }
    }
}
