//! `r`: the renewal that fits the certificate under the cursor (A157). Who renews depends on where it came
//! from: its order, its vault, Azure by itself, or the person who uploaded it.

use super::App;
use super::command::Entry;
use super::dialog::{Act, Confirm, Dialog};
use crate::flow::FlowName;
use crate::model::{ResourceId, Row, Source, WhoActs};
use crate::rules::{InVault, What};
use crate::tables::{PaneName, Tone, date};

/// Where `r` leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RenewalRoute {
    /// To the renewal of the order.
    Order(ResourceId),
    /// The vault has a new version: what is left to do is to sync.
    Sync,
    /// The vault decides who brings the next version; there is something to explain.
    Vault(ResourceId),
    /// Azure renews by itself; there is something to explain.
    Managed(ResourceId),
    /// A person has to bring a new file.
    Upload,
}

impl App {
    /// The way that fits, or why there is none.
    pub fn renewal_route(&self) -> Result<RenewalRoute, String> {
        let row = self.row().ok_or("the list is empty")?;
        self.renewal_of(row)
    }

    pub(super) fn renewal_of(&self, row: Row<'_>) -> Result<RenewalRoute, String> {
        match row {
            Row::Order(order) => return Ok(RenewalRoute::Order(order.id.clone())),
            Row::Public(_) => {
                return Err(
                    "a public certificate is renewed by its issuer: upload the new file with :upload-public"
                        .into(),
                );
            }
            Row::Private(_) | Row::Binding(_) => {}
        }
        let certificate = row.certificate(&self.inventory.estate);
        let certificate = certificate.ok_or("no certificate secures this hostname: b binds one")?;
        Ok(match self.inventory.estate.source(certificate) {
            Source::Order(order) => RenewalRoute::Order(order),
            Source::KeyVault => {
                let turn = self.settings.rules.turn(&self.inventory.estate, certificate, self.clock.now);
                let has_more = matches!(turn.what, What::InVault(InVault::Follows | InVault::FollowsLate));
                if has_more { RenewalRoute::Sync } else { RenewalRoute::Vault(certificate.id.clone()) }
            }
            Source::Managed => RenewalRoute::Managed(certificate.id.clone()),
            Source::Uploaded => RenewalRoute::Upload,
        })
    }

    pub(super) fn renew(&mut self) {
        match self.renewal_route() {
            Ok(RenewalRoute::Order(order)) => self.open_about_order(FlowName::Renew, &order),
            Ok(RenewalRoute::Sync) => self.open_flow(FlowName::Sync),
            Ok(RenewalRoute::Vault(id)) => self.explain_vault(&id),
            Ok(RenewalRoute::Managed(id)) => self.explain_managed(&id),
            Ok(RenewalRoute::Upload) => self.open_flow(FlowName::Replace),
            Err(why) => self.say(why, Tone::Soon),
        }
    }

    /// A183, C57: who brings the next version into the vault, and how.
    fn explain_vault(&mut self, id: &ResourceId) {
        let Some(certificate) =
            self.inventory.estate.certificates.iter().find(|certificate| certificate.id == *id)
        else {
            return;
        };
        let turn = self.settings.rules.turn(&self.inventory.estate, certificate, self.clock.now);
        let remedy = match (&turn.what, &certificate.vault) {
            (What::InVault(what), Some(secret)) => what.remedy(secret.vault.name(), &secret.secret),
            (What::Vault(status), _) => status.remedy().to_owned(),
            _ => String::new(),
        };
        let confirm =
            Confirm::new(format!("Renew {}", id.name()), "Show it", Act::Show(PaneName::Private, id.clone()))
                .says(format!("Who acts: {}.", turn.words(date)))
                .says(remedy);
        self.layers.push(Dialog::Confirm(confirm));
    }

    /// A30, A31, C9: Azure renews it; when, and what would keep it from that.
    fn explain_managed(&mut self, id: &ResourceId) {
        let Some(certificate) =
            self.inventory.estate.certificates.iter().find(|certificate| certificate.id == *id)
        else {
            return;
        };
        let host = certificate.canonical_name.clone().unwrap_or_default();
        let (lead, due) = self.settings.rules.managed_renewal(certificate, self.clock.now);
        let when = due.map_or("in time before it ends".to_owned(), |due| {
            format!("about {}, {lead} before it ends", date(due))
        });
        let turn = self.settings.rules.turn(&self.inventory.estate, certificate, self.clock.now);
        if turn.who == WhoActs::You {
            // What stops it is what its checks find.
            self.open_flow(FlowName::Managed);
            return self.say("Azure's renewal is overdue: these checks show what stops it", Tone::Soon);
        }
        let stops = format!(
            "What would stop it: {host} no longer leads straight to the app (CNAME to its default hostname, or for a root domain an \
             A record to its address); the hostname is taken off the app; a CAA record does not allow digicert.com; the plan goes \
             down to Free or Shared. Then it ends without a successor."
        );
        let title = format!("Renew {}", id.name());
        let check =
            Entry::of_flow(FlowName::Managed).map_or(Act::Show(PaneName::Private, id.clone()), Act::Run);
        let confirm = Confirm::new(title, "Check it now", check)
            .says(format!(
                "Azure renews this managed certificate by itself {when}, and puts the new one into the bindings. There is nothing to do."
            ))
            .says(stops);
        self.layers.push(Dialog::Confirm(confirm));
    }
}
