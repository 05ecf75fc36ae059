//! Moves resources to another resource group: `moveResources`, and `validateMoveResources`, which only
//! checks.
//!
//! A moved resource gets another id and keeps everything else: its children and all references use the new id
//! from then on, and a certificate stays in the webspace in which it was made.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{groups, locks};
use crate::{
    call::{Call, HttpMethod},
    context::{CloudContext, text},
    id::ArmId,
    jobs::ScheduledJob,
    operations,
    reply::{Fault, Reply, ReplyResult},
    route::Route,
};

pub(super) const ROUTES: &[Route] = &[
    Route::new(HttpMethod::Post, "{sub}/resourceGroups/{name}/moveResources", move_all),
    Route::new(HttpMethod::Post, "{sub}/resourceGroups/{name}/validateMoveResources", validate),
];

/// The types that Azure can move, of those that exist here.
const MOVABLE: [&str; 6] = [
    "microsoft.certificateregistration/certificateorders",
    "microsoft.domainregistration/domains",
    "microsoft.keyvault/vaults",
    "microsoft.web/certificates",
    "microsoft.web/serverfarms",
    "microsoft.web/sites",
];

fn move_all(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let wanted = Move::read(ctx, call)?;
    for (from, to) in wanted.pairs() {
        ctx.tx.rename(&from.to_string(), &to.to_string())?;
        let mut resource = ctx.need(&to)?;
        if resource.pointer("/properties/resourceGroup").is_some() {
            resource["properties"]["resourceGroup"] = json!(to.group());
            ctx.save(&to, &resource)?;
        }
    }
    accepted(ctx, call)
}

fn validate(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    Move::read(ctx, call)?;
    accepted(ctx, call)
}

/// Answers 202; the finished operation has no result to show.
fn accepted(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let operation = operations::start(ctx, &ArmId::parse(""))?;
    ctx.soon(SignedDuration::from_mins(1), &ScheduledJob::Finish(operation.clone()))?;
    let scope = ArmId::parse(&format!("/subscriptions/{}", call.param("subscription")));
    Ok(Reply::empty(202)
        .header("location", operations::location(call, &scope, &operation))
        .header("retry-after", ctx.setting.pace.retry_after().to_string()))
}

/// A move that has passed all checks.
struct Move {
    /// In the casing of the stored resources.
    from: Vec<ArmId>,
    target: ArmId,
}

impl Move {
    fn read(ctx: &CloudContext<'_>, call: &Call) -> Result<Self, Fault> {
        let source = call.target();
        ctx.find(&source)?.ok_or_else(|| groups::not_found(&source))?;
        let target = ArmId::parse(call.need("/targetResourceGroup")?);
        let target = ctx.find(&target)?.ok_or_else(|| groups::not_found(&target))?;
        let target = ArmId::parse(text(&target, "/id"));
        let named = call.body["resources"].as_array().filter(|all| !all.is_empty());
        let named = named.ok_or_else(|| Fault::invalid("Parameter resources is null or empty."))?;
        if source.key() == target.key() {
            return Err(Fault::arm(
                400,
                "InvalidRequestContent",
                "The source and the target resource group are the same.",
            ));
        }
        let mut all = Self { from: Vec::new(), target };
        for id in named {
            let id = ArmId::parse(id.as_str().unwrap_or_default());
            let resource =
                ctx.find(&id)?.filter(|_| id.is_under(&source)).ok_or_else(|| Fault::not_found(&id))?;
            all.from.push(ArmId::parse(text(&resource, "/id")));
        }
        all.check(ctx, &source)?;
        Ok(all)
    }

    fn check(&self, ctx: &CloudContext<'_>, source: &ArmId) -> Result<(), Fault> {
        locks::require_writable(ctx, &self.target)?;
        for (from, to) in self.pairs() {
            if !MOVABLE.contains(&from.kind().as_str()) {
                return Err(not_movable(&format!(
                    "Resources of the type '{}' cannot be moved.",
                    from.kind()
                )));
            }
            locks::require_writable(ctx, &from)?;
            if ctx.find(&to)?.is_some() {
                return Err(not_movable(&format!(
                    "The target resource group has a resource '{}' already.",
                    to.name()
                )));
            }
        }
        self.check_subscription(ctx, source)
    }

    /// App Service resources move to another subscription only together, and only to a group that has none.
    fn check_subscription(&self, ctx: &CloudContext<'_>, source: &ArmId) -> Result<(), Fault> {
        let of_web = |id: &ArmId| {
            let kind = id.kind();
            kind.starts_with("microsoft.web/") && MOVABLE.contains(&kind.as_str())
        };
        if source.subscription_id() == self.target.subscription_id() || !self.from.iter().any(of_web) {
            return Ok(());
        }
        let id_of = |one: &Value| ArmId::parse(text(one, "/id"));
        let here = ctx.list_all(source, |one| of_web(&id_of(one)))?;
        if let Some(left) =
            here.iter().map(id_of).find(|one| !self.from.iter().any(|from| from.key() == one.key()))
        {
            return Err(not_movable(&format!(
                "All Microsoft.Web resources of a resource group move to another subscription together; '{left}' is missing."
            )));
        }
        if !ctx.list_all(&self.target, |one| of_web(&id_of(one)))?.is_empty() {
            return Err(not_movable("The target resource group has Microsoft.Web resources already."));
        }
        Ok(())
    }

    /// Each old id with its new one.
    fn pairs(&self) -> impl Iterator<Item = (ArmId, ArmId)> {
        self.from.iter().map(|from| {
            let own: Vec<&String> = self.target.segments().iter().chain(&from.segments()[4..]).collect();
            (from.clone(), ArmId::from_segments(&own))
        })
    }
}

fn not_movable(why: &str) -> Fault {
    let mut fault = Fault::arm(
        409,
        "ResourceMoveProviderValidationFailed",
        "Resource move validation failed. Please see details. Diagnostic information: subscription id, request correlation id.",
    );
    fault.body["error"]["details"] = json!([{"code": "ResourceMoveNotSupported", "message": why}]);
    fault
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;
    use crate::{
        fixture::{Fixture, GROUP, SUBSCRIPTION, json_of},
        index,
        provider::microsoft_web::{bindings, plans, site},
    };

    const OTHER: &str = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/Other";

    fn id(group: &str, kind: &str, name: &str) -> ArmId {
        ArmId::parse(group).under("Microsoft.Web", kind, name)
    }

    /// A group with a plan and an app on it, and an empty group.
    fn cloud() -> Fixture {
        let cloud = Fixture::new("2026-11-23T00:00:00Z");
        cloud.with(|ctx| {
            groups::create(ctx, &ArmId::parse(OTHER), "West Europe", &json!({})).unwrap();
            let plan = id(GROUP, "serverfarms", "plan");
            plans::save(ctx, &plan, "West Europe", "S1", false).unwrap();
            site::create(ctx, &id(GROUP, "sites", "app"), &plan.to_string(), "app").unwrap();
        });
        cloud
    }

    fn order(cloud: &Fixture, resources: &[&ArmId]) -> Reply {
        let resources: Vec<String> = resources.iter().map(ToString::to_string).collect();
        let body = json!({"resources": resources, "targetResourceGroup": OTHER});
        cloud.arm(HttpMethod::Post, &format!("{GROUP}/moveResources"), &body)
    }

    #[test]
    fn what_refers_to_a_moved_resource_finds_it_at_its_new_place() {
        let cloud = cloud();
        assert_eq!(order(&cloud, &[&id(GROUP, "serverfarms", "plan")]).status, 202);
        let app = json_of(cloud.arm(HttpMethod::Get, &id(GROUP, "sites", "app").to_string(), &Value::Null));
        let plan = id(OTHER, "serverfarms", "plan");
        assert_eq!(app["properties"]["serverFarmId"], plan.to_string());
        assert_eq!(cloud.with(|ctx| ctx.having(&index::ON_PLAN, &plan.to_string()).unwrap().len()), 1);
        assert_eq!(order(&cloud, &[&id(GROUP, "sites", "app")]).status, 202);
        let host = cloud.with(|ctx| bindings::find_host(ctx, "app.azurewebsites.net").unwrap().unwrap());
        assert_eq!(bindings::site_of(&host), id(OTHER, "sites", "app"));
        assert_eq!(
            cloud.arm(HttpMethod::Get, &id(GROUP, "sites", "app").to_string(), &Value::Null).status,
            404
        );
        // The resource is complete at its new id.
        let moved = json_of(cloud.arm(HttpMethod::Get, &id(OTHER, "sites", "app").to_string(), &Value::Null));
        assert_eq!(moved["properties"]["hostNames"], json!(["app.azurewebsites.net"]));
        assert_eq!(moved["properties"]["webSpace"], "shop-WestEuropewebspace");
    }

    #[test]
    fn a_locked_unknown_or_dependent_resource_stays() {
        let cloud = cloud();
        let app = id(GROUP, "sites", "app");
        assert_eq!(order(&cloud, &[&id(GROUP, "sites", "ghost")]).status, 404);
        assert_eq!(order(&cloud, &[&app.child("hostNameBindings", "app.azurewebsites.net")]).status, 409);
        cloud.with(|ctx| locks::create(ctx, &app, "still", locks::LockLevel::ReadOnly, "").unwrap());
        assert_eq!(order(&cloud, &[&app]).status, 409);
        assert_eq!(cloud.arm(HttpMethod::Get, &app.to_string(), &Value::Null).status, 200);
        assert_eq!(ArmId::parse(SUBSCRIPTION).key(), app.subscription_id().unwrap().key());
    }
}
