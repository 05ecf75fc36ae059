//! Regions and api-versions: ARM checks both before a provider gets the request.

use super::namespaces;
use crate::{
    calendar,
    call::{Call, HttpMethod},
    context::CloudContext,
    id::ArmId,
    provider::{REGIONS, microsoft_web::site_certificates},
    reply::Fault,
};

/// Regions of Azure that the practice cloud does not list but accepts, because scripts name them.
const MORE: &str = "australiacentral australiaeast australiasoutheast austriaeast belgiumcentral brazilsouth canadacentral \
    canadaeast centralindia centralus chilecentral eastasia eastus2 francecentral francesouth germanynorth indonesiacentral \
    israelcentral italynorth japaneast japanwest koreacentral koreasouth malaysiawest mexicocentral newzealandnorth \
    northcentralus norwayeast norwaywest polandcentral qatarcentral southafricanorth southafricawest southcentralus southindia \
    southeastasia spaincentral swedencentral swedensouth switzerlandnorth switzerlandwest uaecentral uaenorth uksouth ukwest \
    westcentralus westindia westus westus3";

/// Providers whose resources have no region.
const GLOBAL: [&str; 3] =
    ["microsoft.certificateregistration", "microsoft.domainregistration", "microsoft.network"];

/// Earlier than the first published api-version, and later than any that today's clients know.
const VERSIONS: [&str; 2] = ["2014-01-01", "2026-12-31"];

/// Whether both are spellings of one region: `West Europe` and `westeurope`.
pub(super) fn same(one: &str, other: &str) -> bool {
    plain(one) == plain(other)
}

fn plain(text: &str) -> String {
    text.replace(' ', "").to_lowercase()
}

fn regions() -> impl Iterator<Item = String> {
    REGIONS.iter().map(|region| plain(region)).chain(MORE.split_whitespace().map(str::to_owned))
}

fn is_region(location: &str) -> bool {
    regions().any(|region| same(&region, location))
}

fn names() -> String {
    regions().collect::<Vec<_>>().join(",")
}

/// Refuses a group whose location is no region of Azure.
pub(super) fn require_for_group(location: &str) -> Result<(), Fault> {
    if is_region(location) {
        return Ok(());
    }
    let message = format!(
        "The provided location '{location}' is not available for resource group. List of available regions is '{}'.",
        names()
    );
    Err(Fault::arm(400, "LocationNotAvailableForResourceGroup", message))
}

/// Refuses a new resource whose location is no region of Azure; an existing one keeps its location.
pub(super) fn require_location(ctx: &CloudContext<'_>, call: &Call, id: &ArmId) -> Result<(), Fault> {
    let target = id.whole();
    let kind = target.kind();
    let (Some((namespace, _)), Some(location), HttpMethod::Put) =
        (kind.split_once('/'), call.text("/location"), call.method)
    else {
        return Ok(());
    };
    let top = kind.matches('/').count() == 1;
    if !top
        || GLOBAL.contains(&namespace)
        || is_region(location)
        || namespace == "microsoft.resources"
        || ctx.find(&target)?.is_some()
    {
        return Ok(());
    }
    let message = format!(
        "The provided location '{location}' is not available for resource type '{kind}'. List of available regions for the resource \
         type is '{}'.",
        names()
    );
    Err(Fault::arm(400, "LocationNotAvailableForResourceType", message))
}

/// Refuses api-versions that were never published, and those that are no longer served on the day of the
/// practice clock. The others may be answered in the shape of a newer one.
pub(super) fn require_version(ctx: &CloudContext<'_>, call: &Call, id: &ArmId) -> Result<(), Fault> {
    site_certificates::require_version(call, id)?;
    let version = call.api_version();
    let kind = id.kind();
    let (namespace, kind) = kind.split_once('/').unwrap_or(("microsoft.resources", &kind));
    let [first, last] = VERSIONS;
    let of_vaults = namespace.eq_ignore_ascii_case("Microsoft.KeyVault");
    let oldest = if of_vaults { calendar::OLDEST_KEY_VAULT_VERSION.at(ctx.now) } else { first };
    if version.get(..10).is_some_and(|date| (oldest..=last).contains(&date)) {
        return Ok(());
    }
    let published = namespaces::named(namespace).into_iter().flat_map(|one| one.versions.split_whitespace());
    let known: Vec<&str> = published.filter(|version| *version >= oldest).collect();
    let message = format!(
        "No registered resource provider found for API version '{version}' for type '{kind}'. The supported api-versions are '{}'.",
        known.join(", ")
    );
    Err(Fault::arm(400, "NoRegisteredProviderFound", message))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        context::text,
        fixture::{Fixture, GROUP, SUBSCRIPTION, json_of},
        reply::Reply,
    };

    fn code(reply: Reply) -> String {
        text(&json_of(reply), "/error/code").to_owned()
    }

    #[test]
    fn nothing_new_is_made_outside_of_the_regions_of_azure() {
        let cloud = Fixture::new("2026-11-23T00:00:00Z");
        let plan = format!("{GROUP}/providers/Microsoft.Web/serverfarms/plan");
        let at = |location: &str| {
            cloud.arm(HttpMethod::Put, &plan, &json!({"location": location, "properties": {}}))
        };
        assert_eq!(code(at("nowhere")), "LocationNotAvailableForResourceType");
        assert_eq!(at("UK South").status, 200);
        let group = |name: &str, location: &str| {
            let path = format!("{SUBSCRIPTION}/resourceGroups/{name}");
            cloud.arm(HttpMethod::Put, &path, &json!({"location": location}))
        };
        assert_eq!(code(group("new", "nowhere")), "LocationNotAvailableForResourceGroup");
        assert_eq!(code(group("b!d", "westeurope")), "InvalidResourceGroup");
        assert_eq!(code(group("shop", "eastus")), "InvalidResourceGroupLocation");
        assert_eq!(group("shop", "West Europe").status, 200);
    }

    #[test]
    fn an_api_version_that_never_was_is_refused_with_those_there_are() {
        let cloud = Fixture::new("2026-11-23T00:00:00Z");
        let list = |version: &str| {
            let path = format!("{SUBSCRIPTION}/providers/Microsoft.Web/certificates?api-version={version}");
            cloud.arm(HttpMethod::Get, &path, &Value::Null)
        };
        for version in ["1999-01-01", "2099-01-01"] {
            let said = json_of(list(version));
            assert_eq!(said["error"]["code"], "NoRegisteredProviderFound");
            assert!(text(&said, "/error/message").contains("2024-11-01"));
        }
        for version in
            ["2015-08-01", "2024-11-01", "2022-03-01-preview", "2025-05-01", "2026-07-15", "2026-08-01"]
        {
            assert_eq!(list(version).status, 200, "{version}");
        }
    }

    #[test]
    fn key_vault_answers_only_versions_that_are_not_retired_on_the_day_of_the_clock_c41() {
        let mut cloud = Fixture::new("2027-02-26T23:59:59Z");
        let list = |cloud: &Fixture, provider: &str, version: &str| {
            let path = format!("{SUBSCRIPTION}/providers/{provider}?api-version={version}");
            cloud.arm(HttpMethod::Get, &path, &Value::Null)
        };
        let vaults = "Microsoft.KeyVault/vaults";
        for version in ["2016-10-01", "2023-07-01", "2024-12-01-preview", "2026-02-01"] {
            assert_eq!(list(&cloud, vaults, version).status, 200, "{version}");
        }
        cloud.advance(jiff::SignedDuration::from_secs(1));
        for version in ["2016-10-01", "2023-07-01", "2024-12-01-preview"] {
            let said = json_of(list(&cloud, vaults, version));
            assert_eq!(said["error"]["code"], "NoRegisteredProviderFound", "{version}");
            let message = text(&said, "/error/message");
            assert!(
                message.ends_with("The supported api-versions are '2026-05-15, 2026-02-01'."),
                "{message}"
            );
        }
        assert_eq!(list(&cloud, vaults, "2026-02-01").status, 200);
        assert_eq!(
            list(&cloud, "Microsoft.Web/certificates", "2016-03-01").status,
            200,
            "no other provider is concerned"
        );
    }
}
