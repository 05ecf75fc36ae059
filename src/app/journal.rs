//! The journal on screen: what was sent from this machine lately, by this run and others.

use super::App;
use super::dialog::{Act, Choose, Dialog, Item};
use super::effect::Effect;
use super::message::AskId;
use crate::model::PastChange;

impl App {
    pub(super) fn ask_for_journal(&mut self) {
        let ask = self.ask();
        self.journal = Some(ask);
        self.emit(Effect::ReadJournal { ask });
    }

    pub(super) fn take_journal(&mut self, asked: AskId, changes: &[PastChange]) {
        if self.journal.take_if(|ask| *ask == asked).is_none() {
            return;
        }
        let item = |change: &PastChange| {
            let reference = change.reference.as_ref().map(|text| format!(" ({text})")).unwrap_or_default();
            Item {
                label: change.at.strftime("%Y-%m-%d %H:%M").to_string(),
                note: format!("{}: {}{reference}", change.outcome, change.what),
                then: Ok(Act::Copy(change.line())),
            }
        };
        let choose = Choose::new("Journal", changes.iter().map(item).collect())
            .intro("What was sent from this machine, the newest first. Typing filters; Enter copies a line whole.")
            .empty("Nothing was sent from this machine yet.");
        self.layers.push(Dialog::Choose(choose));
    }
}
