//! Carries a deployment out: download, check, install, and report each step.

use crate::device::{Deed, Device};
use crate::download::{Download, Note, Wanted};
use crate::error::SimError;
use crate::event::{Module, SimEvent};
use crate::options::Step;
use crate::wire::{Artifact, Chunk, Handling, Order, Report};

impl Device {
    /// Fetches a deployment and carries it out as far as it says.
    pub(crate) async fn deploy(&mut self, href: &str) -> Result<Deed, SimError> {
        let order: Order = self.ddi.get(href).await?;
        let modules = order.deployment.chunks.iter().map(module).collect();
        self.tell(SimEvent::DeploymentFetched { action: order.id.clone(), modules });
        if self.vanishes(&order.id) {
            return Ok(Deed::Vanished);
        }
        match self.carry_out(&order).await {
            Err(error) if error.ends_update() || self.is_overtaken_again(&order.id, &error) => {
                self.fail(&order.id, &error).await
            }
            other => other,
        }
    }

    /// Whether the hub offers again and again what it then refuses to hand out.
    fn is_overtaken_again(&mut self, action: &str, error: &SimError) -> bool {
        if !error.is_overtaken() {
            return false;
        }
        self.overtaken.replace(action.to_owned()).as_deref() == Some(action)
    }

    async fn carry_out(&mut self, order: &Order) -> Result<Deed, SimError> {
        let ready = self.prepared.as_ref() == Some(&order.id);
        if !ready {
            if order.deployment.download == Handling::Skip {
                return Ok(Deed::Waiting);
            }
            self.prepare(order).await?;
        }
        if order.deployment.update != Handling::Skip {
            return self.install(order).await;
        }
        if ready {
            return Ok(Deed::Waiting);
        }
        self.tell(SimEvent::Downloaded { action: order.id.clone() });
        Ok(Deed::Downloaded)
    }

    /// Gets all artifacts.
    async fn prepare(&mut self, order: &Order) -> Result<(), SimError> {
        let action = &order.id;
        let artifacts: Vec<&Artifact> =
            order.deployment.chunks.iter().flat_map(|chunk| &chunk.artifacts).collect();
        let bytes: u64 = artifacts.iter().map(|artifact| artifact.size).sum();
        let text = format!("downloading {} artifacts, {bytes} bytes", artifacts.len());
        self.report(action, &Report::new("download", "none", &text)).await?;
        self.behaviour.pause().await;
        self.behaviour.passes(Step::Download)?;
        if self.behaviour.download {
            for artifact in artifacts {
                self.fetch(artifact).await?;
            }
        }
        self.behaviour.passes(Step::Verify)?;
        self.report(action, &Report::new("downloaded", "none", "all hashes agree")).await?;
        self.prepared = Some(action.clone());
        self.behaviour.pause().await;
        Ok(())
    }

    async fn fetch(&self, artifact: &Artifact) -> Result<(), SimError> {
        let tell = |note: Note| {
            let file = artifact.filename.clone();
            self.tell(match note {
                Note::Progress { done, total } => SimEvent::DownloadProgress { file, done, total },
                Note::Resumed { at, why } => SimEvent::DownloadResumed { file, at, why },
            });
        };
        let wanted = Wanted::from(artifact);
        let download = Download::new(&self.ddi.http, &wanted, self.behaviour.download_rate);
        download.run(&tell).await?;
        self.tell(SimEvent::Verified {
            file: artifact.filename.clone(),
            size: artifact.size,
            sha256: artifact.hashes.sha256.clone(),
        });
        Ok(())
    }

    async fn install(&mut self, order: &Order) -> Result<Deed, SimError> {
        let action = &order.id;
        let of = order.deployment.chunks.len();
        for (index, chunk) in order.deployment.chunks.iter().enumerate() {
            let text = format!("installing {} {}", chunk.name, chunk.version);
            let mut report = Report::new("proceeding", "none", &text);
            report.progress = Some((index, of));
            self.report(action, &report).await?;
            self.behaviour.pause().await;
        }
        self.behaviour.passes(Step::Install)?;
        self.report(action, &Report::new("closed", "success", "installed")).await?;
        self.prepared = None;
        self.tell(SimEvent::Finished { action: action.clone() });
        Ok(Deed::Finished)
    }

    async fn fail(&mut self, action: &str, error: &SimError) -> Result<Deed, SimError> {
        let why = error.to_string();
        self.prepared = None;
        self.report(action, &Report::new("closed", "failure", &why)).await?;
        self.tell(SimEvent::Failed { action: action.to_owned(), why });
        Ok(Deed::Failed)
    }

    async fn report(&self, action: &str, report: &Report) -> Result<(), SimError> {
        let href = self.ddi.below(&["deploymentBase", action, "feedback"]);
        self.report_to(&href, action, report).await
    }
}

fn module(chunk: &Chunk) -> Module {
    Module {
        part: chunk.part.clone(),
        name: chunk.name.clone(),
        version: chunk.version.clone(),
        files: chunk.artifacts.iter().map(|a| (a.filename.clone(), a.size)).collect(),
    }
}
