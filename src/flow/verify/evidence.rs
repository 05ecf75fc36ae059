//! The proof of a domain, by each method: what is sent or shown for it, whether it can be seen, and what
//! stands in its way.

use super::{POLL, VerifyMethod, bare, method, root};
use crate::azure::exposure::Exposure;
use crate::azure::{domains, orders, sites};
use crate::flow::target::app_id;
use crate::flow::{Case, Key, Seen, Step, StepId, StepStatus};
use crate::model::{App, DomainName, Hostname, Order, Problem, ProductType};
use crate::rules::Names;

/// The addresses that a verification mail may go to (C24).
const MAILBOXES: &str = "admin@, administrator@, hostmaster@, postmaster@ and webmaster@";

pub(super) fn evidence(case: &Case<'_>, order: &Order, title: &str) -> Step {
    let step = |status| Step::new(StepId::EVIDENCE, title, status);
    let name = order.id.name();
    let Some(token) = order.token.as_deref() else {
        return step(StepStatus::Waiting {
            on: "the verification token of the order".to_owned(),
            since: None,
            next_poll: POLL,
        });
    };
    let placed = case.observed.ownership_token.here().is_some_and(|placed| placed == token);
    let without_www = www_warning(case, order);
    let step = match method(case.inputs) {
        Some(VerifyMethod::AppService) => {
            let app = serving(case).map(|app| app.id.clone()).or_else(|| app_id(case.inputs));
            let status = if placed {
                StepStatus::Done("the app answers with the token".to_owned())
            } else {
                StepStatus::Ready
            };
            let requests = app.map(|app| sites::claim(&app, name, token)).into_iter().collect();
            let step = step(status)
                .explained(
                    "The domain is mapped to an app of the same subscription, so it is known to be yours: the app shows the token.",
                )
                .sending(if placed { Vec::new() } else { requests });
            barred(case).into_iter().fold(step, |step, why| step.fact("Warning", why))
        }
        Some(VerifyMethod::Domain) => {
            let status = if placed {
                StepStatus::Done("Azure added the TXT record".to_owned())
            } else {
                StepStatus::Ready
            };
            let requests = case
                .observed
                .domain
                .here()
                .map(|domain| domains::claim(domain, name, token))
                .into_iter()
                .collect();
            step(status)
                .explained("Azure writes the TXT record into the zone of your App Service Domain.")
                .sending(if placed { Vec::new() } else { requests })
        }
        Some(VerifyMethod::Mail) => mail(case, order, step),
        Some(VerifyMethod::ManualTxt) => txt(case, order, token, step),
        Some(VerifyMethod::ManualHtml) => html(case, order, token, step),
        None => step(StepStatus::NeedsInput {
            key: Key::Method,
            why: "choose how to verify the domain".to_owned(),
        }),
    };
    match without_www {
        Some(warning) => step.fact("Note", warning),
        None => step,
    }
}

/// Certificate authorities give the proof by mail up (C47): until then it works, and says so.
fn mail(case: &Case<'_>, order: &Order, step: impl Fn(StepStatus) -> Step) -> Step {
    let reference = case.rules.reference(Names::OrderMethodsEnded, case.now);
    if case.rules.lists(Names::OrderMethodsEnded, case.now, "mail") {
        let why = "certificate authorities no longer accept a mail as proof";
        let problem = Problem::new(format!("Verify {}", order.domain), why)
            .remedy("choose another method")
            .code(reference);
        return step(StepStatus::Blocked(problem));
    }
    let sent = case.observed.mails.here().and_then(|mails| mails.last());
    let resend = orders::resend_mail(&order.id, &root(order));
    let step = match sent {
        Some(address) => {
            step(StepStatus::Done(format!("a mail was sent to {address}; its link has to be followed")))
        }
        None => step(StepStatus::Ready).sending(vec![resend]),
    };
    let step = step.explained(format!(
        "The domain's administrator gets a mail with a link to approve. The usual addresses are {MAILBOXES} the domain."
    ));
    match case.rules.listed_from(Names::OrderMethodsEnded, "mail") {
        Some(day) => step
            .fact("Until", format!("{day}: from then on certificate authorities take no mail for a proof")),
        None => step,
    }
}

fn txt(case: &Case<'_>, order: &Order, token: &str, step: impl Fn(StepStatus) -> Step) -> Step {
    let root = root(order);
    let mut note = None;
    let status = match &case.observed.txt {
        Seen::Here(seen) => {
            let has_it = |(_, texts): &&(String, Vec<String>)| texts.iter().any(|text| text == token);
            let found: Vec<&str> = seen.iter().filter(has_it).map(|(place, _)| place.as_str()).collect();
            match found.first() {
                Some(_) if found.contains(&root.as_str()) => {
                    StepStatus::Done(format!("the record is visible at {root}"))
                }
                Some(place) => {
                    note = Some(format!(
                        "Azure asks for the record at {root}, and it stands at {place}: if the order stays pending, add it at {root} too"
                    ));
                    StepStatus::Done(format!("the record is visible at {place}"))
                }
                None => StepStatus::Waiting {
                    on: format!("the TXT record at {root}"),
                    since: None,
                    next_poll: POLL,
                },
            }
        }
        Seen::NotAsked => {
            StepStatus::Waiting { on: format!("the TXT record at {root}"), since: None, next_poll: POLL }
        }
        Seen::Absent => StepStatus::NotNeeded(
            "DNS cannot be looked up from here; the service looks for itself".to_owned(),
        ),
    };
    let step = step(status)
        .explained("Add this record where the domain's DNS is managed, at the root (@), even for a subdomain. certdeck sees when it is there.")
        .fact("Domain", root.as_str())
        .fact("Record name", "@")
        .fact("Record type", "TXT")
        .fact("Record value", token);
    note.into_iter().fold(step, |step, note| step.fact("Note", note))
}

fn html(case: &Case<'_>, order: &Order, token: &str, step: impl Fn(StepStatus) -> Step) -> Step {
    let https_only = case.observed.mapped_on.here().and_then(|apps| apps.iter().find(|app| app.https_only));
    let status = match https_only {
        Some(app) => StepStatus::Blocked(
            Problem::new(
                format!("Verify {} by an HTML page", bare(order)),
                format!(
                    "the app {} has HTTPS Only on, so the page cannot be fetched over plain HTTP",
                    app.label()
                ),
            )
            .remedy("switch HTTPS Only off for the time of the verification, or choose another method")
            .code("A103"),
        ),
        None => StepStatus::NotNeeded(
            "certdeck cannot see the page; the certificate authority looks for it".to_owned(),
        ),
    };
    let pages = case.rules.names(Names::OrderVerificationPages, case.now);
    let step = step(status).explained(match pages.len() {
        0 | 1 => "Publish a page whose only content is the token, over plain HTTP and without a redirect.".to_owned(),
        _ => "Publish the same page at each of these addresses, because Microsoft's documents name different ones: its only content is \
              the token, over plain HTTP and without a redirect."
            .to_owned(),
    });
    let step = pages
        .iter()
        .fold(step, |step, page| {
            step.fact("Page", format!("http://{}/.well-known/pki-validation/{page}", bare(order)))
        })
        .fact("Content", token);
    barred(case).into_iter().fold(step, |step, why| step.fact("Warning", why))
}

/// The app that would answer the certificate authority.
fn serving<'a>(case: &Case<'a>) -> Option<&'a App> {
    let apps = case.observed.mapped_on.here()?;
    match app_id(case.inputs) {
        Some(id) => apps.iter().find(|app| app.id == id),
        None => apps.first(),
    }
}

/// What may keep the certificate authority, which asks over plain HTTP and from anywhere, from the page.
fn barred(case: &Case<'_>) -> Vec<String> {
    let Some(app) = serving(case) else { return Vec::new() };
    let exposure = case.observed.exposure.here();
    let is = |what: fn(&Exposure) -> bool| exposure.is_some_and(what);
    let https_only = app.https_only.then(|| "HTTPS Only is on, so plain HTTP gets a redirect".to_owned());
    let stopped = app.state.eq_ignore_ascii_case("Stopped").then(|| "the app is stopped".to_owned());
    let private =
        is(|exposure| exposure.is_private).then(|| "public network access is switched off".to_owned());
    let signs_in = is(|exposure| exposure.asks_for_sign_in).then(|| "visitors have to sign in".to_owned());
    let rules = exposure.map_or(&[][..], |exposure| &exposure.restrictions);
    let restricted = (!rules.is_empty()).then(|| format!("access restrictions: {}", rules.join("; ")));
    let all = [https_only, stopped, private, restricted, signs_in].into_iter().flatten();
    all.map(|why| {
        format!(
            "{}: {why}. The certificate authority may not reach the page; lift it until the certificate is issued, or choose another method",
            app.label()
        )
    })
    .collect()
}

/// From December 2021 some methods cost the `www` name (A105, A106).
fn www_warning(case: &Case<'_>, order: &Order) -> Option<String> {
    let domain = DomainName(Hostname::parse(&order.domain).ok()?);
    let affected = case.rules.lists(Names::OrderMethodsWithoutWww, case.now, case.inputs.get(Key::Method)?);
    let mail_ended = case.rules.lists(Names::OrderMethodsEnded, case.now, "mail");
    let kept = if mail_ended { "Domain keeps it" } else { "Domain and Mail keep it" };
    (affected && order.product == Some(ProductType::Standard) && domain.is_naked())
        .then(|| format!("this method leaves www.{} out of the certificate; {kept}", domain.0))
}
