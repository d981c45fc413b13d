//! Lists of targets.

use otahub_tests::Hub;
use otahub_tests::cost::Meter;

/// A page in the deep: the thousandth.
const DEEP: usize = 999 * 50;

const LISTS: &[(&str, &str)] = &[
    ("all, by id", ""),
    ("all, by name", "sort=name:ASC"),
    ("attribute, by name", "q=attribute.revision==7&sort=name:ASC"),
    ("tag, by name", "q=tag==rare&sort=name:ASC"),
    ("attribute and tag, by name", "q=attribute.revision==10;tag==rare&sort=name:ASC"),
    ("attribute or tag, by name", "q=attribute.revision==7,tag==rare&sort=name:ASC"),
    ("status, newest first", "q=updatestatus==error&sort=lastModifiedAt:DESC"),
    ("a name's beginning", "q=name=='device 99*'&sort=name:ASC"),
    ("one attribute of one", "q=attribute.serial==S4711"),
];

/// Asks for each list, its first page and the thousandth.
pub(crate) async fn run(hub: &Hub, rounds: u32) {
    for (name, query) in LISTS {
        for (page, offset) in [("page 1", 0), ("page 1000", DEEP)] {
            let path = format!("/targets?limit=50&offset={offset}&{query}");
            let first = hub.admin().get(&path).await.expect(200).json();
            let meter = Meter::start(hub);
            for _ in 0..rounds {
                let _ = hub.admin().get(&path).await.expect(200);
            }
            let cost = meter.stop(hub, rounds);
            let total = first["total"].as_u64().unwrap_or_default();
            println!("{}", cost.line(&format!("{name}, {page} ({total})")));
        }
    }
}
