//! Requests as `az rest`. az signs in; bodies go by standard input, so that no secret stands in an argument.

use super::following;
use super::secrets::{self, Piece, pieces};
use super::shell::{self, CommandLine, word};
use crate::azure::{AzureError, Cloud, Plane, Request, settings};
use crate::azure::{FAILED, RUNNING};

pub(super) fn request(cloud: &Cloud, request: &Request) -> Result<String, AzureError> {
    let (before, after) = following(request, |read| Ok(word(&address(cloud, read)?)))?;
    let lines = match secrets::new_settings(request) {
        Some(new) if secrets::has_secrets(request) => {
            // The service replaces all settings at once; the others are read and sent back without being
            // shown.
            let list = settings::read_request(request);
            let query =
                format!("{{properties: merge(properties, `{}`)}}", new.to_string().replace('`', "\\u0060"));
            let read = command(cloud, &list)?.option("query", &query).option("output", "json");
            format!("{} |\n{}", read.text(), command(cloud, request)?.raw("body", "@-").line())
        }
        _ => match &request.body {
            Some(body) => with_body(command(cloud, request)?.raw("body", "@-"), &pieces(body)),
            None => command(cloud, request)?.line(),
        },
    };
    Ok([shell::say(&request.what), before, lines, after].concat())
}

/// A certificate from a vault into a file that is not there yet.
pub(super) fn download(vault: &str, name: &str, path: &str) -> String {
    let download = CommandLine::new("az keyvault secret download")
        .option("vault-name", vault)
        .option("name", name)
        .option("file", path)
        .option("encoding", "base64");
    format!("umask 077\n{}", download.line())
}

fn with_body(command: CommandLine, pieces: &[Piece]) -> String {
    match pieces {
        [Piece::Text(json)] => format!("{} <<'JSON'\n{json}\nJSON\n", command.text()),
        _ => format!("{} |\n{}", secrets::written(pieces), command.line()),
    }
}

fn command(cloud: &Cloud, request: &Request) -> Result<CommandLine, AzureError> {
    let method = request.method.as_str().to_ascii_lowercase();
    let command =
        CommandLine::new("az rest").option("method", &method).option("url", &address(cloud, request)?);
    Ok(match request.plane {
        Plane::Arm => command,
        Plane::Vault(_) | Plane::Graph => command.option("resource", &cloud.audience(&request.plane)),
    })
}

/// az itself knows where ARM is in the cloud that it is signed in to.
fn address(cloud: &Cloud, request: &Request) -> Result<String, AzureError> {
    let url = cloud.url(request)?;
    Ok(match request.plane {
        Plane::Arm => format!("{}?{}", url.path(), url.query().unwrap_or_default()),
        Plane::Vault(_) | Plane::Graph => url.into(),
    })
}

pub(super) fn preamble(body: &str) -> String {
    let mut text = "set -eu\n".to_owned();
    text.push_str(&secrets::preamble(body));
    text.push_str(&waiting(body, FIELD));
    text
}

const FIELD: &str = r#"
# A field of a resource; nothing where there is none.
field() { # URL PATH
  az rest --method get --url "$1" --query "$2" --output tsv 2>/dev/null
}
"#;

/// The shell functions with which a script waits for Azure, with the command by which `field` reads a
/// resource.
pub(super) fn waiting(body: &str, field: &str) -> String {
    let settles = body.contains("settled ");
    let issues = body.contains("issued ");
    if !settles && !issues {
        return String::new();
    }
    let settled = SETTLED.replace("RUNNING", &RUNNING.join("|")).replace("FAILED", &FAILED.join("|"));
    let parts = [(true, PATIENCE), (true, field), (settles, &settled), (issues, ISSUED)];
    parts.into_iter().filter(|(is_needed, _)| *is_needed).map(|(_, part)| part).collect()
}

const PATIENCE: &str = "
# How long to wait for Azure at each change, in seconds; when the time is over, the script ends with 3, and running it again continues.
patience=${CERTDECK_PATIENCE:-1800}
";

const SETTLED: &str = r#"
# Waits while Azure works on a resource.
settled() { # URL
  waited=0
  while [ "$waited" -lt "$patience" ]; do
    state=$(field "$1" properties.provisioningState) || state=Accepted # not there yet
    case $state in
      RUNNING) sleep 5 ;;
      FAILED) echo "Azure ended it as $state: $1" >&2; exit 1 ;;
      *) return 0 ;;
    esac
    waited=$((waited + 5))
  done
  echo "not done after $patience seconds: $1" >&2
  exit 3
}
"#;

const ISSUED: &str = r#"
# Waits until an order is issued, with another serial number than before.
issued() { # URL SERIAL
  waited=0
  while [ "$waited" -lt "$patience" ]; do
    if [ "$(field "$1" properties.status)" = Issued ] && [ "$(field "$1" properties.serialNumber)" != "$2" ]; then
      return 0
    fi
    sleep 10
    waited=$((waited + 10))
  done
  echo "not issued after $patience seconds; it may wait for a proof of the domain, so ask certdeck for the next step: $1" >&2
  exit 3
}
"#;
