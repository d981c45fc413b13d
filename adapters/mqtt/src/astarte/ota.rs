//! Requests and events on Astarte's wire.

use super::payload::{Content, Payload, Scalar};
use crate::json::{Event, Operation, Request};
use otahub_client::timestamp;

/// The most bytes of a packet that clients on the SDK take.
const PACKET_MAX: usize = 10 << 10;
/// What a packet has besides topic and payload, at most.
const FRAME: usize = 16;

/// The document of a request.
///
/// # Errors
/// A sentence that says why this device cannot be sent it.
pub(super) fn request(request: &Request, topic: &str) -> Result<Vec<u8>, String> {
    let operation = match request.operation {
        Operation::Update => "Update",
        Operation::Cancel => "Cancel",
        Operation::Confirm => return Err("the device cannot be asked for consent".to_owned()),
    };
    let [file] = request.artifacts.as_slice() else {
        return Err(format!(
            "the distribution set has {} files, and the device takes exactly one",
            request.artifacts.len()
        ));
    };
    let object = bson::rawdoc! {
        "operation": operation,
        "url": file.url.as_str(),
        "uuid": request.uuid.as_str(),
    };
    let document = bson::rawdoc! {"v": object}.into_bytes();
    let size = document.len() + topic.len() + FRAME;
    if size > PACKET_MAX {
        return Err(format!(
            "the link is too long: the request has {size} bytes, and the device takes {PACKET_MAX}"
        ));
    }
    Ok(document)
}

/// Reads an event.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub(super) fn event(payload: Payload) -> Result<Event, String> {
    let Content::Object(mut members) = payload.content else {
        return Err("an event is an object".to_owned());
    };
    let mut text = |key: &str| match members.remove(key) {
        Some(Scalar::Text(text)) => Ok(Some(text)),
        None => Ok(None),
        Some(_) => Err(format!("{key} is no text")),
    };
    let missing = |key: &str| format!("there is no {key}");
    let request = text("requestUUID")?.ok_or_else(|| missing("requestUUID"))?;
    let status = text("status")?.ok_or_else(|| missing("status"))?;
    let status_code = text("statusCode")?.unwrap_or_default();
    let message = text("message")?.unwrap_or_default();
    let percent = match members.remove("statusProgress") {
        Some(Scalar::Whole(number)) => number.clamp(0, 100),
        None => 0,
        Some(_) => return Err("statusProgress is no integer".to_owned()),
    };
    Ok(Event {
        request,
        status,
        status_progress: i32::try_from(percent).unwrap_or(0),
        status_code,
        message,
        timestamp: payload.at.map(timestamp),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::File;

    fn file(url: &str) -> File {
        File {
            part: String::new(),
            name: String::new(),
            version: String::new(),
            filename: String::new(),
            url: url.to_owned(),
            size: 1,
            sha256: String::new(),
        }
    }

    fn update(files: Vec<File>) -> Request {
        Request {
            operation: Operation::Update,
            uuid: "04bf491c-af94-4e9d-813f-ebeebfb856a6".to_owned(),
            url: None,
            size: None,
            sha256: None,
            name: String::new(),
            version: String::new(),
            force: false,
            download_only: false,
            not_after: String::new(),
            artifacts: files,
        }
    }

    #[test]
    fn a_request_is_written_as_astarte_writes_it() {
        let written = request(&update(vec![file("https://hub.example/a/1")]), "t").unwrap();
        let wanted = concat!(
            "730000000376006b000000026f7065726174696f6e0007000000557064617465000275726c00180000",
            "0068747470733a2f2f6875622e6578616d706c652f612f31000275756964002500000030346266343931",
            "632d616639342d346539642d383133662d656265656266623835366136000000"
        );
        assert_eq!(hex::encode(written), wanted);
    }

    #[test]
    fn what_a_device_could_not_take_is_not_sent() {
        let long = format!("https://hub.example/{}", "x".repeat(PACKET_MAX));
        assert!(request(&update(vec![file(&long)]), "t").unwrap_err().contains("too long"));
        assert!(request(&update(Vec::new()), "t").unwrap_err().contains("0 files"));
        assert!(request(&update(vec![file("a"), file("b")]), "t").is_err());
        let ask = Request { operation: Operation::Confirm, ..update(vec![file("a")]) };
        assert!(request(&ask, "t").is_err());
    }

    #[test]
    fn an_event_needs_its_request_and_its_status() {
        let read = |document: bson::RawDocumentBuf| {
            event(super::super::payload::read(document.as_bytes()).unwrap())
        };
        let short = bson::rawdoc! {"v": {"requestUUID": "u", "status": "Success"}};
        let short = read(short).unwrap();
        assert_eq!((short.status_progress, short.timestamp), (0, None));
        for wrong in [
            bson::rawdoc! {"v": {"requestUUID": "u"}},
            bson::rawdoc! {"v": {"requestUUID": 7, "status": "Success"}},
            bson::rawdoc! {"v": {"requestUUID": "u", "status": "Success", "message": 1}},
            bson::rawdoc! {"v": {"requestUUID": "u", "status": "S", "statusProgress": "1"}},
            bson::rawdoc! {"v": "Success"},
        ] {
            assert!(read(wrong).is_err());
        }
        let far = bson::rawdoc! {"v": {"requestUUID": "u", "status": "S", "statusProgress": 500}};
        assert_eq!(read(far).unwrap().status_progress, 100);
    }
}
