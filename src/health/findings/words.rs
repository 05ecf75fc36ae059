//! A finding in words: what it is about, why it stands so, and what to do.

use super::all::{Finding, FindingOn};
use super::judgement::{Cause, Limits, Urgency};
use crate::model::{Basis, Expiry, Order, PrivateCertificate, counted, day};

/// Of a binding, after its hostname.
pub const NOT_KNOWN: &str = "no certificate that was read has the thumbprint of this binding";

impl Finding {
    /// The name of what it is about.
    pub fn name(&self, basis: &Basis<'_>) -> String {
        match (&self.judgement.cause, self.on) {
            (Cause::StaleExport(path), _) => path.clone(),
            (_, FindingOn::Binding) => basis.estate.bindings[self.place].host.to_string(),
            (_, FindingOn::Part) => basis.estate.gaps[self.place].what.clone(),
            (_, FindingOn::Private | FindingOn::Public | FindingOn::Order) => {
                self.id.as_ref().map(|id| id.name().to_owned()).unwrap_or_default()
            }
        }
    }

    /// The names that it is about: those of a certificate, the domain of an order, the hostname of a binding.
    pub fn hosts(&self, basis: &Basis<'_>) -> Vec<String> {
        match self.on {
            FindingOn::Private => {
                basis.estate.certificates[self.place].hosts.iter().map(ToString::to_string).collect()
            }
            FindingOn::Order => vec![basis.estate.orders[self.place].domain.clone()],
            FindingOn::Binding => vec![basis.estate.bindings[self.place].host.to_string()],
            FindingOn::Public | FindingOn::Part => Vec::new(),
        }
    }

    /// The apps that use it, by label, each once.
    pub fn used_by(&self, basis: &Basis<'_>) -> Vec<String> {
        let estate = basis.estate;
        let app = |id| estate.app(id).map(crate::model::App::label);
        let mut apps: Vec<String> = match self.on {
            FindingOn::Private => {
                let certificate = &estate.certificates[self.place];
                estate.bindings_of(certificate).filter_map(|binding| app(&binding.app)).collect()
            }
            FindingOn::Public => app(&estate.public_certificates[self.place].app).into_iter().collect(),
            FindingOn::Binding => app(&estate.bindings[self.place].app).into_iter().collect(),
            FindingOn::Order | FindingOn::Part => Vec::new(),
        };
        apps.sort();
        apps.dedup();
        apps
    }

    /// What comes next, as the detail view says it; empty where there is nothing to say.
    pub fn next(&self, basis: &Basis<'_>) -> String {
        match &self.judgement.cause {
            Cause::Turn(turn) => turn.words(day),
            Cause::PublicEnd => String::new(),
            Cause::CertificateNotRead => format!("unknown: {NOT_KNOWN}"),
            Cause::NoBinding => "you: no certificate is bound to it, so browsers warn on it (b)".to_owned(),
            Cause::StaleExport(_) => format!(
                "you: {} was renewed since this file was written: export it again (x) and install it",
                self.order(basis).id.name()
            ),
            Cause::NotRead => format!("not read: {}", basis.estate.gaps[self.place].problem.why),
        }
    }

    /// Why it stands as it does, and who must act, in one line for a list.
    pub fn line(&self, basis: &Basis<'_>) -> String {
        match (&self.judgement.cause, self.on) {
            (Cause::Turn(_), FindingOn::Order) if self.order(basis).expires.is_none() => {
                "not usable yet: w goes on with its steps".to_owned()
            }
            (Cause::Turn(turn), on) => {
                let end = self.end(basis);
                let used = match on {
                    FindingOn::Private => used_words(basis, &basis.estate.certificates[self.place]),
                    _ => "order".to_owned(),
                };
                let ends_soon = self
                    .judgement
                    .expires
                    .is_some_and(|expires| Limits::USUAL.urgency(expires, basis.now) > Urgency::Fine);
                let next = if turn.is_alarm() { turn.words(day) } else { turn.short().to_owned() };
                // What has to be known however far off the end is comes first.
                let parts = if ends_soon { [end, used, next] } else { [next, end, used] };
                parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
            }
            (Cause::PublicEnd, _) => format!("{}; public certificate; you must act", self.end(basis)),
            (Cause::CertificateNotRead, _) => NOT_KNOWN.to_owned(),
            (Cause::NoBinding, _) => "no certificate is bound to it: browsers warn (b)".to_owned(),
            (Cause::StaleExport(_), _) => self.next(basis).trim_start_matches("you: ").to_owned(),
            (Cause::NotRead, _) => self.next(basis),
        }
    }

    /// `expires in 9 d`, `expired 3 d ago`, `revoked`; empty where it has no end.
    fn end(&self, basis: &Basis<'_>) -> String {
        let is_revoked = match self.on {
            FindingOn::Private => basis.is_revoked(&basis.estate.certificates[self.place]),
            FindingOn::Order => self.order(basis).status.is_revoked(),
            FindingOn::Public | FindingOn::Binding | FindingOn::Part => false,
        };
        if is_revoked {
            return "revoked".to_owned();
        }
        let Some(expires) = self.judgement.expires else { return String::new() };
        let expiry = Expiry::of(expires, basis.now);
        format!("{}{}", if expiry.is_past() { "" } else { "expires " }, expiry.words())
    }

    fn order<'e>(&self, basis: &Basis<'e>) -> &'e Order {
        &basis.estate.orders[self.place]
    }

    /// Whether it stands in a report of what breaks; a part that was not read is told of apart.
    pub fn is_reported(&self) -> bool {
        self.judgement.urgency >= Urgency::Unknown && self.on != FindingOn::Part
    }
}

fn used_words(basis: &Basis<'_>, certificate: &PrivateCertificate) -> String {
    match basis.estate.bindings_of(certificate).count() {
        0 => "unused".to_owned(),
        used => counted(used, "hostname"),
    }
}
