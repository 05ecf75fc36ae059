//! Hostnames bound to a certificate that is in no list. No description of App Service tells whether an app
//! keeps certificates of its own (C34), so such an app is asked for them, regardless of what it reports.

use std::collections::{HashMap, HashSet};

use certdeck_model::{EstateRows, Home, ResourceId, Scope, Thumbprint};

/// The maximum number of apps that are asked: each costs a request.
const MOST: usize = 200;

/// The bindings and certificates read so far.
#[derive(Debug, Default)]
pub(super) struct BoundHostnames {
    used: Vec<(Thumbprint, ResourceId, Home)>,
    listed: HashMap<Thumbprint, Vec<Home>>,
}

impl BoundHostnames {
    /// Apps that report certificates of their own are asked anyway.
    pub(super) fn note(&mut self, part: &EstateRows) {
        let homes: HashMap<&ResourceId, Home> = part
            .apps
            .iter()
            .filter(|app| app.scope == Scope::Webspace)
            .map(|app| (&app.id, app.home()))
            .collect();
        for binding in &part.bindings {
            if let (Some(thumbprint), Some(home)) = (&binding.thumbprint, homes.get(&binding.app)) {
                self.used.push((thumbprint.clone(), binding.app.clone(), home.clone()));
            }
        }
        for certificate in &part.certificates {
            if let Some(thumbprint) = &certificate.thumbprint {
                let homes = self.listed.entry(thumbprint.clone()).or_default();
                if !homes.contains(&certificate.home) {
                    homes.push(certificate.home.clone());
                }
            }
        }
    }

    /// The apps to ask, and how many more there are. If the certificates of a subscription could not be
    /// listed, its apps are not asked: `unread` has those subscriptions.
    pub(super) fn unexplained(&self, unread: &HashSet<&str>) -> (Vec<ResourceId>, usize) {
        let is_listed = |thumbprint: &Thumbprint, home: &Home| {
            self.listed.get(thumbprint).is_some_and(|homes| homes.iter().any(|one| one.is(home)))
        };
        let mut seen = HashSet::new();
        let mut apps: Vec<ResourceId> = Vec::new();
        for (thumbprint, app, home) in &self.used {
            if !is_listed(thumbprint, home) && !unread.contains(app.subscription_id()) && seen.insert(app) {
                apps.push(app.clone());
            }
        }
        let left = apps.len().saturating_sub(MOST);
        apps.truncate(MOST);
        (apps, left)
    }
}
