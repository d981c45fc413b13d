//! `otactl rollouts watch`: follows a rollout to its end, with a bar for each group that runs.

use crate::error::{CliError, Exit};
use crate::nouns::ROLLOUT;
use crate::output::{Bars, Output};
use crate::schema;
use crate::session::Session;
use crate::view::progress;
use otahub_client::proto::{
    Rollout, RolloutState, TargetCounts, WatchRolloutRequest, WatchRolloutResponse,
};
use std::time::Duration;

/// How often in a row the hub may be out of reach.
const MISSES_MAX: u32 = 30;
/// How long to wait before it is called again.
const PAUSE: Duration = Duration::from_secs(1);

/// What was seen so far.
#[derive(Default)]
struct Seen {
    token: String,
    last: Option<Rollout>,
    bars: Bars,
}

pub(crate) async fn carry_out(
    name: &str,
    session: &Session,
    output: &mut Output,
) -> Result<Exit, CliError> {
    let mut seen = Seen { bars: output.bars(), ..Seen::default() };
    let mut misses = 0;
    loop {
        let token = seen.token.clone();
        match follow(name, &mut seen, session, output).await {
            Ok(()) => return Ok(exit(seen.last.as_ref())),
            Err(error) if error.is_transient() && misses < MISSES_MAX => {
                // who was told something since has no streak of misses
                misses = if seen.token == token { misses + 1 } else { 1 };
                if misses == 1 {
                    output.remark(&format!("{error}; trying again"));
                }
            }
            Err(error) => return Err(error),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn follow(
    name: &str,
    seen: &mut Seen,
    session: &Session,
    output: &mut Output,
) -> Result<(), CliError> {
    let resume_token = seen.token.clone();
    let request = WatchRolloutRequest { name: name.to_owned(), resume_token };
    let mut stream = session.hub().rollouts().watch_rollout(request).await?.into_inner();
    while let Some(message) = stream.message().await? {
        seen.take(message, output)?;
    }
    Ok(())
}

impl Seen {
    fn take(&mut self, message: WatchRolloutResponse, output: &mut Output) -> Result<(), CliError> {
        self.token = message.resume_token;
        let Some(rollout) = message.rollout else {
            return Ok(());
        };
        output.entry(ROLLOUT.columns, &schema::json_of("Rollout", &rollout))?;
        for group in message.rollout_groups {
            let name = group.spec.map(|spec| spec.display_name).unwrap_or_default();
            let counts = group.target_counts.unwrap_or_default();
            let begun = counts.not_started + counts.scheduled < group.target_count;
            if begun {
                let text =
                    format!("{name}: {}", progress(&schema::json_of("TargetCounts", &counts)));
                self.bars.set(&group.name, text, (over(&counts), group.target_count));
            }
        }
        self.last = Some(rollout);
        Ok(())
    }
}

/// How many targets are done, one way or another.
fn over(counts: &TargetCounts) -> i64 {
    counts.finished + counts.error + counts.canceled
}

fn exit(last: Option<&Rollout>) -> Exit {
    let Some(rollout) = last else {
        return Exit::Done;
    };
    let failed = rollout.target_counts.is_some_and(|counts| counts.error > 0);
    match rollout.state() {
        RolloutState::Stopped | RolloutState::Deleted => Exit::Canceled,
        _ if failed => Exit::UpdateFailed,
        _ => Exit::Done,
    }
}
