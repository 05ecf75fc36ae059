//! Requests as `az rest`. az signs in; bodies go by standard input, so that no secret stands in an argument.

use super::following;
use super::secrets::{self, Piece, pieces};
use super::shell::{self, Command, word};
use crate::azure::{AzureError, Cloud, Plane, Request, settings};
use crate::azure::{FAILED, RUNNING};

pub(super) fn request(cloud: &Cloud, request: &Request) -> Result<String, AzureError> {
    let (before, after) = following(request, |read| Ok(word(&address(cloud, read)?)))?;
    let lines = match secrets::new_settings(request) {
        Some(new) if secrets::has_secrets(request) => {
            // The service replaces all settings at once; the others are read and sent back without being shown.
            let list = settings::read_request(request);
            let query = format!("{{properties: merge(properties, `{}`)}}", new.to_string().replace('`', "\\u0060"));
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
    let download = Command::new("az keyvault secret download")
        .option("vault-name", vault)
        .option("name", name)
        .option("file", path)
        .option("encoding", "base64");
    format!("umask 077\n{}", download.line())
}

fn with_body(command: Command, pieces: &[Piece]) -> String {
    match pieces {
        [Piece::Text(json)] => format!("{} <<'JSON'\n{json}\nJSON\n", command.text()),
        _ => format!("{} |\n{}", secrets::written(pieces), command.line()),
    }
}

fn command(cloud: &Cloud, request: &Request) -> Result<Command, AzureError> {
    let method = request.method.as_str().to_ascii_lowercase();
    let command = Command::new("az rest").option("method", &method).option("url", &address(cloud, request)?);
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
    if body.contains("settled ") || body.contains("issued ") {
        text.push_str(FIELD);
    }
    if body.contains("settled ") {
        text.push_str(&settled());
    }
    if body.contains("issued ") {
        text.push_str(ISSUED);
    }
    text
}

const FIELD: &str = r#"
# A field of a resource; nothing where there is none.
field() { # URL PATH
  az rest --method get --url "$1" --query "$2" --output tsv 2>/dev/null
}
"#;

/// `settled URL`, over any `field`.
pub(super) fn settled() -> String {
    SETTLED.replace("RUNNING", &RUNNING.join("|")).replace("FAILED", &FAILED.join("|"))
}

const SETTLED: &str = r#"
# Waits while Azure works on a resource, half an hour at most.
settled() { # URL
  tries=0
  while [ "$tries" -lt 360 ]; do
    state=$(field "$1" properties.provisioningState) || state=Accepted # not there yet
    case $state in
      RUNNING) sleep 5 ;;
      FAILED) echo "Azure ended it as $state: $1" >&2; exit 1 ;;
      *) return 0 ;;
    esac
    tries=$((tries + 1))
  done
  echo "still not done after half an hour: $1" >&2
  exit 3
}
"#;

pub(super) const ISSUED: &str = r#"
# Waits until an order is issued, with another serial number than before; a day at most.
issued() { # URL SERIAL
  tries=0
  while [ "$tries" -lt 8640 ]; do
    if [ "$(field "$1" properties.status)" = Issued ] && [ "$(field "$1" properties.serialNumber)" != "$2" ]; then
      return 0
    fi
    sleep 10
    tries=$((tries + 1))
  done
  echo "not issued after a day: $1" >&2
  exit 3
}
"#;
