//! In a practice cloud only: plays the owner of a domain, who publishes records and pages and answers mails.

use serde_json::json;

use crate::app::effect::PracticeAct;
use crate::azure::{Body, Client, Request};
use crate::model::Problem;

/// Plays the part and says what was done.
pub async fn play(client: &Client, act: &PracticeAct) -> Result<String, Problem> {
    let (what, place, body, done) = match act {
        PracticeAct::PublishTxt { name, value } => (
            format!("Publish a TXT record for {name}"),
            "dns",
            json!({"add": {"name": name, "type": "TXT", "value": value}}),
            format!("The TXT record of {name} is published"),
        ),
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
    let Some(practice) = &client.cloud().practice else {
        return Err(Problem::new(what, "this is a real cloud, where only the owner of the domain can do that"));
    };
    let path = format!("{}/{place}", practice.control.path().trim_end_matches('/'));
    let request = Request::post(&*what, path, "").with_body(Body::new(body));
    client.ask(&request).await.map_err(|error| error.problem(&what))?;
    Ok(done)
}
