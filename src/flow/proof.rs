//! The proof that a certificate arrived: what a hostname really serves, and what its app presents where
//! something else, such as Front Door, Application Gateway or a CDN, stands in front of it with a certificate
//! of its own (B3-2).

use jiff::SignedDuration;

use super::{Step, StepId, StepStatus};
use crate::azure::Client;
use crate::health::{dns, tls};
use crate::model::{Hostname, Seen, Thumbprint};

impl StepId {
    pub const SERVED: Self = Self("served");
}

/// The front ends take a new binding within moments.
const POLL: SignedDuration = SignedDuration::from_secs(5);

/// What was seen of one hostname from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostLook {
    pub host: Hostname,
    /// The address that its app answers at, as Azure says.
    pub app: Option<String>,
    /// Where DNS leads.
    pub leads_to: Seen<Vec<String>>,
    pub serves: Seen<Thumbprint>,
    /// What the app's own address presents for it; asked only where DNS leads elsewhere.
    pub at_app: Seen<Thumbprint>,
}

/// What a look says about the certificate that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    Served(Thumbprint),
    /// The app presents it; visitors meet something in front of the app, which serves another one, or nothing
    /// from here.
    AtApp(Option<Thumbprint>),
    /// The app's front end still has another one.
    Late(Thumbprint),
    /// Something in front of the app serves this one, and the app itself cannot be seen from here.
    InFront(Thumbprint),
    Unreached,
}

impl HostLook {
    /// DNS and a TLS handshake; where DNS leads past the app, another one with the app itself.
    pub async fn at(client: &Client, host: Hostname, app: Option<String>) -> Self {
        let cloud = client.cloud();
        let (way, serves) =
            futures::join!(dns::way(cloud, host.as_str()), tls::served_thumbprint(cloud, &host));
        let leads_to = way.here().map(|way| way.addresses.iter().map(ToString::to_string).collect()).into();
        let mut look = Self { host, app, leads_to, serves, at_app: Seen::NotAsked };
        let address =
            look.app.as_ref().filter(|_| !look.leads_to_app()).and_then(|address| address.parse().ok());
        if let Some(address) = address {
            look.at_app = tls::served_at(cloud, address, &look.host).await;
        }
        look
    }

    fn leads_to_app(&self) -> bool {
        self.leads_to.here().zip(self.app.as_ref()).is_some_and(|(addresses, app)| addresses.contains(app))
    }

    /// Judges it: `is_own` tells whether App Service has a certificate.
    pub fn proof(&self, wanted: &Thumbprint, is_own: impl Fn(&Thumbprint) -> bool) -> Proof {
        let serves = self.serves.here();
        if serves == Some(wanted) {
            return Proof::Served(wanted.clone());
        }
        // Where DNS is not known to lead past the app, a certificate that App Service has is the app's
        // answer.
        let leads_elsewhere =
            self.leads_to.here().is_some_and(|addresses| !addresses.is_empty()) && !self.leads_to_app();
        match (serves, self.at_app.here()) {
            (_, Some(presented)) if presented == wanted => Proof::AtApp(serves.cloned()),
            (_, Some(presented)) => Proof::Late(presented.clone()),
            (Some(other), None) if self.leads_to_app() || (is_own(other) && !leads_elsewhere) => {
                Proof::Late(other.clone())
            }
            (Some(other), None) => Proof::InFront(other.clone()),
            (None, None) => Proof::Unreached,
        }
    }

    #[cfg(test)]
    #[must_use]
    pub fn seen(host: Hostname, leads_to: &str, serves: Option<Thumbprint>) -> Self {
        let (leads_to, app) = (Seen::Here(vec![leads_to.to_owned()]), Some("20.1.1.1".to_owned()));
        Self { host, app, leads_to, serves: serves.into(), at_app: Seen::NotAsked }
    }
}

impl Proof {
    fn words(&self) -> String {
        match self {
            Self::Served(thumbprint) => format!("serves {thumbprint}"),
            Self::AtApp(Some(served)) => format!(
                "is presented by the app at its own address; visitors meet {served}, the certificate of what stands in front of the app"
            ),
            Self::AtApp(None) => {
                "is presented by the app at its own address; where DNS leads, nothing could be reached from here".to_owned()
            }
            Self::Late(thumbprint) => format!("still serves {thumbprint}"),
            Self::InFront(thumbprint) => format!(
                "serves {thumbprint}: something in front of the app has its own certificate, and the app could not be reached at its own address"
            ),
            Self::Unreached => "could not be reached from here".to_owned(),
        }
    }
}

/// The step that proves what is served, before there is something to prove.
pub fn served(status: StepStatus) -> Step {
    Step::new(StepId::SERVED, "See what is served", status)
        .proof()
        .explained("A TLS handshake of certdeck's own with each hostname: the proof that the change arrived.")
}

/// The step with a proof for each hostname. What something in front of the app serves is told and not waited
/// for, because no waiting changes it.
pub fn served_step(proofs: Vec<(&Hostname, Proof)>) -> Step {
    let count = |fits: fn(&Proof) -> bool| proofs.iter().filter(|(_, proof)| fits(proof)).count();
    let served_by_all = count(|proof| matches!(proof, Proof::Served(_)));
    let at_app = count(|proof| matches!(proof, Proof::AtApp(_)));
    let in_front = count(|proof| matches!(proof, Proof::InFront(_)));
    let late = proofs.iter().find_map(|(host, proof)| match proof {
        Proof::Late(served) => Some((host, served)),
        Proof::Served(_) | Proof::AtApp(_) | Proof::InFront(_) | Proof::Unreached => None,
    });
    let status = match (late, proofs.len(), served_by_all, at_app) {
        (Some((host, served)), ..) => {
            let on = format!("the front end to take the change; {host} still serves {}", served.short());
            StepStatus::Waiting { on, since: None, next_poll: POLL }
        }
        (None, 0, ..) => StepStatus::NotNeeded("no hostname is bound to it".to_owned()),
        (None, _, 0, 0) if in_front > 0 => StepStatus::NotNeeded(
            "something in front of the app serves its own certificate; see below".to_owned(),
        ),
        (None, 1, 0, 0) => StepStatus::NotNeeded("the hostname could not be reached from here".to_owned()),
        (None, _, 0, 0) => StepStatus::NotNeeded("no hostname could be reached from here".to_owned()),
        (None, 1, 1, _) => StepStatus::Done("it serves this certificate".to_owned()),
        (None, 1, 0, _) => StepStatus::Done(
            "the app presents this certificate; what stands in front of it has its own".to_owned(),
        ),
        (None, all, served, 0) => StepStatus::Done(format!("{served} of {all} hostnames serve it")),
        (None, all, served, at_app) => StepStatus::Done(format!(
            "{served} of {all} hostnames serve it, and the app presents it for {at_app} behind something else"
        )),
    };
    // Of one hostname that could not be reached, the status says everything.
    let is_said = matches!(proofs.as_slice(), [(_, Proof::Unreached)]);
    let facts = proofs.into_iter().filter(|_| !is_said);
    facts.fold(served(status), |step, (host, proof)| {
        step.fact("Hostname", format!("{host} {}", proof.words()))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const APP: &str = "20.1.1.1";

    fn prints() -> [Thumbprint; 3] {
        ["A", "B", "C"].map(|digit| Thumbprint::parse(&digit.repeat(40)).unwrap())
    }

    fn look(leads_to: &str, serves: Option<&Thumbprint>, at_app: Option<&Thumbprint>) -> HostLook {
        let host = Hostname::parse("contoso.com").unwrap();
        let at_app = at_app.map_or(Seen::NotAsked, |print| Seen::Here(print.clone()));
        HostLook { at_app, ..HostLook::seen(host, leads_to, serves.cloned()) }
    }

    #[test]
    fn the_front_end_is_waited_for_and_what_stands_in_front_of_it_is_not() {
        let [wanted, old, other] = prints();
        let status = |look: HostLook| {
            let proof = look.proof(&wanted, |print| *print == old);
            served_step(vec![(&look.host, proof)]).status
        };
        // DNS leads to the app: every certificate served there is the app's front end, including the
        // platform's own certificate.
        for served in [&old, &other] {
            assert!(matches!(status(look(APP, Some(served), None)), StepStatus::Waiting { .. }));
        }
        assert!(matches!(status(look(APP, Some(&wanted), None)), StepStatus::Done(_)));
        assert!(matches!(status(look(APP, None, None)), StepStatus::NotNeeded(_)));
        // DNS leads past it: the app's own address decides, whichever certificate the one in front has.
        for served in [&old, &other] {
            assert!(matches!(status(look("192.0.2.1", Some(served), Some(&wanted))), StepStatus::Done(_)));
            assert!(matches!(
                status(look("192.0.2.1", Some(served), Some(&old))),
                StepStatus::Waiting { .. }
            ));
            assert!(
                matches!(status(look("192.0.2.1", Some(served), None)), StepStatus::NotNeeded(_)),
                "it cannot be told"
            );
        }
        assert!(matches!(status(look("192.0.2.1", None, Some(&wanted))), StepStatus::Done(_)));
    }

    #[test]
    fn where_dns_gives_no_answer_a_certificate_of_app_service_is_the_apps_own() {
        let [wanted, old, other] = prints();
        let proof = |served: &Thumbprint| {
            let look = HostLook { leads_to: Seen::Absent, ..look("", Some(served), None) };
            look.proof(&wanted, |print| *print == old)
        };
        assert_eq!(proof(&old), Proof::Late(old.clone()));
        assert_eq!(proof(&other), Proof::InFront(other.clone()));
    }
}
