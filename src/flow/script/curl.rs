//! Requests for curl, with a token from a variable, and the long-running operation behind each followed to
//! its end. Needs nothing else but a POSIX shell, sed and awk; jq only where app settings are merged.

use super::following;
use super::rest::waiting;
use super::secrets::{self, Piece, pieces};
use super::shell::{self, word};
use crate::azure::{AzureError, Cloud, Plane, Request, settings};

pub(super) fn request(cloud: &Cloud, request: &Request) -> Result<String, AzureError> {
    let (before, after) = following(request, |read| address(cloud, read))?;
    let send = format!("send {} {}", request.method.as_str(), address(cloud, request)?);
    let lines = match secrets::new_settings(request) {
        Some(new) if secrets::has_secrets(request) => {
            // The service replaces all settings at once; the others are read and sent back without being
            // shown.
            let list = address(cloud, &settings::read_request(request))?;
            let merge = word(&format!("{{properties: (.properties + {new})}}"));
            format!(
                "send POST {list} < /dev/null\njq {merge} \"$work/answer\" > \"$work/settings\"\n{send} < \"$work/settings\"\n"
            )
        }
        _ => match request.body.as_ref().map(pieces).as_deref() {
            Some([Piece::Text(json)]) => format!("{send} <<'JSON'\n{json}\nJSON\n"),
            Some(pieces) => {
                format!("{} > \"$work/body\"\n{send} < \"$work/body\"\n", secrets::written(pieces))
            }
            None => format!("{send} < /dev/null\n"),
        },
    };
    Ok([shell::say(&request.what), before, lines, after].concat())
}

/// A certificate from a vault into a file that is not there yet; a vault wants a token of its own.
pub(super) fn download(url: &str, path: &str) -> String {
    let read = r#"curl --silent --show-error --fail --globoff --config "$work/vault" ${CERTDECK_CA_FILE:+--cacert "$CERTDECK_CA_FILE"}"#;
    format!("{VAULT_TOKEN}set -C\n{read} {} |\n  jq -r .value | base64 -d > {}\n", word(url), word(path))
}

const VAULT_TOKEN: &str = r#": "${VAULT_TOKEN:?set it to a bearer token for the vault}"
printf 'header = "Authorization: Bearer %s"\n' "$VAULT_TOKEN" > "$work/vault"
"#;

/// A URL as a shell word; ARM's own address is a variable, so that the script reads well.
fn address(cloud: &Cloud, request: &Request) -> Result<String, AzureError> {
    let url = cloud.url(request)?;
    Ok(match request.plane {
        Plane::Arm => {
            format!("\"$ARM\"{}", word(&format!("{}?{}", url.path(), url.query().unwrap_or_default())))
        }
        Plane::Vault(_) | Plane::Graph => word(url.as_str()),
    })
}

pub(super) fn preamble(cloud: &Cloud, body: &str) -> String {
    let mut text = "set -eu\n".to_owned();
    text.push_str(&secrets::preamble(body));
    let arm = word(cloud.arm.as_str().trim_end_matches('/'));
    let audience = word(&cloud.audience(&Plane::Arm));
    text.push_str(&TOKEN.replace("AUDIENCE", &audience).replace("ADDRESS", &arm));
    text.push_str(SEND);
    text.push_str(&waiting(body, FIELD));
    if body.contains("issued ") {
        text.push_str(NEEDS_JQ);
    }
    text
}

/// A certificate has serial numbers of its issuers in it too.
const NEEDS_JQ: &str = "\ncommand -v jq > /dev/null || { echo 'this script needs jq' >&2; exit 1; }\n";

const TOKEN: &str = r#"
ARM=ADDRESS
# A bearer token, from wherever you have one; az gives it where it is signed in. It stands in no argument.
if [ -z "${TOKEN:-}" ]; then
  TOKEN=$(az account get-access-token --resource AUDIENCE --query accessToken --output tsv)
fi
umask 077
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
printf 'header = "Authorization: Bearer %s"\n' "$TOKEN" > "$work/token"
"#;

const SEND: &str = r#"
# Sends a request and follows it until Azure is done with it; set CERTDECK_CA_FILE for a cloud with a CA of its own.
ask() { # METHOD URL [MORE]; leaves $work/answer and the status
  method=$1 url=$2
  shift 2
  status=$(curl --silent --show-error --globoff --config "$work/token" ${CERTDECK_CA_FILE:+--cacert "$CERTDECK_CA_FILE"} \
    --request "$method" --dump-header "$work/head" --output "$work/answer" --write-out '%{http_code}' "$@" "$url")
}
head_field() { # NAME
  awk -v name="$1:" 'tolower(substr($0, 1, length(name))) == name { sub(/^[^:]*: */, ""); sub(/\r$/, ""); print }' "$work/head"
}
accepted() { # METHOD URL
  case $status in 2??) return 0 ;; esac
  echo "$1 $2: refused with $status" >&2
  cat "$work/answer" >&2
  exit 1
}
send() { # METHOD URL; the body on standard input
  : > "$work/answer"
  ask "$1" "$2" --header 'Content-Type: application/json' --data-binary @-
  accepted "$1" "$2"
  next=$(head_field azure-asyncoperation) by_location=
  [ -n "$next" ] || case $status in 201 | 202) next=$(head_field location) by_location=yes ;; esac
  while [ -n "$next" ]; do
    case $next in "$ARM"/*) ;; *) echo "the answer leads elsewhere: $next" >&2; exit 1 ;; esac
    sleep "$(head_field retry-after | grep -E '^[0-9]+$' || echo 5)"
    : > "$work/answer"
    ask GET "$next"
    accepted GET "$next"
    if [ -n "$by_location" ]; then
      [ "$status" = 202 ] || next=
      continue
    fi
    case $(sed -n 's/.*"status" *: *"\([A-Za-z]*\)".*/\1/p' "$work/answer" | head -n 1) in
      Failed|Canceled|Cancelled) cat "$work/answer" >&2; exit 1 ;;
      Succeeded) next= ;;
      '') [ "$status" = 202 ] || next= ;;
    esac
  done
}
"#;

const FIELD: &str = r#"
# A field of a resource; nothing where there is none. jq finds the right one; without it, it is the first of that name.
field() { # URL PATH
  : > "$work/answer"
  ask GET "$1"
  case $status in 2??) ;; *) return 1 ;; esac
  if command -v jq > /dev/null; then
    jq -r ".$2 // empty" "$work/answer"
  else
    grep -o '"'"${2##*.}"'" *: *"[^"]*"' "$work/answer" | head -n 1 | sed 's/.*"\([^"]*\)"$/\1/'
  fi
}
"#;
