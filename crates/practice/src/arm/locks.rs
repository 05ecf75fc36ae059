//! Management locks at every scope: storing and enforcing them.

use serde_json::{Value, json};

use crate::{
    call::{Call, HttpMethod},
    context::{CloudContext, text},
    id::ArmId,
    reply::{Fault, Reply, ReplyResult},
    route::Route,
};

const KIND: &str = "microsoft.authorization/locks";

pub(crate) const ROUTES: &[Route] = &[
    Route::new(HttpMethod::Get, "{scope}/providers/Microsoft.Authorization/locks", list),
    Route::new(HttpMethod::Get, "{scope}/providers/Microsoft.Authorization/locks/{lock}", get),
    Route::new(HttpMethod::Put, "{scope}/providers/Microsoft.Authorization/locks/{lock}", put),
    Route::new(HttpMethod::Delete, "{scope}/providers/Microsoft.Authorization/locks/{lock}", delete),
];

/// What a lock forbids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LockLevel {
    CanNotDelete,
    ReadOnly,
}

/// Puts a lock on `scope`, as Azure does by itself on orders and vaults.
pub(crate) fn create(
    ctx: &CloudContext<'_>,
    scope: &ArmId,
    name: &str,
    level: LockLevel,
    notes: &str,
) -> Result<(), Fault> {
    let id = scope.under("Microsoft.Authorization", "locks", name);
    let level = match level {
        LockLevel::CanNotDelete => "CanNotDelete",
        LockLevel::ReadOnly => "ReadOnly",
    };
    ctx.save(&id, &lock(&id, &json!({"level": level, "notes": notes})))
}

/// Refuses a request that a lock on the target or above it forbids. A deletion is also refused by a lock
/// below it.
pub(crate) fn enforce(ctx: &CloudContext<'_>, call: &Call) -> Result<(), Fault> {
    let verb = match call.method {
        HttpMethod::Get | HttpMethod::Head => return Ok(()),
        HttpMethod::Delete => "delete",
        HttpMethod::Put | HttpMethod::Patch | HttpMethod::Post => "write",
    };
    let target = call.target();
    // Locks themselves are protected by permissions, not by locks.
    if target.kind() == KIND {
        return Ok(());
    }
    let forbids = |lock: &Value| match text(lock, "/properties/level") {
        "ReadOnly" => true,
        "CanNotDelete" => verb == "delete",
        _ => false,
    };
    let mut locks = above(ctx, &target)?;
    if verb == "delete" {
        locks.extend(ctx.list(KIND, &target)?);
    }
    for lock in locks {
        if forbids(&lock) {
            return Err(locked(&target, verb, &scope_of(&lock)));
        }
    }
    Ok(())
}

/// Refuses a change below a scope that is read-only.
pub(crate) fn require_writable(ctx: &CloudContext<'_>, scope: &ArmId) -> Result<(), Fault> {
    let locks = above(ctx, scope)?;
    match locks.iter().find(|lock| text(lock, "/properties/level") == "ReadOnly") {
        Some(lock) => Err(locked(scope, "write", &scope_of(lock))),
        None => Ok(()),
    }
}

/// Whether no lock keeps a resource from being deleted.
pub(crate) fn lets_go(ctx: &CloudContext<'_>, id: &ArmId) -> Result<bool, Fault> {
    Ok(above(ctx, id)?.is_empty() && ctx.list(KIND, id)?.is_empty())
}

fn locked(target: &ArmId, verb: &str, scope: &ArmId) -> Fault {
    Fault::arm(
        409,
        "ScopeLocked",
        format!(
            "The scope '{target}' cannot perform {verb} operation because following scope(s) are locked: '{scope}'. Please \
             remove the lock and try again."
        ),
    )
}

/// The locks at `scope`, above it and below it.
fn around(ctx: &CloudContext<'_>, scope: &ArmId) -> Result<Vec<Value>, Fault> {
    let mut all = above(ctx, &scope.parent())?;
    all.extend(ctx.list(KIND, scope)?);
    Ok(all)
}

/// The locks on `scope` itself and on every scope above it.
fn above(ctx: &CloudContext<'_>, scope: &ArmId) -> Result<Vec<Value>, Fault> {
    let mut all = Vec::new();
    for here in scope.lineage().iter().rev() {
        ctx.walk(&format!("{KIND}|{}/providers/{KIND}/", here.key()), None, &mut |_, lock| {
            all.push(lock);
            true
        })?;
    }
    Ok(all)
}

/// The scope that a lock is on.
fn scope_of(lock: &Value) -> ArmId {
    ArmId::parse(text(lock, "/id")).parent()
}

fn list(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let scope = call.target();
    let mut value = around(ctx, &scope)?;
    if call.query("$filter").is_some_and(|filter| filter.eq_ignore_ascii_case("atScope()")) {
        value.retain(|lock| scope.is_under(&scope_of(lock)));
    }
    Ok(Reply::ok(json!({ "value": value })))
}

fn get(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let found = ctx.find(&call.target())?;
    found.map(Reply::ok).ok_or_else(|| {
        let name = call.param("lock");
        Fault::arm(404, "LockNotFound", format!("The lock '{name}' could not be found."))
    })
}

fn put(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let level = call.need("/properties/level")?;
    let Some(level) = ["CanNotDelete", "ReadOnly"].into_iter().find(|l| l.eq_ignore_ascii_case(level)) else {
        return Err(Fault::arm(400, "InvalidLockLevel", format!("The lock level '{level}' is invalid.")));
    };
    let mut properties = json!({ "level": level });
    for member in ["notes", "owners"] {
        if let Some(value) = call.body["properties"].get(member) {
            properties[member] = value.clone();
        }
    }
    if text(&properties, "/notes").chars().count() > 512 {
        return Err(Fault::arm(400, "LockNotesTooLong", "The notes of a lock may have 512 characters."));
    }
    let id = call.target();
    let on = id.parent();
    if on.kind() != "microsoft.resources/subscriptions" {
        ctx.need(&on)?;
    }
    let new = ctx.find(&id)?.is_none();
    let lock = lock(&id, &properties);
    ctx.save(&id, &lock)?;
    Ok(if new { Reply::created(lock) } else { Reply::ok(lock) })
}

fn delete(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let was = ctx.remove(&call.target())?;
    Ok(Reply::empty(if was { 200 } else { 204 }))
}

fn lock(id: &ArmId, properties: &Value) -> Value {
    json!({
        "properties": properties,
        "id": id.to_string(),
        "type": "Microsoft.Authorization/locks",
        "name": id.name(),
    })
}
