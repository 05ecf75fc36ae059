//! The kinds of resources of an estate, as data: the names of each kind in the index and in ARM. Which members
//! are read stands beside each decoder, which serves both: a row of the index is first converted to the form of
//! a resource.

use serde_json::{Map, Value};

use crate::request::Request;
use crate::{certificates, groups, json, orders, plans, sites, vaults, version};
use certdeck_model::{EstateRows, ResourceId};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum ResourceKind {
    Groups,
    Plans,
    Apps,
    Slots,
    Certificates,
    Orders,
    Vaults,
}

/// The names and members of one kind.
struct KindFacts {
    /// For sentences.
    words: &'static str,
    /// Table and type in the index.
    table: &'static str,
    name: &'static str,
    /// Columns besides `id`, `location` and `tags`.
    columns: &'static [&'static str],
    /// Members of `properties` that are read.
    members: &'static [&'static str],
    /// Members without which a row would be misleading.
    needs: &'static [&'static str],
    /// The path of ARM's list below a subscription or (except for groups) a resource group.
    path: &'static str,
    version: &'static str,
}

const GROUPS: KindFacts = KindFacts {
    words: "resource groups",
    table: "resourcecontainers",
    name: "microsoft.resources/subscriptions/resourcegroups",
    columns: &[],
    members: &[],
    needs: &[],
    path: "resourcegroups",
    version: version::GROUPS,
};

const PLANS: KindFacts = KindFacts {
    words: "App Service plans",
    table: "resources",
    name: "microsoft.web/serverfarms",
    columns: &["sku"],
    members: plans::MEMBERS,
    needs: &[],
    path: "providers/Microsoft.Web/serverfarms",
    version: version::WEB,
};

const APPS: KindFacts = KindFacts {
    words: "apps",
    table: "resources",
    name: "microsoft.web/sites",
    columns: &[],
    members: sites::MEMBERS,
    needs: sites::NEEDS,
    path: "providers/Microsoft.Web/sites",
    version: version::WEB,
};

const SLOTS: KindFacts = KindFacts { words: "slots", name: "microsoft.web/sites/slots", path: "", ..APPS };

const CERTIFICATES: KindFacts = KindFacts {
    words: "private key certificates",
    table: "resources",
    name: "microsoft.web/certificates",
    columns: &[],
    members: certificates::MEMBERS,
    needs: &[],
    path: "providers/Microsoft.Web/certificates",
    version: version::WEB,
};

const ORDERS: KindFacts = KindFacts {
    words: "certificate orders",
    table: "resources",
    name: "microsoft.certificateregistration/certificateorders",
    columns: &[],
    members: orders::MEMBERS,
    needs: orders::NEEDS,
    path: "providers/Microsoft.CertificateRegistration/certificateOrders",
    version: version::ORDERS,
};

const VAULTS: KindFacts = KindFacts {
    words: "key vaults",
    table: "resources",
    name: "microsoft.keyvault/vaults",
    columns: &[],
    members: vaults::MEMBERS,
    needs: vaults::NEEDS,
    path: "providers/Microsoft.KeyVault/vaults",
    version: version::VAULTS,
};

impl ResourceKind {
    /// Certificates first: people wait for them.
    pub(super) const ALL: [Self; 7] =
        [Self::Certificates, Self::Apps, Self::Slots, Self::Orders, Self::Plans, Self::Vaults, Self::Groups];

    fn facts(self) -> &'static KindFacts {
        match self {
            Self::Groups => &GROUPS,
            Self::Plans => &PLANS,
            Self::Apps => &APPS,
            Self::Slots => &SLOTS,
            Self::Certificates => &CERTIFICATES,
            Self::Orders => &ORDERS,
            Self::Vaults => &VAULTS,
        }
    }

    pub(super) fn words(self) -> &'static str {
        self.facts().words
    }

    /// Whether it is an app or a slot.
    pub(super) fn is_site(self) -> bool {
        matches!(self, Self::Apps | Self::Slots)
    }

    /// The query to the index. Without an order its pages may repeat rows and omit others.
    pub(super) fn query(self) -> String {
        let KindFacts { table, name, columns, members, .. } = self.facts();
        let members = members.iter().map(|member| format!("{member} = properties.{member}"));
        let columns = columns.iter().map(|column| (*column).to_owned());
        let own = ["id", "location", "tags"].map(str::to_owned);
        let all: Vec<String> = own.into_iter().chain(columns).chain(members).collect();
        format!("{table} | where type =~ '{name}' | project {} | order by id asc", all.join(", "))
    }

    /// The request for ARM's list below a scope.
    pub(super) fn request(self, scope: &ResourceId) -> Request {
        let KindFacts { words, path, version, .. } = self.facts();
        Request::get(format!("List the {words}"), format!("{scope}/{path}"), version)
    }

    /// The request for one resource of the kind.
    pub(super) fn request_for(self, id: &ResourceId) -> Request {
        Request::get(format!("Read {}", id.name()), id.as_str(), self.facts().version)
    }

    /// A row of the index in the form of a resource; `None` if it lacks a necessary member.
    pub(super) fn resource(self, row: Value) -> Option<Value> {
        let KindFacts { columns, members, needs, .. } = self.facts();
        let Value::Object(mut row) = row else { return None };
        let mut resource = Map::new();
        for column in ["id", "location"].iter().chain(*columns) {
            resource.insert((*column).to_owned(), row.remove(*column)?);
        }
        resource.extend(row.remove("tags").map(|tags| ("tags".to_owned(), tags)));
        let properties: Map<String, Value> =
            members.iter().filter_map(|member| Some(((*member).to_owned(), row.remove(*member)?))).collect();
        let is_there = |member: &&&str| properties.get(**member).is_some_and(|value| !value.is_null());
        let is_whole =
            needs.iter().all(|member| is_there(&member)) && self.tells_the_certificate(&properties);
        resource.insert("properties".to_owned(), properties.into());
        is_whole.then(|| resource.into())
    }

    /// An issued order has a certificate; without it in the row the order would seem to have none.
    fn tells_the_certificate(self, properties: &Map<String, Value>) -> bool {
        let is_issued = properties
            .get("status")
            .and_then(Value::as_str)
            .is_some_and(|status| status.eq_ignore_ascii_case("Issued"));
        self != Self::Orders
            || !is_issued
            || properties.get("signedCertificate").is_some_and(Value::is_object)
    }

    /// Adds a resource to the part of the estate; false if it is no such resource.
    pub(super) fn decode(self, resource: &Value, part: &mut EstateRows) -> bool {
        // Without its properties it would seem to have no end, and would not be noticed.
        if self != Self::Groups && !resource.get("properties").is_some_and(Value::is_object) {
            return false;
        }
        match self {
            Self::Groups => add(&mut part.groups, groups::decode(resource)),
            Self::Plans => add(&mut part.plans, plans::decode(resource)),
            Self::Apps | Self::Slots => {
                let Some(site) = sites::decode(resource) else { return false };
                part.apps.push(site.app);
                part.bindings.extend(site.bindings);
                true
            }
            Self::Certificates => add(&mut part.certificates, certificates::decode(resource)),
            Self::Orders => add(&mut part.orders, orders::decode(resource)),
            Self::Vaults => add(&mut part.vaults, vaults::decode(resource)),
        }
    }
}

fn add<T>(to: &mut Vec<T>, decoded: Option<T>) -> bool {
    let is_one = decoded.is_some();
    to.extend(decoded);
    is_one
}

/// The id of a row or a resource.
pub(super) fn id(value: &Value) -> Option<ResourceId> {
    json::id(value, "/id")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    const ID: &str = "/subscriptions/s/resourceGroups/g/providers/microsoft.web/certificates/shop";

    #[test]
    fn a_row_of_the_index_decodes_like_the_resource_itself() {
        let row = json!({"id": ID, "location": "westeurope", "webSpace": "g-WestEuropewebspace", "thumbprint": "A".repeat(40),
            "hostNames": ["shop.contoso.com"], "canonicalName": null});
        let mut part = EstateRows::default();
        ResourceKind::Certificates.decode(&ResourceKind::Certificates.resource(row).unwrap(), &mut part);
        let certificate = &part.certificates[0];
        assert_eq!((certificate.home.label().as_str(), certificate.hosts.len()), ("g-WestEuropewebspace", 1));
        assert_eq!(certificate.canonical_name, None);
    }

    #[test]
    fn a_row_that_would_say_something_wrong_is_not_taken() {
        let site = json!({"id": ID, "location": "westeurope", "webSpace": "w", "hostNames": ["a.b"], "hostNameSslStates": null});
        assert_eq!(ResourceKind::Apps.resource(site), None, "it would seem to have no bindings");
        let mut order =
            json!({"id": ID, "location": "global", "status": "Issued", "distinguishedName": "CN=a.b"});
        assert_eq!(
            ResourceKind::Orders.resource(order.clone()),
            None,
            "it would seem to have no certificate"
        );
        order["status"] = "Pendingissuance".into();
        assert!(ResourceKind::Orders.resource(order).is_some());
    }

    #[test]
    fn a_row_without_a_webspace_is_completed_and_its_tags_are_kept() {
        let plan = "/subscriptions/s/resourceGroups/plans/providers/Microsoft.Web/serverfarms/p";
        let site = ID.replace("certificates", "sites");
        let row = json!({"id": site, "location": "westeurope", "serverFarmId": plan, "reserved": true, "hostNames": [], "hostNameSslStates": []});
        let mut part = EstateRows::default();
        ResourceKind::Apps.decode(&ResourceKind::Apps.resource(row).unwrap(), &mut part);
        let row = json!({"id": ID, "location": "westeurope", "serverFarmId": plan, "tags": {"env": "prod"}});
        ResourceKind::Certificates.decode(&ResourceKind::Certificates.resource(row).unwrap(), &mut part);
        assert_eq!(part.apps[0].webspace.as_str(), "plans-westeuropewebspace-Linux");
        assert!(part.certificates[0].home.serves(&part.apps[0]));
        assert_eq!(part.certificates[0].tags.words(), "env: prod");
    }

    #[test]
    fn a_question_names_one_type_and_an_order() {
        let query = ResourceKind::Plans.query();
        assert_eq!(
            query,
            "resources | where type =~ 'microsoft.web/serverfarms' | project id, location, tags, sku, reserved = properties.reserved | order by id asc"
        );
    }
}
