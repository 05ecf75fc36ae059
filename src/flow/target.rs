//! From what was typed to the resource that is meant: a whole id, `GROUP/NAME`, or a name in the flow's
//! resource group.

use super::named::Named;
use super::{Inputs, Key};
use crate::model::{OrderName, ResourceId, VaultName};

pub(super) const ORDERS: &str = "Microsoft.CertificateRegistration/certificateOrders";
pub(super) const VAULTS: &str = "Microsoft.KeyVault/vaults";
pub(super) const SITES: &str = "Microsoft.Web/sites";

/// The resource group of the order.
pub(super) fn group_id(inputs: &Inputs) -> Option<ResourceId> {
    let group = inputs.get(Key::ResourceGroup)?;
    in_subscription(inputs, group)
}

pub(super) fn subscription_id(inputs: &Inputs) -> Option<ResourceId> {
    inputs.get(Key::Subscription).map(ResourceId::subscription)
}

pub fn order_id(inputs: &Inputs) -> Option<ResourceId> {
    let named = Named::resource(inputs.get(Key::Order)?)?;
    let id = place(inputs, named, ORDERS, inputs.get(Key::ResourceGroup))?;
    OrderName::parse(id.name()).is_ok().then_some(id)
}

/// The vault, in its own resource group where one is given, else in the order's.
pub fn vault_id(inputs: &Inputs) -> Option<ResourceId> {
    let group = inputs.get(Key::VaultResourceGroup).or_else(|| inputs.get(Key::ResourceGroup));
    let id = place(inputs, Named::resource(inputs.get(Key::Vault)?)?, VAULTS, group)?;
    VaultName::parse(id.name()).is_ok().then_some(id)
}

/// The app or slot. `ONE/TWO` is a group and an app here; where it can be an app and a slot, the cloud was
/// asked before (`resolve`).
pub fn app_id(inputs: &Inputs) -> Option<ResourceId> {
    place(inputs, Named::site(inputs.get(Key::App)?)?, SITES, inputs.get(Key::ResourceGroup))
}

fn place(inputs: &Inputs, named: Named, provider: &str, group: Option<&str>) -> Option<ResourceId> {
    named.within(group).id(subscription_id(inputs).as_ref(), provider)
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
        let inputs = Inputs::default()
            .with(Key::Subscription, "s")
            .with(Key::ResourceGroup, "web")
            .with(Key::Vault, "kv-shop");
        assert_eq!(vault_id(&inputs).unwrap().resource_group(), "web");
        assert_eq!(vault_id(&inputs.with(Key::VaultResourceGroup, "keys")).unwrap().resource_group(), "keys");
    }
}
