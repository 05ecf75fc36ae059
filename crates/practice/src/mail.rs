//! The outbox of the practice cloud: the mails that Azure and the CA would send. Nothing leaves the machine.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    context::CloudContext,
    error::StoreError,
    reply::Fault,
    store::{Collection, Transaction},
};

const OUTBOX: Collection<Mail> = Collection::new("mail");

/// The mailboxes whose owners may approve a domain (C24).
pub(crate) const MAILBOXES: [&str; 5] = ["admin", "administrator", "hostmaster", "postmaster", "webmaster"];

/// What a mail is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum MailSubject {
    /// Asks the domain's owner to approve an order.
    Verification,
    /// Says that a certificate was issued.
    Issued,
}

/// One mail.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Mail {
    pub to: String,
    pub subject: MailSubject,
    /// The id of the order.
    pub order: String,
    pub sent: Timestamp,
}

/// Puts a mail into the outbox.
pub(crate) fn send(ctx: &CloudContext<'_>, to: &str, subject: MailSubject, order: &str) -> Result<(), Fault> {
    let mail = Mail { to: to.to_owned(), subject, order: order.to_owned(), sent: ctx.now };
    // The time comes first, so that the outbox is listed in the order of sending.
    let key = format!("{:020}|{}|{to}", ctx.now.as_millisecond(), order.to_lowercase());
    Ok(ctx.tx.put(&OUTBOX, &key, &mail)?)
}

/// Everything ever sent, oldest first.
pub(crate) fn all(tx: &Transaction) -> Result<Vec<Mail>, StoreError> {
    let mails = tx.scan(&OUTBOX, "")?;
    Ok(mails.into_iter().map(|(_, mail)| mail).collect())
}

/// The mails about one order.
pub(crate) fn about(tx: &Transaction, order: &str) -> Result<Vec<Mail>, StoreError> {
    let mut mails = all(tx)?;
    mails.retain(|mail| mail.order.eq_ignore_ascii_case(order));
    Ok(mails)
}
