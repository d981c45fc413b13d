//! The rpcs of otahub.v1.TargetService that move many targets: import and export, in streams.

use super::target::Targets;
use crate::audit::{self, Call};
use crate::auth::Operator;
use crate::once;
use crate::status::from_error;
use crate::translate::bulk as translate;
use crate::usecase::{ImportChunk, Imported};
use futures::stream::BoxStream;
use futures::{StreamExt as _, TryStreamExt as _};
use otahub_domain::filter::{Filter, TargetField};
use otahub_domain::request::check_request_id;
use otahub_domain::{Error, Result as Decided, TargetId};
use otahub_proto::otahub::v1 as proto;
use proto::import_targets_request::Step;
use std::sync::Arc;
use tonic::{Status, Streaming};

/// How many targets are taken in by one transaction, and sent at once.
const CHUNK: usize = 500;

/// What bulk rpcs answer.
pub(super) type Bulk<T> = BoxStream<'static, Result<T, Status>>;

/// Takes targets in, a chunk at a time, and tells of each what came of it.
pub(super) fn import(
    targets: Targets,
    operator: Arc<Operator>,
    stream: Streaming<proto::ImportTargetsRequest>,
) -> Bulk<proto::ImportTargetsResponse> {
    let importing = Importing {
        targets,
        operator,
        stream,
        call: audit::current(),
        start: None,
        told: proto::ImportTargetsResponse::default(),
    };
    futures::stream::try_unfold(importing, |mut importing| async move {
        let told = importing.next().await?;
        Ok(told.map(|told| (told, importing)))
    })
    .boxed()
}

/// An import under way.
struct Importing {
    targets: Targets,
    operator: Arc<Operator>,
    stream: Streaming<proto::ImportTargetsRequest>,
    /// What each chunk is a part of.
    call: Option<Arc<Call>>,
    start: Option<proto::ImportTargetsStart>,
    /// What was told last.
    told: proto::ImportTargetsResponse,
}

impl Importing {
    async fn next(&mut self) -> Result<Option<proto::ImportTargetsResponse>, Status> {
        while let Some(message) = self.stream.message().await? {
            let taken = match (message.step, self.start.is_some()) {
                (Some(Step::Start(start)), false) => self.begin(start).map(|()| None),
                (Some(Step::Chunk(chunk)), true) => self.take(chunk).await.map(Some),
                (_, false) => Err(Error::invalid("start", "comes first")),
                (_, true) => Err(Error::invalid("chunk", "is required")),
            };
            if let Some(told) = taken.map_err(|error| from_error(&error))? {
                return Ok(Some(told));
            }
        }
        Ok(None)
    }

    fn begin(&mut self, start: proto::ImportTargetsStart) -> Decided<()> {
        translate::mode(start.mode())?;
        if !start.request_id.is_empty() {
            check_request_id(&start.request_id)?;
        }
        self.told.next_offset = start.offset;
        self.start = Some(start);
        Ok(())
    }

    async fn take(
        &mut self,
        chunk: proto::ImportTargetsChunk,
    ) -> Decided<proto::ImportTargetsResponse> {
        let start = self.start.as_ref().ok_or(Error::Internal)?;
        if chunk.targets.is_empty() || chunk.targets.len() > CHUNK {
            return Err(Error::invalid("chunk.targets", format!("has to have 1 to {CHUNK}")));
        }
        let offset = self.told.next_offset;
        let count = i64::try_from(chunk.targets.len()).unwrap_or(i64::MAX);
        let part = self.call.as_ref().map(|call| {
            let request = (!start.request_id.is_empty()).then(|| {
                // who goes on begins elsewhere with the same
                let same = proto::ImportTargetsStart { offset: 0, ..start.clone() };
                let whole = proto::ImportTargetsRequest { step: Some(Step::Chunk(chunk.clone())) };
                let id = format!("{}/{offset}", start.request_id);
                (id, once::fingerprint(&[&same, &whole]))
            });
            call.part(request)
        });
        let read = |target| translate::imported(target, start.update_mask.as_ref());
        let chunk = ImportChunk {
            mode: translate::mode(start.mode())?,
            targets: chunk.targets.into_iter().map(read).collect(),
            by: self.operator.username.clone(),
        };
        let import = self.targets.0.import_targets(self.operator.tenant, chunk);
        let done = audit::within(part, import).await?;
        self.told = tell(&self.told, done, count);
        Ok(self.told.clone())
    }
}

/// What is told of a chunk after what was told before.
fn tell(
    before: &proto::ImportTargetsResponse,
    done: Imported,
    count: i64,
) -> proto::ImportTargetsResponse {
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let offset = before.next_offset;
    let failed = i64::try_from(done.failures.len()).unwrap_or(i64::MAX);
    proto::ImportTargetsResponse {
        next_offset: offset.saturating_add(count),
        created_count: before.created_count + number(done.created),
        updated_count: before.updated_count + number(done.updated),
        unchanged_count: before.unchanged_count + number(done.unchanged),
        failed_count: before.failed_count + failed,
        failures: done.failures.into_iter().map(|one| translate::failure(one, offset)).collect(),
    }
}

/// Which targets an export sends, and how far it is.
pub(super) struct Exporting {
    pub targets: Targets,
    pub operator: Arc<Operator>,
    pub filter: Option<Filter<TargetField>>,
    /// The target that was sent last.
    pub after: TargetId,
}

/// Sends targets in chunks, read one after the other as they are taken, and at last how many
/// there were.
pub(super) fn export(exporting: Exporting) -> Bulk<proto::ExportTargetsResponse> {
    let begin = (exporting, 0, false);
    futures::stream::try_unfold(begin, |(mut exporting, sent, ended)| async move {
        if ended {
            return Ok(None);
        }
        let targets = exporting.next().await?;
        let (ended, sent) = (targets.is_empty(), sent + targets.len() as u64);
        let told = proto::ExportTargetsResponse {
            targets,
            resume_token: translate::token(exporting.after),
            total_count: ended.then(|| i64::try_from(sent).unwrap_or(i64::MAX)),
        };
        Ok(Some((told, (exporting, sent, ended))))
    })
    .map_err(|error: Error| from_error(&error))
    .boxed()
}

impl Exporting {
    async fn next(&mut self) -> Decided<Vec<proto::Target>> {
        let (tenant, session) = (self.operator.tenant, self.targets.0.store.read());
        let (filter, limit) = (self.filter.as_ref(), CHUNK as u64);
        let found = session.targets_after(tenant, filter, self.after, limit).await?;
        self.after = found.last().map_or(self.after, |target| target.id);
        self.targets.show(&self.operator, found).await
    }
}
