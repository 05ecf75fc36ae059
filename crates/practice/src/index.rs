//! Which resources have a certain value in a certain member, so that a look-up reads only what it finds.
//!
//! An index is a line of the table below; `CloudContext::save` and `remove` update it, `CloudContext::having` reads it.

use serde_json::Value;

use super::{
    context::text,
    error::StoreError,
    store::{Collection, Transaction},
};

/// At `INDEX|VALUE|KEY OF THE RESOURCE`.
const ENTRIES: Collection<()> = Collection::new("index");
const BINDINGS: &[&str] =
    &["microsoft.web/sites/hostnamebindings", "microsoft.web/sites/slots/hostnamebindings"];
const CERTIFICATES: &[&str] = &[
    "microsoft.web/certificates",
    "microsoft.web/sites/certificates",
    "microsoft.web/sites/slots/certificates",
];

/// Bindings by hostname.
pub(crate) const HOSTS: ResourceIndex = ResourceIndex {
    name: "host",
    kinds: BINDINGS,
    of: |binding| text(binding, "/id").rsplit('/').next().unwrap_or_default(),
};
/// Bindings by the thumbprint that they present.
pub(crate) const PRESENTED: ResourceIndex = ResourceIndex {
    name: "presented",
    kinds: BINDINGS,
    of: |binding| text(binding, "/properties/thumbprint"),
};
/// Private key certificates by thumbprint.
pub(crate) const THUMBPRINTS: ResourceIndex = ResourceIndex {
    name: "thumbprint",
    kinds: CERTIFICATES,
    of: |certificate| text(certificate, "/properties/thumbprint"),
};
/// Managed certificates by hostname.
pub(crate) const MANAGED: ResourceIndex = ResourceIndex {
    name: "managed",
    kinds: CERTIFICATES,
    of: |certificate| text(certificate, "/properties/canonicalName"),
};
/// Private key certificates by the vault they come from.
pub(crate) const FROM_VAULT: ResourceIndex = ResourceIndex {
    name: "from-vault",
    kinds: CERTIFICATES,
    of: |certificate| text(certificate, "/properties/keyVaultId"),
};
/// Sites by their plan.
pub(crate) const ON_PLAN: ResourceIndex = ResourceIndex {
    name: "on-plan",
    kinds: &["microsoft.web/sites"],
    of: |site| text(site, "/properties/serverFarmId"),
};

const ALL: &[&ResourceIndex] = &[&HOSTS, &PRESENTED, &THUMBPRINTS, &MANAGED, &FROM_VAULT, &ON_PLAN];

/// One index over resources of some types. Casing makes no difference; a resource without a value is not in
/// it.
#[derive(Debug)]
pub(crate) struct ResourceIndex {
    name: &'static str,
    kinds: &'static [&'static str],
    of: fn(&Value) -> &str,
}

impl ResourceIndex {
    /// The keys of the resources that have this value, or any value, in the order of values and keys.
    pub(crate) fn keys(&self, tx: &Transaction, value: Option<&str>) -> Result<Vec<String>, StoreError> {
        let prefix = match value {
            Some(value) => self.entry(value, ""),
            None => format!("{}|", self.name),
        };
        let after_value = |key: &str| Some(key.splitn(3, '|').nth(2)?.to_owned());
        Ok(tx.scan(&ENTRIES, &prefix)?.iter().filter_map(|(key, ())| after_value(key)).collect())
    }

    /// Whether the resource has this value.
    pub(crate) fn holds(&self, resource: &Value, value: &str) -> bool {
        (self.of)(resource).eq_ignore_ascii_case(value)
    }

    fn entry(&self, value: &str, key: &str) -> String {
        // No hostname, thumbprint or id that the service accepts contains the separator.
        format!("{}|{}|{key}", self.name, value.to_lowercase().replace('|', "%7c"))
    }
}

/// Whether an index covers this type: then `update` needs the earlier state of the resource.
pub(crate) fn concerns(kind: &str) -> bool {
    ALL.iter().any(|index| index.kinds.contains(&kind))
}

/// Updates every index for a resource that changed from `before` to `after`.
pub(crate) fn update(
    tx: &Transaction,
    kind: &str,
    key: &str,
    before: Option<&Value>,
    after: Option<&Value>,
) -> Result<(), StoreError> {
    for index in ALL.iter().filter(|index| index.kinds.contains(&kind)) {
        let [was, is] = [before, after].map(|resource| resource.map_or("", index.of));
        if was == is {
            continue;
        }
        if !was.is_empty() {
            tx.remove(&ENTRIES, &index.entry(was, key))?;
        }
        if !is.is_empty() {
            tx.put(&ENTRIES, &index.entry(is, key), &())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;
    use crate::{
        fixture::{Fixture, GROUP},
        id::ArmId,
    };

    #[test]
    fn an_index_follows_changes_and_removals_in_any_casing() {
        let cloud = Fixture::new("2026-11-23T00:00:00Z");
        let id = ArmId::parse(GROUP).under("Microsoft.Web", "certificates", "shop");
        let put = |thumbprint: &str| {
            cloud.with(|ctx| {
                ctx.save(&id, &json!({"id": id.to_string(), "properties": {"thumbprint": thumbprint}}))
                    .unwrap();
            });
        };
        let found = |thumbprint: &str| cloud.with(|ctx| ctx.having(&THUMBPRINTS, thumbprint).unwrap().len());
        put("AB");
        assert_eq!((found("ab"), found("A")), (1, 0));
        put("CD");
        assert_eq!((found("AB"), found("CD")), (0, 1));
        cloud.with(|ctx| ctx.remove(&id).unwrap());
        assert_eq!(found("CD"), 0);
    }
}
