//! Gives things what the hub has for them, and tells the hub what is done.

use crate::Adapter;
use crate::batch::Batches;
use crate::progress::Progress;
use crate::publisher::{Publisher, Unpublished};
use crate::tell::Teller;
use crate::threads::Threads;
use futures::StreamExt;
use otahub_client::proto::{
    AcknowledgeDeviceWorkRequest, DeviceWork, UndeliveredWork, WatchDeviceWorkRequest,
    WatchDeviceWorkResponse,
};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// How many pieces of work are under way at once.
const UNDER_WAY: usize = 256;
/// How often the hub is told what is done.
const TELL: Duration = Duration::from_millis(200);

/// A piece of work.
struct Piece {
    work: DeviceWork,
    number: Option<u64>,
}

impl Piece {
    /// Which thing it is of: its tenant and id.
    fn thing(&self) -> (String, String) {
        (self.work.tenant.clone(), self.work.controller_id.clone())
    }
}

/// What became of one.
struct Outcome {
    piece: Piece,
    end: Result<(), Unpublished>,
}

/// What the hub is still to be told.
#[derive(Default)]
struct News {
    reached: Option<String>,
    undelivered: Vec<UndeliveredWork>,
    held_done: Vec<i64>,
}

impl Adapter {
    /// Delivers work until the stream ends or the connection is lost; says why.
    pub(crate) async fn deliver(&self, publisher: &Arc<Publisher>) -> String {
        let request = WatchDeviceWorkRequest {
            consumer: self.settings.consumer(),
            address_prefix: "amqp:".into(),
            tenants: self.settings.tenant.clone().into_iter().collect(),
            ..WatchDeviceWorkRequest::default()
        };
        let stream = match self.hub.events(&self.caller).watch_device_work(request).await {
            Ok(stream) => stream.into_inner(),
            Err(status) => return status.message().to_owned(),
        };
        let batches = Arc::new(Batches::default());
        let teller = Teller { adapter: self.clone(), publisher: publisher.clone(), batches };
        self.follow(stream, &teller).await
    }

    async fn follow(
        &self,
        mut stream: tonic::Streaming<WatchDeviceWorkResponse>,
        teller: &Teller,
    ) -> String {
        let mut threads = Threads::default();
        let (mut progress, mut news) = (Progress::default(), News::default());
        let mut tell = interval(TELL);
        tell.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let work = |piece: Piece| {
            let teller = teller.clone();
            async move {
                let end = teller.tell(&piece.work).await;
                Outcome { piece, end }
            }
        };
        loop {
            tokio::select! {
                next = stream.next(), if threads.len() < UNDER_WAY => match next {
                    Some(Ok(message)) => {
                        if let Some(piece) = self.piece(message, &mut progress) {
                            threads.begin(piece.thing(), piece, work);
                        }
                    }
                    Some(Err(status)) => return status.message().to_owned(),
                    None => return "the hub ended the stream".into(),
                },
                Some(ended) = threads.next(work) => {
                    let lost = match ended {
                        Ok(outcome) => note(outcome, &mut progress, &mut news),
                        Err(error) => Some(error.to_string()),
                    };
                    if let Some(lost) = lost {
                        return lost;
                    }
                },
                _ = tell.tick() => {
                    news.reached = progress.reached().or(news.reached.take());
                    self.tell_hub(&mut news).await;
                }
            }
        }
    }

    /// What a message wants to be done, unless that is nothing.
    fn piece(&self, message: WatchDeviceWorkResponse, progress: &mut Progress) -> Option<Piece> {
        let token = Some(message.resume_token).filter(|token| !token.is_empty());
        let number = token.map(|token| progress.begin(token));
        let work = message.work.filter(|work| self.settings.serves(&work.tenant));
        if let (None, Some(number)) = (&work, number) {
            progress.done(number);
        }
        work.map(|work| Piece { work, number })
    }

    /// Tells the hub what is done; what it does not hear now it hears with the next news.
    async fn tell_hub(&self, news: &mut News) {
        if news.reached.is_none() && news.undelivered.is_empty() && news.held_done.is_empty() {
            return;
        }
        let request = AcknowledgeDeviceWorkRequest {
            consumer: self.settings.consumer(),
            resume_token: news.reached.clone().unwrap_or_default(),
            undelivered: news.undelivered.clone(),
            held_done: news.held_done.clone(),
        };
        match self.hub.events(&self.caller).acknowledge_device_work(request).await {
            Ok(_) => *news = News::default(),
            Err(status) => {
                tracing::warn!(error = status.message(), "the hub could not be told what is done");
            }
        }
    }
}

/// Notes what became of a piece of work; the reason to give up if the connection is lost.
fn note(outcome: Outcome, progress: &mut Progress, news: &mut News) -> Option<String> {
    let Outcome { piece: Piece { work, number }, end } = outcome;
    let word = match &end {
        Ok(()) => "done",
        Err(Unpublished::Undeliverable(_)) => "undelivered",
        Err(Unpublished::Lost(_)) => "lost",
    };
    metrics::counter!("otahub_dmf_work_total", "outcome" => word).increment(1);
    match end {
        Ok(()) if work.held != 0 => news.held_done.push(work.held),
        Ok(()) => {}
        Err(Unpublished::Undeliverable(cause)) => {
            tracing::info!(thing = work.controller_id, cause, "work is kept for later");
            news.undelivered.push(UndeliveredWork { work: Some(work), cause });
        }
        Err(Unpublished::Lost(why)) => return Some(why),
    }
    if let Some(number) = number {
        progress.done(number);
    }
    None
}
