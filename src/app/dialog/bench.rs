//! A form of the workbench: what is to be done with which files. It collects; what each task asks for is
//! `task`, and the work itself is an effect.

use secrecy::SecretString;

use super::task::Refused;
use super::{Act, Answer, BenchKey, Task, folder_of};
use crate::app::form::{Form, FormAnswer};
use crate::app::key::{Key, KeyCode};
use crate::app::message::AskId;
use crate::flow::{FieldKind, Inputs};
use crate::workbench::Job;

#[derive(Debug, Clone)]
pub struct Bench {
    task: Task,
    pub form: Form<BenchKey>,
    pub(crate) inputs: Inputs<BenchKey>,
    /// Why the work was not done, where no field is to blame.
    pub refusal: Option<String>,
    /// The work that is under way.
    pub ask: Option<AskId>,
}

impl Bench {
    pub(crate) fn new(task: Task) -> Self {
        let (form, inputs) = (Form::new(false), Inputs::default());
        let mut bench = Self { task, form, inputs, refusal: None, ask: None };
        bench.derive();
        bench.form.focus_on(0, &bench.inputs);
        bench
    }

    pub(crate) fn title(&self) -> &'static str {
        self.task.definition().title
    }

    pub(crate) fn verb(&self) -> &'static str {
        self.task.definition().verb
    }

    pub(crate) fn writes(&self) -> bool {
        self.task.definition().writes.is_some()
    }

    pub(crate) fn press(&mut self, key: Key) -> Answer {
        if let Some(ask) = self.ask {
            return if key.code == KeyCode::Esc { Answer::Do(Act::StopWork(ask)) } else { Answer::Stay };
        }
        if key.code == KeyCode::Esc {
            return Answer::Close;
        }
        self.refusal = None;
        self.form.refusals.clear();
        match self.form.press(key, &mut self.inputs) {
            FormAnswer::Files => return self.pick(),
            FormAnswer::MakePassword => return Answer::Do(Act::MakePassword),
            // Of the few values of a choice no list is shown.
            FormAnswer::Enter | FormAnswer::List(_) => return Answer::Do(Act::Work { replaces: false }),
            FormAnswer::Moved { .. } => self.suggest_out(),
            FormAnswer::Typed | FormAnswer::Turned | FormAnswer::Other => {}
        }
        self.derive();
        Answer::Stay
    }

    pub(crate) fn paste(&mut self, text: &str) {
        if self.ask.is_none() && self.form.paste(text, &mut self.inputs) {
            self.derive();
        }
    }

    /// Takes the path of a file that was picked, and goes on.
    pub(crate) fn fill(&mut self, path: &str) {
        if let Some(key) = self.form.focused_field().map(|field| field.key) {
            self.form.fill(key, path, &mut self.inputs);
            self.go_on();
        }
    }

    /// Takes a password that was made for this field, and goes on to the one that wants it again.
    pub(crate) fn fill_password(&mut self, password: &SecretString) {
        if self.form.fill_secret(password, &mut self.inputs) {
            self.go_on();
        }
    }

    pub(crate) fn refuse(&mut self, (key, why): Refused) {
        self.form.refuse(key, why, &self.inputs);
    }

    /// What is said at the field that a closed file asks for.
    pub(crate) fn refuse_password(&mut self, why: String) {
        self.refuse((self.task.definition().password, why));
    }

    /// The job, or the field that stands in the way, and why.
    pub(crate) fn job(&self, replaces: bool) -> Result<Job, Refused> {
        (self.task.definition().job)(&self.inputs, replaces)
    }

    /// The files beside the one that is named here, or beside the private key.
    fn pick(&self) -> Answer {
        let Some(field) = self.form.focused_field() else { return Answer::Stay };
        let FieldKind::File(endings) = field.kind else { return Answer::Stay };
        let folder = |key| self.inputs.get(key).and_then(folder_of);
        let beside = folder(field.key).or_else(|| folder(BenchKey::Key)).unwrap_or_default().to_owned();
        Answer::Do(Act::PickFile { title: field.label, endings, beside })
    }

    fn go_on(&mut self) {
        self.derive();
        self.form.go(true, &self.inputs);
        self.suggest_out();
    }

    /// What follows from the values: the fields, and the first of the values that a choice has.
    fn derive(&mut self) {
        let fields = self.task.fields(&self.inputs);
        for field in &fields {
            if let FieldKind::Choice([(first, ..), ..]) = field.kind {
                self.inputs.suggest(field.key, *first);
            }
        }
        self.form.show(fields, &self.inputs);
    }

    /// Beside what is read, under a name that says where it comes from; a name that was typed stays.
    fn suggest_out(&mut self) {
        let Some((from, ending)) = self.task.definition().writes else { return };
        let Some(path) = self.inputs.get(from) else { return };
        let stem = path.rsplit_once('.').filter(|(_, end)| !end.contains('/')).map_or(path, |(stem, _)| stem);
        self.inputs.suggest(BenchKey::Out, format!("{stem}{ending}"));
    }
}
