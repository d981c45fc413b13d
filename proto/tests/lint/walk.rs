//! Every service, rpc, message, field, enum and value of a file, with its comment.

use prost_types::{
    DescriptorProto, EnumDescriptorProto, FileDescriptorProto, MethodDescriptorProto,
};
use std::collections::HashMap;

/// Numbers of the descriptors' own fields, which make up the paths of comments.
const MESSAGE: i32 = 4;
const ENUM: i32 = 5;
const SERVICE: i32 = 6;
const IN_MESSAGE_FIELD: i32 = 2;
const IN_MESSAGE_MESSAGE: i32 = 3;
const IN_MESSAGE_ENUM: i32 = 4;
const IN_ENUM_VALUE: i32 = 2;
const IN_SERVICE_RPC: i32 = 2;

/// What a node is.
pub(crate) enum Kind {
    Service,
    Rpc(MethodDescriptorProto),
    Message(DescriptorProto),
    Field,
    Enum(EnumDescriptorProto),
    Value,
}

/// Something with a name.
pub(crate) struct Node {
    /// Its full name.
    pub(crate) name: String,
    /// What stands above it, or behind it on its line.
    pub(crate) comment: String,
    pub(crate) kind: Kind,
}

/// Everything in `file`, without the entries that maps stand for.
pub(crate) fn nodes(file: &FileDescriptorProto) -> Vec<Node> {
    let places = file.source_code_info.iter().flat_map(|info| &info.location);
    let comments = places.map(|place| {
        let text = format!("{}{}", place.leading_comments(), place.trailing_comments());
        (place.path.clone(), text)
    });
    let mut walk = Walk { comments: comments.collect(), found: Vec::new() };
    for (index, service) in (0..).zip(&file.service) {
        let name = format!("{}.{}", file.package(), service.name());
        walk.add(&name, &[SERVICE, index], Kind::Service);
        for (number, rpc) in (0..).zip(&service.method) {
            let path = [SERVICE, index, IN_SERVICE_RPC, number];
            walk.add(&format!("{name}/{}", rpc.name()), &path, Kind::Rpc(rpc.clone()));
        }
    }
    for (index, message) in (0..).zip(&file.message_type) {
        walk.message(file.package(), &[MESSAGE, index], message);
    }
    for (index, item) in (0..).zip(&file.enum_type) {
        walk.enumeration(file.package(), &[ENUM, index], item);
    }
    walk.found
}

struct Walk {
    comments: HashMap<Vec<i32>, String>,
    found: Vec<Node>,
}

impl Walk {
    fn add(&mut self, name: &str, path: &[i32], kind: Kind) {
        let comment = self.comments.get(path).cloned().unwrap_or_default();
        self.found.push(Node { name: name.to_owned(), comment, kind });
    }

    fn message(&mut self, parent: &str, path: &[i32], message: &DescriptorProto) {
        if message.options.as_ref().is_some_and(prost_types::MessageOptions::map_entry) {
            return;
        }
        let name = format!("{parent}.{}", message.name());
        self.add(&name, path, Kind::Message(message.clone()));
        for (index, field) in (0..).zip(&message.field) {
            let path = [path, &[IN_MESSAGE_FIELD, index]].concat();
            self.add(&format!("{name}.{}", field.name()), &path, Kind::Field);
        }
        for (index, inner) in (0..).zip(&message.nested_type) {
            self.message(&name, &[path, &[IN_MESSAGE_MESSAGE, index]].concat(), inner);
        }
        for (index, inner) in (0..).zip(&message.enum_type) {
            self.enumeration(&name, &[path, &[IN_MESSAGE_ENUM, index]].concat(), inner);
        }
    }

    fn enumeration(&mut self, parent: &str, path: &[i32], item: &EnumDescriptorProto) {
        let name = format!("{parent}.{}", item.name());
        self.add(&name, path, Kind::Enum(item.clone()));
        for (index, value) in (0..).zip(&item.value) {
            let path = [path, &[IN_ENUM_VALUE, index]].concat();
            self.add(&format!("{name}.{}", value.name()), &path, Kind::Value);
        }
    }
}
