//! Step 2: Verify. The CA looks for a proof that the customer owns the domain, in every place where one can
//! be.

use jiff::SignedDuration;

use super::{
    OrderStep, job,
    names::{Product, VerificationMethod},
    order::{Event, KIND_KEY, OrderRecord, OwnershipProof, Status},
    registry::root_of,
};
use crate::{
    arm::subscriptions,
    calendar::MAIL_PROVES,
    call::Call,
    context::{CloudContext, text},
    dns,
    id::ArmId,
    mail::{self, MAILBOXES, MailSubject},
    pages,
    provider::{
        domain_registration,
        microsoft_web::{bindings, exposure, ownership},
    },
    reply::{Fault, Reply, ReplyResult},
};

/// The CA of orders, as it is named in CAA records (A69).
const CA_DOMAIN: &str = "godaddy.com";
/// How often the CA looks for a proof before it waits for the next request.
const ATTEMPTS: u32 = 10;
/// The path of the page with the token, according to the newest document; until 2025 it was called
/// `starfield.html`.
const PAGE: &str = "/.well-known/pki-validation/godaddy.html";

/// POST verifyDomainOwnership: 204 confirms the request; the order shows the result later.
pub(super) fn ask(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let order = OrderRecord::need(ctx, &call.target())?;
    if matches!(order.status, Status::Denied | Status::Expired) {
        return Err(Fault::web(
            400,
            format!(
                "The certificate order '{}' cannot be verified in the status {:?}.",
                order.resource_id().name(),
                order.status
            ),
        ));
    }
    look_soon(ctx, &order, 1)?;
    Ok(Reply::empty(204))
}

fn look_soon(ctx: &CloudContext<'_>, order: &OrderRecord, attempt: u32) -> Result<(), Fault> {
    let minute = SignedDuration::from_mins(1);
    ctx.soon(minute, &job(order, OrderStep::Check { attempt }))
}

/// POST resendRequestEmails: sends mails to the domain's five mailboxes (C24).
pub(super) fn send_mails(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let order = OrderRecord::need(ctx, &call.target())?;
    let name = call.text("/name").unwrap_or_default().to_ascii_lowercase();
    let root = root_of(&order.common_name);
    if !name.is_empty() && root_of(&name) != root {
        return Err(Fault::web(
            400,
            format!("Parameter Name has an invalid value: '{name}' is not the domain of this order."),
        ));
    }
    // The service's future words are not known; it is known that it will send nothing.
    if !MAIL_PROVES.at(ctx.now) {
        return Err(Fault::web(400, "Domain validation by email is no longer supported."));
    }
    for mailbox in MAILBOXES {
        let to = format!("{mailbox}@{root}");
        mail::send(ctx, &to, MailSubject::Verification, &order.id)?;
    }
    Ok(Reply::empty(204))
}

/// The owner of a domain answers the mails about an order (its name or its domain is `wanted`). Returns how
/// many orders were waiting for that.
pub(crate) fn approve_mail(ctx: &CloudContext<'_>, wanted: &str) -> Result<usize, Fault> {
    let mut approved = 0;
    for subscription in subscriptions::all(ctx)? {
        for shown in ctx.list(KIND_KEY, &subscription)? {
            let Some(mut order) = OrderRecord::find(ctx, &ArmId::parse(text(&shown, "/id")))? else {
                continue;
            };
            let meant = wanted.eq_ignore_ascii_case(order.resource_id().name())
                || wanted.eq_ignore_ascii_case(&order.common_name)
                || wanted.eq_ignore_ascii_case(root_of(&order.common_name));
            let Some(pending) = order.pending.as_ref().filter(|_| meant) else {
                continue;
            };
            let asked = mail::about(ctx.tx, &order.id)?
                .iter()
                .any(|mail| mail.subject == MailSubject::Verification && mail.sent >= pending.since);
            if asked {
                order.mail_approved = true;
                order.save(ctx)?;
                // The click on the link is the proof; no further request to the CA is needed.
                look_soon(ctx, &order, ATTEMPTS)?;
                approved += 1;
            }
        }
    }
    Ok(approved)
}

/// The CA looks once; without a proof it looks again later.
pub(super) fn check(ctx: &CloudContext<'_>, mut order: OrderRecord, attempt: u32) -> Result<(), Fault> {
    let is_pending = matches!(order.status, Status::Pendingissuance | Status::PendingRekey);
    let Some(pending) = order.pending.as_ref().filter(|_| is_pending) else {
        return Ok(());
    };
    // If the CA was asked twice, it uses the proof once.
    if order.proof.is_some_and(|proof| proof.at >= pending.since) {
        return Ok(());
    }
    let proof = evidence(ctx, &order)?;
    match proof {
        Some(method) if dns::caa_allows(ctx.tx, &order.common_name, CA_DOMAIN)? => {
            order.proof = Some(OwnershipProof { method, at: ctx.now });
            order.note(Event::DomainValidationComplete, ctx.now);
            order.save(ctx)?;
            ctx.soon(SignedDuration::from_mins(2), &job(&order, OrderStep::Issue))
        }
        _ if attempt < ATTEMPTS => look_soon(ctx, &order, attempt + 1),
        _ => Ok(()),
    }
}

/// The first proof found; the methods that keep `www` come first.
fn evidence(ctx: &CloudContext<'_>, order: &OrderRecord) -> Result<Option<VerificationMethod>, Fault> {
    if order.mail_approved && MAIL_PROVES.at(ctx.now) {
        return Ok(Some(VerificationMethod::Mail));
    }
    let root = root_of(&order.common_name);
    let token = order.token.as_str();
    let in_dns = dns::txt(ctx.tx, root)?.iter().any(|value| value.trim() == token);
    if in_dns {
        let azure = owned_domain(ctx, order, root, token)?;
        return Ok(Some(if azure { VerificationMethod::Domain } else { VerificationMethod::Txt }));
    }
    // A page proves one host, so it cannot stand for a wildcard (A101).
    if order.product == Product::Wildcard {
        return Ok(None);
    }
    if served_by_app(ctx, order, token)? {
        return Ok(Some(VerificationMethod::AppService));
    }
    if page_shows(ctx, order, token)? {
        return Ok(Some(VerificationMethod::Html));
    }
    Ok(None)
}

/// Whether an App Service Domain of the subscription has the token.
fn owned_domain(ctx: &CloudContext<'_>, order: &OrderRecord, root: &str, token: &str) -> Result<bool, Fault> {
    let Some(subscription) = order.resource_id().subscription_id() else {
        return Ok(false);
    };
    let identifiers = ctx.list(domain_registration::IDENTIFIERS, &subscription)?;
    Ok(identifiers.iter().any(|one| {
        let domain = ArmId::parse(text(one, "/id")).parent();
        text(one, "/properties/ownershipId") == token && domain.name().eq_ignore_ascii_case(root)
    }))
}

/// Whether an app of the subscription to which the hostname is mapped was given the token (A97).
fn served_by_app(ctx: &CloudContext<'_>, order: &OrderRecord, token: &str) -> Result<bool, Fault> {
    match order.resource_id().subscription_id() {
        Some(subscription) => ownership::serves(ctx, &subscription, &order.common_name, token),
        None => Ok(false),
    }
}

/// Whether the page contains only the token and is served over plain HTTP.
fn page_shows(ctx: &CloudContext<'_>, order: &OrderRecord, token: &str) -> Result<bool, Fault> {
    let host = &order.common_name;
    if let Some(binding) = bindings::find_host(ctx, host)?
        && !exposure::answers_plainly(ctx, &bindings::site_of(&binding))?
    {
        return Ok(false);
    }
    let own = format!("/{token}.html");
    for path in [PAGE, own.as_str()] {
        if pages::fetch(ctx.tx, host, path)?.is_some_and(|content| content.trim() == token) {
            return Ok(true);
        }
    }
    Ok(false)
}
