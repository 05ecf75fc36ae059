//! `explain`: asking for the chain of custody of what is under the cursor, and showing what came of it.

use super::App;
use super::dialog::{Chains, Dialog};
use super::effect::Effect;
use super::message::AskId;
use crate::model::custody::{About, Custody};
use crate::model::{Problem, Row};
use crate::tables::PaneName;

impl App {
    /// What is under the cursor, or why it has no chain.
    pub(super) fn custody_of(&self) -> Result<About, String> {
        let id = self.selected().ok_or("there is nothing under the cursor")?;
        match self.browser.pane {
            PaneName::Orders => Ok(About::Order(id.clone())),
            PaneName::Private => Ok(About::Certificate(id.clone())),
            PaneName::Public => {
                Err("a public certificate secures no hostname: an app's code loads it".to_owned())
            }
            PaneName::Bindings => {
                let Some(Row::Binding(binding)) = self.row() else {
                    return Err("this hostname is gone".to_owned());
                };
                if self.inventory.estate.is_of_platform(binding) {
                    return Err(
                        "Azure secures its own names by itself, with certificates of its own".to_owned()
                    );
                }
                Ok(About::Binding { app: binding.app.clone(), host: binding.host.clone() })
            }
        }
    }

    pub(super) fn explain(&mut self) {
        let Ok(about) = self.custody_of() else { return };
        let name = match &about {
            About::Binding { host, .. } => host.to_string(),
            About::Order(id) | About::Certificate(id) => id.name().to_owned(),
        };
        let ask = self.ask();
        self.layers.push(Dialog::Chains(Chains::new(name, ask)));
        self.emit(Effect::Explain { ask, about });
    }

    pub(super) fn copy_chains(&mut self) {
        if let Some(Dialog::Chains(Chains { custody: Some(custody), .. })) = self.layers.top() {
            self.emit(Effect::Copy(custody.text(self.clock.now)));
        }
    }

    pub(super) fn take_explained(&mut self, asked: AskId, result: Result<Custody, Problem>) {
        let Some(chains) = self.layers.waits_for_chain(asked) else { return };
        match result {
            Ok(custody) => chains.take(custody),
            Err(problem) => {
                self.layers.close(|dialog| matches!(dialog, Dialog::Chains(chains) if chains.ask == asked));
                self.show_problem(problem);
            }
        }
    }
}
