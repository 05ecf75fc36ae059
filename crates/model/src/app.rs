//! Subscriptions, resource groups, App Service plans and apps (slots included), as far as certificates need
//! them.

use hashbrown::HashSet;
use serde::{Deserialize, Serialize};

use super::{Home, Hostname, ResourceId, Scope, Tags, Text, Webspace};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    pub id: ResourceId,
    pub name: String,
    pub state: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceGroup {
    pub id: ResourceId,
    pub location: String,
    pub tags: Tags,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    pub id: ResourceId,
    pub location: String,
    /// `Free`, `Shared`, `Basic`, `Standard`, `PremiumV3` …
    pub tier: String,
    pub linux: bool,
}

/// A site or one of its slots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct App {
    pub id: ResourceId,
    pub location: Text,
    pub plan: Option<ResourceId>,
    /// Certificates are shared within it (A9), unless the app has its own alone.
    pub webspace: Webspace,
    pub scope: Scope,
    /// The tier of its plan; empty if the service does not report it with the app.
    pub tier: Text,
    pub state: Text,
    /// Read from the service, never built: newer apps have a hash and a region in it (C28).
    pub default_hostname: Text,
    pub hostnames: Vec<Hostname>,
    pub https_only: bool,
    pub inbound_ip: Option<String>,
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
