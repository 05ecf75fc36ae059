//! The task of a scenario: a briefing, a time limit, and goals. A goal is judged by what the hostnames really
//! present, never by what a client reports.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    call::{Call, HttpMethod},
    context::{CloudContext, text},
    control::duration,
    id::ArmId,
    provider::microsoft_web::{bindings, certificates},
    reply::{Fault, Reply, ReplyResult},
    route::Route,
    store::Collection,
};

const UNDERTAKING: Collection<Undertaking> = Collection::new("task");

pub(crate) const ROUTES: &[Route] = &[Route::new(HttpMethod::Get, "_emulator/goal", show)];

/// The part of a scenario file that defines a task.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScenarioTask {
    title: String,
    /// Paragraphs.
    briefing: Vec<String>,
    /// The time limit: `2h`.
    within: Option<String>,
    goal: Vec<TaskGoal>,
}

/// Hostnames with what each has to present.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TaskGoal {
    words: String,
    /// Empty: every hostname that presents a certificate.
    #[serde(default)]
    hosts: Vec<String>,
    /// The remaining validity of the certificate, at least.
    lasting: String,
    /// A part of the name of the CA that issued it.
    issuer: Option<String>,
}

/// A task that has begun.
#[derive(Debug, Serialize, Deserialize)]
struct Undertaking {
    task: ScenarioTask,
    began: Timestamp,
    /// When all goals were first seen reached; later changes do not undo it.
    reached: Option<Timestamp>,
}

/// Begins a task now. A goal that cannot be judged is refused here rather than in the middle of the task.
pub(super) fn begin(ctx: &CloudContext<'_>, task: &ScenarioTask) -> Result<(), Fault> {
    task.within.as_deref().map(duration).transpose()?;
    for goal in &task.goal {
        duration(&goal.lasting)?;
    }
    let begun = Undertaking { task: task.clone(), began: ctx.now, reached: None };
    Ok(ctx.tx.put(&UNDERTAKING, "", &begun)?)
}

/// The state of the task; 404 if there is none.
fn show(ctx: &CloudContext<'_>, _: &Call) -> ReplyResult {
    let Some(mut begun) = ctx.tx.get(&UNDERTAKING, "")? else {
        return Err(Fault::arm(
            404,
            "GoalNotFound",
            "This practice cloud has no goal: everything in it may be tried out.",
        ));
    };
    let mut goals = Vec::new();
    let mut open = 0;
    for goal in &begun.task.goal {
        let missing = missing(ctx, goal)?;
        open += missing.len();
        goals.push(json!({"words": goal.words, "reached": missing.is_empty(), "missing": missing}));
    }
    if open == 0 && begun.reached.is_none() {
        begun.reached = Some(ctx.now);
        ctx.tx.put(&UNDERTAKING, "", &begun)?;
    }
    let Undertaking { task, began, reached } = begun;
    let deadline = task.within.as_deref().map(|within| moment(began, within)).transpose()?;
    Ok(Reply::ok(json!({
        "title": task.title,
        "briefing": task.briefing,
        "began": began.to_string(),
        "deadline": deadline.map(|time| time.to_string()),
        "reached": reached.map(|time| time.to_string()),
        "goals": goals,
    })))
}

fn moment(from: Timestamp, span: &str) -> Result<Timestamp, Fault> {
    from.checked_add(duration(span)?).map_err(|error| Fault::invalid(format!("{span}: {error}")))
}

/// What keeps a goal from being reached, one line for each hostname.
fn missing(ctx: &CloudContext<'_>, goal: &TaskGoal) -> Result<Vec<String>, Fault> {
    let named = match goal.hosts.as_slice() {
        [] => presenting(ctx)?,
        hosts => hosts.to_vec(),
    };
    let until = moment(ctx.now, &goal.lasting)?;
    let mut missing = Vec::new();
    for host in named {
        if let Some(why) = wrong(ctx, &host, until, goal.issuer.as_deref())? {
            missing.push(format!("{host}: {why}"));
        }
    }
    Ok(missing)
}

/// The hostnames of apps and slots that present a certificate.
fn presenting(ctx: &CloudContext<'_>) -> Result<Vec<String>, Fault> {
    let mut hosts = Vec::new();
    for kind in bindings::KINDS {
        let all = ctx.list(kind, &ArmId::parse(""))?;
        let bound =
            all.iter().filter(|binding| bindings::state(binding) != bindings::BindingSslState::Disabled);
        hosts.extend(bound.map(|binding| bindings::host(binding).to_owned()));
    }
    Ok(hosts)
}

/// Why the certificate that a hostname presents does not meet the goal.
fn wrong(
    ctx: &CloudContext<'_>,
    host: &str,
    until: Timestamp,
    issuer: Option<&str>,
) -> Result<Option<String>, Fault> {
    let Some(binding) = bindings::find_host(ctx, host)? else {
        return Ok(Some("no app has this hostname".to_owned()));
    };
    let site = bindings::site_of(&binding);
    let thumbprint = text(&binding, "/properties/thumbprint");
    let presented = match thumbprint {
        "" => None,
        _ => certificates::for_site(ctx, &site, thumbprint)?,
    };
    let Some(certificate) = presented else { return Ok(Some("no certificate is bound to it".to_owned())) };
    Ok(fault_of(&certificate, ctx.now, until, issuer))
}

fn fault_of(certificate: &Value, now: Timestamp, until: Timestamp, issuer: Option<&str>) -> Option<String> {
    let own = text(certificate, "/properties/issuer");
    if issuer.is_some_and(|wanted| !own.contains(wanted)) {
        return Some(format!("its certificate is from {own}"));
    }
    let end = text(certificate, "/properties/expirationDate").parse::<Timestamp>().unwrap_or(now);
    let left = end.duration_since(now);
    if left <= SignedDuration::ZERO {
        return Some("its certificate has expired".to_owned());
    }
    (end < until).then(|| format!("its certificate ends in {} days", left.as_hours() / 24))
}
