//! `certdeck run FLOW`: a guided operation without a screen. It does what is missing and no more, so running
//! it again after a failure goes on where things stand.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::cert::password;
use super::session::Session;
use super::{CliError, Exit, consent, deadline, desk, plan, words};
use crate::azure::{Client, Deadline, subscriptions};
use crate::flow::engine::{Conductor, Ending};
use crate::flow::resolve::{self, Resolved, Unresolved};
use crate::flow::script::ScriptKind;
use crate::flow::{self, FlowName, InputKey, Inputs, Key, NO_ORDERS, Step, StepId, StepStatus};
use crate::journal;
use crate::model::{Estate, Problem, quoted};

#[derive(Debug, clap::Args)]
#[command(after_help = keys())]
pub(super) struct RunArgs {
    #[arg(value_parser = flow_names())]
    flow: FlowName,
    /// Give an input; may be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = setting)]
    set: Vec<(Key, String)>,
    /// Show the requests that would be sent, and change nothing
    #[arg(long)]
    plan: bool,
    /// Print the requests that would be sent as a script, and change nothing
    #[arg(long, value_name = "az|rest|powershell|curl", value_parser = script_kinds(), conflicts_with_all = ["plan", "yes"])]
    script: Option<ScriptKind>,
    /// Skip confirmations (accepts costs)
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    password: password::Known,
    #[command(flatten)]
    new_password: password::New,
    #[arg(short, long, value_enum, default_value_t)]
    output: RunFormat,
    /// Stop waiting for Azure after this time, such as 90s, 30m or 2h
    #[arg(long, value_name = "TIME", default_value = "30m", value_parser = patience)]
    timeout: Duration,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum RunFormat {
    #[default]
    Text,
    Json,
}

fn flow_names() -> impl TypedValueParser<Value = FlowName> {
    let names = PossibleValuesParser::new(FlowName::ALL.iter().map(|flow| flow.as_str()));
    names.try_map(|name| {
        FlowName::parse(&name).ok_or_else(|| format!("{} is no guided operation", quoted(&name)))
    })
}

fn script_kinds() -> impl TypedValueParser<Value = ScriptKind> {
    let names = PossibleValuesParser::new(ScriptKind::ALL.iter().map(|kind| kind.as_str()));
    names.try_map(|name| {
        ScriptKind::parse(&name).ok_or_else(|| format!("{} is no kind of script", quoted(&name)))
    })
}

fn keys() -> String {
    let settable: Vec<&str> =
        Key::ALL.iter().filter(|key| !key.is_secret()).map(|key| key.as_str()).collect();
    format!("Keys for --set: {}", settable.join(", "))
}

fn setting(text: &str) -> Result<(Key, String), String> {
    let (key, value) = text.split_once('=').ok_or("it looks like KEY=VALUE")?;
    let key = Key::parse(key).ok_or_else(|| format!("there is no input '{}'; {}", quoted(key), keys()))?;
    if key.is_secret() {
        let name = key.as_str();
        return Err(format!(
            "every process of this machine can read arguments: give it by --{name}-stdin, --{name}-file or --{name}-env"
        ));
    }
    Ok((key, value.to_owned()))
}

fn patience(text: &str) -> Result<Duration, String> {
    let span: jiff::SignedDuration = text.parse().map_err(|error| format!("{error}"))?;
    Duration::try_from(span).map_err(|_| "a time cannot be negative".to_owned())
}

pub(super) async fn run(args: RunArgs, session: &Session) -> Result<Exit, CliError> {
    let target = session.target()?;
    let mut world = session.world(&target, desk::if_somebody_is_there()).await?;
    world.client = deadline::client(&world.client, Deadline::after(args.timeout));
    if world.client.cloud().national && args.flow.needs_orders() {
        words(NO_ORDERS);
        return Ok(Exit::Blocked);
    }
    let mut given =
        args.set.into_iter().fold(Inputs::default(), |inputs, (key, value)| inputs.with(key, value));
    if let Some(password) = args.password.get()? {
        given.set_secret(Key::Password, password);
    }
    if let Some(password) = args.new_password.get()? {
        set_new_password(&mut given, Key::NewPassword, password);
    }
    let mut inputs = match completed(&world.client, args.flow, given).await? {
        Resolved::Ready(inputs) => inputs,
        Resolved::Gone(words) => return gone(args.flow, &words, args.output),
    };
    if let Some(difference) = world.client.clock_difference() {
        words(&difference);
    }
    let mut out = io::stdout();
    if args.plan {
        let steps = plan::write(&world, args.flow, &inputs, args.output, &mut out).await?;
        return Ok(planned(&steps));
    }
    if let Some(kind) = args.script {
        let steps = plan::write_script(&world, args.flow, &inputs, kind, &mut out).await?;
        return Ok(planned(&steps));
    }
    if let Err(problem) = world.may_change(args.flow.title()) {
        words(&problem.to_string());
        return Ok(Exit::Blocked);
    }
    let in_production = target.is_production(world.client.cloud().practice.is_some());
    let mut headless = Headless::new(args.yes, in_production, args.timeout);
    let mut ending = world.engine().run(args.flow, &inputs, &mut headless).await;
    // A password that is missing is asked for; one that is wrong is not asked for again.
    while let Ok(Ending::NeedsInput { key, why }) = &ending
        && key.is_secret()
        && !inputs.has(*key)
        && let Some(secret) = password_for(*key, why)?
    {
        set_new_password(&mut inputs, *key, secret);
        ending = world.engine().run(args.flow, &inputs, &mut headless).await;
    }
    let steps = match &ending {
        Ok(Ending::Done(steps)) => steps,
        _ => &headless.steps,
    };
    match args.output {
        RunFormat::Text => step_lines(steps).iter().try_for_each(|line| writeln!(out, "{line}")),
        RunFormat::Json => writeln!(out, "{:#}", report_json(args.flow, steps, &ending)),
    }
    .map_err(CliError::Output)?;
    Ok(verdict(ending, &headless))
}

/// What was given here was asked for twice where a person typed it, so it is its own repetition.
fn set_new_password(inputs: &mut Inputs, key: Key, secret: SecretString) {
    if key == Key::NewPassword {
        inputs.set_secret(Key::RepeatPassword, secret.clone());
    }
    inputs.set_secret(key, secret);
}

/// Asks on the terminal; nothing where no person sits there, or where nothing is typed.
fn password_for(key: Key, why: &str) -> Result<Option<SecretString>, CliError> {
    if !consent::can_ask() {
        return Ok(None);
    }
    words(why);
    let asked = if key == Key::NewPassword {
        Some(password::ask_twice("the certificate")?)
    } else {
        password::ask("the file")?
    };
    Ok(asked.filter(|secret| !secret.expose_secret().is_empty()))
}

/// What was given, with names turned into ids, and with the defaults of the forms on screen for what was left
/// out.
async fn completed(client: &Client, flow: FlowName, inputs: Inputs) -> Result<Resolved, CliError> {
    let known = subscriptions::list(client)
        .await
        .map_err(|error| CliError::Cloud(error.problem("List the subscriptions")))?;
    match resolve::resolve(client, flow, &known, inputs).await {
        Ok(Resolved::Ready(mut inputs)) => {
            flow::suggest(flow, &Estate::default(), &mut inputs);
            Ok(Resolved::Ready(inputs))
        }
        Ok(gone @ Resolved::Gone(_)) => Ok(gone),
        Err(Unresolved::Name(key, why)) => Err(CliError::Usage(lacking(key, &why))),
        Err(Unresolved::Cloud(problem)) => Err(CliError::Cloud(problem)),
    }
}

/// What was to be deleted is nowhere, as after an earlier run: that is how it was to end.
fn gone(flow: FlowName, why: &str, report: RunFormat) -> Result<Exit, CliError> {
    let steps = [Step::new(StepId::DELETE, flow.title(), StepStatus::Done(why.to_owned()))];
    let mut out = io::stdout();
    match report {
        RunFormat::Text => step_lines(&steps).iter().try_for_each(|line| writeln!(out, "{line}")),
        RunFormat::Json => writeln!(out, "{:#}", report_json(flow, &steps, &Ok(Ending::Done(Vec::new())))),
    }
    .map_err(CliError::Output)?;
    Ok(Exit::Done)
}

/// What is missing, with the option that gives it.
fn lacking(key: Key, why: &str) -> String {
    let name = key.as_str();
    if key.is_secret() {
        format!("{why} (--{name}-stdin, --{name}-file or --{name}-env)")
    } else {
        format!("{why} (--set {name}=…)")
    }
}

/// Says in words why the run ended before its end.
fn verdict(ending: Result<Ending, Problem>, run: &Headless) -> Exit {
    let (exit, said) = match ending {
        Ok(Ending::Done(_)) => return Exit::Done,
        Ok(Ending::NeedsInput { key, why }) => (Exit::Usage, lacking(key, &why)),
        Ok(Ending::Blocked(problem)) => (Exit::Blocked, problem.to_string()),
        Ok(Ending::Declined(_)) if run.has_nobody_to_ask() => (
            Exit::Usage,
            "this would change something, and there is no terminal to ask on: agree in advance with --yes, or look with --plan"
                .into(),
        ),
        Ok(Ending::Declined(_)) => (Exit::Blocked, "not agreed to, so nothing was sent".into()),
        Ok(Ending::StillWaiting { on }) => (Exit::Waiting, format!("still waiting: {on}. The same command goes on from here.")),
        // Nothing was asked of Azure where this machine cannot keep a record of it.
        Err(problem) if problem.code.as_deref() == Some(journal::CODE) => (Exit::Machine, problem.to_string()),
        Err(problem) if run.until <= Instant::now() => (Exit::Waiting, format!("{problem}\nThe same command goes on from here.")),
        Err(problem) => (Exit::Cloud, problem.to_string()),
    };
    words(&said);
    exit
}

/// A plan whose way is barred says so, with the code that the run would end with.
fn planned(steps: &[Step]) -> Exit {
    let (exit, said) = match crate::flow::current(steps).map(|step| &step.status) {
        Some(StepStatus::NeedsInput { key, why }) => (Exit::Usage, lacking(*key, why)),
        Some(StepStatus::Blocked(problem)) => (Exit::Blocked, problem.to_string()),
        None => (Exit::Done, "nothing to do: every step is done".into()),
        Some(StepStatus::Waiting { on, .. }) => (Exit::Done, format!("waiting: {on}")),
        Some(_) => return Exit::Done,
    };
    words(&said);
    exit
}

/// How often progress is written where no person watches.
const LOGGED_EVERY: Duration = Duration::from_secs(60);

/// Runs without a screen: words on standard error. A person who watches sees all progress; a log gets what is
/// waited for, and from then on a line a minute.
struct Headless {
    yes: bool,
    in_production: bool,
    until: Instant,
    seen: bool,
    logged: Instant,
    waited_for: String,
    steps: Vec<Step>,
}

impl Headless {
    fn new(yes: bool, in_production: bool, patience: Duration) -> Self {
        let until = Instant::now() + patience;
        let (seen, logged, waited_for) = (io::stderr().is_terminal(), Instant::now(), String::new());
        Self { yes, in_production, until, seen, logged, waited_for, steps: Vec::new() }
    }

    fn has_nobody_to_ask(&self) -> bool {
        !self.yes && !consent::can_ask()
    }
}

impl Conductor for Headless {
    fn stands(&mut self, steps: &[Step]) {
        self.steps = steps.to_vec();
    }

    fn says(&mut self, note: &str) {
        if self.seen || self.logged.elapsed() >= LOGGED_EVERY {
            self.logged = Instant::now();
            words(note);
        }
    }

    fn warns(&mut self, warning: &str) {
        words(warning);
    }

    fn consents(&mut self, step: &Step) -> bool {
        self.yes || (!self.has_nobody_to_ask() && consent::ask(step, self.in_production))
    }

    async fn waits(&mut self, on: &str, pause: Duration) -> bool {
        if Instant::now() + pause > self.until {
            return false;
        }
        if self.seen || self.waited_for != on || self.logged.elapsed() >= LOGGED_EVERY {
            (self.logged, self.waited_for) = (Instant::now(), on.to_owned());
            words(&format!("waiting: {on}"));
        }
        tokio::time::sleep(pause).await;
        true
    }
}

/// The status as one word for programs, and what there is to say about it.
fn status(step: &Step) -> (&'static str, &'static str, String) {
    match &step.status {
        StepStatus::Done(evidence) => ("done", "✓", evidence.clone()),
        StepStatus::Ready => ("ready", "▸", String::new()),
        StepStatus::Waiting { on, .. } => ("waiting", "…", on.clone()),
        StepStatus::NeedsInput { why, .. } => ("needs-input", "?", why.clone()),
        StepStatus::Blocked(problem) => ("blocked", "✗", problem.why.clone()),
        StepStatus::NotNeeded(reason) => ("not-needed", "·", reason.clone()),
    }
}

/// A line a step. What stops several of them for the same reason is said once.
fn step_lines(steps: &[Step]) -> Vec<String> {
    let mut said = String::new();
    let line = |step: &Step| {
        let (_, mark, words) = status(step);
        let is_said = !words.is_empty() && words == said && !step.status.is_over();
        let line = match words.as_str() {
            "" => format!("{mark} {}", step.title),
            _ if is_said => format!("{mark} {}: the same", step.title),
            words => format!("{mark} {}: {words}", step.title),
        };
        said = words;
        line
    };
    steps.iter().map(line).collect()
}

pub(super) fn step_json(step: &Step) -> Value {
    let (word, _, words) = status(step);
    let facts: serde_json::Map<String, Value> =
        step.facts.iter().map(|(label, value)| (label.clone(), json!(value))).collect();
    json!({"title": step.title, "status": word, "words": words, "facts": facts})
}

fn report_json(flow: FlowName, steps: &[Step], ending: &Result<Ending, Problem>) -> Value {
    let (outcome, more) = match ending {
        Ok(Ending::Done(_)) => ("done", Value::Null),
        Ok(Ending::NeedsInput { key, why }) => ("needs-input", json!({"key": key.as_str(), "why": why})),
        Ok(Ending::Blocked(problem)) => ("blocked", problem_json(problem)),
        Ok(Ending::Declined(_)) => ("declined", Value::Null),
        Ok(Ending::StillWaiting { on }) => ("waiting", json!({"on": on})),
        Err(problem) => ("failed", problem_json(problem)),
    };
    json!({"flow": flow.as_str(), "outcome": outcome, "because": more, "steps": steps.iter().map(step_json).collect::<Vec<_>>()})
}

fn problem_json(problem: &Problem) -> Value {
    json!({"what": problem.what, "why": problem.why, "remedy": problem.remedy, "code": problem.code, "request_id": problem.request_id,
        "correlation_id": problem.correlation_id})
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_stops_several_steps_for_the_same_reason_is_said_once() {
        let step = |title: &str, why: &str| {
            let (key, why) = (Key::Vault, why.to_owned());
            Step::new(crate::flow::StepId::VAULT, title, StepStatus::NeedsInput { key, why })
        };
        let lines =
            step_lines(&[step("A", "taken"), step("B", "taken"), step("C", "taken"), step("D", "other")]);
        assert_eq!(lines, ["? A: taken", "? B: the same", "? C: the same", "? D: other"]);
    }

    #[test]
    fn settings_name_their_input_or_are_refused_with_those_there_are() {
        assert_eq!(setting("domain=contoso.com").unwrap(), (Key::Domain, "contoso.com".to_owned()));
        assert!(setting("domian=contoso.com").unwrap_err().contains("resource-group"));
        assert!(setting("domain").is_err());
        assert!(setting("password=hunter2").unwrap_err().contains("--password-stdin"));
        assert_eq!(patience("30m").unwrap(), Duration::from_secs(1800));
    }
}
