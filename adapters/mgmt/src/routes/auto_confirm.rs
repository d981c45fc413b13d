//! `/targets/{controllerId}/autoConfirm`: the standing consent of a target.

use crate::body::OptionalBody;
use crate::call::{Call, Segments};
use crate::docs::Common;
use crate::exception as e;
use crate::reply::{self, Answer, Reply};
use crate::translate::target::auto_confirm;
use crate::wire;
use crate::wire::AutoConfirmBody;
use otahub_client::{names, proto};
use otahub_rest::docs::{self as told, Operation};
use serde_json::json;

pub(super) async fn get(call: Call, Segments(id): Segments<String>, answer: Answer) -> Reply {
    let request = proto::GetTargetAutoConfirmationRequest { name: names::target(&id) };
    let consent = call.targets().get_target_auto_confirmation(request).await?.into_inner();
    answer.ok(&auto_confirm(consent, &id, &call.base))
}

pub(super) async fn activate(
    call: Call,
    Segments(id): Segments<String>,
    OptionalBody(body): OptionalBody<AutoConfirmBody>,
) -> Reply {
    let body = body.unwrap_or_default();
    let request = proto::ActivateTargetAutoConfirmationRequest {
        name: names::target(&id),
        initiator: body.initiator.unwrap_or_default(),
        remark: body.remark.unwrap_or_default(),
        ..Default::default()
    };
    call.targets().activate_target_auto_confirmation(request).await?;
    Ok(reply::no_content())
}

pub(super) async fn deactivate(call: Call, Segments(id): Segments<String>) -> Reply {
    let request = proto::DeactivateTargetAutoConfirmationRequest { name: names::target(&id) };
    call.targets().deactivate_target_auto_confirmation(request).await?;
    Ok(reply::no_content())
}

pub(super) fn docs() -> Vec<Operation> {
    let example = json!({"initiator": "Ada", "remark": "for this summer"});
    vec![
        told::get(
            "/targets/{targetId}/autoConfirm",
            "getAutoConfirmStatus",
            "Shows whether a target's updates are confirmed by themselves",
        )
        .gives::<wire::AutoConfirm>()
        .finding(),
        told::post(
            "/targets/{targetId}/autoConfirm/activate",
            "activateAutoConfirm",
            "Confirms all updates of a target from now on",
        )
        .takes::<AutoConfirmBody>(&[], example)
        .or_nothing()
        .gives_nothing()
        .changing()
        .fails(&[e::AUTO_CONFIRMED]),
        told::post(
            "/targets/{targetId}/autoConfirm/deactivate",
            "deactivateAutoConfirm",
            "Asks for each update of a target again",
        )
        .gives_nothing()
        .finding(),
    ]
}
