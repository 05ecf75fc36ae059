//! `f` and `F`: from a row to the rows of other panes that belong to it, and back.

use super::App;
use super::dialog::{Act, Choose, Dialog, Item};
use crate::model::{PrivateCertificate, ResourceId, Row};
use crate::tables::{PaneName, date};

/// So many steps lead back.
const LONGEST_WAY: usize = 50;

/// A row that belongs to another.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Related {
    pane: PaneName,
    id: ResourceId,
    note: String,
}

impl App {
    /// Goes to what belongs to the row; where that is more than one, asks which.
    pub(super) fn follow(&mut self) {
        let mut related = self.related();
        if related.len() == 1
            && let Some(one) = related.pop()
        {
            return self.follow_to(one.pane, &one.id);
        }
        let item = |one: Related| Item {
            label: one.id.name().to_owned(),
            note: one.note,
            then: Ok(Act::Follow(one.pane, one.id)),
        };
        let name = self.selected().map_or_else(String::new, |id| id.name().to_owned());
        let choose = Choose::new(format!("What belongs to {name}"), related.into_iter().map(item).collect());
        self.layers.push(Dialog::Choose(choose));
    }

    pub(super) fn follow_to(&mut self, pane: PaneName, id: &ResourceId) {
        if let Some(here) = self.selected().cloned() {
            self.way.push((self.browser.pane, here));
            let surplus = self.way.len().saturating_sub(LONGEST_WAY);
            self.way.drain(..surplus);
        }
        self.browser.detail = None;
        self.show(pane, id);
    }

    /// Back to the row that was followed from.
    pub(super) fn follow_back(&mut self) {
        if let Some((pane, id)) = self.way.pop() {
            self.browser.detail = None;
            self.show(pane, &id);
        }
    }

    pub(super) fn may_follow(&self) -> Result<(), String> {
        self.has_row("the list is empty")?;
        if self.related().is_empty() {
            return Err("no row of another pane belongs to it".to_owned());
        }
        Ok(())
    }

    pub(super) fn may_follow_back(&self) -> Result<(), String> {
        if self.way.is_empty() {
            Err("f goes to what belongs to a row, and F back".to_owned())
        } else {
            Ok(())
        }
    }

    fn related(&self) -> Vec<Related> {
        let estate = &self.inventory.estate;
        let order = |id: ResourceId| {
            let state = estate.order(&id).map(|order| order.status.to_string());
            let note = format!("certificate order{}", state.map(|it| format!(", {it}")).unwrap_or_default());
            Related { pane: PaneName::Orders, id, note }
        };
        let is_listed = |id: &ResourceId| estate.order(id).is_some();
        let certificate = |one: &PrivateCertificate| {
            let ends = one.expires.map(|ends| format!(", until {}", date(ends)));
            let note = format!("certificate in {}{}", one.id.resource_group(), ends.unwrap_or_default());
            Related { pane: PaneName::Private, id: one.id.clone(), note }
        };
        let bindings = |one: &PrivateCertificate| {
            let related = estate.bindings_of(one).map(|binding| Related {
                pane: PaneName::Bindings,
                id: binding.id(),
                note: format!("hostname of {}, {}", binding.app.name(), binding.ssl.words()),
            });
            related.collect::<Vec<_>>()
        };
        match self.row() {
            None => Vec::new(),
            Some(row @ Row::Private(one)) => {
                let of_order = row.order(estate).filter(is_listed).map(order);
                of_order.into_iter().chain(bindings(one)).collect()
            }
            Some(Row::Order(one)) => {
                let imports = estate.imports_of(one);
                imports.flat_map(|one| std::iter::once(certificate(one)).chain(bindings(one))).collect()
            }
            Some(Row::Binding(binding)) => {
                let secures = estate.certificate_of(binding);
                let of_order =
                    secures.and_then(|one| Row::Private(one).order(estate)).filter(is_listed).map(order);
                let others = estate.bindings.iter().filter(|other| {
                    other.app == binding.app && other.host != binding.host && !estate.is_of_platform(other)
                });
                let others = others.map(|other| Related {
                    pane: PaneName::Bindings,
                    id: other.id(),
                    note: format!("another hostname of {}", binding.app.name()),
                });
                let public = estate.public_certificates.iter().filter(|one| one.app == binding.app);
                let public = public.map(|one| Related {
                    pane: PaneName::Public,
                    id: one.id.clone(),
                    note: format!("public certificate of {}", binding.app.name()),
                });
                secures.map(certificate).into_iter().chain(of_order).chain(others).chain(public).collect()
            }
            Some(Row::Public(one)) => {
                let hosts = estate.bindings.iter().filter(|binding| binding.app == one.app);
                let hosts = hosts.filter(|binding| !estate.is_of_platform(binding));
                let related = hosts.map(|binding| Related {
                    pane: PaneName::Bindings,
                    id: binding.id(),
                    note: format!("hostname of {}", one.app.name()),
                });
                related.collect()
            }
        }
    }
}
