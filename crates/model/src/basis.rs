//! What a judgement goes by: the estate that was read, the dated rules, and the service's time.

use jiff::Timestamp;

use super::Estate;
use super::rules::{Rules, Turn, What};
use super::{Order, PrivateCertificate, WhoActs};

/// Everything that a judgement about a certificate, an order or a binding depends on.
#[derive(Debug, Clone, Copy)]
pub struct Basis<'a> {
    /// The resources that were read.
    pub estate: &'a Estate,
    /// The limits of the platform, with their days.
    pub rules: &'a Rules,
    /// The moment of the judgement, by the service's clock.
    pub now: Timestamp,
}

impl<'a> Basis<'a> {
    /// Combines the three; nothing is computed yet.
    pub fn new(estate: &'a Estate, rules: &'a Rules, now: Timestamp) -> Self {
        Self { estate, rules, now }
    }

    /// Whose turn it is with a certificate.
    pub fn turn(&self, certificate: &PrivateCertificate) -> Turn {
        self.rules.turn(self.estate, certificate, self.now)
    }

    /// Who has to act next for an order, regardless of where its certificate was imported.
    ///
    /// A delivery to the vault that failed comes before all that Azure does by itself, while no import tells of it.
    pub fn turn_of_order(&self, order: &Order) -> Turn {
        let turn = self.rules.turn_of_order(order, self.now);
        let trouble =
            order.stored.iter().map(|stored| &stored.secret.status).find(|status| status.is_trouble());
        match trouble.filter(|_| !turn.is_alarm() && self.estate.imports_of(order).next().is_none()) {
            Some(status) => {
                Turn { who: WhoActs::You, when: order.expires, what: What::Vault(status.clone()) }
            }
            None => turn,
        }
    }

    /// Whether the certificate was revoked before its end ([`Estate::is_revoked`]).
    pub fn is_revoked(&self, certificate: &PrivateCertificate) -> bool {
        self.estate.is_revoked(certificate, self.now)
    }
}
