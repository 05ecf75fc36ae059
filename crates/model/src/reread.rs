//! What was read again of an estate after a change.

use super::{Estate, EstateRows, Export, Home, ResourceId, Revocation};

/// Rows that take the place of those in an estate.
#[derive(Debug, Clone, Default)]
pub struct Reread {
    /// The resources that were read: apps (with all their bindings), certificates, orders, vaults, plans and
    /// resource groups. One that is not among the `rows` no longer exists.
    pub resources: Vec<ResourceId>,
    /// The apps whose own certificates were read: those that no other app can be bound to.
    pub own_certificates_of: Vec<ResourceId>,
    /// What was read.
    pub rows: EstateRows,
    /// All files to which certdeck wrote certificates, as far as this machine knows.
    pub exports: Vec<Export>,
    /// All revocations that certdeck requested, as far as this machine knows.
    pub revocations: Vec<Revocation>,
}

impl Estate {
    /// The estate with what was read again. Everything else stays as it was read before.
    #[must_use]
    pub fn with(self, reread: Reread) -> Self {
        let mut kept = self.into_rows();
        let Reread { resources, own_certificates_of, rows, exports, revocations } = reread;
        let stays = |id: &ResourceId| !resources.contains(id);
        let is_own = |home: &Home| matches!(home, Home::App(app) if own_certificates_of.contains(app));
        kept.groups.retain(|one| stays(&one.id));
        kept.plans.retain(|one| stays(&one.id));
        kept.apps.retain(|one| stays(&one.id));
        kept.bindings.retain(|one| stays(&one.app));
        kept.certificates.retain(|one| stays(&one.id) && !is_own(&one.home));
        kept.orders.retain(|one| stays(&one.id));
        kept.vaults.retain(|one| stays(&one.id));
        (kept.exports, kept.revocations) = (exports, revocations);
        kept.append(rows);
        kept.indexed()
    }
}
