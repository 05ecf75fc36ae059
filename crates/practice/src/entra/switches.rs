//! What a rehearsal can change at the sign-in service: the life of tokens, and which were revoked. Not
//! stored, like the request log: a restart is no reason to make people sign in again.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

/// The life of a token in seconds, as Entra gives service principals.
const LIFETIME: i64 = 3599;

#[derive(Debug)]
pub(crate) struct SignInSwitches {
    lifetime: AtomicI64,
    /// Tokens carry the number that was current when they were issued; those with a lower one have expired.
    tokens: AtomicU64,
    /// The same for refresh tokens.
    sessions: AtomicU64,
    /// Tokens with a lower number are of sign-ins that were revoked.
    revoked: AtomicU64,
    /// The tenant has postponed multi-factor authentication for changes as long as possible.
    postpones_mfa: AtomicBool,
    /// A policy forbids device codes.
    blocks_device_codes: AtomicBool,
}

impl Default for SignInSwitches {
    fn default() -> Self {
        Self {
            lifetime: AtomicI64::new(LIFETIME),
            tokens: AtomicU64::default(),
            sessions: AtomicU64::default(),
            revoked: AtomicU64::default(),
            postpones_mfa: AtomicBool::default(),
            blocks_device_codes: AtomicBool::default(),
        }
    }
}

impl SignInSwitches {
    pub(crate) fn lifetime(&self) -> i64 {
        self.lifetime.load(Ordering::Relaxed)
    }

    pub(crate) fn set_lifetime(&self, seconds: i64) {
        self.lifetime.store(seconds.max(1), Ordering::Relaxed);
    }

    pub(crate) fn generation(&self) -> u64 {
        self.tokens.load(Ordering::Relaxed)
    }

    pub(crate) fn recalled(&self, made: u64) -> bool {
        made < self.generation()
    }

    pub(crate) fn recall_tokens(&self) {
        self.tokens.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn session(&self) -> u64 {
        self.sessions.load(Ordering::Relaxed)
    }

    pub(crate) fn end_sessions(&self) {
        self.sessions.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn revoked(&self, made: u64) -> bool {
        made < self.revoked.load(Ordering::Relaxed)
    }

    /// Revokes every sign-in so far, as an administrator does for a lost account.
    pub(crate) fn revoke(&self) {
        self.recall_tokens();
        self.end_sessions();
        self.revoked.store(self.generation(), Ordering::Relaxed);
    }

    pub(crate) fn blocks_device_codes(&self) -> bool {
        self.blocks_device_codes.load(Ordering::Relaxed)
    }

    pub(crate) fn block_device_codes(&self, on: bool) {
        self.blocks_device_codes.store(on, Ordering::Relaxed);
    }

    pub(crate) fn postpones_mfa(&self) -> bool {
        self.postpones_mfa.load(Ordering::Relaxed)
    }

    pub(crate) fn postpone_mfa(&self, on: bool) {
        self.postpones_mfa.store(on, Ordering::Relaxed);
    }
}
