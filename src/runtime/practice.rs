//! In a practice cloud only: plays the owner of a domain, who publishes records and pages and answers mails;
//! and asks how the task of the scenario stands.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::app::effect::PracticeAct;
use crate::app::goal::{Goal, GoalPart};
use crate::azure::{Body, Client, Request};
use crate::flow::WantedRecord;
use crate::model::{Problem, printable};

/// Plays the part and says what was done.
pub(crate) async fn play(client: &Client, act: &PracticeAct) -> Result<String, Problem> {
    let (what, place, body, done) = match act {
        PracticeAct::PublishRecord(WantedRecord { name, kind, value }) => {
            let kind = kind.as_str();
            (
                format!("Publish a {kind} record for {name}"),
                "dns",
                json!({"add": {"name": name, "type": kind, "value": value}}),
                format!("The {kind} record of {name} is published"),
            )
        }
        PracticeAct::PublishPage { domain, token } => (
            format!("Put the token page on {domain}"),
            "http-token",
            json!({"domain": domain, "token": token}),
            format!("The token page of {domain} is published"),
        ),
        PracticeAct::ApproveMail { domain } => (
            format!("Answer the verification mail for {domain}"),
            "mail/approve",
            json!({"domain": domain}),
            format!("The verification mail for {domain} is answered"),
        ),
    };
    let Some(path) = control(client, place) else {
        return Err(Problem::new(
            what,
            "this is a real cloud, where only the owner of the domain can do that",
        ));
    };
    let request = Request::post(&*what, path, "").with_body(Body::new(body));
    client.ask(&request).await.map_err(|error| error.problem(&what))?;
    Ok(done)
}

/// What the scenario asks for and how it stands; nothing where it asks for nothing.
pub(crate) async fn goal(client: &Client) -> Result<Option<Goal>, Problem> {
    const WHAT: &str = "Ask how the practice task stands";
    let Some(path) = control(client, "goal") else { return Ok(None) };
    let found = client.read(&Request::get(WHAT, path, "")).await.map_err(|error| error.problem(WHAT))?;
    Ok(found.as_ref().map(decode))
}

/// Where the practice cloud is steered, if this is one.
fn control(client: &Client, place: &str) -> Option<String> {
    let practice = client.cloud().practice.as_ref()?;
    Some(format!("{}/{place}", practice.control.path().trim_end_matches('/')))
}

fn decode(json: &Value) -> Goal {
    let line = |value: &Value| printable(value.as_str().unwrap_or_default()).into_owned();
    let lines = |value: &Value| -> Vec<String> { value.as_array().into_iter().flatten().map(line).collect() };
    let time = |value: &Value| value.as_str().and_then(|text| text.parse::<Timestamp>().ok());
    let part = |part: &Value| GoalPart { words: line(&part["words"]), missing: lines(&part["missing"]) };
    Goal {
        title: line(&json["title"]),
        briefing: lines(&json["briefing"]),
        parts: json["goals"].as_array().into_iter().flatten().map(part).collect(),
        deadline: time(&json["deadline"]),
        reached: time(&json["reached"]),
    }
}
