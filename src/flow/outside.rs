//! How visitors reach the hostnames of an app: the inbound address, and where DNS leads (A159, A215, B3-7).
//! What is served there is judged by `proof`.

use futures::stream::{self, StreamExt};

use super::proof::{HostLook, Proof, served_step};
use super::usage::{HostUse, some_of};
use super::{Step, StepId, StepStatus};
use crate::azure::Client;
use crate::model::{App, Binding, Hostname, Problem, SslState, Thumbprint};

impl StepId {
    pub const ADDRESS: Self = Self("address");
}

/// Hostnames that are looked at at the same time.
const AT_ONCE: usize = 8;

#[derive(Debug, Clone, Default)]
pub struct Outside {
    /// Every hostname of the app, as the app's own answer tells.
    pub bindings: Vec<Binding>,
    /// Hostnames that the service knows to be mapped by an A record: they do not follow a new address by
    /// themselves.
    pub by_address: Vec<Hostname>,
    pub looks: Vec<HostLook>,
}

impl Outside {
    /// Looks at hostnames from outside, each with the address that its app answers at.
    pub async fn look(&mut self, client: &Client, hosts: Vec<(Hostname, Option<String>)>) {
        let asked: Vec<_> = hosts.into_iter().map(|(host, app)| HostLook::at(client, host, app)).collect();
        self.looks = stream::iter(asked).buffered(AT_ONCE).collect().await;
    }

    pub fn of(&self, host: &Hostname) -> Option<&HostLook> {
        self.looks.iter().find(|look| look.host == *host)
    }

    #[cfg(test)]
    #[must_use]
    pub fn looked(mut self, host: &str, leads_to: &str, serves: Option<Thumbprint>) -> Self {
        self.looks.extend(Hostname::parse(host).map(|host| HostLook::seen(host, leads_to, serves)));
        self
    }

    /// The hostname that has the app's IP based binding; there is one at most (A214).
    pub fn ip_based(&self) -> Option<&Hostname> {
        self.bindings.iter().find(|binding| binding.ssl == SslState::IpBased).map(|binding| &binding.host)
    }

    /// What happens to the inbound address, and what has to follow in DNS, when a binding changes so (A159,
    /// A215).
    pub fn warnings(
        &self,
        app: &App,
        host: &Hostname,
        now: SslState,
        wanted: SslState,
    ) -> Vec<(&'static str, String)> {
        let address = app.inbound_ip.as_deref().unwrap_or("unknown");
        let by_address: Vec<String> = self.by_address.iter().map(ToString::to_string).collect();
        let records = (!by_address.is_empty())
            .then(|| ("A records", format!("to be changed to the new address: {}", some_of(&by_address))));
        match (now, wanted) {
            (SslState::IpBased, SslState::IpBased) => vec![("Inbound address", format!("stays {address}"))],
            (SslState::IpBased, _) => {
                let mut said = vec![(
                    "Inbound address",
                    format!("the app gives up {address}, which was its own, and goes back to a shared one"),
                )];
                said.extend(records);
                said
            }
            (_, SslState::IpBased) => {
                let mut said = vec![(
                    "Inbound address",
                    format!("the app gets a new one of its own; now it is {address}"),
                )];
                said.extend(records);
                let is_alias = |binding: &&Binding| {
                    binding.ssl == SslState::Sni
                        && binding.host != *host
                        && !self.by_address.contains(&binding.host)
                };
                let aliases: Vec<String> =
                    self.bindings.iter().filter(is_alias).map(|binding| binding.host.to_string()).collect();
                if !aliases.is_empty() {
                    let (from, names) = (&app.default_hostname, some_of(&aliases));
                    said.push((
                        "CNAME records",
                        format!("of {names}: change {from} to sni.{from}, or they get this certificate"),
                    ));
                }
                said
            }
            (SslState::Disabled | SslState::Sni, _) => Vec::new(),
        }
    }

    /// Compares the address that the app answers at with where DNS leads: DNS remembers what the address was
    /// before.
    pub fn address_step(&self, uses: &[HostUse<'_>]) -> Step {
        let mut facts = Vec::new();
        let (mut leads, mut elsewhere, mut lost) = (0, 0, None);
        for HostUse { app, binding } in uses {
            let own = binding.virtual_ip.as_deref().or(app.inbound_ip.as_deref()).unwrap_or_default();
            let Some(addresses) =
                self.of(&binding.host).and_then(|look| look.leads_to.here()).filter(|all| !all.is_empty())
            else {
                facts.push((binding.host.to_string(), "could not be looked up in DNS from here".to_owned()));
                continue;
            };
            let there = addresses.join(", ");
            if addresses.iter().any(|address| address == own) {
                leads += 1;
                facts.push((
                    binding.host.to_string(),
                    format!("leads to {own}, where {} answers", app.label()),
                ));
            } else if binding.ssl == SslState::IpBased {
                lost = lost.or(Some((binding, there, own)));
            } else {
                elsewhere += 1;
                let words = format!(
                    "leads to {there}, the app answers at {own}: right if a proxy stands in front, else change its record"
                );
                facts.push((binding.host.to_string(), words));
            }
        }
        let status = match lost {
            Some((binding, there, own)) => StepStatus::Blocked(
                Problem::new(
                    format!("Lead visitors of {} to the app", binding.host),
                    format!("DNS leads to {there}, and the app answers at {own} for this IP based binding"),
                )
                .remedy(format!("change the A record of {} to {own}; then look again", binding.host)),
            ),
            None if leads > 0 && elsewhere == 0 => {
                StepStatus::Done("DNS leads to the app's inbound address".to_owned())
            }
            None if elsewhere > 0 => {
                StepStatus::Done(format!("{elsewhere} of {} lead elsewhere, see below", leads + elsewhere))
            }
            None if uses.is_empty() => StepStatus::NotNeeded("it concerns no hostname".to_owned()),
            None => StepStatus::NotNeeded("DNS could not be asked from here".to_owned()),
        };
        facts
            .into_iter()
            .fold(address(status), |step, (host, words)| step.fact("Hostname", format!("{host} {words}")))
    }

    /// The proof that a change arrived, for every hostname.
    pub fn served_step(
        &self,
        hosts: &[&Hostname],
        wanted: &Thumbprint,
        is_own: impl Fn(&Thumbprint) -> bool,
    ) -> Step {
        let proofs: Vec<_> = hosts
            .iter()
            .map(|host| (*host, self.of(host).map_or(Proof::Unreached, |look| look.proof(wanted, &is_own))))
            .collect();
        served_step(proofs)
    }
}

/// The step that compares the address, before there is something to compare.
pub fn address(status: StepStatus) -> Step {
    Step::new(StepId::ADDRESS, "Compare the inbound address", status).proof().explained(
        "An inbound address may change with an IP based binding; DNS shows where visitors go. Only a binding that is replaced, never removed, keeps its address.",
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::super::sample::{LEAF, app, bound};
    use super::*;

    fn host(name: &str) -> Hostname {
        Hostname::parse(name).unwrap()
    }

    fn outside() -> Outside {
        let bindings =
            vec![bound("contoso.com", SslState::Disabled, ""), bound("www.contoso.com", SslState::Sni, LEAF)];
        Outside { bindings, by_address: vec![host("contoso.com")], ..Outside::default() }
    }

    #[test]
    fn becoming_ip_based_names_the_a_records_and_the_cnames_to_change_a215() {
        let said = outside().warnings(&app(&[]), &host("contoso.com"), SslState::Disabled, SslState::IpBased);
        let words: Vec<&str> = said.iter().map(|(_, words)| words.as_str()).collect();
        assert!(words[0].contains("20.1.1.1") && words[1].contains("contoso.com"), "{words:?}");
        assert!(
            words[2].contains("www.contoso.com") && words[2].contains("sni.shop.azurewebsites.net"),
            "{words:?}"
        );
        assert_eq!(outside().warnings(&app(&[]), &host("contoso.com"), SslState::Sni, SslState::Sni), []);
    }

    #[test]
    fn giving_up_an_address_names_it_and_replacing_keeps_it_a159() {
        let said = |wanted| outside().warnings(&app(&[]), &host("contoso.com"), SslState::IpBased, wanted);
        assert!(said(SslState::Disabled)[0].1.contains("gives up 20.1.1.1"));
        assert_eq!(said(SslState::IpBased), [("Inbound address", "stays 20.1.1.1".to_owned())]);
    }

    #[test]
    fn an_ip_based_hostname_that_dns_leads_elsewhere_stops_and_others_are_only_told_b3_7() {
        let app = app(&[]);
        let ip = bound("contoso.com", SslState::IpBased, LEAF);
        let status = |binding: &Binding, leads_to| {
            Outside::default()
                .looked("contoso.com", leads_to, None)
                .address_step(&[HostUse { app: &app, binding }])
                .status
        };
        let StepStatus::Blocked(problem) = status(&ip, "20.1.1.1") else { panic!("not blocked") };
        assert!(problem.remedy.contains("20.9.9.9"));
        assert_eq!(
            status(&ip, "20.9.9.9"),
            StepStatus::Done("DNS leads to the app's inbound address".to_owned())
        );
        assert!(status(&bound("contoso.com", SslState::Sni, LEAF), "20.7.7.7").is_over());
    }
}
