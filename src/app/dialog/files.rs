//! Choosing a file: the entries of a directory, a path that is typed with completion. What is on the disk,
//! the program is told by answers; here nothing reads it.

use super::{Act, Answer, PAGE, motion};
use crate::app::detail::step;
use crate::app::field::Field;
use crate::app::key::{Key, KeyCode};
use crate::app::message::AskId;
use crate::flow;
use crate::model::quoted;

/// A directory as it was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folder {
    /// Absolute, without a slash at its end but for the root.
    pub path: String,
    /// Directories first, each part by name; only files that may be meant.
    pub entries: Vec<FolderEntry>,
    /// The names of the files beside them that are not shown.
    pub others: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderEntry {
    pub name: String,
    pub is_folder: bool,
    /// In bytes.
    pub size: u64,
}

#[derive(Debug, Clone)]
pub struct Files {
    /// The field of the wizard that gets the path; none means the form below.
    key: Option<flow::Key>,
    pub title: &'static str,
    /// What the names of the files end in.
    pub endings: &'static [&'static str],
    pub folder: Folder,
    /// Where we are: the directory shown, or the one that is being read.
    pub at: String,
    pub ask: Option<AskId>,
    /// What the names shown begin with; a slash at its end opens the directory.
    pub typed: Field,
    pub cursor: usize,
    pub refusal: Option<String>,
    /// Whether Enter was pressed while the directory was being read.
    is_eager: bool,
}

impl Files {
    pub fn new(key: flow::Key, title: &'static str, endings: &'static [&'static str]) -> Self {
        Self { key: Some(key), ..Self::for_form(title, endings) }
    }

    /// For the form that lies below.
    pub fn for_form(title: &'static str, endings: &'static [&'static str]) -> Self {
        Self {
            key: None,
            title,
            endings,
            folder: Folder::default(),
            at: String::new(),
            ask: None,
            typed: Field::default(),
            cursor: 0,
            refusal: None,
            is_eager: false,
        }
    }

    /// Takes in what was read, and does what Enter asked for meanwhile; a directory that cannot be read leaves
    /// the one that is shown.
    pub fn take(&mut self, read: Result<Folder, String>) -> Answer {
        let was_eager = std::mem::take(&mut self.is_eager) && read.is_ok();
        self.ask = None;
        match read {
            Ok(folder) => {
                // Back up from a directory, the cursor is on it.
                let name = self.folder.path.rsplit('/').next().unwrap_or_default();
                let from = folder.entries.iter().position(|entry| entry.is_folder && entry.name == name);
                self.cursor = from.filter(|_| self.typed.text().is_empty()).unwrap_or(0);
                self.folder = folder;
            }
            Err(why) => self.refusal = Some(why),
        }
        self.at.clone_from(&self.folder.path);
        if was_eager { self.choose() } else { Answer::Stay }
    }

    /// The entries that have in their name what is typed; none of a directory that we have left.
    pub fn shown(&self) -> Vec<&FolderEntry> {
        let sought = self.typed.text().to_lowercase();
        self.entries().filter(|entry| entry.name.to_lowercase().contains(&sought)).collect()
    }

    fn entries(&self) -> impl Iterator<Item = &FolderEntry> {
        self.folder.entries.iter().filter(|_| self.ask.is_none())
    }

    pub fn paste(&mut self, text: &str) -> Answer {
        self.typed.paste(text);
        self.typed_more()
    }

    pub fn press(&mut self, key: Key) -> Answer {
        (self.refusal, self.is_eager) = (None, false);
        match key.code {
            KeyCode::Esc => Answer::Close,
            KeyCode::Enter if self.ask.is_some() => {
                self.is_eager = true;
                Answer::Stay
            }
            KeyCode::Enter => self.choose(),
            KeyCode::Tab if !key.shift => self.complete(),
            KeyCode::Left | KeyCode::Backspace if self.typed.text().is_empty() => {
                Answer::Do(Act::OpenFolder(self.join("..")))
            }
            _ => {
                if let Some(motion) = motion(key, false) {
                    self.cursor = step(self.cursor, motion, self.shown().len(), PAGE);
                } else if self.typed.press(key) {
                    return self.typed_more();
                }
                Answer::Stay
            }
        }
    }

    /// A slash opens what stands before it.
    fn typed_more(&mut self) -> Answer {
        self.cursor = 0;
        let Some((folder, rest)) = self.typed.text().rsplit_once('/') else { return Answer::Stay };
        let path = self.join(if folder.is_empty() { "/" } else { folder });
        let rest = rest.to_owned();
        self.typed.set(&rest);
        Answer::Do(Act::OpenFolder(path))
    }

    fn choose(&mut self) -> Answer {
        let chosen = self.shown().get(self.cursor).map(|entry| (entry.is_folder, entry.name.clone()));
        match chosen {
            Some((true, name)) => {
                self.typed.set("");
                Answer::Do(Act::OpenFolder(self.join(&name)))
            }
            Some((false, name)) => Answer::CloseAnd(self.fill(&name)),
            // A file may end in something else than usual.
            None if self.folder.others.iter().any(|name| name == self.typed.text()) => {
                Answer::CloseAnd(self.fill(self.typed.text()))
            }
            None => {
                let words = match self.typed.text() {
                    "" => "there is nothing to choose here; Backspace goes up, Esc goes back".to_owned(),
                    typed => format!("there is no file '{}' here", quoted(typed)),
                };
                self.refusal = Some(words);
                Answer::Stay
            }
        }
    }

    /// As far as all names that begin so agree; a single directory is opened.
    fn complete(&mut self) -> Answer {
        let typed = self.typed.text().to_lowercase();
        let fits: Vec<&FolderEntry> =
            self.entries().filter(|entry| entry.name.to_lowercase().starts_with(&typed)).collect();
        let Some(first) = fits.first() else {
            self.refusal = Some("nothing here begins with that".to_owned());
            return Answer::Stay;
        };
        let common =
            fits.iter().fold(first.name.as_str(), |common, entry| shared(common, &entry.name)).to_owned();
        let opens = fits.len() == 1 && first.is_folder;
        self.cursor = 0;
        if opens {
            self.typed.set("");
            return Answer::Do(Act::OpenFolder(self.join(&common)));
        }
        if common.len() > typed.len() {
            self.typed.set(&common);
        }
        Answer::Stay
    }

    fn fill(&self, name: &str) -> Act {
        let path = self.join(name);
        match self.key {
            Some(key) => Act::Fill(key, path),
            None => Act::FillRow(path),
        }
    }

    fn join(&self, name: &str) -> String {
        match self.at.as_str() {
            _ if name.starts_with('/') || name == "~" || name.starts_with("~/") => name.to_owned(),
            "" => name.to_owned(),
            "/" => format!("/{name}"),
            path => format!("{path}/{name}"),
        }
    }
}

/// The directory that a path names a file of.
pub(crate) fn folder_of(path: &str) -> Option<&str> {
    path.rsplit_once('/').map(|(folder, _)| if folder.is_empty() { "/" } else { folder })
}

/// What two names begin with in common.
fn shared<'a>(one: &'a str, other: &str) -> &'a str {
    let differ = one.char_indices().zip(other.chars()).find(|((_, a), b)| a != b).map(|((at, _), _)| at);
    &one[..differ.unwrap_or(one.len().min(other.len()))]
}
