//! A plan as a script for other tools: the az CLI, `az rest`, PowerShell or curl. Pure: the requests of the
//! steps in, text out. A script looks at nothing before it sends, so it says what it was made from, and which
//! steps it cannot hold because they follow from the outcome of earlier ones. It never holds a secret: it
//! asks for them.

mod curl;
mod native;
mod powershell;
mod rest;
mod secrets;
pub(super) mod shell;

use jiff::Timestamp;
use strum::VariantArray;

use super::{Consent, FlowName, Inputs, NewFile, Step, StepStatus};
use crate::azure::{AzureError, Cloud, Method, Plane, Repeat, Request};
use crate::model::{ResourceId, printable};

/// For whom a script is written.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr, strum::EnumString, strum::VariantArray,
)]
#[strum(serialize_all = "kebab-case")]
pub enum ScriptKind {
    /// Commands of the az CLI where one does the same, `az rest` for the rest.
    Az,
    /// `az rest` throughout: the requests as they are.
    Rest,
    /// Cmdlets of the Az module where one does the same, `Invoke-AzRestMethod` for the rest.
    #[strum(serialize = "powershell")]
    PowerShell,
    /// The requests as they are, with a token from a variable.
    Curl,
}

impl ScriptKind {
    pub const ALL: &[Self] = Self::VARIANTS;

    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// What it is, for a menu.
    pub fn words(self) -> &'static str {
        match self {
            Self::Az => "az commands, az rest where there is none",
            Self::Rest => "az rest: the requests as they are",
            Self::PowerShell => "PowerShell with the Az module",
            Self::Curl => "curl with a token from a variable",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

/// What a script is made of.
#[derive(Debug, Clone, Copy)]
pub struct Script<'a> {
    pub kind: ScriptKind,
    pub flow: FlowName,
    pub steps: &'a [Step],
    pub inputs: &'a Inputs,
    pub cloud: &'a Cloud,
    /// When the steps were observed.
    pub at: Timestamp,
}

impl Script<'_> {
    /// The whole script, ready to be written to a file. Fails where a request leads outside of the cloud.
    pub fn text(&self) -> Result<String, AzureError> {
        let mut body = String::new();
        for (nth, step) in self.steps.iter().enumerate() {
            body.push('\n');
            describe(nth + 1, step, &mut body);
            if step.status == StepStatus::Ready {
                for request in &step.requests {
                    if request.repeat == Repeat::LookFirst {
                        comment(&mut body, "Asks for something to happen: sent twice, it may happen twice.");
                    }
                    body.push_str(&self.request(request)?);
                }
                if let Some(file) = &step.writes {
                    body.push_str(&self.file(file)?);
                }
            }
        }
        let mut text = self.head();
        text.push_str(&match self.kind {
            ScriptKind::Az | ScriptKind::Rest => rest::preamble(&body),
            ScriptKind::PowerShell => powershell::preamble(&body),
            ScriptKind::Curl => curl::preamble(self.cloud, &body),
        });
        text.push_str(&body);
        Ok(text)
    }

    fn head(&self) -> String {
        let definition = self.flow.definition();
        let mut text = String::new();
        if self.kind != ScriptKind::PowerShell {
            text.push_str("#!/bin/sh\n");
        }
        comment(&mut text, &format!("{}: {}", definition.title, definition.summary));
        let at = self.at.strftime("%Y-%m-%d %H:%M UTC");
        comment(
            &mut text,
            &format!("Written by certdeck from what {} looked like at {at}.", self.cloud.name),
        );
        comment(
            &mut text,
            "It looks at nothing before it sends: run it soon, and once. It holds no secrets.",
        );
        comment(
            &mut text,
            "What a step follows from is not known before: after this script, ask certdeck for the next one.",
        );
        text
    }

    /// A file made of a vault's secret: a script writes it as the vault keeps it, and says how it gets a
    /// password.
    fn file(&self, file: &NewFile) -> Result<String, AzureError> {
        let mut text = String::new();
        comment(&mut text, "The file has an empty password; `certdeck cert rewrap` gives it one.");
        let vault = match &file.source.plane {
            Plane::Vault(uri) => uri.trim_start_matches("https://").split('.').next().unwrap_or_default(),
            Plane::Arm | Plane::Graph => "",
        };
        let name = file.source.path.rsplit('/').next().unwrap_or_default();
        let path = file.path.display().to_string();
        let command = match self.kind {
            ScriptKind::Az | ScriptKind::Rest => rest::download(vault, name, &path),
            ScriptKind::PowerShell => powershell::download(vault, name, &path),
            ScriptKind::Curl => curl::download(self.cloud.url(&file.source)?.as_str(), &path),
        };
        Ok(text + &command)
    }

    fn request(&self, request: &Request) -> Result<String, AzureError> {
        Ok(match self.kind {
            ScriptKind::Az => match native::az(request, self.inputs) {
                Some(command) => format!("{}{command}", shell::say(&request.what)),
                None => rest::request(self.cloud, request)?,
            },
            ScriptKind::Rest => rest::request(self.cloud, request)?,
            ScriptKind::PowerShell => powershell::request(self.cloud, request)?,
            ScriptKind::Curl => curl::request(self.cloud, request)?,
        })
    }
}

/// What a step is and where it stands, as comment.
fn describe(number: usize, step: &Step, text: &mut String) {
    comment(text, &format!("{number}. {}", step.title));
    match &step.status {
        StepStatus::Done(evidence) => comment(text, &format!("   Done: {evidence}.")),
        StepStatus::NotNeeded(reason) => comment(text, &format!("   Not needed: {reason}.")),
        StepStatus::Waiting { on, .. } => {
            comment(text, &format!("   Nothing to send: it waits for {on}."));
        }
        StepStatus::NeedsInput { why, .. } => comment(text, &format!("   Not known yet: {why}.")),
        StepStatus::Blocked(problem) => {
            comment(text, &format!("   In the way: {}.", problem.why));
            if !problem.remedy.is_empty() {
                comment(text, &format!("   What to do: {}", problem.remedy));
            }
        }
        StepStatus::Ready => {
            comment(text, &format!("   {}", step.explanation));
            if let Consent::Typed { notice, .. } = &step.consent {
                comment(text, &format!("   WARNING: {notice}"));
            }
        }
    }
}

/// One line of comment, for every text.
fn comment(text: &mut String, words: &str) {
    text.push_str("# ");
    text.push_str(printable(words).trim_end());
    text.push('\n');
}

/// How a change is followed once it was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Follow {
    Nothing,
    /// The resource says by its `provisioningState` when it is done.
    Settled,
    /// The order is issued, be it again; `anew` where it is issued already.
    Issued {
        anew: bool,
    },
}

/// Where the resource that a request is about is read; for an action, that is what it is an action of.
fn followed(request: &Request) -> (Follow, Option<ResourceId>) {
    let path = request.path.to_ascii_lowercase();
    let is_order = path.contains("/providers/microsoft.certificateregistration/certificateorders/");
    if request.method == Method::Post && is_order {
        let (resource, action) = request.path.rsplit_once('/').unwrap_or_default();
        let follow = match action {
            "verifyDomainOwnership" => Follow::Issued { anew: false },
            "renew" | "reissue" => Follow::Issued { anew: true },
            _ => Follow::Nothing,
        };
        return (follow, ResourceId::parse(resource).ok());
    }
    let kind = path.rsplit('/').nth(1).unwrap_or_default();
    let takes_time = matches!(kind, "vaults" | "certificates" | "certificateorders" | "resourcegroups");
    let follow = if request.method == Method::Put && request.plane == Plane::Arm && takes_time {
        Follow::Settled
    } else {
        Follow::Nothing
    };
    (follow, ResourceId::parse(&request.path).ok())
}

/// What a shell does before and after a change to follow it, with the words that the kind of script has for a
/// URL.
fn following(
    request: &Request,
    url: impl Fn(&Request) -> Result<String, AzureError>,
) -> Result<(String, String), AzureError> {
    let (follow, resource) = followed(request);
    let Some(resource) = resource.filter(|_| follow != Follow::Nothing) else {
        return Ok(Default::default());
    };
    let read = url(&reading(request, &resource))?;
    Ok(match follow {
        Follow::Nothing => Default::default(),
        Follow::Settled => (String::new(), format!("settled {read}\n")),
        Follow::Issued { anew: false } => (String::new(), format!("issued {read} ''\n")),
        Follow::Issued { anew: true } => (
            format!("before=$(field {read} properties.serialNumber)\n"),
            format!("issued {read} \"$before\"\n"),
        ),
    })
}

/// The request that reads what a change is followed by.
fn reading(request: &Request, resource: &ResourceId) -> Request {
    Request::get("", resource.as_str(), request.api_version)
}

#[cfg(test)]
mod tests;
