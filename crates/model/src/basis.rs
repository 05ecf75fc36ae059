//! What a judgement goes by: the estate that was read, the dated rules, and the service's time.

use jiff::Timestamp;

use super::Estate;
use super::rules::{Rules, Turn};
use super::{Order, PrivateCertificate};

#[derive(Debug, Clone, Copy)]
pub struct Basis<'a> {
    pub estate: &'a Estate,
    pub rules: &'a Rules,
    pub now: Timestamp,
}

impl<'a> Basis<'a> {
    pub fn new(estate: &'a Estate, rules: &'a Rules, now: Timestamp) -> Self {
        Self { estate, rules, now }
    }

    /// Whose turn it is with a certificate.
    pub fn turn(&self, certificate: &PrivateCertificate) -> Turn {
        self.rules.turn(self.estate, certificate, self.now)
    }

    pub fn turn_of_order(&self, order: &Order) -> Turn {
        self.rules.turn_of_order(order, self.now)
    }

    pub fn is_revoked(&self, certificate: &PrivateCertificate) -> bool {
        self.estate.is_revoked(certificate, self.now)
    }
}
