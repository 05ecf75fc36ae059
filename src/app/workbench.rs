//! The workbench on screen: opening its forms, giving work to the world, taking in what came of it.

use super::App;
use super::dialog::{Act, Bench, Confirm, Dialog, Files, Sheet, Task};
use super::effect::Effect;
use super::message::AskId;
use crate::tables::Tone;
use crate::workbench::{JobResult, Trouble};

impl App {
    pub(super) fn open_bench(&mut self, task: Task) {
        self.layers.push(Dialog::Bench(Bench::new(task)));
    }

    /// Shows the files beside `path`, for the form on top.
    pub(super) fn pick_file(
        &mut self,
        title: &'static str,
        endings: &'static [&'static str],
        beside: String,
    ) {
        self.layers.push(Dialog::Files(Files::for_form(title, endings)));
        self.open_folder(beside);
    }

    pub(super) fn fill_row(&mut self, path: &str) {
        if let Some(Dialog::Bench(bench)) = self.layers.top_mut() {
            bench.fill(path);
        }
    }

    /// Does what the form on top asks for.
    pub(super) fn work(&mut self, replaces: bool) {
        let ask = self.ask();
        let Some(Dialog::Bench(bench)) = self.layers.top_mut() else { return };
        match bench.job(replaces) {
            Ok(job) => {
                bench.ask = Some(ask);
                self.emit(Effect::Work { ask, job: Box::new(job) });
            }
            Err((key, why)) => {
                bench.refuse((key, why.clone()));
                self.say(why, Tone::Soon);
            }
        }
    }

    /// Work that has begun ends by itself; only its answer is not waited for.
    pub(super) fn stop_work(&mut self, ask: AskId) {
        self.emit(Effect::Forget { ask });
        if let Some(Dialog::Bench(bench)) = self.layers.top_mut() {
            bench.ask = None;
            let more = if bench.writes() { "; the file may still be written" } else { "" };
            bench.refusal = Some(format!("no longer waited for{more}"));
        }
    }

    pub(super) fn take_worked(&mut self, asked: AskId, result: Result<Box<JobResult>, Trouble>) {
        let waiting = self.layers.iter_mut().find_map(|dialog| match dialog {
            Dialog::Bench(bench) if bench.ask == Some(asked) => Some(bench),
            _ => None,
        });
        let Some(bench) = waiting else { return };
        bench.ask = None;
        match result {
            Ok(outcome) => self.layers.push(Dialog::Sheet(Sheet::new(*outcome))),
            Err(Trouble::Exists(file)) => {
                let confirm = Confirm::new("Replace the file?", "Replace", Act::Work { replaces: true })
                    .says(format!("{file} exists. What is in it now is lost when it is replaced."));
                self.layers.push(Dialog::Confirm(confirm));
            }
            Err(trouble @ Trouble::Closed { .. }) => bench.refuse_password(trouble.to_string()),
            Err(trouble) => bench.refusal = Some(trouble.to_string()),
        }
    }
}
