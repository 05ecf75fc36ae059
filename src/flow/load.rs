//! The app setting that tells the platform which certificates the code of an app may load (A152, A153).

use super::{Consent, Step, StepStatus};
use crate::azure::Request;
use crate::azure::settings::{self, AppSettings};
use crate::model::{App, Problem, ResourceId, Thumbprint, quoted};

pub const SETTING: &str = "WEBSITE_LOAD_CERTIFICATES";

/// What it takes, in words: it is an action to the roles, which Reader lacks.
pub const READ_SETTINGS: &str = "Read the app settings";

/// The longest value that is written: Azure keeps settings in the environment of the app's process.
const LONGEST: usize = 8_000;

/// A changed setting restarts the app, whichever it was.
pub(super) fn restarting<'a>(apps: impl IntoIterator<Item = &'a App>) -> Consent {
    let names: Vec<String> = apps.into_iter().map(App::label).collect();
    let what = if names.len() == 1 { "The app restarts" } else { "The apps restart" };
    let notice = format!("{what}: requests under way are cut off, and the first ones afterwards are slow.");
    Consent::interrupting(notice, names)
}

/// A step that is ready to change the setting of an app from one value to another.
pub(super) fn changing(step: Step, app: &App, settings: &AppSettings, now: &Load, then: &Load) -> Step {
    let change = format!("{SETTING}: {} \u{2192} {}.", now.words(), then.words());
    step.explained(format!("{change} All other settings are sent back as they are."))
        .fact("Setting now", now.words())
        .fact("Setting then", then.words())
        .sending(vec![then.set(&app.id, settings)])
        .consent(restarting([app]))
}

/// The value of the setting: thumbprints with commas between, or `*` for all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Load(Vec<String>);

impl Load {
    pub fn parse(value: &str) -> Self {
        Self(value.split(',').map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned).collect())
    }

    /// What the settings of an app say.
    pub fn of(settings: &AppSettings) -> Self {
        Self::parse(settings.get(SETTING).unwrap_or_default())
    }

    /// The status of a step about it where the settings may not be read: they are sent back whole, so nothing
    /// can be changed.
    pub(super) fn unseen(is_wanted: bool) -> StepStatus {
        const WHY: &str = "the app settings may not be read from here";
        if !is_wanted {
            return StepStatus::NotNeeded(WHY.to_owned());
        }
        let remedy = "ask for a role with Microsoft.Web/sites/config/list/action on the app, such as Website Contributor";
        StepStatus::Blocked(Problem::new(format!("Set {SETTING}"), WHY).remedy(remedy))
    }

    pub fn is_all(&self) -> bool {
        self.0.iter().any(|one| one == "*")
    }

    /// Whether it names the certificate itself.
    pub fn names(&self, thumbprint: &Thumbprint) -> bool {
        self.0.iter().any(|one| one.eq_ignore_ascii_case(thumbprint.as_str()))
    }

    /// Whether the code may load the certificate.
    pub fn allows(&self, thumbprint: &Thumbprint) -> bool {
        self.is_all() || self.names(thumbprint)
    }

    #[must_use]
    pub fn with(&self, thumbprint: &Thumbprint) -> Self {
        let mut all = self.clone();
        if !all.names(thumbprint) {
            all.0.push(thumbprint.to_string());
        }
        all
    }

    #[must_use]
    pub fn without(&self, thumbprint: &Thumbprint) -> Self {
        Self(self.0.iter().filter(|one| !one.eq_ignore_ascii_case(thumbprint.as_str())).cloned().collect())
    }

    /// One certificate in the place of another.
    #[must_use]
    pub fn instead(&self, old: &Thumbprint, new: &Thumbprint) -> Self {
        self.without(old).with(new)
    }

    /// As the setting has it.
    pub fn value(&self) -> String {
        self.0.join(",")
    }

    /// For people: `not set` where it is empty.
    pub fn words(&self) -> String {
        if self.0.is_empty() { "not set".to_owned() } else { self.value() }
    }

    pub fn is_too_long(&self) -> bool {
        self.value().chars().count() > LONGEST
    }

    /// Sets it in an app; all other settings are sent back as they were read.
    pub fn set(&self, app: &ResourceId, current: &AppSettings) -> Request {
        settings::set(app, SETTING, &self.value(), current)
    }

    /// What is wrong with what a person typed.
    pub fn refusal(&self) -> Option<String> {
        let odd = self.0.iter().find(|one| *one != "*" && Thumbprint::parse(one).is_err())?;
        Some(format!("'{}' is neither a thumbprint of 40 hexadecimal digits nor *", quoted(odd)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_setting_names_a_certificate_in_any_case_or_all_of_them() {
        let thumbprint = Thumbprint::parse(&"AB".repeat(20)).unwrap();
        let own = "ab".repeat(20);
        for (value, expected) in
            [("*", true), (own.as_str(), true), (&format!("X, {own}"), true), ("", false), ("X,Y", false)]
        {
            assert_eq!(Load::parse(value).allows(&thumbprint), expected, "{value}");
        }
    }

    #[test]
    fn one_certificate_takes_the_place_of_another_and_the_rest_stays() {
        let [old, new] = ["AB", "CD"].map(|two| Thumbprint::parse(&two.repeat(20)).unwrap());
        let load = Load::parse(&format!("X, {} ,*", old.as_str().to_lowercase()));
        assert_eq!(load.instead(&old, &new).value(), format!("X,*,{new}"));
        assert_eq!(load.with(&old), load, "named already");
        assert_eq!(Load::default().words(), "not set");
        assert!(load.refusal().unwrap().contains("'X'"));
    }
}
