//! An update as devices carry it out that are sent their orders: the same steps, whatever the
//! words are in which they tell of them.

use crate::download::{Download, Note, Wanted};
use crate::error::SimError;
use crate::http::Http;
use crate::options::{Behaviour, Step};
use std::future::Future;
use tokio::sync::watch;

/// How many percent of a download have to be new for it to be told of.
const PERCENT_STEP: u8 = 10;

/// A step of an update, to be told.
#[derive(Debug)]
pub(crate) enum Stage<'a> {
    /// The order is taken.
    Begun,
    /// So many percent are there.
    Downloading(u8),
    /// All files are there and checked.
    Downloaded,
    /// So many percent are installed.
    Installing(u8),
    /// It is installed, and runs after a restart.
    Installed,
    /// The device restarts.
    Restarting,
    /// It runs.
    Done,
    /// It failed.
    Failed(&'a SimError),
}

/// How an update ended, as far as it was wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Finished,
    Failed,
    /// It was to be downloaded and no more.
    Downloaded,
}

/// Whoever tells the hub how an update goes.
pub(crate) trait Teller: Sync {
    /// Why it cannot be told.
    type Error: Send;

    /// Tells of a step.
    fn tell(&self, stage: Stage<'_>) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Hears how a download goes.
    fn note(&self, _file: &Wanted, _note: &Note) {}

    /// Hears that a file is there and whole.
    fn verified(&self, file: &Wanted, size: u64);
}

/// What is to be done.
pub(crate) struct Update<'a> {
    pub(crate) http: &'a Http,
    pub(crate) behaviour: &'a Behaviour,
    pub(crate) files: &'a [Wanted],
    /// It is to be installed as well.
    pub(crate) install: bool,
    /// The files are there already.
    pub(crate) prepared: bool,
}

impl Update<'_> {
    /// Carries it out and tells of each step.
    ///
    /// # Errors
    /// The teller's.
    pub(crate) async fn run<T: Teller>(&self, teller: &T) -> Result<End, T::Error> {
        if !self.prepared {
            teller.tell(Stage::Begun).await?;
            if let Err(error) = self.prepare(teller).await? {
                teller.tell(Stage::Failed(&error)).await?;
                return Ok(End::Failed);
            }
            teller.tell(Stage::Downloaded).await?;
        }
        if !self.install {
            return Ok(End::Downloaded);
        }
        self.behaviour.pause().await;
        teller.tell(Stage::Installing(0)).await?;
        self.behaviour.pause().await;
        if let Err(error) = self.behaviour.passes(Step::Install) {
            teller.tell(Stage::Failed(&error)).await?;
            return Ok(End::Failed);
        }
        teller.tell(Stage::Installing(50)).await?;
        self.behaviour.pause().await;
        teller.tell(Stage::Installed).await?;
        teller.tell(Stage::Restarting).await?;
        self.behaviour.pause().await;
        teller.tell(Stage::Done).await?;
        Ok(End::Finished)
    }

    /// Gets all files. The inner error says why the update fails.
    async fn prepare<T: Teller>(&self, teller: &T) -> Result<Result<(), SimError>, T::Error> {
        teller.tell(Stage::Downloading(0)).await?;
        self.behaviour.pause().await;
        if let Err(error) = self.behaviour.passes(Step::Download) {
            return Ok(Err(error));
        }
        let (percent, heard) = watch::channel(0);
        let fetched = tokio::select! {
            fetched = self.fetch(teller, &percent) => fetched,
            never = follow(teller, heard) => match never? {},
        };
        Ok(fetched.and_then(|()| self.behaviour.passes(Step::Verify)))
    }

    async fn fetch<T: Teller>(
        &self,
        teller: &T,
        percent: &watch::Sender<u8>,
    ) -> Result<(), SimError> {
        if !self.behaviour.download {
            return Ok(());
        }
        let count = self.files.len().max(1) as u64;
        for (index, file) in (0u64..).zip(self.files) {
            let note = |note: Note| {
                if let Note::Progress { done, total } = note {
                    let part = index * 100 + done * 100 / total.max(1);
                    percent.send_replace(u8::try_from(part / count).unwrap_or(100));
                }
                teller.note(file, &note);
            };
            let download = Download::new(self.http, file, self.behaviour.download_rate);
            teller.verified(file, download.run(&note).await?);
        }
        Ok(())
    }
}

/// Nothing is of this type.
enum Never {}

/// Tells how a download comes on, until it is dropped.
async fn follow<T: Teller>(
    teller: &T,
    mut percent: watch::Receiver<u8>,
) -> Result<Never, T::Error> {
    let mut told = 0;
    loop {
        if percent.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
        let now = *percent.borrow_and_update();
        if now >= told + PERCENT_STEP && now < 100 {
            told = now;
            teller.tell(Stage::Downloading(now)).await?;
        }
    }
}
