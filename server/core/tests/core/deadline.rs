//! A call ends when its time is over, in the same process as over a socket.

use crate::harness::{Ground, files};
use crate::on_each_database;
use crate::operator::{steps, told};
use crate::world::World;
use otahub_client::{names, proto};
use std::time::Duration;
use tonic::Request;

on_each_database!(a_call_ends_when_its_time_is_over, a_call_with_enough_time_is_answered,);

async fn a_call_ends_when_its_time_is_over(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let module = boss.module("os", "m").await;
    for (hub, is_near) in [(world.near(), true), (world.far().await, false)] {
        let begun = futures::stream::iter(steps(module, "f", None, [b"x".to_vec()]));
        let stalled = futures::StreamExt::chain(begun, futures::stream::pending());
        let mut request = Request::new(stalled);
        request.set_timeout(Duration::from_millis(200));
        let begun = tokio::time::Instant::now();
        let mut software = hub.software(&boss.caller);
        let error = told(software.upload_artifact(request).await).unwrap_err();
        let took = begun.elapsed();
        assert!(error.is_timeout(), "{error:?}");
        if is_near {
            assert_eq!(error.code, tonic::Code::DeadlineExceeded);
        }
        assert!(took >= Duration::from_millis(200), "{took:?}");
        assert!(took < Duration::from_secs(5), "{took:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(files(&ground.artifacts()), []);
    }
}

async fn a_call_with_enough_time_is_answered(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    boss.target("d1").await;
    for hub in [world.near(), world.far().await] {
        let name = names::target("d1");
        let mut request = Request::new(proto::GetTargetRequest { name });
        request.set_timeout(Duration::from_secs(30));
        let mut targets = hub.targets(&boss.caller);
        told(targets.get_target(request).await).unwrap();
    }
}
