//! Resource groups, and the lists of all resources of a subscription or a group.

use serde_json::{Value, json};

use super::places;
use crate::{
    call::{Call, HttpMethod},
    context::{CloudContext, text},
    id::ArmId,
    paging,
    reply::{Fault, Reply, ReplyResult},
    route::Route,
};

const KIND: &str = "microsoft.resources/subscriptions/resourcegroups";

pub(crate) const ROUTES: &[Route] = &[
    Route::new(HttpMethod::Get, "{sub}/resourceGroups", list),
    Route::new(HttpMethod::Get, "{sub}/resourceGroups/{name}", get),
    Route::new(HttpMethod::Put, "{sub}/resourceGroups/{name}", put),
    Route::new(HttpMethod::Patch, "{sub}/resourceGroups/{name}", put),
    Route::new(HttpMethod::Get, "{sub}/resources", resources),
    Route::new(HttpMethod::Get, "{rg}/resources", resources),
];

/// Adds a group to the estate.
pub(crate) fn create(
    ctx: &CloudContext<'_>,
    id: &ArmId,
    location: &str,
    tags: &Value,
) -> Result<Value, Fault> {
    let group = json!({
        "id": id.to_string(),
        "name": id.name(),
        "type": "Microsoft.Resources/resourceGroups",
        "location": location.replace(' ', "").to_lowercase(),
        "tags": tags,
        "properties": {"provisioningState": "Succeeded"},
    });
    ctx.save(id, &group)?;
    Ok(group)
}

/// ARM's 404 for a group that does not exist.
pub(crate) fn not_found(group: &ArmId) -> Fault {
    Fault::arm(404, "ResourceGroupNotFound", format!("Resource group '{}' could not be found.", group.name()))
}

fn list(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let filter = ResourceFilter::of(call);
    ctx.page(call, KIND, &call.target(), |group| Ok(filter.fits(&group).then_some(group)))
}

/// `$filter=resourceType eq 'Microsoft.Web/sites' and tagName eq 'team' and tagValue eq 'shop'`: what az and
/// the portal send.
struct ResourceFilter(Vec<(String, String)>);

impl ResourceFilter {
    fn of(call: &Call) -> Self {
        let text = call.query("$filter").unwrap_or_default();
        let pair = |part: &str| {
            let (name, value) = part.split_once(" eq ")?;
            Some((name.trim().to_lowercase(), value.trim().trim_matches('\'').to_lowercase()))
        };
        Self(text.split(" and ").filter_map(pair).collect())
    }

    fn fits(&self, resource: &Value) -> bool {
        let tags = || resource["tags"].as_object().into_iter().flatten();
        let named = self.0.iter().find(|(name, _)| name == "tagname").map(|(_, value)| value.as_str());
        self.0.iter().all(|(name, wanted)| match name.as_str() {
            "name" => text(resource, "/name").eq_ignore_ascii_case(wanted),
            "resourcetype" => text(resource, "/type").eq_ignore_ascii_case(wanted),
            "resourcegroup" => ArmId::parse(text(resource, "/id"))
                .group()
                .is_some_and(|group| group.eq_ignore_ascii_case(wanted)),
            "location" => {
                text(resource, "/location").replace(' ', "").eq_ignore_ascii_case(&wanted.replace(' ', ""))
            }
            "tagname" => tags().any(|(tag, _)| tag.eq_ignore_ascii_case(wanted)),
            "tagvalue" => tags().any(|(tag, value)| {
                named.is_none_or(|named| tag.eq_ignore_ascii_case(named))
                    && value.as_str().is_some_and(|value| value.eq_ignore_ascii_case(wanted))
            }),
            // A condition that is not understood filters nothing out.
            _ => true,
        })
    }
}

fn get(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let id = call.target();
    let group = ctx.find(&id)?.ok_or_else(|| not_found(&id))?;
    Ok(Reply::ok(group))
}

fn put(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let id = call.target();
    let before = ctx.find(&id)?;
    if before.is_none() && call.method == HttpMethod::Patch {
        return Err(not_found(&id));
    }
    let location = match &before {
        Some(group) => place_of(group, call)?,
        None => new_place(&id, call)?,
    };
    // A PUT states all tags; without any, the group has none.
    let kept = before.as_ref().filter(|_| call.method == HttpMethod::Patch).map(|group| &group["tags"]);
    let tags =
        call.body.get("tags").filter(|tags| tags.is_object()).or(kept).cloned().unwrap_or_else(|| json!({}));
    let group = create(ctx, &id, &location, &tags)?;
    Ok(match before {
        Some(_) => Reply::ok(group),
        None => Reply::created(group),
    })
}

/// The location of the group; a request cannot change it.
fn place_of(group: &Value, call: &Call) -> Result<String, Fault> {
    let here = text(group, "/location");
    match call.text("/location").filter(|wanted| !places::same(wanted, here)) {
        None => Ok(here.to_owned()),
        Some(wanted) => Err(Fault::arm(
            409,
            "InvalidResourceGroupLocation",
            format!(
                "Invalid resource group location '{wanted}'. The Resource group already exists in location '{here}'."
            ),
        )),
    }
}

fn new_place(id: &ArmId, call: &Call) -> Result<String, Fault> {
    require_name(id.name())?;
    let wanted = call.need("/location")?;
    places::require_for_group(wanted)?;
    Ok(wanted.to_owned())
}

/// Refuses a name that a group cannot have.
fn require_name(name: &str) -> Result<(), Fault> {
    let odd: String =
        name.chars().filter(|letter| !letter.is_alphanumeric() && !"-.()_".contains(*letter)).collect();
    let message = if !odd.is_empty() {
        format!(
            "The provided resource group name '{name}' has these invalid characters: '{odd}'. The name can only be a letter, digit, \
             '-', '.', '(', ')' or '_'."
        )
    } else if name.chars().count() > 90 || name.ends_with('.') {
        format!(
            "The provided resource group name '{name}' is invalid: it has at most 90 characters and does not end in a period."
        )
    } else {
        return Ok(());
    };
    Err(Fault::arm(400, "InvalidResourceGroup", message))
}

/// `{sub}/resources?$filter=resourceType eq 'Microsoft.KeyVault/vaults'`: short entries; `$expand` adds
/// provisioning state and times.
fn resources(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let filter = ResourceFilter::of(call);
    let expanded = call.query("$expand").unwrap_or_default().to_lowercase();
    let value: Vec<Value> = ctx
        .list_all(&call.target(), |resource| {
            let id = ArmId::parse(text(resource, "/id"));
            let kind = id.kind();
            // Only top-level resources are listed, and slots, which have a location of their own. Groups,
            // locks and role assignments are not.
            let listed = kind.matches('/').count() == 1 || kind == "microsoft.web/sites/slots";
            listed
                && !kind.starts_with("microsoft.resources/")
                && !kind.starts_with("microsoft.authorization/")
                && filter.fits(resource)
        })?
        .into_iter()
        .map(|resource| {
            let mut short = serde_json::Map::new();
            for member in ["id", "name", "type", "kind", "location", "tags", "sku"] {
                if let Some(value) = resource.get(member) {
                    short.insert(member.to_owned(), value.clone());
                }
            }
            expand(&mut short, &resource, &expanded);
            Value::Object(short)
        })
        .collect();
    Ok(page(ctx, call, value))
}

/// Adds what `$expand` asks for. The creation time is known for vaults only.
fn expand(short: &mut serde_json::Map<String, Value>, resource: &Value, wanted: &str) {
    if wanted.contains("provisioningstate") {
        let state =
            resource.pointer("/properties/provisioningState").filter(|state| state.is_string()).cloned();
        short.insert("provisioningState".to_owned(), state.unwrap_or_else(|| json!("Succeeded")));
    }
    for (word, pointer, member) in [
        ("createdtime", "/systemData/createdAt", "createdTime"),
        ("changedtime", "/systemData/lastModifiedAt", "changedTime"),
    ] {
        if let Some(time) = resource.pointer(pointer).filter(|_| wanted.contains(word)) {
            short.insert(member.to_owned(), time.clone());
        }
    }
}

/// One page of a list that was read completely; `nextLink` is there only when there is more.
fn page(ctx: &CloudContext<'_>, call: &Call, all: Vec<Value>) -> Reply {
    let largest = ctx.setting.page_size;
    let size = call
        .query("$top")
        .and_then(|top| top.parse::<usize>().ok())
        .map_or(largest, |top| top.clamp(1, largest));
    let from = call
        .query("$skiptoken")
        .and_then(paging::decode)
        .and_then(|token| token.parse::<usize>().ok())
        .unwrap_or(0);
    let until = from.saturating_add(size);
    let more = all.len() > until;
    let shown: Vec<Value> = all.into_iter().skip(from).take(size).collect();
    let mut body = json!({ "value": shown });
    if more {
        body["nextLink"] = paging::next_link(call, &until.to_string()).into();
    }
    Reply::ok(body)
}
