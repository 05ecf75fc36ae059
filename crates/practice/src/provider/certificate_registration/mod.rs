//! Microsoft.CertificateRegistration: App Service certificate orders, from purchase to expiry.
//!
//! `order` defines an order, `orders` and `stored` its resources, `verify` the proofs of ownership, `issue`
//! what the CA does with a verified order; `history` has the timeline and mails. Everything that takes time
//! is a [`CertificateJob`].

mod detectors;
mod history;
mod issue;
pub(crate) mod names;
pub(crate) mod order;
mod orders;
pub(crate) mod plant;
pub(crate) mod purchases;
pub(crate) mod registry;
mod stored;
mod verify;

use serde::{Deserialize, Serialize};

use crate::{
    call::HttpMethod::{Delete, Get, Patch, Post, Put},
    context::CloudContext,
    id::ArmId,
    jobs,
    reply::Fault,
    route::Route,
};

pub(crate) use orders::{retag, revoke};
pub(crate) use stored::STATE_TAG;
pub(crate) use verify::approve_mail;

macro_rules! orders {
    ($rest:literal) => {
        concat!("{rg}/providers/Microsoft.CertificateRegistration/certificateOrders", $rest)
    };
}

pub(crate) const ROUTES: &[Route] = &[
    Route::new(Get, "{sub}/providers/Microsoft.CertificateRegistration/certificateOrders", orders::list),
    Route::new(
        Post,
        "{sub}/providers/Microsoft.CertificateRegistration/validateCertificateRegistrationInformation",
        orders::validate,
    ),
    Route::new(Get, orders!(""), orders::list),
    Route::new(Get, orders!("/{order}"), orders::get),
    Route::new(Put, orders!("/{order}"), orders::put),
    Route::new(Patch, orders!("/{order}"), orders::patch),
    Route::new(Delete, orders!("/{order}"), orders::delete),
    Route::new(Get, orders!("/{order}/certificates"), stored::list),
    Route::new(Get, orders!("/{order}/certificates/{name}"), stored::get),
    Route::new(Put, orders!("/{order}/certificates/{name}"), stored::put),
    Route::new(Patch, orders!("/{order}/certificates/{name}"), stored::put),
    Route::new(Delete, orders!("/{order}/certificates/{name}"), stored::delete),
    Route::new(Post, orders!("/{order}/verifyDomainOwnership"), verify::ask),
    Route::new(Post, orders!("/{order}/resendRequestEmails"), verify::send_mails),
    Route::new(Post, orders!("/{order}/reissue"), issue::rekey),
    Route::new(Post, orders!("/{order}/renew"), issue::renew),
    Route::new(Post, orders!("/{order}/resendEmail"), history::resend_mail),
    Route::new(Post, orders!("/{order}/retrieveEmailHistory"), history::mails),
    Route::new(Post, orders!("/{order}/retrieveCertificateActions"), history::actions),
    Route::new(Post, orders!("/{order}/retrieveSiteSeal"), history::seal),
    Route::new(Get, orders!("/{order}/detectors"), detectors::list),
    Route::new(Get, orders!("/{order}/detectors/{detector}"), detectors::get),
];

/// A later step of an order. A job does nothing when the order is not in the state that the job was scheduled
/// for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CertificateJob {
    /// The order's id.
    order: String,
    step: OrderStep,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum OrderStep {
    /// The purchase is complete.
    Placed,
    /// The CA looks for a proof of ownership.
    Check { attempt: u32 },
    /// The CA signs.
    Issue,
    /// Ownership was not proven in time.
    Deny,
    /// The certificate with this thumbprint is due to be renewed or reissued.
    Replace { thumbprint: String },
    /// The certificate with this thumbprint ends.
    Expire { thumbprint: String },
    /// Another try to deliver into a vault that refused.
    Deliver,
}

impl CertificateJob {
    /// Runs it, if the order is still there.
    pub(crate) fn run(self, ctx: &CloudContext<'_>) -> Result<(), Fault> {
        let Some(order) = order::OrderRecord::find(ctx, &ArmId::parse(&self.order))? else {
            return Ok(());
        };
        match self.step {
            OrderStep::Placed => orders::placed(ctx, order),
            OrderStep::Check { attempt } => verify::check(ctx, order, attempt),
            OrderStep::Issue => issue::issue(ctx, order),
            OrderStep::Deny => issue::deny(ctx, order),
            OrderStep::Replace { thumbprint } => issue::replace(ctx, order, &thumbprint),
            OrderStep::Expire { thumbprint } => issue::expire(ctx, order, &thumbprint),
            OrderStep::Deliver => stored::deliver_again(ctx, order),
        }
    }
}

/// The job of one order.
fn job(order: &order::OrderRecord, step: OrderStep) -> jobs::ScheduledJob {
    jobs::ScheduledJob::CertificateRegistration(CertificateJob { order: order.id.clone(), step })
}

#[cfg(test)]
mod tests;
