//! Calls of any rpc of the contract, known by its descriptor only.

use crate::error::CliError;
use crate::schema;
use crate::session::Session;
use futures::TryStreamExt;
use otahub_client::{ANSWER_BYTES_MAX, Hub, ListRequest, Page, request_id};
use prost::Message;
use prost_reflect::{DynamicMessage, MessageDescriptor, MethodDescriptor, Value as Field};
use serde_json::Value;
use std::pin::pin;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::{Response, Status};

/// The most that a hub gives at once.
const PAGE_SIZE_MAX: usize = 500;

impl Session {
    /// Calls an rpc with a request in JSON. What only reads, or has a request id, is repeated
    /// while the hub is out of reach.
    pub(crate) async fn call(&self, rpc: &str, request: &Value) -> Result<Value, CliError> {
        let method = method(rpc)?;
        let mut message = schema::parse(&method.input(), request).map_err(CliError::field)?;
        let has_id = message.has_field_by_name("request_id");
        let takes_id = method.input().get_field_by_name("request_id").is_some();
        if takes_id && !has_id {
            message.set_field_by_name("request_id", Field::String(request_id()));
        }
        let answer = if takes_id || rpc.starts_with("Get") {
            let call = |hub, message| unary(hub, method.clone(), message);
            self.hub().repeat(message, call).await?
        } else {
            unary(self.hub().clone(), method, message).await?.into_inner()
        };
        Ok(schema::json(&answer))
    }

    /// The items of a list, `limit` of them or all if 0, and how many there are.
    pub(crate) async fn list(
        &self,
        rpc: &str,
        request: &Value,
        limit: usize,
    ) -> Result<(Vec<Value>, i64), CliError> {
        let method = method(rpc)?;
        let mut message = schema::parse(&method.input(), request).map_err(CliError::field)?;
        let limit = if limit == 0 { usize::MAX } else { limit };
        let size = i32::try_from(limit.min(PAGE_SIZE_MAX)).unwrap_or_default();
        message.set_field_by_name("page_size", Field::I32(size));
        let call = |hub, listing: Listing| async move {
            let answer = unary(hub, listing.method, listing.request).await?;
            Ok(answer.map(Listed::from))
        };
        let mut pages = pin!(self.hub().pages(Listing { method, request: message }, call));
        let (mut items, mut total) = (Vec::new(), 0);
        while let Some(page) = pages.try_next().await? {
            let page: Listed = page;
            total = page.total;
            items.extend(page.into_items());
            if items.len() >= limit {
                break;
            }
        }
        items.truncate(limit);
        Ok((items, total))
    }
}

/// The name of the list in an answer: `targets`.
pub(crate) fn list_key(rpc: &str) -> Result<String, CliError> {
    let list = method(rpc)?.output().fields().find(|field| field.is_list());
    Ok(list.map(|field| field.json_name().to_owned()).unwrap_or_default())
}

/// An rpc by its name.
pub(crate) fn method(rpc: &str) -> Result<MethodDescriptor, CliError> {
    schema::rpc(rpc).ok_or_else(|| CliError::Local(format!("the contract has no rpc {rpc}")))
}

async fn unary(
    hub: Hub,
    method: MethodDescriptor,
    request: DynamicMessage,
) -> Result<Response<DynamicMessage>, Status> {
    let mut grpc =
        tonic::client::Grpc::new(hub.service()).max_decoding_message_size(ANSWER_BYTES_MAX);
    grpc.ready().await.map_err(|why| Status::unavailable(format!("no connection: {why}")))?;
    let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
    let path =
        PathAndQuery::from_maybe_shared(path).map_err(|why| Status::internal(why.to_string()))?;
    grpc.unary(tonic::Request::new(request), path, Dynamic(method.output())).await
}

/// Messages that are known by their descriptors.
struct Dynamic(MessageDescriptor);

impl Codec for Dynamic {
    type Encode = DynamicMessage;
    type Decode = DynamicMessage;
    type Encoder = Encoding;
    type Decoder = Dynamic;

    fn encoder(&mut self) -> Encoding {
        Encoding
    }

    fn decoder(&mut self) -> Dynamic {
        Dynamic(self.0.clone())
    }
}

struct Encoding;

impl Encoder for Encoding {
    type Item = DynamicMessage;
    type Error = Status;

    fn encode(&mut self, item: DynamicMessage, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        item.encode(buffer).map_err(|why| Status::internal(why.to_string()))
    }
}

impl Decoder for Dynamic {
    type Item = DynamicMessage;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<DynamicMessage>, Status> {
        let message = DynamicMessage::decode(self.0.clone(), buffer);
        message.map(Some).map_err(|why| Status::internal(why.to_string()))
    }
}

/// A request for a page.
#[derive(Clone)]
struct Listing {
    method: MethodDescriptor,
    request: DynamicMessage,
}

impl ListRequest for Listing {
    fn turn_to(&mut self, token: String) {
        self.request.set_field_by_name("page_token", Field::String(token));
    }
}

/// A page.
struct Listed {
    items: Vec<Value>,
    next: String,
    total: i64,
}

impl From<DynamicMessage> for Listed {
    fn from(answer: DynamicMessage) -> Self {
        let next = answer.get_field_by_name("next_page_token");
        let total = answer.get_field_by_name("total_size");
        let list = answer.fields().find(|(field, _)| field.is_list());
        let key = list.map(|(field, _)| field.json_name().to_owned()).unwrap_or_default();
        let items = match schema::json(&answer).get_mut(&key).map(Value::take) {
            Some(Value::Array(items)) => items,
            _ => Vec::new(),
        };
        Self {
            items,
            next: next.and_then(|next| next.as_str().map(str::to_owned)).unwrap_or_default(),
            total: total.and_then(|total| total.as_i64()).unwrap_or_default(),
        }
    }
}

impl Page for Listed {
    type Item = Value;

    fn next_page_token(&self) -> &str {
        &self.next
    }

    fn into_items(self) -> Vec<Value> {
        self.items
    }
}
