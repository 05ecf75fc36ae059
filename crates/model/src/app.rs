//! Subscriptions, resource groups, App Service plans and apps (slots included), as far as certificates need
//! them.

use hashbrown::HashSet;
use serde::{Deserialize, Serialize};

use super::{Home, Hostname, ResourceId, Scope, Tags, Text, Webspace};

/// An Azure subscription that the signed-in identity can see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// `/subscriptions/` and the GUID of the subscription.
    pub id: ResourceId,
    /// The display name (`displayName`), or the GUID if the answer has none.
    pub name: String,
    /// The subscription's state in Azure's words, such as `Enabled`; empty if the answer has none.
    pub state: String,
}

/// A resource group, in which apps, orders and vaults are created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceGroup {
    /// `/subscriptions/S/resourceGroups/G`.
    pub id: ResourceId,
    /// The region of the group itself; its resources may be in other regions.
    pub location: String,
    /// The group's own tags; its resources do not inherit them.
    pub tags: Tags,
}

/// An App Service plan: its tier decides whether its apps can have TLS bindings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The id of the `Microsoft.Web/serverfarms` resource.
    pub id: ResourceId,
    /// The region of the plan and of all its apps; empty if the answer has none.
    pub location: String,
    /// `Free`, `Shared`, `Basic`, `Standard`, `PremiumV3` …
    pub tier: String,
    /// Whether its apps run on Linux (`reserved` in the answer).
    pub linux: bool,
}

/// A site or one of its slots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct App {
    /// The id of the `Microsoft.Web/sites` resource, or of its `slots` child for a slot.
    pub id: ResourceId,
    /// The region as the service writes it; empty if the answer has none.
    pub location: Text,
    /// The plan that the app runs on (`serverFarmId`); `None` if the answer has none.
    pub plan: Option<ResourceId>,
    /// Certificates are shared within it (A9), unless the app has its own alone.
    pub webspace: Webspace,
    /// Whether the app shares the certificates of its webspace or has its own alone.
    pub scope: Scope,
    /// The tier of its plan; empty if the service does not report it with the app.
    pub tier: Text,
    /// `Running`, `Stopped` or another state that the service reports; empty if the answer has none.
    pub state: Text,
    /// Read from the service, never built: newer apps have a hash and a region in it (C28).
    pub default_hostname: Text,
    /// Every hostname that leads to the app by its settings, the default hostname included.
    pub hostnames: Vec<Hostname>,
    /// Whether the app redirects plain HTTP to HTTPS.
    pub https_only: bool,
    /// The IP address at which the app accepts connections; `None` if the answer has none.
    pub inbound_ip: Option<String>,
    /// Whether the app runs on Linux (`reserved` in the answer).
    pub linux: bool,
    /// In an App Service Environment, where other rules hold (A44, C38).
    pub in_environment: bool,
}

impl App {
    /// `shop`, or `shop/staging` for a slot.
    pub fn label(&self) -> String {
        self.id.site_label()
    }

    /// Whether it is on a Flex Consumption plan, whose apps have their own certificates alone, and few of
    /// them (C34).
    pub fn is_flex(&self) -> bool {
        self.tier.eq_ignore_ascii_case("FlexConsumption")
    }

    /// Where the certificates live to which it can be bound.
    pub fn home(&self) -> Home {
        match self.scope {
            Scope::Webspace => Home::Webspace(self.webspace.clone()),
            Scope::App => Home::App(self.id.clone()),
        }
    }

    /// Shares the memory of equal texts that are known.
    pub(super) fn share(&mut self, known: &mut HashSet<Text>) {
        for word in [&mut self.location, &mut self.tier, &mut self.state, &mut self.default_hostname] {
            word.share(known);
        }
        self.webspace.share(known);
        self.hostnames.iter_mut().for_each(|host| host.share(known));
        self.plan.iter_mut().chain([&mut self.id]).for_each(|id| id.share(known));
    }

    /// The hostnames that an admin mapped, without the platform's own.
    pub fn custom_hostnames(&self) -> impl Iterator<Item = &Hostname> {
        let own = self.default_hostname.to_ascii_lowercase();
        self.hostnames.iter().filter(move |host| host.as_str() != own)
    }
}
