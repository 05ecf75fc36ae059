//! What vaults do about the certificates that were imported from them decides who acts, and is asked once the
//! lists are whole. Until it is known the panes say that it is not, or what was known before.

use std::sync::Arc;

use super::App;
use super::effect::Effect;
use super::message::AskId;
use crate::model::Upkeep;
use crate::tables::PaneName;

impl App {
    /// Asks the vaults, if any certificate comes from one.
    pub(super) fn want_upkeep(&mut self) {
        if let Some(ask) = self.inventory.upkeep.take() {
            self.emit(Effect::Forget { ask });
        }
        if self.inventory.estate.kept_in_vaults().next().is_some() {
            let ask = self.ask();
            self.inventory.upkeep = Some(ask);
            self.emit(Effect::ReadUpkeep { ask });
        }
    }

    pub(super) fn take_upkeep(&mut self, ask: AskId, part: Vec<Upkeep>, is_over: bool) {
        if self.inventory.upkeep != Some(ask) {
            return;
        }
        Arc::make_mut(&mut self.inventory.estate).renew_upkeep(part);
        if is_over {
            self.inventory.upkeep = None;
        }
        self.find();
        for name in [PaneName::Private, PaneName::Bindings] {
            self.see_rows_of(name, is_over);
        }
    }
}
