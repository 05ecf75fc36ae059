//! An order's timeline, its mails and its seal.

use serde_json::{Value, json};

use super::{
    order::{OrderRecord, Status},
    registry::root_of,
};
use crate::{
    ca::facts::without_zone,
    call::Call,
    context::CloudContext,
    mail::{self, MailSubject},
    reply::{Fault, Reply, ReplyResult},
};

/// POST retrieveCertificateActions: a bare array, newest last.
pub(super) fn actions(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let order = OrderRecord::need(ctx, &call.target())?;
    let lines: Vec<Value> = order
        .history
        .iter()
        .map(|(event, at)| json!({"actionType": event, "createdAt": without_zone(*at)}))
        .collect();
    Ok(Reply::ok(lines.into()))
}

/// POST retrieveEmailHistory: a bare array.
pub(super) fn mails(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let order = OrderRecord::need(ctx, &call.target())?;
    let mails: Vec<Value> = mail::about(ctx.tx, &order.id)?
        .iter()
        .map(|mail| json!({"emailId": mail.to, "timeStamp": without_zone(mail.sent)}))
        .collect();
    Ok(Reply::ok(mails.into()))
}

/// POST resendEmail: sends the mail about the issued certificate again.
pub(super) fn resend_mail(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let order = OrderRecord::need(ctx, &call.target())?;
    if order.current.is_none() {
        let message = "The certificate of this order has not been issued yet.";
        return Err(Fault::web(400, message));
    }
    let owner = format!("admin@{}", root_of(&order.common_name));
    mail::send(ctx, &owner, MailSubject::Issued, &order.id)?;
    Ok(Reply::empty(204))
}

/// POST retrieveSiteSeal.
pub(super) fn seal(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let order = OrderRecord::need(ctx, &call.target())?;
    if order.status != Status::Issued {
        let message = "Only an issued certificate has a site seal.";
        return Err(Fault::web(400, message));
    }
    let theme = match call.body["lightTheme"].as_bool() {
        Some(false) => "dark",
        _ => "light",
    };
    let html = format!(
        "<span id=\"siteseal\" class=\"{theme}\">{} is secured (practice cloud)</span>",
        order.common_name
    );
    Ok(Reply::ok(json!({ "html": html })))
}
