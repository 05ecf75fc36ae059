//! What a flow saw of the cloud in one look. Parts that it did not ask about stay `NotAsked`.

use std::sync::Arc;

use jiff::Timestamp;

use super::certificate_file::{CertificateFile, Unusable};
use super::hostname::NewHostname;
use super::linked::Linked;
use super::outside::Outside;
use super::reach::Reach;
use super::step::{Again, Asked, SHOWS_WITHIN, Step};
use super::usage::Usage;
use crate::azure::exposure::Exposure;
use crate::azure::locks::Lock;
use crate::azure::secrets::Holder;
use crate::azure::settings::AppSettings;
use crate::azure::site_config::MinTls;
use crate::azure::sites;
use crate::azure::vaults::Availability;
use crate::azure::{AsItIs, AzureError, Repeat};
use crate::model::{
    App, Binding, Export, Order, Plan, PrivateCertificate, Problem, PublicCertificate, ResourceGroup,
    ResourceId, Seen, Tags, Upkeep, Vault, VaultCertificate,
};
use crate::pki::{Certificate, Roots};

/// A change that this machine's journal knows, with its time by the service's clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    pub method: String,
    pub path: String,
    pub asked: Asked,
}

/// A first-party service principal that acts on a vault: its object id differs in each tenant (C15).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    pub app_id: String,
    pub object_id: String,
}

#[derive(Debug, Clone, Default)]
pub struct Observed {
    /// The directory that new vaults belong to.
    pub tenant: Seen<String>,
    pub group: Seen<ResourceGroup>,
    pub order: Seen<Order>,
    /// The management locks that hold for the order, inherited ones included, and those set on its vaults
    /// (C18).
    pub locks: Seen<Vec<Lock>>,
    pub vault_locks: Seen<Vec<Lock>>,
    pub vault: Seen<Vault>,
    pub vault_name: Seen<Availability>,
    /// What holds the name of the secret that the order would be stored in.
    pub secret_holder: Seen<Holder>,
    /// Object ids that hold a role on the vault, with the role's id; only for vaults that use RBAC (C15,
    /// C16).
    pub vault_roles: Seen<Vec<(String, String)>>,
    /// `Microsoft.Azure.CertificateRegistration` and `Microsoft.Azure.WebSites` in this tenant (A116, C17).
    pub registrar: Seen<Principal>,
    pub websites: Seen<Principal>,
    /// The application id of the second in this cloud.
    pub websites_app_id: Option<&'static str>,
    /// Why the directory did not tell who they are.
    pub directory: Option<String>,
    /// Looks that the roles did not allow and that the flow did without, as sentences.
    pub left_out: Vec<String>,
    pub app: Seen<App>,
    pub plan: Seen<Plan>,
    /// Apps of the order's subscription that have the domain mapped, for App Service verification (A97).
    pub mapped_on: Seen<Vec<App>>,
    /// The App Service Domain of the order's root domain (A98).
    pub domain: Seen<ResourceId>,
    /// What the service recorded as verification token on the app or the App Service Domain.
    pub ownership_token: Seen<String>,
    /// TXT records seen at each name from the root of the domain down to the order's own (A100).
    pub txt: Seen<Vec<(String, Vec<String>)>>,
    /// What keeps visitors out of the app that would show a token.
    pub exposure: Seen<Exposure>,
    /// Verification mails that were sent, newest last: address (A99).
    pub mails: Seen<Vec<String>>,
    /// CAA records that apply to the domain: the issuers allowed; empty means all issuers (A69).
    pub caa: Seen<Vec<String>>,
    /// The other apps of the app's webspace, which see what is uploaded there too (A10).
    pub neighbours: Seen<Vec<App>>,
    /// Site certificates in the app's webspace.
    pub certificates: Seen<Vec<PrivateCertificate>>,
    pub binding: Seen<Binding>,
    /// A hostname that the app is to answer for.
    pub new_hostname: Seen<NewHostname>,
    /// The service's own answer about the binding, to be given back with a change of it.
    pub binding_as_it_is: Option<AsItIs>,
    /// Where any TLS client can see the same, as `HOST:PORT`.
    pub served_at: Seen<String>,
    /// The certificate file that is to be uploaded, or why it cannot be used.
    pub file: Option<Result<CertificateFile, Unusable>>,
    /// Which roots this machine trusts; none where that says nothing, as in a practice cloud with a CA of its
    /// own.
    pub roots: Option<Arc<Roots>>,
    /// The certificate that has the name which a new one would take.
    pub namesake: Seen<PrivateCertificate>,
    /// How the internet gets to the hostname.
    pub reach: Seen<Reach>,
    /// The tags of what a new certificate takes the place of: it gets them, too.
    pub inherited_tags: Tags,
    /// The tags of the order's link to its vault, which storing it again would erase.
    pub stored_tags: Tags,
    /// The free managed certificate of the hostname, in any webspace of the subscription (A56).
    pub managed: Seen<PrivateCertificate>,
    /// The certificates of the vault, or why they cannot be listed.
    pub vault_contents: Seen<Result<Vec<VaultCertificate>, Problem>>,
    /// The certificates that the chosen certificate's secret holds, or why they cannot be seen.
    pub vault_chain: Seen<Result<Vec<Certificate>, String>>,
    /// The public certificates of the app.
    pub public_certificates: Seen<Vec<PublicCertificate>>,
    pub settings: Seen<AppSettings>,
    /// When the domain of the order was proved last, by the order's history.
    pub proven: Seen<Timestamp>,
    /// Certificates from vaults, each with what it is judged by for a Sync.
    pub linked: Seen<Vec<Linked>>,
    /// The service's own answer about the app, to be given back with a change of it.
    pub app_as_it_is: Option<AsItIs>,
    /// The minimum TLS versions of the app and its deployment site, and the answer that they are from, to be
    /// given back with a change.
    pub min_tls: Seen<MinTls>,
    pub config_as_it_is: Option<AsItIs>,
    /// The certificates of the subscription and all that uses them.
    pub usage: Seen<Usage>,
    /// How visitors reach the hostnames that the flow is about.
    pub outside: Outside,
    /// What was sent from this machine lately. No flow asks for it: the caller that runs flows adds it.
    pub sent: Vec<Sent>,
    /// Files that certificates were exported to from this machine. No flow asks for them: the caller that
    /// runs flows adds them.
    pub exports: Vec<Export>,
    /// What the vault does about the certificate that was named, where no order renews it.
    pub upkeep: Vec<Upkeep>,
}

impl Observed {
    /// When the request of a step that is never sent twice was sent last, if nothing undid it since.
    pub fn asked(&self, step: &Step) -> Option<Asked> {
        let costly = step.requests.iter().find(|request| request.repeat == Repeat::LookFirst);
        let request = costly.filter(|_| step.again == Again::Never)?;
        let newest = self.sent.iter().rev().find(|sent| sent.path.eq_ignore_ascii_case(&request.path))?;
        (newest.method == request.method.as_str()).then_some(newest.asked)
    }

    /// What was sent from here below a resource so lately that it may not show yet: `part` is the first
    /// segment of its path.
    pub fn unsettled(&self, of: &ResourceId, part: &str, now: Timestamp) -> Option<Asked> {
        let below = format!("{of}/{part}").to_lowercase();
        let asked = self.sent.iter().rev().find(|sent| sent.path.to_lowercase().starts_with(&below))?.asked;
        (now.duration_since(asked.at) < SHOWS_WITHIN).then_some(asked)
    }

    /// When this machine last asked for a renewal or rekey of the order, which Azure itself does not tell.
    pub fn renewal_asked(&self) -> Option<Timestamp> {
        let order = &self.order.here()?.id;
        let is_renewal = |sent: &&Sent| {
            let (of, action) = sent.path.rsplit_once('/').unwrap_or_default();
            ["renew", "reissue"].contains(&action) && ResourceId::parse(of).is_ok_and(|of| of == *order)
        };
        self.sent.iter().filter(is_renewal).map(|sent| sent.asked.at).max()
    }

    /// The answer of a look that the flow can do without: where the caller's roles keep it back, that is
    /// noted. `what` is an imperative: `List the orders`.
    pub fn spare<T>(&mut self, what: &str, answer: Result<T, AzureError>) -> Result<Option<T>, AzureError> {
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error.is_withheld() => {
                self.leave_out(what, &error);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Notes a look that was not possible.
    pub fn leave_out(&mut self, what: &str, error: &AzureError) {
        let left_out = format!("{what}: {}", error.problem(what).why);
        if !self.left_out.contains(&left_out) {
            self.left_out.push(left_out);
        }
    }

    /// Takes in the service's answer about the binding.
    pub fn see_binding(&mut self, answer: Option<AsItIs>) {
        self.binding = answer.as_ref().and_then(|read| sites::decode_binding(&read.body)).into();
        self.binding_as_it_is = answer;
    }
}
