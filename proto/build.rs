//! Compiles the protos with a compiler in pure Rust, so that no builder needs `protoc`.

use prost::Message;
use std::path::PathBuf;

const FILES: [&str; 17] = [
    "otahub/v1/action_service.proto",
    "otahub/v1/distribution_set_service.proto",
    "otahub/v1/errors.proto",
    "otahub/v1/event_service.proto",
    "otahub/v1/filter_service.proto",
    "otahub/v1/rollout_service.proto",
    "otahub/v1/software_service.proto",
    "otahub/v1/target_service.proto",
    "otahub/v1/target_tag_service.proto",
    "otahub/v1/target_type_service.proto",
    "otahub/v1/tenant_service.proto",
    "otahub/v1/webhook_service.proto",
    "otahub/device/v1/device_service.proto",
    "otahub/device/v1/gateway_service.proto",
    "otahub/device/v1/pairing_service.proto",
    "otahub/device/v1/push_service.proto",
    "otahub/device/v1/types.proto",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?);
    println!("cargo:rerun-if-changed={}", root.join("otahub").display());
    let mut compiler = protox::Compiler::new([&root])?;
    compiler.include_source_info(true).include_imports(true).open_files(FILES)?;
    let descriptors = compiler.file_descriptor_set();
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("descriptors.bin"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure().bytes(".").include_file("all.rs").compile_fds(descriptors)?;
    Ok(())
}
