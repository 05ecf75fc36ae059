//! The one thing that needs a person most, in a line above the list, and the way to it.

use super::App;
use super::command::Possible;
use crate::health::findings::{Finding, Urgency};
use crate::model::ResourceId;
use crate::tables::{PaneName, Tone};

/// A lower screen keeps its rows for the list.
const LOWEST: u16 = 20;

impl App {
    /// Whether there is something urgent, and room for a line about it.
    pub fn has_strip(&self) -> bool {
        self.wizard.is_none() && self.height >= LOWEST && self.urgent_rows().next().is_some()
    }

    /// The most urgent finding that has a row, in words.
    pub fn most_urgent(&self) -> Option<String> {
        let (finding, ..) = self.urgent_rows().next().filter(|_| self.has_strip())?;
        let basis = self.basis();
        Some(format!("{}: {}", finding.name(&basis), finding.line(&basis)))
    }

    /// What is urgent, by impact, with the row that it is about.
    fn urgent_rows(&self) -> impl Iterator<Item = (&Finding, PaneName, ResourceId)> {
        let basis = self.basis();
        let urgent = self.inventory.findings.all.iter();
        let urgent = urgent.filter(|finding| finding.judgement.urgency == Urgency::Urgent);
        urgent.filter_map(move |finding| Some((finding, PaneName::of(finding.on)?, finding.row(&basis)?)))
    }

    pub(super) fn has_urgent(&self) -> Possible {
        self.urgent_rows().next().map(|_| ()).ok_or_else(|| "nothing is urgent".to_owned())
    }

    /// Goes to the row that needs a person most; from there to the next.
    pub(super) fn go_to_urgent(&mut self) {
        let rows: Vec<_> = self.urgent_rows().map(|(_, pane, id)| (pane, id)).collect();
        let here = self.selected().cloned();
        let at = rows.iter().position(|(pane, id)| *pane == self.browser.pane && Some(id) == here.as_ref());
        let next = at.map_or(0, |at| (at + 1) % rows.len());
        if let Some((pane, id)) = rows.get(next) {
            self.show(*pane, id);
            self.say(format!("{} of {} that are urgent", next + 1, rows.len()), Tone::Dim);
        }
    }
}
