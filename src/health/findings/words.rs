//! A finding in words: what it is about, why it stands so, and what to do.

use super::all::{Finding, FindingOn};
use super::judgement::{Cause, Limits, Urgency};
use super::serving::bound;
use crate::model::{Basis, Binding, Expiry, Order, OrderStatus, PrivateCertificate, SslState, counted, day};
use crate::rules::{Period, What};

/// Of a binding, after its hostname.
pub const NOT_KNOWN: &str = "no certificate that was read has the thumbprint of this binding";
/// Of a binding, after its hostname.
pub const NOT_COVERED: &str = "its certificate does not name this hostname, so browsers refuse it";

const DELETE: &str = "delete it (d), unless the code of an app loads it";

impl Finding {
    /// The name of what it is about.
    pub fn name(&self, basis: &Basis<'_>) -> String {
        let estate = basis.estate;
        match (&self.judgement.cause, self.on) {
            (Cause::StaleExport(path), _) => path.clone(),
            (_, FindingOn::Binding) => estate.bindings[self.place].host.to_string(),
            (_, FindingOn::App) => estate.apps[self.place].label(),
            (_, FindingOn::Subscription) => estate.subscription_name(&self.order(basis).id).to_owned(),
            (_, FindingOn::Webspace) => estate.certificates[self.place].home.label(),
            (_, FindingOn::Part) => estate.gaps[self.place].what.clone(),
            (_, FindingOn::Private | FindingOn::Public | FindingOn::Order) => {
                self.id.as_ref().map(|id| id.name().to_owned()).unwrap_or_default()
            }
        }
    }

    /// The names that it is about: those of a certificate, the domain of an order, the hostname of a binding,
    /// the secured hostnames of an app.
    pub fn hosts(&self, basis: &Basis<'_>) -> Vec<String> {
        match self.on {
            FindingOn::Private => {
                basis.estate.certificates[self.place].hosts.iter().map(ToString::to_string).collect()
            }
            FindingOn::Order => vec![self.order(basis).domain.clone()],
            FindingOn::Binding => vec![self.binding(basis).host.to_string()],
            FindingOn::App => hosts(bound(basis, &basis.estate.apps[self.place])),
            FindingOn::Public | FindingOn::Subscription | FindingOn::Webspace | FindingOn::Part => Vec::new(),
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
            FindingOn::Binding => app(&self.binding(basis).app).into_iter().collect(),
            FindingOn::App => vec![estate.apps[self.place].label()],
            FindingOn::Order | FindingOn::Subscription | FindingOn::Webspace | FindingOn::Part => Vec::new(),
        };
        apps.sort();
        apps.dedup();
        apps
    }

    /// What comes next, as the detail view says it; empty where there is nothing to say.
    pub fn next(&self, basis: &Basis<'_>) -> String {
        let you = |words: &str| format!("you: {words}");
        match &self.judgement.cause {
            Cause::Turn(turn) if turn.what == What::Verify && self.is_new_order(basis) => {
                let deadline = basis.rules.span(Period::OrderVerificationDeadline, basis.now);
                format!("{}; the order ends {deadline} after its purchase otherwise", turn.words(day))
            }
            Cause::Turn(turn) => turn.words(day),
            Cause::PublicEnd => String::new(),
            Cause::CertificateNotRead => format!("unknown: {NOT_KNOWN}"),
            Cause::NoBinding => you("no certificate is bound to it, so browsers warn on it (b)"),
            Cause::WrongName => you(&format!("{NOT_COVERED}; {}; bind another one (b)", self.secured(basis))),
            Cause::MixedBindings => you(&self.detour(basis)),
            Cause::PlainHttp => you("it answers plain HTTP as well; turn HTTPS only on (,)"),
            Cause::Unused => you(&format!("no hostname is bound to it; {DELETE}")),
            Cause::Superseded(newer) => {
                you(&format!("{} has the same names and ends later; {DELETE}", newer.name()))
            }
            Cause::NotStored => {
                you("it is paid for and in no key vault, so no app can use it; w goes on with its steps")
            }
            Cause::NotImported => you("no app has imported its certificate; w goes on with its steps"),
            Cause::Denied => you("the authority refused it; delete it (d), or buy another one"),
            Cause::Crowded { limit, .. } => {
                let rule = basis.rules.reference(*limit, basis.now);
                you(&format!("{}; delete what is not used ({rule})", self.crowd(basis)))
            }
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
                    FindingOn::Private => self.used_words(basis, &basis.estate.certificates[self.place]),
                    _ => "order".to_owned(),
                };
                let ends_soon = self
                    .judgement
                    .expires
                    .is_some_and(|expires| Limits::USUAL.urgency(expires, basis.now) > Urgency::Fine);
                let next = if turn.is_alarm() { turn.words(day) } else { turn.short().to_owned() };
                // What has to be known however far off the end is comes first.
                joined(if ends_soon { [end, used, next] } else { [next, end, used] })
            }
            (Cause::PublicEnd, _) => format!("{}; public certificate; you must act", self.end(basis)),
            (Cause::CertificateNotRead, _) => NOT_KNOWN.to_owned(),
            (Cause::WrongName, _) => joined([NOT_COVERED.to_owned(), "b binds another one".to_owned()]),
            (Cause::NoBinding, _) => "no certificate is bound to it: browsers warn (b)".to_owned(),
            (Cause::Unused, _) => self.left_over(basis, "unused: d deletes it".to_owned()),
            (Cause::Superseded(newer), _) => {
                self.left_over(basis, format!("unused, {} follows it: d deletes it", newer.name()))
            }
            (Cause::NotStored, _) => "paid for and in no key vault: w goes on with its steps".to_owned(),
            (Cause::NotImported, _) => "paid for and in no app: w goes on with its steps".to_owned(),
            (Cause::Denied, _) => "refused by the authority: d deletes it".to_owned(),
            (Cause::PlainHttp, _) => "answers plain HTTP as well: turn HTTPS only on (,)".to_owned(),
            (Cause::Crowded { .. }, _) => self.crowd(basis),
            (Cause::StaleExport(_) | Cause::MixedBindings, _) => {
                self.next(basis).trim_start_matches("you: ").to_owned()
            }
            (Cause::NotRead, _) => self.next(basis),
        }
    }

    /// `expires in 9 d`, `expired 3 d ago`, `revoked`; empty where it has no end.
    fn end(&self, basis: &Basis<'_>) -> String {
        if self.is_revoked(basis) {
            return "revoked".to_owned();
        }
        let Some(expires) = self.judgement.expires else { return String::new() };
        let expiry = Expiry::of(expires, basis.now);
        format!("{}{}", if expiry.is_past() { "" } else { "expires " }, expiry.words())
    }

    /// Of a certificate that nothing uses, with its end; first where it is over.
    fn left_over(&self, basis: &Basis<'_>, words: String) -> String {
        let end = self.end(basis);
        joined(if self.has_ended(basis) { [end, words] } else { [words, end] })
    }

    fn has_ended(&self, basis: &Basis<'_>) -> bool {
        self.judgement.expires.is_some_and(|expires| expires <= basis.now) || self.is_revoked(basis)
    }

    fn is_revoked(&self, basis: &Basis<'_>) -> bool {
        match self.on {
            FindingOn::Private => basis.is_revoked(&basis.estate.certificates[self.place]),
            FindingOn::Order => self.order(basis).status.is_revoked(),
            FindingOn::Public
            | FindingOn::Binding
            | FindingOn::App
            | FindingOn::Subscription
            | FindingOn::Webspace
            | FindingOn::Part => false,
        }
    }

    /// How many hostnames a certificate secures, and which of them it no longer does.
    fn used_words(&self, basis: &Basis<'_>, certificate: &PrivateCertificate) -> String {
        let hosts = hosts(basis.estate.bindings_of(certificate));
        match hosts.as_slice() {
            [] => "unused".to_owned(),
            [first, rest @ ..] if self.has_ended(basis) => format!("on {}", first_of(first, rest)),
            all => counted(all.len(), "hostname"),
        }
    }

    /// The names in the certificate of a binding.
    fn secured(&self, basis: &Basis<'_>) -> String {
        let certificate = basis.estate.certificate_of(self.binding(basis));
        let names: Vec<String> =
            certificate.into_iter().flat_map(|one| &one.hosts).map(ToString::to_string).collect();
        let name = certificate.map_or("", |one| one.id.name());
        format!("{name} secures {}", names.join(", "))
    }

    /// Where the DNS records of an app with both kinds of binding have to lead.
    fn detour(&self, basis: &Basis<'_>) -> String {
        let app = &basis.estate.apps[self.place];
        let by_name = hosts(bound(basis, app).filter(|binding| binding.ssl == SslState::Sni));
        let to = &app.default_hostname;
        format!(
            "it has an IP-based binding too: where {} is a CNAME record to {to}, change it to sni.{to}",
            by_name.join(", ")
        )
    }

    /// `9 of 10 orders in a subscription`, as the rule has the words.
    fn crowd(&self, basis: &Basis<'_>) -> String {
        let Cause::Crowded { limit, used, most } = &self.judgement.cause else { return String::new() };
        format!("{used} of at most {most} {}", basis.rules.rule(*limit, basis.now).unit)
    }

    /// Whether it is about an order that never had a certificate.
    fn is_new_order(&self, basis: &Basis<'_>) -> bool {
        self.on == FindingOn::Order && self.order(basis).status == OrderStatus::PendingIssuance
    }

    fn order<'e>(&self, basis: &Basis<'e>) -> &'e Order {
        &basis.estate.orders[self.place]
    }

    fn binding<'e>(&self, basis: &Basis<'e>) -> &'e Binding {
        &basis.estate.bindings[self.place]
    }

    /// Whether it stands in a report of what breaks; a part that was not read is told of apart.
    pub fn is_reported(&self) -> bool {
        self.judgement.urgency >= Urgency::Unknown && self.on != FindingOn::Part
    }
}

fn hosts<'a>(bindings: impl Iterator<Item = &'a Binding>) -> Vec<String> {
    bindings.map(|binding| binding.host.to_string()).collect()
}

/// `a.contoso.com`, `a.contoso.com and 2 more`.
fn first_of(first: &str, rest: &[String]) -> String {
    if rest.is_empty() { first.to_owned() } else { format!("{first} and {} more", rest.len()) }
}

fn joined<const N: usize>(parts: [String; N]) -> String {
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
}
