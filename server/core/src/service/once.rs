//! How an rpc begins whose request may come again.

/// As `called!`, and notes the request's id: it is to be done once.
macro_rules! called_once {
    ($self:ident, $request:ident, $permission:ident) => {{
        let (operator, message) = $crate::service::target::called!($self, $request, $permission);
        if let Err(error) = $crate::once::identify(&message.request_id, &message) {
            return $crate::service::answer(Err(error));
        }
        (operator, message)
    }};
}
pub(super) use called_once;

/// As `called_once!` for a batch, which has one id for all that is in it.
macro_rules! called_batch {
    ($self:ident, $request:ident, $permission:ident) => {{
        let (operator, message) = $crate::service::once::called_once!($self, $request, $permission);
        if message.requests.iter().any(|one| !one.request_id.is_empty()) {
            let error = otahub_domain::Error::invalid(
                "requests.request_id",
                "a batch has one id for all of it",
            );
            return $crate::service::answer(Err(error));
        }
        (operator, message)
    }};
}
pub(super) use called_batch;
