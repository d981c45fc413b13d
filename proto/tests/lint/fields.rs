//! The list of all fields and enum values, which only grows: what is on it once stays as it is.

use crate::{enums, messages};
use prost_types::FieldDescriptorProto;
use prost_types::field_descriptor_proto::{Label, Type};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fields.golden")
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

/// One line a field: message, number, name, type. One line an enum value: enum, number, name.
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
    lines
}

#[test]
fn fields_are_added_and_never_changed() {
    let current = current();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let text: Vec<&str> = current.iter().map(String::as_str).collect();
        std::fs::write(golden(), text.join("\n") + "\n").expect("the list can be written");
    }
    let kept = std::fs::read_to_string(golden()).expect("the list of fields");
    let kept: BTreeSet<String> = kept.lines().map(ToOwned::to_owned).collect();
    let gone: Vec<&String> = kept.difference(&current).collect();
    assert!(gone.is_empty(), "gone or changed, which breaks older clients: {gone:#?}");
    let new: Vec<&String> = current.difference(&kept).collect();
    assert!(new.is_empty(), "new: run again with UPDATE_GOLDEN=1 to note them: {new:#?}");
}
