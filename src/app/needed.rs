//! What the row under the cursor needs next, as far as the inventory knows: the command that the line at the
//! bottom begins with. What is fine needs nothing.

use super::App;
use super::command::{Entry, Place};
use super::renewal::RenewalRoute;
use crate::health::findings::{Cause, Judgement, Limits, Urgency, of_binding, of_certificate, of_order};
use crate::model::{Order, PrivateCertificate, Row};
use crate::tables::Basis;

/// A command, and what it does to this row.
#[derive(Debug)]
pub struct Need {
    pub entry: &'static Entry,
    pub words: &'static str,
}

impl App {
    /// What would mend the row under the cursor, if it can be done now.
    pub fn needed(&self) -> Option<Need> {
        if self.place() == Place::Wizard {
            return None;
        }
        let basis = self.basis();
        let (name, words) = match self.row()? {
            Row::Order(order) => for_order(&basis, order)?,
            Row::Private(one) => {
                let judgement = of_certificate(&basis, Limits::USUAL, one);
                if is_left_over(&basis, one, judgement.as_ref()) {
                    ("delete", "Delete")
                } else {
                    is_due(judgement.as_ref())?;
                    self.bringing_a_new_one()
                }
            }
            Row::Binding(binding) => {
                match (of_binding(&basis, binding), basis.estate.certificate_of(binding)) {
                    (Some(_), _) => ("bind", "Bind"),
                    (None, Some(certificate)) => {
                        is_due(of_certificate(&basis, Limits::USUAL, certificate).as_ref())?;
                        self.bringing_a_new_one()
                    }
                    (None, None) => return None,
                }
            }
            Row::Public(_) => return None,
        };
        let entry = Entry::named(name)?;
        entry.possible(self).ok()?;
        Some(Need { entry, words })
    }

    /// A newer version that is in the vault already has only to be taken.
    fn bringing_a_new_one(&self) -> (&'static str, &'static str) {
        match self.renewal_route() {
            Ok(RenewalRoute::Sync) => ("sync", "Sync"),
            Ok(
                RenewalRoute::Order(_)
                | RenewalRoute::Vault(_)
                | RenewalRoute::Managed(_)
                | RenewalRoute::Upload,
            )
            | Err(_) => ("renew", "Renew"),
        }
    }
}

/// An order that was not finished is gone on with; one that ends is renewed.
fn for_order(basis: &Basis<'_>, order: &Order) -> Option<(&'static str, &'static str)> {
    if !order.status.is_over() {
        match order.progress(basis.estate).steps() {
            [false, ..] => return Some(("wizard", "Continue: Store")),
            [_, false, _] => return Some(("wizard", "Continue: Verify")),
            [_, _, false] => return Some(("wizard", "Continue: Import")),
            [true, true, true] => {}
        }
    }
    is_due(of_order(basis, Limits::USUAL, order).as_ref())?;
    Some(("renew", "Renew"))
}

/// What has ended or is followed by a newer one, and no hostname is bound to it.
fn is_left_over(basis: &Basis<'_>, one: &PrivateCertificate, judgement: Option<&Judgement>) -> bool {
    let is_used = basis.estate.bindings_of(one).next().is_some();
    let has_ended = one.expires.is_some_and(|expires| expires <= basis.now);
    let is_superseded = judgement.is_some_and(|one| matches!(one.cause, Cause::Superseded(_)));
    is_superseded || (has_ended && !is_used)
}

fn is_due(judgement: Option<&Judgement>) -> Option<()> {
    (judgement?.urgency > Urgency::Note).then_some(())
}
