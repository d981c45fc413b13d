//! Many targets at once: batches, import and export.

use crate::harness::Ground;
use crate::on_each_database;
use crate::operator::{Answer, Operator, reason, told};
use crate::orders::mask;
use crate::world::World;
use futures::{StreamExt, TryStreamExt};
use otahub_client::proto::import_targets_request::Step;
use otahub_client::proto::{self, ImportMode, Reason};
use otahub_client::{HubError, names};

on_each_database!(
    a_batch_is_read_changed_and_deleted_whole,
    an_import_makes_and_changes_and_tells_what_failed,
    an_import_does_as_its_mode_says,
    an_import_goes_on_where_it_broke_off,
    an_import_that_is_sent_again_is_done_once,
    an_import_leaves_its_mark,
    an_export_sends_all_that_match_and_how_many,
);

fn target(id: &str, description: &str) -> proto::Target {
    proto::Target {
        name: names::target(id),
        controller_id: id.into(),
        description: description.into(),
        ..Default::default()
    }
}

fn update(id: &str, description: &str) -> proto::UpdateTargetRequest {
    proto::UpdateTargetRequest { target: Some(target(id, description)), ..Default::default() }
}

impl Operator {
    async fn batch_get(&self, ids: &[&str]) -> Answer<Vec<proto::Target>> {
        let names = ids.iter().map(|id| names::target(id)).collect();
        let request = proto::BatchGetTargetsRequest { names };
        let found = told(self.hub.targets(&self.caller).batch_get_targets(request).await)?;
        Ok(found.targets)
    }

    async fn batch_update(
        &self,
        requests: Vec<proto::UpdateTargetRequest>,
    ) -> Answer<Vec<proto::Target>> {
        let request = proto::BatchUpdateTargetsRequest {
            requests,
            update_mask: Some(mask("description")),
            ..Default::default()
        };
        let changed = told(self.hub.targets(&self.caller).batch_update_targets(request).await)?;
        Ok(changed.targets)
    }

    async fn import(
        &self,
        start: proto::ImportTargetsStart,
        chunks: Vec<Vec<proto::Target>>,
    ) -> Answer<Vec<proto::ImportTargetsResponse>> {
        let chunks = chunks.into_iter().map(|targets| proto::ImportTargetsChunk { targets });
        let steps = std::iter::once(Step::Start(start)).chain(chunks.map(Step::Chunk));
        let steps: Vec<_> =
            steps.map(|step| proto::ImportTargetsRequest { step: Some(step) }).collect();
        let stream = futures::stream::iter(steps);
        let answers = told(self.hub.targets(&self.caller).import_targets(stream).await)?;
        answers.map_err(HubError::from).try_collect().await
    }

    async fn export(&self, filter: &str, resume_token: &str) -> Vec<proto::ExportTargetsResponse> {
        let request = proto::ExportTargetsRequest {
            filter: filter.into(),
            resume_token: resume_token.into(),
        };
        let sent = told(self.hub.targets(&self.caller).export_targets(request).await).unwrap();
        sent.try_collect().await.unwrap()
    }
}

fn start(mode: ImportMode, request_id: &str) -> proto::ImportTargetsStart {
    proto::ImportTargetsStart {
        mode: mode.into(),
        request_id: request_id.into(),
        ..Default::default()
    }
}

async fn a_batch_is_read_changed_and_deleted_whole(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    for id in ["a", "b/c", "d"] {
        boss.target(id).await;
    }
    let read = boss.batch_get(&["d", "a", "d"]).await.unwrap();
    let ids: Vec<_> = read.iter().map(|t| t.controller_id.as_str()).collect();
    assert_eq!(ids, ["d", "a", "d"]);
    let missing = boss.batch_get(&["a", "nobody"]).await.unwrap_err();
    assert_eq!((missing.reason, missing.detail("id")), (Reason::NotFound, Some("nobody")));

    let changed = boss.batch_update(vec![update("a", "one"), update("b/c", "two")]).await.unwrap();
    let said: Vec<_> = changed.iter().map(|t| t.description.as_str()).collect();
    assert_eq!(said, ["one", "two"]);
    let twice = boss.batch_update(vec![update("a", "first"), update("a", "last")]).await.unwrap();
    assert_eq!(twice[1].description, "last");
    assert_eq!(boss.see("a").await.unwrap(), twice[1]);
    let mixed = boss.batch_update(vec![update("a", "no"), update("nobody", "no")]).await;
    assert_eq!(reason(mixed), Reason::NotFound);
    assert_eq!(boss.see("a").await.unwrap().description, "last");
    let mut own = update("a", "");
    own.target.as_mut().unwrap().group = "own".into();
    own.update_mask = Some(mask("group"));
    let both = boss.batch_update(vec![own, update("d", "three")]).await.unwrap();
    assert_eq!((both[0].group.as_str(), both[0].description.as_str()), ("own", "last"));

    let delete = |ids: &[&str]| {
        let one = |id: &&str| proto::DeleteTargetRequest {
            name: names::target(id),
            ..Default::default()
        };
        let requests = ids.iter().map(one).collect();
        let mut targets = boss.hub.targets(&boss.caller);
        async move {
            let request = proto::BatchDeleteTargetsRequest { requests, ..Default::default() };
            told(targets.batch_delete_targets(request).await)
        }
    };
    assert_eq!(reason(delete(&["a", "nobody"]).await), Reason::NotFound);
    delete(&["a", "b/c"]).await.unwrap();
    assert_eq!(reason(boss.see("a").await), Reason::NotFound);
    boss.see("d").await.unwrap();
    let many = vec!["x"; 1001];
    assert_eq!(boss.batch_get(&many).await.unwrap_err().detail("field"), Some("requests"));
}

async fn an_import_makes_and_changes_and_tells_what_failed(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    boss.create_target(target("there", "old")).await.unwrap();
    boss.create_target(target("same", "as it is")).await.unwrap();
    let strange = proto::Target { target_type: "targetTypes/999".into(), ..target("strange", "") };
    let chunks = vec![
        vec![target("new", "made"), target("has blanks", "x"), target("there", "new")],
        vec![target("same", "as it is"), strange, target("late", ""), target("late", "twice")],
    ];
    let told = boss.import(start(ImportMode::CreateOrUpdate, ""), chunks).await.unwrap();
    let counts = |told: &proto::ImportTargetsResponse| {
        let all = (told.created_count, told.updated_count, told.unchanged_count);
        (told.next_offset, all, told.failed_count)
    };
    assert_eq!(counts(&told[0]), (3, (1, 1, 0), 1));
    assert_eq!(counts(&told[1]), (7, (2, 1, 1), 3));
    let failed: Vec<_> =
        told.iter().flat_map(|t| &t.failures).map(|f| (f.index, f.reason())).collect();
    let expected = [(1, Reason::InvalidField), (4, Reason::NotFound), (6, Reason::InvalidField)];
    assert_eq!(failed, expected);
    assert_eq!(boss.see("there").await.unwrap().description, "new");
    assert_eq!(boss.see("new").await.unwrap().description, "made");
    assert!(!boss.see("late").await.unwrap().security_token.is_empty());
}

async fn an_import_does_as_its_mode_says(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    boss.create_target(proto::Target { group: "g".into(), ..target("there", "old") })
        .await
        .unwrap();
    let both = || vec![vec![target("there", "new"), target("new", "new")]];
    let made = boss.import(start(ImportMode::Update, ""), both()).await.unwrap();
    assert_eq!((made[0].created_count, made[0].updated_count), (0, 1));
    assert_eq!(made[0].failures[0].reason(), Reason::NotFound);
    let seen = boss.see("there").await.unwrap();
    assert_eq!((seen.description.as_str(), seen.group.as_str()), ("new", "g"));
    let made = boss.import(start(ImportMode::Create, ""), both()).await.unwrap();
    assert_eq!((made[0].created_count, made[0].updated_count), (1, 0));
    assert_eq!(made[0].failures[0].reason(), Reason::AlreadyExists);
    let masked = proto::ImportTargetsStart {
        update_mask: Some(mask("group")),
        ..start(ImportMode::CreateOrUpdate, "")
    };
    boss.import(masked, vec![vec![target("there", "not in the mask")]]).await.unwrap();
    let seen = boss.see("there").await.unwrap();
    assert_eq!((seen.description.as_str(), seen.group.as_str()), ("new", ""));

    let unsaid = boss.import(start(ImportMode::Unspecified, ""), both()).await;
    assert_eq!(unsaid.unwrap_err().detail("field"), Some("mode"));
    let many = vec![target("x", ""); 501];
    let large = boss.import(start(ImportMode::Create, ""), vec![many]).await;
    assert_eq!(large.unwrap_err().detail("field"), Some("chunk.targets"));
    let reader = world.operator_with("reader", &["CREATE_TARGET"]).await;
    let denied = reader.import(start(ImportMode::Create, ""), both()).await;
    assert_eq!(denied.unwrap_err().detail("permission"), Some("UPDATE_TARGET"));
}

async fn an_import_goes_on_where_it_broke_off(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let chunk = |n: i64| vec![target(&format!("d{n}"), ""), target(&format!("d{}", n + 1), "")];
    let first = boss.import(start(ImportMode::Create, "i"), vec![chunk(0), chunk(2)]).await;
    let last = first.unwrap().pop().unwrap();
    assert_eq!(last.next_offset, 4);
    // the last answer may not have come
    let again = proto::ImportTargetsStart { offset: 2, ..start(ImportMode::Create, "i") };
    let rest = boss.import(again, vec![chunk(2), chunk(4)]).await.unwrap();
    let told: Vec<_> = rest.iter().map(|t| (t.next_offset, t.created_count)).collect();
    assert_eq!(told, [(4, 2), (6, 4)]);
    assert!(rest.iter().all(|t| t.failures.is_empty()));
}

async fn an_import_that_is_sent_again_is_done_once(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let chunks = || vec![vec![target("a", ""), target("a b", "")], vec![target("c", "")]];
    let first = boss.import(start(ImportMode::Create, "i"), chunks()).await.unwrap();
    assert_eq!(boss.import(start(ImportMode::Create, "i"), chunks()).await.unwrap(), first);
    let other = vec![vec![target("a", ""), target("b", "")]];
    let reused = boss.import(start(ImportMode::Create, "i"), other).await;
    assert_eq!(reason(reused), Reason::RequestIdReused);
    let odd = boss.import(start(ImportMode::Create, "not an id"), chunks()).await;
    assert_eq!(odd.unwrap_err().detail("field"), Some("request_id"));
}

async fn an_import_leaves_its_mark(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let chunks = vec![vec![target("a", "")], vec![target("b", "")]];
    boss.import(start(ImportMode::Create, ""), chunks).await.unwrap();
    let trail = boss.trail("").await.unwrap();
    let told: Vec<_> = trail
        .iter()
        .map(|entry| (entry.method.rsplit('/').next().unwrap(), entry.resource.as_str()))
        .collect();
    assert_eq!(told, [("ImportTargets", "targets/b"), ("ImportTargets", "targets/a")]);
}

async fn an_export_sends_all_that_match_and_how_many(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let some = |from: usize| (from..from + 400).map(|n| target(&format!("d{n:04}"), "")).collect();
    boss.import(start(ImportMode::Create, ""), vec![some(0), some(400), some(800)]).await.unwrap();
    let sent = boss.export("", "").await;
    let sizes: Vec<_> = sent.iter().map(|part| part.targets.len()).collect();
    assert_eq!(sizes, [500, 500, 200, 0]);
    let totals: Vec<_> = sent.iter().map(|part| part.total_count).collect();
    assert_eq!(totals, [None, None, None, Some(1200)]);
    let mut ids: Vec<_> =
        sent.iter().flat_map(|part| &part.targets).map(|t| t.controller_id.clone()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 1200);
    assert!(!sent[0].targets[0].security_token.is_empty());

    let rest = boss.export("", &sent[1].resume_token).await;
    assert_eq!(rest[0].targets, sent[2].targets);
    assert_eq!(rest[1].total_count, Some(200));
    let few = boss.export("controller_id = \"d000*\"", "").await;
    assert_eq!(few.last().unwrap().total_count, Some(10));
    let request = proto::ExportTargetsRequest { resume_token: "odd".into(), ..Default::default() };
    let refused = told(boss.hub.targets(&boss.caller).export_targets(request).await);
    assert_eq!(refused.map(|_| ()).unwrap_err().detail("field"), Some("resume_token"));
    let far = world.far().await;
    let mut stream = told(
        far.targets(&boss.caller).export_targets(proto::ExportTargetsRequest::default()).await,
    )
    .unwrap();
    assert_eq!(stream.next().await.unwrap().unwrap().targets.len(), 500);
}
