//! How a rollout goes, as a stream.

use crate::translate::rollout as translate;
use crate::usecase::{Outlet, SIGN_OF_LIFE, Watched};
use otahub_domain::rollout::RolloutState;
use otahub_domain::{Entity, Error, Result as Decided, RolloutId};
use otahub_proto::otahub::v1 as proto;
use tokio::time::{Instant, interval_at};

/// Tells what is seen until the rollout is over; at once, unless `token` says that it is known.
pub(super) async fn tell(
    id: RolloutId,
    mut seen: Watched,
    mut token: String,
    out: Outlet<proto::WatchRolloutResponse>,
) -> Decided<()> {
    let mut beat = interval_at(Instant::now() + SIGN_OF_LIFE, SIGN_OF_LIFE);
    let mut told = Vec::new();
    loop {
        let now = seen.borrow_and_update().clone();
        let now = now.ok_or_else(|| Error::not_found(Entity::Rollout, id))?;
        let rollout = &now.shown.rollout;
        if now.mark != token {
            let kind = rollout.action_type;
            let changed = now.groups.iter().filter(|group| !told.contains(*group));
            let rollout_groups = changed.map(|one| translate::group(one.clone(), kind)).collect();
            token.clone_from(&now.mark);
            let rollout = Some(translate::rollout(now.shown.clone()));
            let resume_token = token.clone();
            out.send(proto::WatchRolloutResponse { rollout, rollout_groups, resume_token }).await?;
        }
        if matches!(
            rollout.state,
            RolloutState::Stopped | RolloutState::Finished | RolloutState::Deleted
        ) {
            return Ok(());
        }
        told.clone_from(&now.groups);
        tokio::select! {
            changed = seen.changed() => changed.map_err(|_| Error::Unavailable)?,
            _ = beat.tick() => {
                let resume_token = token.clone();
                let sign = proto::WatchRolloutResponse { resume_token, ..Default::default() };
                out.send(sign).await?;
            }
        }
    }
}
