//! `certdeck run FLOW --plan` and `--script`: the exact requests, secrets struck out, with nothing sent but
//! reads.

use std::io::Write;

use serde_json::{Value, json};

use super::run::{RunFormat, step_json};
use super::{CliError, words};
use crate::azure::{Body, Client, Request};
use crate::flow::script::{Script, ScriptKind};
use crate::flow::{self, FlowName, Inputs, Step};
use crate::model::printable;
use crate::runtime::world::World;

/// Looks, and writes what the steps that are not over would send. Steps that wait for the outcome of earlier
/// ones show their requests only when that outcome is there.
pub(super) async fn write(
    world: &World,
    flow: FlowName,
    inputs: &Inputs,
    report: RunFormat,
    out: &mut impl Write,
) -> Result<Vec<Step>, CliError> {
    let steps = look(world, flow, inputs).await?;
    let open = || steps.iter().filter(|step| !step.status.is_over());
    let written = match report {
        RunFormat::Json => {
            let files = open()
                .filter_map(|step| step.writes.as_ref())
                .map(|file| json!({"what": file.what, "file": file.path}));
            let files: Vec<Value> = files.collect();
            let requests: Vec<Value> = open()
                .flat_map(|step| &step.requests)
                .map(|request| request_json(&world.client, request))
                .collect();
            let steps: Vec<Value> = steps.iter().map(step_json).collect();
            writeln!(
                out,
                "{:#}",
                json!({"flow": flow.as_str(), "steps": steps, "requests": requests, "files": files})
            )
        }
        RunFormat::Text => open().try_for_each(|step| {
            step.requests.iter().try_for_each(|request| write_request(&world.client, request, out))?;
            step.writes
                .iter()
                .try_for_each(|file| writeln!(out, "# {}\n{}\n", file.what, file.plan().join("\n")))
        }),
    };
    written.map_err(CliError::Output)?;
    Ok(steps)
}

/// The same as a script for other tools.
pub(super) async fn write_script(
    world: &World,
    flow: FlowName,
    inputs: &Inputs,
    kind: ScriptKind,
    out: &mut impl Write,
) -> Result<Vec<Step>, CliError> {
    let steps = look(world, flow, inputs).await?;
    let script =
        Script { kind, flow, steps: &steps, inputs, cloud: world.client.cloud(), at: world.client.now() };
    let text = script.text().map_err(|error| CliError::Cloud(error.problem("Write the script")))?;
    out.write_all(text.as_bytes()).map_err(CliError::Output)?;
    Ok(steps)
}

async fn look(world: &World, flow: FlowName, inputs: &Inputs) -> Result<Vec<Step>, CliError> {
    let observed = world.engine().observe(flow, inputs).await.map_err(CliError::Cloud)?;
    observed.left_out.iter().for_each(|what| words(&format!("not looked at: {what}")));
    let mut steps = flow::steps(flow, &observed, inputs, &world.rules, world.client.now());
    flow::hold_proofs(&mut steps);
    Ok(steps)
}

fn write_request(client: &Client, request: &Request, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(out, "# {}\n{} {}", request.what, request.method.as_str(), url(client, request))?;
    if let Some(body) = &request.body {
        // Parts of a body come from the service as they are.
        for line in format!("{:#}", body.shown()).lines() {
            writeln!(out, "{}", printable(line))?;
        }
    }
    writeln!(out)
}

fn request_json(client: &Client, request: &Request) -> Value {
    json!({
        "what": request.what,
        "method": request.method.as_str(),
        "url": url(client, request),
        "body": request.body.as_ref().map(Body::shown),
    })
}

fn url(client: &Client, request: &Request) -> String {
    client.url(request).map_or_else(|error| format!("{} ({error})", request.path), String::from)
}
