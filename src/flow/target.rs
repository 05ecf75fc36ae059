//! From what was typed to the resource that is meant: a whole id, `GROUP/NAME`, or a name in the flow's resource group.

use super::{Inputs, Key};
use crate::model::{OrderName, ResourceId, VaultName};

pub const ORDERS: &str = "Microsoft.CertificateRegistration/certificateOrders";
pub const VAULTS: &str = "Microsoft.KeyVault/vaults";
pub const SITES: &str = "Microsoft.Web/sites";

/// The resource group of the order.
pub fn group_id(inputs: &Inputs) -> Option<ResourceId> {
    let group = inputs.get(Key::ResourceGroup)?;
    in_subscription(inputs, group)
}

pub fn subscription_id(inputs: &Inputs) -> Option<ResourceId> {
    inputs.get(Key::Subscription).map(ResourceId::subscription)
}

pub fn order_id(inputs: &Inputs) -> Option<ResourceId> {
    let name = inputs.get(Key::Order)?;
    if name.starts_with('/') {
        return ResourceId::parse(name).ok();
    }
    let name = OrderName::parse(name).ok()?;
    Some(group_id(inputs)?.resource(ORDERS, name.as_str()))
}

/// The vault, in its own resource group where one is given, else in the order's.
pub fn vault_id(inputs: &Inputs) -> Option<ResourceId> {
    let typed = inputs.get(Key::Vault)?;
    if !typed.contains('/') {
        VaultName::parse(typed).ok()?;
    }
    let group = inputs.get(Key::VaultResourceGroup).or_else(|| inputs.get(Key::ResourceGroup));
    resource(inputs, typed, VAULTS, group)
}

/// The app or slot (`NAME/SLOT` only as a whole id).
pub fn app_id(inputs: &Inputs) -> Option<ResourceId> {
    resource(inputs, inputs.get(Key::App)?, SITES, inputs.get(Key::ResourceGroup))
}

fn resource(inputs: &Inputs, typed: &str, provider: &str, group: Option<&str>) -> Option<ResourceId> {
    if typed.starts_with('/') {
        return ResourceId::parse(typed).ok();
    }
    let (group, name) = typed.split_once('/').or_else(|| Some((group?, typed)))?;
    Some(in_subscription(inputs, group)?.resource(provider, name))
}

fn in_subscription(inputs: &Inputs, group: &str) -> Option<ResourceId> {
    ResourceId::parse(&format!("{}/resourceGroups/{group}", subscription_id(inputs)?)).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_name_a_group_and_name_and_a_whole_id_mean_the_same_app() {
        let inputs = Inputs::default().with(Key::Subscription, "s").with(Key::ResourceGroup, "web");
        let whole = "/subscriptions/s/resourceGroups/web/providers/Microsoft.Web/sites/shop";
        for typed in ["shop", "web/shop", whole] {
            assert_eq!(app_id(&inputs.clone().with(Key::App, typed)).unwrap().as_str(), whole);
        }
    }

    #[test]
    fn a_vault_may_live_in_a_group_of_its_own() {
        let inputs = Inputs::default().with(Key::Subscription, "s").with(Key::ResourceGroup, "web").with(Key::Vault, "kv-shop");
        assert_eq!(vault_id(&inputs).unwrap().resource_group(), "web");
        assert_eq!(vault_id(&inputs.with(Key::VaultResourceGroup, "keys")).unwrap().resource_group(), "keys");
    }
}
