//! Which cloud one is in, and as whom: the picker of contexts, the welcome where none is configured, and
//! signing in without losing what is on the screen.

use super::dialog::{Act, Choose, Dialog, Item, SignInDialog};
use super::effect::{Effect, Opening};
use super::message::AskId;
use super::outbox::Outbox;
use super::{App, Opens, Settings};
use crate::model::{Problem, SignInAsk};
use crate::tables::Tone;

/// Whether this program has a practice cloud of its own to go to.
const HAS_PRACTICE: bool = cfg!(feature = "practice");

/// A context of the settings, for choosing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextChoice {
    pub name: String,
    /// Cloud, tenant, credential, marks.
    pub note: String,
}

/// Another tenant of the account, for choosing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantChoice {
    pub name: String,
    /// What the setting `tenant` is given as.
    pub setting: String,
    /// What the account sees there; or why it cannot be seen, and then it is signed in to by going there.
    pub note: String,
}

impl App {
    /// The program in another context: what was asked before is not answered there, so no number of a
    /// question is used twice.
    pub fn moved(&self, settings: Settings) -> (Self, super::Effects) {
        let mut app = Self::blank(settings, self.clock.machine);
        (app.width, app.height, app.out) = (self.width, self.height, Outbox::after(&self.out));
        app.refit();
        app.begin();
        let effects = app.out.take_effects(app.clock.machine);
        (app, effects)
    }

    /// What is done first: the welcome, or reading the inventory.
    pub(super) fn begin(&mut self) {
        match self.settings.opens {
            Opens::Inventory => {
                let ask = self.read_estate(false);
                self.emit(Effect::RecallEstate { ask });
            }
            Opens::Welcome => self.open_welcome(),
        }
    }

    fn open_welcome(&mut self) {
        let way = |label: &str, note: &str, opening| Item {
            label: label.to_owned(),
            note: note.to_owned(),
            then: Ok(Act::OpenContext(opening)),
        };
        let mut items = vec![
            way(
                "Sign in to Azure",
                "With the browser, or with a code for a browser on any machine; the public cloud.",
                Opening::SignIn,
            ),
            way(
                "Use the Azure CLI's sign-in",
                "As the account of az login on this machine.",
                Opening::AzureCli,
            ),
        ];
        if HAS_PRACTICE {
            let note = "In a practice cloud on this machine: nothing costs money, nothing can break.";
            items.push(way("Practise", note, Opening::Practice));
        }
        items.push(Item {
            label: "Quit".to_owned(),
            note: "Other clouds: certdeck config init.".to_owned(),
            then: Ok(Act::Quit),
        });
        let intro =
            "certdeck manages the TLS/SSL certificates of Azure App Service. No context is configured yet.";
        self.layers.push(Dialog::Choose(Choose::new("Welcome", items).intro(intro)));
    }

    pub(super) fn open_contexts(&mut self) {
        let running = self.operations.running().next().is_some();
        let item = |choice: &ContextChoice| Item {
            label: choice.name.clone(),
            note: choice.note.clone(),
            then: match (&self.settings.fixed, running) {
                (Some(why), _) => Err(why.clone()),
                (None, true) => Err("an operation is running here; wait for its end (t shows it)".to_owned()),
                (None, false) => Ok(Act::OpenContext(Opening::Context(choice.name.clone()))),
            },
        };
        let mut items: Vec<Item> = self.settings.contexts.iter().map(item).collect();
        let here = items.iter().position(|item| item.label == self.settings.context).unwrap_or(0);
        if HAS_PRACTICE && !self.settings.practice {
            let then = if running {
                Err("an operation is running here".to_owned())
            } else {
                Ok(Act::OpenContext(Opening::Practice))
            };
            items.push(Item {
                label: "practice cloud".to_owned(),
                note: "on this machine; nothing costs money".to_owned(),
                then,
            });
        }
        items.push(Item {
            label: "other tenants…".to_owned(),
            note: "those of the account in which it sees subscriptions".to_owned(),
            then: if running { Err("an operation is running here".to_owned()) } else { Ok(Act::ReadTenants) },
        });
        let who = self.signed_in.as_ref().map(|who| format!("Signed in as {who}. ")).unwrap_or_default();
        let choose = Choose::new("Contexts", items)
            .intro(format!("{who}Switch to another cloud or identity. Open forms are closed."))
            .empty("The settings name no context. certdeck config init begins them.")
            .at(here);
        self.layers.push(Dialog::Choose(choose));
    }

    pub(super) fn ask_for_tenants(&mut self) {
        let ask = self.ask();
        self.tenants = Some(ask);
        self.say("asking for the tenants of the account…", Tone::Dim);
        self.emit(Effect::ReadTenants { ask });
    }

    pub(super) fn take_tenants(&mut self, asked: AskId, result: Result<Vec<TenantChoice>, Problem>) {
        if self.tenants != Some(asked) {
            return;
        }
        (self.tenants, self.out.notice) = (None, None);
        let choices = match result {
            Ok(choices) => choices,
            Err(problem) => return self.show_problem(problem),
        };
        let items = choices.into_iter().map(|TenantChoice { name, setting, note }| Item {
            label: name,
            note: format!("{setting}: {note}"),
            then: Ok(Act::OpenContext(Opening::Tenant(setting))),
        });
        let choose = Choose::new("Tenants", items.collect())
            .intro("Where else the account is known. To go there at every start, give a context this tenant.")
            .empty("The account sees subscriptions in no other tenant.");
        self.layers.push(Dialog::Choose(choose));
    }

    pub(super) fn open_context(&mut self, opening: Opening) {
        self.say("opening…", Tone::Dim);
        self.emit(Effect::OpenContext(opening));
    }

    /// Asks a person over everything else on the screen, which stays where it is.
    pub(super) fn ask_to_sign_in(&mut self, ask: SignInAsk) {
        self.close_sign_in();
        self.layers.push(Dialog::SignIn(SignInDialog(ask)));
    }

    pub(super) fn end_sign_in(&mut self, outcome: Result<String, Problem>) {
        self.close_sign_in();
        match outcome {
            Ok(who) => self.say(format!("signed in as {who}"), Tone::Good),
            Err(problem) => self.say(format!("not signed in: {}", problem.why), Tone::Soon),
        }
    }

    fn close_sign_in(&mut self) {
        self.layers.close(|dialog| matches!(dialog, Dialog::SignIn(_)));
    }
}
