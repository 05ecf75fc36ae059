//! Bodies with secrets: a script gets them from variables, a file or a question, and never holds them.

use serde_json::Value;

use super::shell::word;
use crate::azure::{Body, Request};

/// What a place in a body is filled with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    /// `$CERTDECK_PFX`: the path of a PFX, whose bytes go into the body in Base64.
    Pfx,
    /// `$CERTDECK_PASSWORD`: what that PFX was exported with.
    Password,
    /// What only the cloud knows: the other settings of an app.
    Kept(String),
}

/// The JSON of a body, cut where secrets go. The quotes around a secret are cut away with it.
pub(super) fn pieces(body: &Body) -> Vec<Piece> {
    let known = body.shown().to_string();
    let mut mark = "secret".to_owned();
    while known.contains(&mark) {
        mark.push('-');
    }
    let places: Vec<String> = body.secret_places().map(str::to_owned).collect();
    let whole = body.filled(|nth| format!("{mark}{nth}{mark}"));
    let text = format!("{whole:#}");
    let quoted = format!("\"{mark}");
    let mut pieces = Vec::new();
    let mut rest = text.as_str();
    while let Some((before, marked)) = rest.split_once(&quoted) {
        let (nth, after) = marked.split_once(&format!("{mark}\"")).unwrap_or((marked, ""));
        pieces.push(Piece::Text(before.to_owned()));
        let place = nth.parse().ok().and_then(|nth: usize| places.get(nth)).map_or("", String::as_str);
        pieces.push(match place {
            "/properties/pfxBlob" => Piece::Pfx,
            "/properties/password" => Piece::Password,
            other => Piece::Kept(other.to_owned()),
        });
        rest = after;
    }
    pieces.push(Piece::Text(rest.to_owned()));
    pieces
}

pub(super) fn has_secrets(request: &Request) -> bool {
    request.body.as_ref().is_some_and(|body| body.secret_places().next().is_some())
}

/// The app settings that a request contains, where it replaces all of them and the others are the cloud's own
/// secret.
pub(super) fn new_settings(request: &Request) -> Option<Value> {
    let body = request
        .body
        .as_ref()
        .filter(|_| request.path.to_ascii_lowercase().ends_with("/config/appsettings"))?;
    let hidden: Vec<String> = body.secret_places().map(str::to_owned).collect();
    let shown = body.shown();
    let named = |name: &str| format!("/properties/{}", name.replace('~', "~0").replace('/', "~1"));
    let all = shown.get("properties")?.as_object()?;
    let new = all.iter().filter(|(name, _)| !hidden.contains(&named(name)));
    Some(Value::Object(new.map(|(name, value)| (name.clone(), value.clone())).collect()))
}

/// Shell that writes a body to standard output, its secrets filled in.
pub(super) fn written(pieces: &[Piece]) -> String {
    let one = |piece: &Piece| match piece {
        Piece::Text(text) => format!("printf %s {}", word(text)),
        Piece::Pfx => r#"printf '"'; base64 < "$CERTDECK_PFX" | tr -d '\n'; printf '"'"#.to_owned(),
        Piece::Password => r#"quoted "$CERTDECK_PASSWORD""#.to_owned(),
        Piece::Kept(place) => {
            format!("printf %s {}", word(&format!("\"not known to this script: {place}\"")))
        }
    };
    let lines: Vec<String> = pieces.iter().map(one).collect();
    format!("{{\n  {}\n}}", lines.join("\n  "))
}

/// What a shell script with secrets begins with.
pub(super) fn preamble(body: &str) -> String {
    let mut text = String::new();
    if body.contains("$CERTDECK_PFX") {
        text.push_str(PFX);
    }
    if body.contains("$CERTDECK_PASSWORD") {
        text.push_str(PASSWORD);
    }
    if body.contains("quoted \"") {
        text.push_str(QUOTED);
    }
    text
}

const PFX: &str = r#"
# The PFX to upload, as App Service takes it; `certdeck cert rewrap` makes one of any other.
: "${CERTDECK_PFX:?set it to the path of the PFX file to upload}"
"#;

const PASSWORD: &str = r#"
# What the PFX was exported with: from the environment, or asked for. It stands in no argument.
if [ -z "${CERTDECK_PASSWORD+set}" ]; then
  printf 'Password of %s: ' "$CERTDECK_PFX" >&2
  stty -echo
  trap 'stty echo' EXIT
  IFS= read -r CERTDECK_PASSWORD
  stty echo
  trap - EXIT
  echo >&2
fi
"#;

const QUOTED: &str = r#"
# A text as JSON.
quoted() {
  case $1 in *[[:cntrl:]]*) echo 'a password with control characters cannot be sent by this script' >&2; exit 1 ;; esac
  printf '"'
  printf '%s' "$1" | sed 's/[\\"]/\\&/g'
  printf '"'
}
"#;
