//! A filter means in SQL what it means in memory: on random rows, for random filters.

mod facts;
mod random;
mod rows;

use otahub_domain::filter::{
    ActionField, Filter, ModuleField, Moments, Searchable, SetField, TargetField, parse,
};
use otahub_store::{
    ActionQuery, ModuleQuery, ModuleTypeQuery, Page, SetQuery, SetTypeQuery, TagQuery, TargetQuery,
    TargetTypeQuery,
};

use crate::harness::Db;
use crate::world::NOW;
use facts::Facts;
use random::Random;
use rows::Rows;

crate::on_each_database!(
    targets_are_found_as_in_memory,
    sets_and_modules_are_found_as_in_memory,
    types_are_found_as_in_memory,
    target_types_and_tags_are_found_as_in_memory,
    actions_are_found_as_in_memory,
    every_field_can_be_compared_in_every_way,
    hostile_filters_are_answered,
);

/// The instants of functions.
const MOMENTS: Moments = Moments { now: NOW, overdue: NOW };

fn resolved<F: Searchable>(text: &str) -> Filter<F> {
    let filter = parse(text).and_then(|expr| expr.resolve(MOMENTS));
    filter.unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The numbers of those that match in memory.
fn in_memory<F: Searchable>(rows: &[(i64, Facts)], filter: &Filter<F>) -> Vec<i64> {
    let matching = rows.iter().filter(|(_, facts)| filter.matches(facts));
    matching.map(|(id, _)| *id).collect()
}

async fn check<F: Searchable, Fut: Future<Output = Vec<i64>>>(
    rows: &[(i64, Facts)],
    count: usize,
    list: impl Fn(Filter<F>) -> Fut,
) {
    let mut random = Random::new();
    let mut hits = 0;
    for _ in 0..count {
        let text = random.filter::<F>();
        let filter = resolved::<F>(&text);
        let wanted = in_memory(rows, &filter);
        let mut found = list(filter).await;
        found.sort_unstable();
        assert_eq!(found, wanted, "{text}");
        hits += usize::from(!wanted.is_empty() && wanted.len() < rows.len());
    }
    assert!(hits > count / 8, "{hits} of {count} filters divide the rows");
}

async fn targets_are_found_as_in_memory(db: Db) {
    let rows = Rows::new(db.clone()).await;
    check::<TargetField, _>(&rows.targets, 600, |filter| {
        let (store, tenant) = (db.store.clone(), rows.tenant);
        async move {
            let query = TargetQuery { filter: Some(filter), ..TargetQuery::default() };
            let listed = store.read().list_targets(tenant, &query).await.unwrap();
            assert_eq!(listed.total, listed.items.len() as u64);
            listed.items.iter().map(|target| target.id.0).collect()
        }
    })
    .await;
}

async fn sets_and_modules_are_found_as_in_memory(db: Db) {
    let rows = Rows::new(db.clone()).await;
    check(&rows.sets, 300, |filter| {
        let (store, tenant) = (db.store.clone(), rows.tenant);
        async move {
            let query = SetQuery { filter: Some(filter), ..SetQuery::default() };
            let listed = store.read().list_sets(tenant, &query).await.unwrap();
            listed.items.iter().map(|set| set.id.0).collect()
        }
    })
    .await;
    check(&rows.modules, 200, |filter| {
        let (store, tenant) = (db.store.clone(), rows.tenant);
        async move {
            let query = ModuleQuery { filter: Some(filter), ..ModuleQuery::default() };
            let listed = store.read().list_modules(tenant, &query).await.unwrap();
            listed.items.iter().map(|module| module.id.0).collect()
        }
    })
    .await;
}

async fn types_are_found_as_in_memory(db: Db) {
    let rows = Rows::new(db.clone()).await;
    check(&rows.module_types, 100, |filter| {
        let (store, tenant) = (db.store.clone(), rows.tenant);
        async move {
            let query = ModuleTypeQuery { filter: Some(filter), ..ModuleTypeQuery::default() };
            let listed = store.read().module_types(tenant, &query).await;
            listed.unwrap().items.iter().map(|kind| kind.id.0).collect()
        }
    })
    .await;
    check(&rows.set_types, 100, |filter| {
        let (store, tenant) = (db.store.clone(), rows.tenant);
        async move {
            let query = SetTypeQuery { filter: Some(filter), ..SetTypeQuery::default() };
            let listed = store.read().set_types(tenant, &query).await;
            listed.unwrap().items.iter().map(|kind| kind.id.0).collect()
        }
    })
    .await;
}

async fn target_types_and_tags_are_found_as_in_memory(db: Db) {
    let rows = Rows::new(db.clone()).await;
    check(&rows.target_types, 100, |filter| {
        let (store, tenant) = (db.store.clone(), rows.tenant);
        async move {
            let query = TargetTypeQuery { filter: Some(filter), ..TargetTypeQuery::default() };
            let listed = store.read().target_types(tenant, &query).await;
            listed.unwrap().items.iter().map(|kind| kind.id.0).collect()
        }
    })
    .await;
    check(&rows.target_tags, 100, |filter| {
        let (store, tenant) = (db.store.clone(), rows.tenant);
        async move {
            let query = TagQuery { filter: Some(filter), owner: None, page: Page::default() };
            let listed = store.read().target_tags(tenant, &query).await;
            listed.unwrap().items.iter().map(|tag| tag.id.0).collect()
        }
    })
    .await;
    check(&rows.set_tags, 200, |filter| {
        let (store, tenant) = (db.store.clone(), rows.tenant);
        async move {
            let query = TagQuery { filter: Some(filter), owner: None, page: Page::default() };
            let listed = store.read().set_tags(tenant, &query).await;
            listed.unwrap().items.iter().map(|tag| tag.id.0).collect()
        }
    })
    .await;
}

async fn actions_are_found_as_in_memory(db: Db) {
    let rows = Rows::new(db.clone()).await;
    check(&rows.actions, 400, |filter| {
        let (store, tenant) = (db.store.clone(), rows.tenant);
        async move {
            let query = ActionQuery { filter: Some(filter), ..ActionQuery::default() };
            let listed = store.read().list_actions(tenant, &query).await.unwrap();
            listed.items.iter().map(|action| action.id.0).collect()
        }
    })
    .await;
}

async fn every_field_can_be_compared_in_every_way(db: Db) {
    let rows = Rows::new(db.clone()).await;
    let read = db.store.read();
    for text in random::each_way::<TargetField>() {
        let query = TargetQuery { filter: Some(resolved(&text)), ..TargetQuery::default() };
        let found = read.list_targets(rows.tenant, &query).await.unwrap().items;
        let found: Vec<i64> = found.iter().map(|target| target.id.0).collect();
        let wanted = in_memory::<TargetField>(&rows.targets, &resolved(&text));
        assert_eq!(found, wanted, "{text}");
    }
    for text in random::each_way::<ActionField>() {
        let query = ActionQuery { filter: Some(resolved(&text)), ..ActionQuery::default() };
        read.list_actions(rows.tenant, &query).await.unwrap();
    }
    for text in random::each_way::<SetField>() {
        let query = SetQuery { filter: Some(resolved(&text)), ..SetQuery::default() };
        read.list_sets(rows.tenant, &query).await.unwrap();
    }
    for text in random::each_way::<ModuleField>() {
        let query = ModuleQuery { filter: Some(resolved(&text)), ..ModuleQuery::default() };
        read.list_modules(rows.tenant, &query).await.unwrap();
    }
}

async fn hostile_filters_are_answered(db: Db) {
    let rows = Rows::new(db.clone()).await;
    let stars = "*a".repeat(10_000);
    let many = vec!["name = \"*a*b*\""; 64].join(" OR ");
    let nested = format!("{}name = a{}", "NOT (".repeat(31), ")".repeat(31));
    let listed = vec!["\"x\""; 4_000].join(" OR ");
    for text in [
        format!("name = \"{stars}\""),
        format!("{} AND ({many})", many.replace(" OR ", " AND ")),
        nested,
        format!("name = ({listed})"),
        format!("attributes.\"{}\" != \"\u{10ffff}*\"", "k".repeat(9_000)),
        "last_poll_time > 9223372036854775807".to_owned(),
        "name = \"'; DROP TABLE targets; --\"".to_owned(),
    ] {
        let query = TargetQuery { filter: Some(resolved(&text)), ..TargetQuery::default() };
        let found = db.store.read().list_targets(rows.tenant, &query).await;
        assert!(found.is_ok(), "{text:.60}: {found:?}");
    }
}
