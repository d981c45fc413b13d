//! Every rpc of operators with the permissions that it needs: the table is a golden file, found out
//! by calling each rpc with ever more of them.
//!
//! `UPDATE_GOLDEN=1` writes the file anew.

use crate::harness::Ground;
use crate::on_each_database;
use crate::world::World;
use axum::body::Body;
use base64::{Engine, engine::general_purpose::STANDARD};
use http_body_util::BodyExt;
use otahub_client::HubError;
use otahub_client::proto::Reason;
use prost::Message;
use prost_types::FileDescriptorSet;
use std::collections::BTreeSet;
use std::path::Path;
use tower::ServiceExt;

on_each_database!(every_rpc_needs_what_the_table_says);

/// A request that names something, as most do in their first field.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Named {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
}

/// The rpcs of operators, as `TargetService/GetTarget`.
pub(crate) fn rpcs() -> Vec<String> {
    let set = FileDescriptorSet::decode(otahub_proto::DESCRIPTORS).unwrap();
    let files = set.file.iter().filter(|file| file.package() == "otahub.v1");
    let services = files.flat_map(|file| &file.service);
    let names = services.flat_map(|service| {
        service.method.iter().map(|method| format!("{}/{}", service.name(), method.name()))
    });
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

/// Calls an rpc as a user whose password is its name. Gives the refusal, if it is one.
pub(crate) async fn call(
    world: &World,
    user: &str,
    rpc: &str,
    message: &impl Message,
) -> Option<HubError> {
    call_with(world, (user, user), rpc, message).await
}

/// As [`call`], with a user's name and password.
pub(crate) async fn call_with(
    world: &World,
    who: (&str, &str),
    rpc: &str,
    message: &impl Message,
) -> Option<HubError> {
    send(world, who, rpc, &message.encode_to_vec()).await.err()
}

/// Sends the bytes of a request, with a user's name and password. Gives those of the answer, or
/// of the beginning of its stream.
pub(crate) async fn send(
    world: &World,
    (user, password): (&str, &str),
    rpc: &str,
    bytes: &[u8],
) -> Result<Vec<u8>, HubError> {
    let mut body = vec![0];
    body.extend(u32::try_from(bytes.len()).unwrap().to_be_bytes());
    body.extend(bytes);
    let request = http::Request::post(format!("/otahub.v1.{rpc}"))
        .header("content-type", "application/grpc")
        .header("authorization", format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
        .body(Body::from(body))
        .unwrap();
    let response = otahub_core::routes(&world.hub).oneshot(request).await.unwrap();
    let status = tonic::Status::from_header_map(response.headers());
    if let Some(status) = status.filter(|status| status.code() != tonic::Code::Ok) {
        return Err(status.into());
    }
    let frame = response.into_body().frame().await.and_then(Result::ok);
    let data = frame.and_then(|frame| frame.into_data().ok()).unwrap_or_default();
    Ok(data.get(5..).unwrap_or_default().to_vec())
}

/// A user with these permissions; its name tells them.
async fn user_with(world: &World, permissions: &BTreeSet<String>) -> String {
    let granted: Vec<&str> = permissions.iter().map(String::as_str).collect();
    let name = format!("with-{}", granted.join("-"));
    world.user(&name, &granted).await;
    name
}

/// What an rpc needs before it looks at the request; `None` if it is not served.
async fn needs(world: &World, rpc: &str) -> Option<BTreeSet<String>> {
    let mut permissions = BTreeSet::new();
    loop {
        let user = user_with(world, &permissions).await;
        match call(world, &user, rpc, &()).await {
            Some(error) if error.reason == Reason::NotImplemented => return None,
            Some(error) if error.reason == Reason::PermissionDenied => {
                let missing = error.metadata["permission"].clone();
                assert!(permissions.insert(missing), "{rpc}: {error:?}");
            }
            Some(error) if error.reason == Reason::Unspecified => panic!("{rpc}: {error:?}"),
            Some(_) | None => return Some(permissions),
        }
    }
}

async fn every_rpc_needs_what_the_table_says(ground: Ground) {
    let world = World::open(&ground).await;
    let nobody = user_with(&world, &BTreeSet::new()).await;
    let mut table = String::new();
    for rpc in rpcs() {
        let Some(permissions) = needs(&world, &rpc).await else { continue };
        for collection in ["targets", "actions", "softwareModules", "users", "tenants", "settings"]
        {
            // what is named is not there, which is not for everybody to know
            let name = format!("{collection}/999999");
            let refusal = call(&world, &nobody, &rpc, &Named { name }).await;
            let reason = refusal.map(|error| error.reason);
            // of some requests the first field is no text, and they cannot even be read
            let is_denied = matches!(reason, Some(Reason::PermissionDenied | Reason::Unspecified));
            assert!(is_denied || permissions.is_empty(), "{rpc} {collection}: {reason:?}");
        }
        let stranger = call(&world, "stranger", &rpc, &()).await.unwrap();
        assert_eq!(stranger.reason, Reason::Unauthenticated, "{rpc}");
        let words: Vec<_> = permissions.into_iter().collect();
        let words = if words.is_empty() { "any user".to_owned() } else { words.join(" ") };
        table.push_str(&format!("{rpc}: {words}\n"));
    }
    compare(&table);
}

fn compare(table: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/core/permissions.golden");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, table).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(golden, table, "run with UPDATE_GOLDEN=1 if the change is meant");
}
