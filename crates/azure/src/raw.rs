//! One resource as the service returns it: for people who want to see the JSON itself.

use super::client::Client;
use super::request::Request;
use super::version;
use certdeck_model::{Problem, ResourceId, printable};

/// The JSON, indented, one line each, made safe to show.
pub async fn read(client: &Client, id: &ResourceId) -> Result<Vec<String>, Problem> {
    let what = format!("Read {}", id.name());
    let request = Request::get(&*what, id.as_str(), version::of(id));
    let found = client.read(&request).await.map_err(|error| error.problem(&what))?;
    let json =
        found.ok_or_else(|| Problem::new(&*what, "it no longer exists").remedy("Refresh the list."))?;
    Ok(format!("{json:#}").lines().map(|line| printable(line).into_owned()).collect())
}
