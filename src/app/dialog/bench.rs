//! A form of the workbench: what is to be done with which files. It collects; the work itself is an effect.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use secrecy::{ExposeSecret, SecretString};

use super::{Act, Answer};
use crate::app::field::Field;
use crate::app::key::{Key, KeyCode};
use crate::app::masked::Masked;
use crate::app::message::AskId;
use crate::model::{Hostname, quoted};
use crate::pki::Wrapping;
use crate::rules::Profile;
use crate::workbench::{Job, OutputFile, Password};

/// The four things that the workbench does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Task {
    Inspect,
    Check,
    Build,
    Rewrap,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BenchPart {
    File,
    Password,
    Host,
    Roots,
    Rules,
    AsOf,
    Key,
    KeyPassword,
    Certificate,
    Root,
    Encryption,
    Name,
    New,
    Again,
    Out,
}

#[derive(Debug, Clone)]
pub enum BenchValue {
    Text(Field),
    Secret(Masked),
    /// One of the words of [`BenchPart::choices`].
    Choice(usize),
}

#[derive(Debug, Clone)]
pub struct BenchRow {
    pub part: BenchPart,
    pub value: BenchValue,
}

#[derive(Debug, Clone)]
pub struct Bench {
    pub task: Task,
    pub rows: Vec<BenchRow>,
    /// The row that has the keys.
    pub at: usize,
    pub refusal: Option<String>,
    /// The work that is under way.
    pub ask: Option<AskId>,
}

impl Task {
    pub fn title(self) -> &'static str {
        match self {
            Self::Inspect => "Inspect a certificate file",
            Self::Check => "Check a certificate file",
            Self::Build => "Build a PFX",
            Self::Rewrap => "Rewrap a PFX",
        }
    }

    pub fn verb(self) -> &'static str {
        match self {
            Self::Inspect => "inspect",
            Self::Check => "check",
            Self::Build => "build",
            Self::Rewrap => "write",
        }
    }

    fn parts(self) -> &'static [BenchPart] {
        use BenchPart::{
            Again, Certificate, Encryption, File, Host, Key, KeyPassword, Name, New, Out, Root, Roots, Rules,
        };
        match self {
            Self::Inspect => &[File, BenchPart::Password],
            Self::Check => &[File, BenchPart::Password, Host, Roots, Rules, BenchPart::AsOf],
            Self::Build => &[Key, KeyPassword, Certificate, Root, Encryption, Name, New, Again, Out],
            Self::Rewrap => &[File, BenchPart::Password, Encryption, Name, New, Again, Out],
        }
    }
}

impl BenchPart {
    pub fn label(self) -> &'static str {
        match self {
            Self::File => "File",
            Self::Password => "Password",
            Self::Host => "Hostname",
            Self::Roots => "Trusted roots",
            Self::Rules => "Rules",
            Self::AsOf => "As of",
            Self::Key => "Private key",
            Self::KeyPassword => "Key's password",
            Self::Certificate => "Certificates",
            Self::Root => "Missing root",
            Self::Encryption => "Encryption",
            Self::Name => "Friendly name",
            Self::New => "New password",
            Self::Again => "The same again",
            Self::Out => "Write to",
        }
    }

    pub fn help(self, task: Task) -> &'static str {
        match self {
            Self::File => "PFX, PEM, DER or PKCS#7.",
            Self::Password => "Only if the file has one.",
            Self::Host => "Optional: the name that the certificate is to secure.",
            Self::Roots => {
                "Optional: a file with your own authorities, instead of those that this machine trusts."
            }
            Self::Rules => "What App Service asks for today, or what the article of 2022 says.",
            Self::AsOf => "Optional: another day than today, such as 2027-03-01.",
            Self::Key => "PEM or DER, encrypted or not.",
            Self::KeyPassword => "Only if the key is encrypted.",
            Self::Certificate => "The whole chain up to the root, in any order; one file a line.",
            Self::Root => {
                "If only the root is missing, it can come from the authorities that this machine trusts."
            }
            Self::Encryption => "App Service has always taken triple DES; AES-256 since 2025.",
            Self::Name => "Optional: the name that Azure and Windows show.",
            Self::New if task == Task::Rewrap => "Empty keeps the old one; a file that has none needs one.",
            Self::New => "Of the file that is written. App Service takes none without.",
            Self::Again => "The new password a second time.",
            Self::Out => "Only you will be able to read it.",
        }
    }

    pub fn choices(self) -> &'static [&'static str] {
        match self {
            Self::Root => &["is refused", "comes from this machine"],
            Self::Rules => &["today's", "of 2022-07-28"],
            Self::Encryption => &["triple DES", "AES-256"],
            _ => &[],
        }
    }

    /// What the names of the files end in; nothing where no file is read.
    pub fn endings(self) -> &'static [&'static str] {
        match self {
            Self::File => &["pfx", "p12", "pem", "crt", "cer", "der", "p7b", "p7c"],
            Self::Key => &["key", "pem", "der", "pk8", "p8"],
            Self::Certificate | Self::Roots => &["crt", "cer", "pem", "der", "p7b", "p7c"],
            _ => &[],
        }
    }

    fn row(self) -> BenchRow {
        let value = match self {
            Self::Password | Self::KeyPassword | Self::New | Self::Again => {
                BenchValue::Secret(Masked::default())
            }
            Self::Root | Self::Rules | Self::Encryption => BenchValue::Choice(0),
            _ => BenchValue::Text(Field::default()),
        };
        BenchRow { part: self, value }
    }
}

impl Bench {
    pub fn new(task: Task) -> Self {
        Self {
            task,
            rows: task.parts().iter().map(|part| part.row()).collect(),
            at: 0,
            refusal: None,
            ask: None,
        }
    }

    pub fn press(&mut self, key: Key) -> Answer {
        if let Some(ask) = self.ask {
            return if key.code == KeyCode::Esc { Answer::Do(Act::StopWork(ask)) } else { Answer::Stay };
        }
        self.refusal = None;
        let part = self.rows[self.at].part;
        match key.code {
            KeyCode::Esc => return Answer::Close,
            KeyCode::Char('o') if key.ctrl && !part.endings().is_empty() => return self.pick(),
            KeyCode::Char('g') if key.ctrl && part == BenchPart::New => return Answer::Do(Act::MakePassword),
            KeyCode::Enter if self.picks_on_enter() => return self.pick(),
            KeyCode::Enter => return Answer::Do(Act::Work { replaces: false }),
            KeyCode::Tab if key.shift => self.go(false),
            KeyCode::Tab | KeyCode::Down => self.go(true),
            KeyCode::Up => self.go(false),
            _ => self.edit(key),
        }
        Answer::Stay
    }

    /// Whether Enter chooses a file here: where one is wanted and none is named. What is optional never holds
    /// up the work.
    pub fn picks_on_enter(&self) -> bool {
        let BenchRow { part, value } = &self.rows[self.at];
        let is_empty = matches!(value, BenchValue::Text(field) if field.text().is_empty());
        *part != BenchPart::Roots && !part.endings().is_empty() && is_empty
    }

    fn edit(&mut self, key: Key) {
        let choices = self.rows[self.at].part.choices().len();
        match &mut self.rows[self.at].value {
            BenchValue::Text(field) => drop(field.press(key)),
            BenchValue::Secret(masked) => drop(masked.press(key)),
            BenchValue::Choice(at) => match key.code {
                KeyCode::Right | KeyCode::Char(' ' | 'l') => *at = (*at + 1) % choices,
                KeyCode::Left | KeyCode::Char('h') => *at = (*at + choices - 1) % choices,
                _ => {}
            },
        }
        self.keep_room();
    }

    pub fn paste(&mut self, text: &str) {
        if self.ask.is_some() {
            return;
        }
        match &mut self.rows[self.at].value {
            BenchValue::Text(field) => field.paste(text),
            BenchValue::Secret(masked) => masked.paste(text),
            BenchValue::Choice(_) => {}
        }
        self.keep_room();
    }

    /// Takes the path of a file that was picked, and goes on.
    pub fn fill(&mut self, path: &str) {
        if let BenchValue::Text(field) = &mut self.rows[self.at].value {
            field.set(path);
        }
        self.keep_room();
        self.go(true);
    }

    /// Takes a password that was made for this row, and goes on to the row that wants it again.
    pub fn fill_password(&mut self, password: &SecretString) {
        if let BenchValue::Secret(masked) = &mut self.rows[self.at].value {
            masked.set(password.expose_secret());
        }
        self.go(true);
    }

    pub fn refuse(&mut self, part: BenchPart, why: impl Into<String>) {
        self.at = self.rows.iter().position(|row| row.part == part).unwrap_or(self.at);
        self.refusal = Some(why.into());
    }

    /// The row that a closed file asks for.
    pub fn password_part(&self) -> BenchPart {
        if self.task == Task::Build { BenchPart::KeyPassword } else { BenchPart::Password }
    }

    fn pick(&self) -> Answer {
        let part = self.rows[self.at].part;
        let BenchValue::Text(field) = &self.rows[self.at].value else { return Answer::Stay };
        let named =
            [field.text(), self.text(BenchPart::Key)].into_iter().find_map(|path| path.rsplit_once('/'));
        let beside = named.map_or("", |(folder, _)| if folder.is_empty() { "/" } else { folder }).to_owned();
        Answer::Do(Act::PickFile { title: part.label(), endings: part.endings(), beside })
    }

    fn go(&mut self, forward: bool) {
        let rows = self.rows.len();
        self.at = if forward { (self.at + 1) % rows } else { (self.at + rows - 1) % rows };
        self.suggest_out();
    }

    /// There is always one empty line for one more certificate, the last of them.
    fn keep_room(&mut self) {
        let is_empty = |row: &BenchRow| {
            row.part == BenchPart::Certificate
                && matches!(&row.value, BenchValue::Text(field) if field.text().is_empty())
        };
        let Some(last) = self.rows.iter().rposition(|row| row.part == BenchPart::Certificate) else { return };
        if !is_empty(&self.rows[last]) {
            self.rows.insert(last + 1, BenchPart::Certificate.row());
        } else if last > 0 && is_empty(&self.rows[last - 1]) && self.at < last {
            self.rows.remove(last);
        }
    }

    /// Beside what is read, under a name that says where it comes from; a name that was typed stays.
    fn suggest_out(&mut self) {
        let (from, ending) = match self.task {
            Task::Build => (BenchPart::Key, ".pfx"),
            Task::Rewrap => (BenchPart::File, "-rewrapped.pfx"),
            Task::Inspect | Task::Check => return,
        };
        let from = self.text(from);
        let stem = from.rsplit_once('.').filter(|(_, end)| !end.contains('/')).map_or(from, |(stem, _)| stem);
        let name = format!("{stem}{ending}");
        let is_free = !from.is_empty() && self.text(BenchPart::Out).is_empty();
        if let Some(BenchRow { value: BenchValue::Text(field), .. }) =
            self.rows.iter_mut().find(|row| row.part == BenchPart::Out)
            && is_free
        {
            field.set(&name);
        }
    }

    /// The job, or the row that stands in the way, and why.
    pub fn job(&self, replaces: bool) -> Result<Job, (BenchPart, String)> {
        let file = || self.required(BenchPart::File, "name the file first: Enter shows the files");
        Ok(match self.task {
            Task::Inspect => Job::Inspect { file: file()?, password: self.secret(BenchPart::Password) },
            Task::Check => {
                let host = Some(self.text(BenchPart::Host))
                    .filter(|text| !text.is_empty())
                    .map(Hostname::parse)
                    .transpose();
                let host = host.map_err(|why| (BenchPart::Host, why.to_string()))?;
                Job::Check {
                    file: file()?,
                    password: self.secret(BenchPart::Password),
                    host,
                    roots: self.texts(BenchPart::Roots).next().map(str::to_owned),
                    profile: (self.choice(BenchPart::Rules) == 1).then_some(Profile::Seed),
                    as_of: self
                        .texts(BenchPart::AsOf)
                        .next()
                        .map(moment)
                        .transpose()
                        .map_err(|why| (BenchPart::AsOf, why))?,
                }
            }
            Task::Build => {
                let key = self.required(
                    BenchPart::Key,
                    "name the file of the private key first: Enter shows the files",
                )?;
                self.required(
                    BenchPart::Certificate,
                    "name the files of the chain first: Enter shows the files",
                )?;
                self.required_secret()?;
                let certificates = self.texts(BenchPart::Certificate).map(str::to_owned).collect();
                let add_root = self.choice(BenchPart::Root) == 1;
                let target = self.target(replaces)?;
                Job::Build {
                    key,
                    key_password: self.secret(BenchPart::KeyPassword),
                    certificates,
                    add_root,
                    target,
                }
            }
            Task::Rewrap => Job::Rewrap {
                file: file()?,
                password: self.secret(BenchPart::Password),
                target: self.target(replaces)?,
            },
        })
    }

    fn target(&self, replaces: bool) -> Result<OutputFile, (BenchPart, String)> {
        let password = self.secret(BenchPart::New);
        if password != self.secret(BenchPart::Again) {
            return Err((BenchPart::Again, "the two new passwords differ".to_owned()));
        }
        let name = self.text(BenchPart::Name);
        Ok(OutputFile {
            path: self.required(BenchPart::Out, "name the file that is to be written")?,
            password,
            wrapping: if self.choice(BenchPart::Encryption) == 0 {
                Wrapping::TripleDes
            } else {
                Wrapping::Aes256
            },
            friendly_name: (!name.is_empty()).then(|| name.to_owned()),
            replaces,
        })
    }

    fn texts(&self, part: BenchPart) -> impl Iterator<Item = &str> {
        let text = move |row: &'_ BenchRow| row.part == part;
        let texts = self.rows.iter().filter(move |row| text(row)).filter_map(|row| match &row.value {
            BenchValue::Text(field) => Some(field.text().trim()),
            BenchValue::Secret(_) | BenchValue::Choice(_) => None,
        });
        texts.filter(|text| !text.is_empty())
    }

    /// The text of the row with the keys if it is of this part, else of the first that has one.
    fn text(&self, part: BenchPart) -> &str {
        match &self.rows[self.at] {
            BenchRow { part: here, value: BenchValue::Text(field) } if *here == part => field.text().trim(),
            _ => self.texts(part).next().unwrap_or_default(),
        }
    }

    fn required(&self, part: BenchPart, why: &str) -> Result<String, (BenchPart, String)> {
        self.texts(part).next().map(str::to_owned).ok_or_else(|| (part, why.to_owned()))
    }

    fn required_secret(&self) -> Result<(), (BenchPart, String)> {
        let why = "App Service takes no file without a password: type a new one";
        self.secret(BenchPart::New).map(drop).ok_or_else(|| (BenchPart::New, why.to_owned()))
    }

    /// An empty password is none.
    fn secret(&self, part: BenchPart) -> Option<Password> {
        let value = self.rows.iter().find(|row| row.part == part).map(|row| &row.value);
        let Some(BenchValue::Secret(masked)) = value else { return None };
        Some(masked.secret()).filter(|secret| !secret.expose_secret().is_empty()).map(Password)
    }

    fn choice(&self, part: BenchPart) -> usize {
        match self.rows.iter().find(|row| row.part == part).map(|row| &row.value) {
            Some(BenchValue::Choice(at)) => *at,
            _ => 0,
        }
    }
}

/// The beginning of a day, or a moment of it.
fn moment(text: &str) -> Result<Timestamp, String> {
    let day =
        || text.parse::<Date>().and_then(|day| day.to_zoned(TimeZone::UTC)).map(|zoned| zoned.timestamp());
    text.parse().or_else(|_| day()).map_err(|_| {
        format!("'{}' is no day such as 2027-03-01, and no time such as 2027-03-01T12:00:00Z", quoted(text))
    })
}
