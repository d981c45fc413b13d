//! The list of all rpcs, fields and enum values, which only grows: what is on it once stays as it
//! is. What a release had cannot be taken off it.

use crate::walk::Kind;
use crate::{all, enums, messages};
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{FieldDescriptorProto, MethodDescriptorProto};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

/// The lines of a list.
fn kept(name: &str) -> BTreeSet<String> {
    let text = std::fs::read_to_string(golden(name)).expect("the list of fields");
    text.lines().map(ToOwned::to_owned).collect()
}

/// A field's type as a proto file has it.
fn type_of(field: &FieldDescriptorProto) -> String {
    let named = field.type_name().trim_start_matches('.');
    let plain = match field.r#type() {
        Type::Message | Type::Enum | Type::Group => named.to_owned(),
        scalar => scalar.as_str_name().trim_start_matches("TYPE_").to_lowercase(),
    };
    let label = match field.label() {
        Label::Repeated => "repeated ",
        _ if field.proto3_optional() => "optional ",
        _ => "",
    };
    format!("{label}{plain}")
}

/// What an rpc takes and gives, as a proto file has it.
fn signature(rpc: &MethodDescriptorProto) -> String {
    let named = |streams: bool, name: &str| {
        format!("{}{}", if streams { "stream " } else { "" }, name.trim_start_matches('.'))
    };
    let takes = named(rpc.client_streaming(), rpc.input_type());
    format!("({takes}) returns ({})", named(rpc.server_streaming(), rpc.output_type()))
}

/// One line a field: message, number, name, type. One line an enum value: enum, number, name. One
/// line an rpc: service, name, request, answer.
fn current() -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for (name, message) in messages() {
        for field in &message.field {
            lines.insert(format!("{name} {} {} {}", field.number(), field.name(), type_of(field)));
        }
    }
    for (name, item) in enums() {
        for value in &item.value {
            lines.insert(format!("{name} {} {} value", value.number(), value.name()));
        }
    }
    for node in all() {
        if let Kind::Rpc(rpc) = &node.kind {
            lines.insert(format!("{} {}", node.name, signature(rpc)));
        }
    }
    lines
}

#[test]
fn fields_are_added_and_never_changed() {
    let current = current();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let text: Vec<&str> = current.iter().map(String::as_str).collect();
        std::fs::write(golden("fields.golden"), text.join("\n") + "\n")
            .expect("the list can be written");
    }
    let kept = kept("fields.golden");
    let gone: Vec<&String> = kept.difference(&current).collect();
    assert!(gone.is_empty(), "gone or changed, which breaks older clients: {gone:#?}");
    let new: Vec<&String> = current.difference(&kept).collect();
    assert!(new.is_empty(), "new: run again with UPDATE_GOLDEN=1 to note them: {new:#?}");
}

#[test]
fn nothing_is_gone_that_was_released() {
    let current = current();
    let released = kept("released.golden");
    assert!(!released.is_empty());
    let gone: Vec<&String> = released.difference(&current).collect();
    assert!(gone.is_empty(), "the last release had it, and clients use it: {gone:#?}");
}
