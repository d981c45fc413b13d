//! The rules of the contract, checked on the compiled descriptors: buf's names, AIP's paging, a
//! comment on everything, and a list of rpcs and fields that only grows.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "tests")]

mod fields;
mod walk;

use otahub_proto::DESCRIPTORS;
use prost::Message;
use prost_types::{DescriptorProto, EnumDescriptorProto, FileDescriptorProto, FileDescriptorSet};
use std::collections::BTreeMap;
use walk::{Kind, Node, nodes};

/// Our files: what is imported from others has rules of its own.
fn files() -> Vec<FileDescriptorProto> {
    let set = FileDescriptorSet::decode(DESCRIPTORS).expect("the descriptors are a set of files");
    set.file.into_iter().filter(|file| file.package().starts_with("otahub.")).collect()
}

fn all() -> Vec<Node> {
    files().iter().flat_map(nodes).collect()
}

fn messages() -> Vec<(String, DescriptorProto)> {
    let found = all().into_iter().filter_map(|node| match node.kind {
        Kind::Message(message) => Some((node.name, message)),
        _ => None,
    });
    found.collect()
}

fn enums() -> Vec<(String, EnumDescriptorProto)> {
    let found = all().into_iter().filter_map(|node| match node.kind {
        Kind::Enum(item) => Some((node.name, item)),
        _ => None,
    });
    found.collect()
}

fn none(wrong: impl IntoIterator<Item = String>) {
    let wrong: Vec<String> = wrong.into_iter().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn is_words(name: &str, letter: fn(char) -> bool) -> bool {
    let starts = name.chars().next().is_some_and(letter);
    let inside = name.chars().all(|c| letter(c) || c.is_ascii_digit() || c == '_');
    starts && inside && !name.contains("__") && !name.ends_with('_')
}

fn lower_snake(name: &str) -> bool {
    is_words(name, |c| c.is_ascii_lowercase())
}

fn upper_snake(name: &str) -> bool {
    is_words(name, |c| c.is_ascii_uppercase())
}

/// `UpdateStatus` as `UPDATE_STATUS`.
fn shouted(name: &str) -> String {
    let mut out = String::new();
    for (at, letter) in name.char_indices() {
        if at > 0 && letter.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(letter.to_ascii_uppercase());
    }
    out
}

#[test]
fn everything_has_a_comment() {
    none(all().into_iter().filter(|node| node.comment.trim().is_empty()).map(|node| node.name));
}

#[test]
fn folders_are_packages_and_packages_end_in_their_version() {
    none(files().iter().filter_map(|file| {
        let folder = file.name().rsplit_once('/').map_or("", |(folder, _)| folder);
        let versioned = file.package().ends_with(".v1");
        (folder.replace('/', ".") != file.package() || !versioned).then(|| file.name().to_owned())
    }));
}

#[test]
fn services_end_in_service_and_their_rpcs_begin_with_a_verb() {
    none(all().into_iter().filter_map(|node| match &node.kind {
        Kind::Service if !node.name.ends_with("Service") => Some(node.name),
        Kind::Rpc(rpc) if !rpc.name().starts_with(|c: char| c.is_ascii_uppercase()) => {
            Some(node.name)
        }
        _ => None,
    }));
}

#[test]
fn fields_are_lower_snake() {
    none(messages().iter().flat_map(|(name, message)| {
        let wrong = message.field.iter().filter(|field| !lower_snake(field.name()));
        wrong.map(move |field| format!("{name}.{}", field.name()))
    }));
}

#[test]
fn enum_values_begin_with_the_name_of_their_enum() {
    none(enums().iter().flat_map(|(name, item)| {
        let prefix = shouted(item.name()) + "_";
        let fits = move |value: &str| upper_snake(value) && value.starts_with(&prefix);
        let wrong = item.value.iter().filter(move |value| !fits(value.name()));
        wrong.map(move |value| format!("{name}: {}", value.name()))
    }));
}

#[test]
fn zero_is_unspecified() {
    none(enums().iter().filter_map(|(name, item)| {
        let zero = item.value.iter().find(|value| value.number() == 0)?;
        let expected = shouted(item.name()) + "_UNSPECIFIED";
        (zero.name() != expected).then(|| format!("{name}: {}", zero.name()))
    }));
}

#[test]
fn lists_come_in_pages() {
    let by_name: BTreeMap<String, DescriptorProto> = messages().into_iter().collect();
    let has = |message: &str, fields: &[&str]| {
        let own = &by_name[message.trim_start_matches('.')].field;
        fields.iter().all(|wanted| own.iter().any(|field| field.name() == *wanted))
    };
    none(all().into_iter().filter_map(|node| {
        let Kind::Rpc(rpc) = &node.kind else {
            return None;
        };
        let pages = has(rpc.input_type(), &["page_size", "page_token"])
            && has(rpc.output_type(), &["next_page_token"]);
        (rpc.name().starts_with("List") && !pages).then_some(node.name)
    }));
}

#[test]
fn no_two_reasons_are_alike() {
    let reasons = enums().into_iter().find(|(name, _)| name == "otahub.v1.Reason");
    let (_, reasons) = reasons.expect("the list of reasons");
    let numbers: BTreeMap<i32, &str> =
        reasons.value.iter().map(|value| (value.number(), value.name())).collect();
    let names: BTreeMap<&str, i32> =
        reasons.value.iter().map(|value| (value.name(), value.number())).collect();
    assert_eq!(numbers.len(), reasons.value.len(), "two of one number");
    assert_eq!(names.len(), reasons.value.len(), "two of one name");
    let last = i32::try_from(reasons.value.len()).expect("few reasons") - 1;
    assert_eq!(numbers.keys().copied().max(), Some(last), "no number is left out");
}

#[test]
fn names_are_read_as_words() {
    assert!(lower_snake("page_size") && !lower_snake("pageSize") && !lower_snake("a__b"));
    assert!(upper_snake("UPDATE_STATUS") && !upper_snake("_X") && !upper_snake("x"));
    assert_eq!(shouted("UpdateStatus"), "UPDATE_STATUS");
}
