//! Long-running operations: the status behind a `Location`.
//!
//! A provider that answers 202 calls `start`, and its job calls `finish` or `fail`. The link answers 202
//! while the operation runs, and then with the resource itself.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    call::{Call, HttpMethod},
    context::CloudContext,
    id::ArmId,
    reply::{Fault, Reply, ReplyResult},
    route::Route,
    store::Collection,
};

const OPERATIONS: Collection<AsyncOperation> = Collection::new("operation");

/// The GUID of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OperationId(pub String);

#[derive(Debug, Clone, Serialize, Deserialize)]
struct AsyncOperation {
    resource: String,
    state: OperationState,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum OperationState {
    InProgress,
    Succeeded,
    /// With the body of the error.
    Failed(u16, Value),
}

pub(crate) const ROUTES: &[Route] =
    &[Route::new(HttpMethod::Get, "{scope}/operationresults/{operation}", result)];

/// Begins an operation on `resource`.
pub(crate) fn start(ctx: &CloudContext<'_>, resource: &ArmId) -> Result<OperationId, Fault> {
    let id = OperationId(uuid::Uuid::new_v4().to_string());
    let operation = AsyncOperation { resource: resource.to_string(), state: OperationState::InProgress };
    ctx.tx.put(&OPERATIONS, &id.0, &operation)?;
    Ok(id)
}

/// The `Location` of shape A, with the signed parameters that clients must keep.
pub(crate) fn location(call: &Call, resource: &ArmId, id: &OperationId) -> String {
    call.link(&format!(
        "{resource}/operationresults/{}?api-version={}&t=638748621622073002&c=practice&s=practice&h=practice",
        id.0,
        call.api_version()
    ))
}

/// The operation ended well.
pub(crate) fn finish(ctx: &CloudContext<'_>, id: &OperationId) -> Result<(), Fault> {
    end(ctx, id, OperationState::Succeeded)
}

/// The operation ended with a fault.
pub(crate) fn fail(ctx: &CloudContext<'_>, id: &OperationId, fault: Fault) -> Result<(), Fault> {
    end(ctx, id, OperationState::Failed(fault.status, fault.body))
}

fn end(ctx: &CloudContext<'_>, id: &OperationId, state: OperationState) -> Result<(), Fault> {
    if let Some(mut operation) = ctx.tx.get(&OPERATIONS, &id.0)? {
        operation.state = state;
        ctx.tx.put(&OPERATIONS, &id.0, &operation)?;
    }
    Ok(())
}

/// Whether it has ended, with success or not; `None` if there is no such operation.
pub(crate) fn has_ended(ctx: &CloudContext<'_>, id: &OperationId) -> Result<Option<bool>, Fault> {
    let found = ctx.tx.get(&OPERATIONS, &id.0.to_lowercase())?;
    Ok(found.map(|operation| !matches!(operation.state, OperationState::InProgress)))
}

fn find(ctx: &CloudContext<'_>, call: &Call) -> Result<AsyncOperation, Fault> {
    let id = call.param("operation").to_lowercase();
    ctx.tx
        .get(&OPERATIONS, &id)?
        .ok_or_else(|| Fault::arm(404, "NotFound", format!("The operation '{id}' was not found.")))
}

fn result(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let operation = find(ctx, call)?;
    match operation.state {
        OperationState::InProgress => {
            let same = super::paging::same_link(call);
            Ok(Reply::empty(202)
                .header("location", same)
                .header("retry-after", ctx.setting.pace.retry_after().to_string()))
        }
        OperationState::Succeeded => {
            let id = ArmId::parse(&operation.resource);
            // The resource as GET shows it. If it is gone (a deletion), the result is empty.
            let mut get = call.clone();
            get.segments = id.segments().to_vec();
            match super::arm::dispatch(ctx, &get) {
                Err(fault) if fault.status == 404 => Ok(Reply::empty(200)),
                other => other,
            }
        }
        OperationState::Failed(status, body) => Err(Fault { status, headers: Vec::new(), body }),
    }
}
