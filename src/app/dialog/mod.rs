//! Dialogs lie over everything else in a stack; the top one has the keys. A dialog knows nothing of the
//! program: it answers a key with what is to be done.

mod bench;
mod choose;
mod confirm;
mod custody;
mod error;
mod files;
mod help;
mod looking;
mod messages;
mod operations;
mod palette;
mod sheet;
mod sign_in;
mod task;

pub use bench::Bench;
pub use choose::{Choose, Item};
pub use confirm::Confirm;
pub use custody::Chains;
pub use error::ErrorText;
pub(crate) use files::folder_of;
pub use files::{Files, Folder, FolderEntry};
pub use help::{Help, HelpLine};
pub use looking::Looking;
pub use messages::Messages;
pub use palette::{Candidate, Palette};
pub use sheet::{Sheet, SheetLine};
pub use sign_in::SignInDialog;
pub use task::{BenchKey, Task};

use super::command::{Entry, Motion};
use super::effect::{Opening, PracticeAct};
use super::goal;
use super::key::{Key, KeyCode};
use super::message::AskId;
use super::operations::Operations;
use super::scope::Scope;
use crate::flow;
use crate::flow::script::ScriptKind;
use crate::model::{Problem, ResourceId, SignInReply};
use crate::tables::PaneName;

#[derive(Debug, Clone)]
pub enum Dialog {
    Help(Help),
    Palette(Palette),
    Choose(Choose),
    Files(Files),
    Confirm(Confirm),
    Looking(Looking),
    Bench(Bench),
    Sheet(Sheet),
    /// The chain of custody, link by link.
    Chains(Chains),
    Error(ErrorText),
    /// The task of a practice cloud; so many lines are above the screen.
    Briefing {
        scroll: usize,
    },
    SignIn(SignInDialog),
    /// The ledger; the cursor counts from the newest.
    Operations {
        cursor: usize,
    },
    Messages(Messages),
}

/// What is to be done after a dialog closed.
#[derive(Debug, Clone)]
pub enum Act {
    Run(&'static Entry),
    Copy(String),
    /// Ask for whom the wizard's steps are to be written as a script.
    ChooseScript,
    /// Show only what belongs to it.
    Narrow(Scope),
    /// Filter the open pane.
    Filter(String),
    /// Show a column of the open pane or leave it out; none lets the room decide.
    TurnColumn(Option<&'static str>),
    /// The chain of custody that is shown, as text.
    CopyChains,
    CopyScript(ScriptKind),
    /// Fill a field of the wizard.
    Fill(flow::Key, String),
    /// Fill a row of the workbench's form.
    FillRow(String),
    /// Open the file picker for the workbench's form.
    PickFile {
        title: &'static str,
        endings: &'static [&'static str],
        beside: String,
    },
    /// Do what the workbench's form asks for.
    Work {
        replaces: bool,
    },
    StopWork(AskId),
    MakePassword,
    /// Read a directory for the file picker.
    OpenFolder(String),
    Show(PaneName, ResourceId),
    /// The same, with a way back.
    Follow(PaneName, ResourceId),
    Practise(PracticeAct),
    /// Send the current step of the wizard, if it still is this one: the one that was shown.
    Send(Box<flow::Step>),
    /// Send what was agreed to for the marked rows; the words name it in the list of operations.
    SendMarked(String, Vec<flow::MarkedLook>),
    /// Give up what is being looked at.
    Forget(AskId),
    /// Stop watching an operation.
    Unwatch(AskId),
    ShowProblem(Problem),
    OpenContext(Opening),
    /// Ask for the other tenants of the account.
    ReadTenants,
    AnswerSignIn(SignInReply),
    Quit,
}

#[derive(Debug, Clone)]
pub enum Answer {
    Stay,
    Close,
    CloseAnd(Act),
    /// Do it and stay open.
    Do(Act),
}

impl Dialog {
    pub fn press(&mut self, key: Key, ledger: &Operations) -> Answer {
        match self {
            Self::Help(help) => help.press(key),
            Self::Palette(palette) => palette.press(key),
            Self::Choose(choose) => choose.press(key),
            Self::Files(files) => files.press(key),
            Self::Confirm(confirm) => confirm.press(key),
            Self::Looking(looking) => looking.press(key),
            Self::Bench(bench) => bench.press(key),
            Self::Sheet(sheet) => sheet.press(key),
            Self::Chains(chains) => chains.press(key),
            Self::Error(error) => error.press(key),
            Self::Messages(messages) => messages.press(key),
            Self::Briefing { scroll } => goal::press(scroll, key),
            Self::SignIn(sign_in) => sign_in.press(key),
            Self::Operations { cursor } => operations::press(cursor, ledger, key),
        }
    }

    pub fn paste(&mut self, text: &str) -> Answer {
        match self {
            Self::Files(files) => return files.paste(text),
            Self::SignIn(asked) => return asked.paste(text),
            Self::Bench(bench) => bench.paste(text),
            Self::Palette(palette) => palette.paste(text),
            Self::Choose(choose) => choose.paste(text),
            Self::Confirm(confirm) => confirm.typed.paste(text),
            Self::Help(help) if help.is_searching => help.search.paste(text),
            _ => {}
        }
        Answer::Stay
    }
}

/// The keys that move in every dialog, independent of the key map of the list below: arrows always, letters
/// where nothing is typed.
pub(super) fn motion(key: Key, letters: bool) -> Option<Motion> {
    Some(match (key.code, key.ctrl) {
        (KeyCode::Down, _) | (KeyCode::Char('n'), true) => Motion::Down,
        (KeyCode::Up, _) | (KeyCode::Char('p'), true) => Motion::Up,
        (KeyCode::PageDown, _) | (KeyCode::Char('f'), true) => Motion::PageDown,
        (KeyCode::PageUp, _) | (KeyCode::Char('b'), true) => Motion::PageUp,
        (KeyCode::Char('d'), true) => Motion::HalfDown,
        (KeyCode::Char('u'), true) if letters => Motion::HalfUp,
        (KeyCode::Char('j'), false) if letters => Motion::Down,
        (KeyCode::Char('k'), false) if letters => Motion::Up,
        (KeyCode::Char('g') | KeyCode::Home, false) if letters => Motion::Top,
        (KeyCode::Char('G') | KeyCode::End, false) if letters => Motion::Bottom,
        _ => return None,
    })
}

fn is_plain(key: Key, c: char) -> bool {
    key == Key::char(c)
}

/// How many lines of a dialog are on screen at most, for paging.
const PAGE: usize = 10;
