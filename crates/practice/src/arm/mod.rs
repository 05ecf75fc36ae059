//! Azure Resource Manager: the checks that every request passes before a provider gets it.

pub(crate) mod authorization;
mod group_deletion;
pub(crate) mod groups;
pub(crate) mod locks;
mod mfa;
mod moves;
mod namespaces;
mod operations_list;
mod permitted;
mod places;
pub(crate) mod policy;
pub(crate) mod propagation;
mod roles;
pub(crate) mod subscriptions;
mod tags;

use super::{
    call::{Call, HttpMethod},
    context::CloudContext,
    id::ArmId,
    operations,
    provider::{self, microsoft_web},
    reply::{Fault, Reply, ReplyResult},
    resource_graph,
    route::{self, Route, RouteMatch},
};

/// Every operation of ARM; add a provider's table here.
const TABLES: &[&[Route]] = &[
    subscriptions::ROUTES,
    groups::ROUTES,
    group_deletion::ROUTES,
    moves::ROUTES,
    locks::ROUTES,
    authorization::ROUTES,
    provider::key_vault::OPERATION_ROUTES,
    operations::ROUTES,
    resource_graph::ROUTES,
    provider::key_vault::ROUTES,
    provider::certificate_registration::ROUTES,
    provider::domain_registration::ROUTES,
    provider::network::ROUTES,
    tags::ROUTES,
    operations_list::ROUTES,
    provider::key_vault::by_arm::ROUTES,
    microsoft_web::plans::ROUTES,
    microsoft_web::offers::ROUTES,
    microsoft_web::sites::ROUTES,
    microsoft_web::site_actions::ROUTES,
    microsoft_web::absent::ROUTES,
    microsoft_web::sign_in::ROUTES,
    microsoft_web::slot_swap::ROUTES,
    microsoft_web::stacks::ROUTES,
    microsoft_web::bindings::ROUTES,
    microsoft_web::hostnames::ROUTES,
    microsoft_web::config::ROUTES,
    microsoft_web::ownership::ROUTES,
    microsoft_web::public_certificates::ROUTES,
    microsoft_web::certificates::ROUTES,
    microsoft_web::certificates::OF_SITE_ROUTES,
];

/// Answers one ARM request: route, scope, roles, locks, provider.
pub(crate) fn dispatch(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    if call.method == HttpMethod::Head {
        return exists(ctx, call);
    }
    let id = call.path_id();
    let (run, params) = match route::find(TABLES, call.method, &call.segments) {
        RouteMatch::Operation(run, params) => (run, params),
        RouteMatch::OtherMethod => {
            return Err(Fault::arm(
                405,
                "MethodNotAllowed",
                "The requested resource does not support this http method.",
            ));
        }
        RouteMatch::Nothing => return Err(unknown(call, &id)),
    };
    places::require_version(ctx, call, &id)?;
    subscriptions::require_tenant(ctx, call, &id)?;
    require_scope(ctx, call, &id)?;
    permitted::enforce(ctx, call)?;
    require_parent(ctx, call, &id)?;
    places::require_location(ctx, call, &id)?;
    mfa::require(ctx, call)?;
    locks::enforce(ctx, call)?;
    policy::enforce(ctx, call, &id)?;
    let mut call = call.clone();
    call.params = params;
    run(ctx, &call)
}

/// HEAD: 204 where GET would return the resource, 404 where it would not.
fn exists(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let get = Call { method: HttpMethod::Get, ..call.clone() };
    match dispatch(ctx, &get) {
        Ok(_) => Ok(Reply::empty(204)),
        Err(fault) if fault.status == 404 => Ok(Reply::empty(404)),
        Err(fault) => Err(fault),
    }
}

/// The subscription and the resource group must exist, even for a PUT below them.
fn require_scope(ctx: &CloudContext<'_>, call: &Call, id: &ArmId) -> Result<(), Fault> {
    if let Some(subscription) = id.subscription_id()
        && !subscriptions::is_of_the_guest(id)
        && ctx.find(&subscription)?.is_none()
    {
        return Err(Fault::arm(
            404,
            "SubscriptionNotFound",
            format!("The subscription '{}' could not be found.", subscription.name()),
        ));
    }
    if let Some(group) = id.group_id()
        && group.segments().len() < call.segments.len()
        && ctx.find(&group)?.is_none()
    {
        return Err(groups::not_found(&group));
    }
    Ok(())
}

/// A child of a site, a vault … needs its parent: ARM itself checks this before it calls the provider.
fn require_parent(ctx: &CloudContext<'_>, call: &Call, id: &ArmId) -> Result<(), Fault> {
    let resources: Vec<ArmId> =
        id.lineage().into_iter().filter(|one| one.group_id().is_some_and(|group| group != *one)).collect();
    // A DELETE of a resource that never existed is answered 204, and the status of a deletion is asked for at
    // the deleted resource's path.
    let follows = call
        .segments
        .iter()
        .any(|word| word.eq_ignore_ascii_case("operationresults") || word.eq_ignore_ascii_case("operations"));
    let Some(root) = resources
        .last()
        .filter(|root| resources.len() > 1 && root.group_id().is_some() && root.segments().len() == 8)
    else {
        return Ok(());
    };
    if follows || call.method == HttpMethod::Delete || ctx.find(root)?.is_some() {
        return Ok(());
    }
    if call.method == HttpMethod::Put {
        return Err(Fault::arm(
            404,
            "ParentResourceNotFound",
            format!(
                "Failed to perform 'write' on resource(s) of type '{}', because the parent resource '{root}' could not be found.",
                id.whole().kind().split_once('/').map_or_else(String::new, |(_, kind)| kind.to_owned()),
            ),
        ));
    }
    Err(Fault::not_found(root))
}

fn unknown(call: &Call, id: &ArmId) -> Fault {
    let kind = id.kind();
    match kind.split_once('/') {
        Some((namespace, kind)) if call.segments.iter().any(|s| s.eq_ignore_ascii_case("providers")) => {
            Fault::arm(
                404,
                "InvalidResourceType",
                format!(
                    "The resource type '{kind}' could not be found in the namespace '{namespace}' for \
                     api version '{}'.",
                    call.api_version()
                ),
            )
        }
        _ => Fault::arm(404, "NotFound", "The requested path does not exist."),
    }
}
