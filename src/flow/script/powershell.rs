//! Requests for PowerShell with the Az module: cmdlets where one does the same, `Invoke-AzRestMethod` for the
//! rest.

use super::secrets::{self, Piece, pieces};
use super::{Follow, followed, reading};
use crate::azure::{AzureError, Cloud, FAILED, Method, Plane, RUNNING, Request, settings};
use crate::model::{ResourceId, printable};

/// A text between single quotes. PowerShell takes the typographic ones for quotes, too.
fn quoted(text: &str) -> String {
    let double = |c| matches!(c, '\'' | '\u{2018}'..='\u{201B}');
    let inner: String = text
        .chars()
        .filter(|c| *c != '\0')
        .flat_map(|c| std::iter::repeat_n(c, if double(c) { 2 } else { 1 }))
        .collect();
    format!("'{inner}'")
}

pub(super) fn request(cloud: &Cloud, request: &Request) -> Result<String, AzureError> {
    let say = format!("Write-Host {}\n", quoted(&printable(&request.what)));
    if let Some(command) = cmdlet(request) {
        return Ok(say + &command);
    }
    let (follow, resource) = followed(request);
    let read = resource.filter(|_| follow != Follow::Nothing).map(|resource| reading(request, &resource));
    let read = read.map(|read| address(cloud, &read)).transpose()?.unwrap_or_default();
    let send = format!("Send-Request {} {}", request.method.as_str(), address(cloud, request)?);
    let (making, body) = match (&request.body, secrets::new_settings(request)) {
        (Some(_), Some(new)) if secrets::has_secrets(request) => {
            let list = address(cloud, &settings::read_request(request))?;
            let read = format!("$all = (Send-Request POST {list}).properties\n");
            let set = |(name, value): (&String, &serde_json::Value)| {
                let (name, value) = (quoted(name), quoted(value.as_str().unwrap_or_default()));
                format!("$all | Add-Member -Force -NotePropertyName {name} -NotePropertyValue {value}\n")
            };
            let lines = std::iter::once(read).chain(new.as_object().into_iter().flatten().map(set)).collect();
            (lines, Some("(@{ properties = $all } | ConvertTo-Json -Depth 20)".to_owned()))
        }
        (Some(body), _) => match pieces(body).as_slice() {
            [Piece::Text(json)] => (format!("$body = @'\n{json}\n'@\n"), Some("$body".to_owned())),
            pieces => (format!("$body = -join @(\n{}\n)\n", joined(pieces)), Some("$body".to_owned())),
        },
        (None, _) => (String::new(), None),
    };
    // The answer to a change of settings lists all of them with their values.
    let quiet = if making.contains("$all") { " | Out-Null" } else { "" };
    let send = format!("{send}{}{quiet}\n", body.map(|body| format!(" {body}")).unwrap_or_default());
    let (before, after) = match follow {
        Follow::Nothing => Default::default(),
        Follow::Settled => (String::new(), format!("Wait-Settled {read}\n")),
        Follow::Issued { anew: false } => (String::new(), format!("Wait-Issued {read} ''\n")),
        Follow::Issued { anew: true } => (
            format!("$before = (Read-Resource {read}).properties.serialNumber\n"),
            format!("Wait-Issued {read} $before\n"),
        ),
    };
    Ok([say, before, making, send, after].concat())
}

fn joined(pieces: &[Piece]) -> String {
    let one = |piece: &Piece| match piece {
        Piece::Text(text) => quoted(text),
        Piece::Pfx => {
            "'\"', [Convert]::ToBase64String([IO.File]::ReadAllBytes((Resolve-Path $env:CERTDECK_PFX))), '\"'"
                .to_owned()
        }
        Piece::Password => "(ConvertTo-Json $password)".to_owned(),
        Piece::Kept(place) => quoted(&format!("\"not known to this script: {place}\"")),
    };
    pieces.iter().map(one).map(|piece| format!("  {piece}")).collect::<Vec<_>>().join(",\n")
}

/// A certificate from a vault into a file that is not there yet, and that only its owner can read.
pub(super) fn download(vault: &str, name: &str, path: &str) -> String {
    let (vault, name, path) = (quoted(vault), quoted(name), quoted(path));
    format!(
        "$pfx = [Convert]::FromBase64String((Get-AzKeyVaultSecret -VaultName {vault} -Name {name} -AsPlainText))\n\
         $path = [IO.Path]::Combine((Get-Location).Path, {path})\n\
         $file = [IO.File]::Open($path, 'CreateNew')\n\
         try {{\n  if ($IsLinux -or $IsMacOS) {{ chmod 600 $path }}\n  $file.Write($pfx, 0, $pfx.Length)\n\
         }} finally {{ $file.Dispose() }}\n"
    )
}

/// Cmdlets that act in the subscription of the context get it set first.
fn cmdlet(request: &Request) -> Option<String> {
    let id = ResourceId::parse(&request.path).ok().filter(|_| request.plane == Plane::Arm)?;
    let path = request.path.to_ascii_lowercase();
    let body = request.body.as_ref().map(crate::azure::Body::shown).unwrap_or_default();
    let text = |pointer: &str| body.pointer(pointer).and_then(serde_json::Value::as_str);
    let context = format!("Set-AzContext -Subscription {} | Out-Null\n", quoted(id.subscription_id()));
    match request.method {
        Method::Delete if path.contains("/microsoft.authorization/locks/") => {
            Some(format!("Remove-AzResourceLock -LockId {} -Force\n", quoted(id.as_str())))
        }
        Method::Delete => {
            let version = quoted(request.api_version);
            Some(format!(
                "Remove-AzResource -ResourceId {} -ApiVersion {version} -Force\n",
                quoted(id.as_str())
            ))
        }
        Method::Put if id.segment("resourceGroups") == Some(id.name()) && !path.contains("/providers/") => {
            let (name, location) = (quoted(id.name()), quoted(text("/location")?));
            Some(format!("{context}New-AzResourceGroup -Name {name} -Location {location} -Force\n"))
        }
        Method::Put if path.contains("/hostnamebindings/") => {
            let state = text("/properties/sslState").filter(|state| *state != "Disabled")?;
            let slot = id.segment("slots").map(|slot| format!(" -Slot {}", quoted(slot))).unwrap_or_default();
            let app = quoted(id.segment("sites")?);
            let thumbprint = quoted(text("/properties/thumbprint")?);
            Some(format!(
                "{context}New-AzWebAppSSLBinding -ResourceGroupName {} -WebAppName {app}{slot} `\n  -Name {} -Thumbprint {thumbprint} -SslState {}\n",
                quoted(id.resource_group()),
                quoted(id.name()),
                quoted(state)
            ))
        }
        _ => None,
    }
}

/// The parameter that says where a request goes.
fn address(cloud: &Cloud, request: &Request) -> Result<String, AzureError> {
    let url = cloud.url(request)?;
    Ok(match request.plane {
        Plane::Arm => quoted(&format!("{}?{}", url.path(), url.query().unwrap_or_default())),
        Plane::Vault(_) | Plane::Graph => quoted(url.as_str()),
    })
}

pub(super) fn preamble(body: &str) -> String {
    let vault = if body.contains("Get-AzKeyVaultSecret ") { ", Az.KeyVault" } else { "" };
    let mut text = format!(
        "#requires -Modules Az.Accounts, Az.Resources, Az.Websites{vault}\n$ErrorActionPreference = 'Stop'\n"
    );
    if body.contains("$env:CERTDECK_PFX") {
        text.push_str(PFX);
    }
    if body.contains("$password") {
        text.push_str(PASSWORD);
    }
    text.push_str(&SEND.replace("RUNNING", &RUNNING.join("|")).replace("FAILED", &FAILED.join("|")));
    text
}

const PFX: &str = "
# The PFX to upload, as App Service takes it; `certdeck cert rewrap` makes one of any other.
if (-not $env:CERTDECK_PFX) { throw 'set CERTDECK_PFX to the path of the PFX file to upload' }
";

const PASSWORD: &str = "
# What the PFX was exported with: from the environment, or asked for.
$password = $env:CERTDECK_PASSWORD
if ($null -eq $password) {
  $password = [Net.NetworkCredential]::new('', (Read-Host -AsSecureString 'Password of the PFX')).Password
}
";

const SEND: &str = "
function Send-Request($Method, $Address, $Body) {
  $where = if ($Address.StartsWith('/')) { @{ Path = $Address } } else { @{ Uri = $Address } }
  if ($Body) { $where.Payload = $Body }
  $answer = Invoke-AzRestMethod -Method $Method @where
  if ($answer.StatusCode -ge 400) { throw \"$Method $($Address): $($answer.StatusCode) $($answer.Content)\" }
  if ($answer.Content) { $answer.Content | ConvertFrom-Json }
}
function Read-Resource($Path) {
  $answer = Invoke-AzRestMethod -Method GET -Path $Path
  if ($answer.StatusCode -eq 200) { $answer.Content | ConvertFrom-Json }
}
# How long to wait for Azure at each change, in seconds.
$patience = if ($env:CERTDECK_PATIENCE) { [int]$env:CERTDECK_PATIENCE } else { 1800 }
# Waits while Azure works on a resource.
function Wait-Settled($Path) {
  for ($waited = 0; $waited -lt $patience; $waited += 5) {
    $resource = Read-Resource $Path
    $state = if ($resource) { $resource.properties.provisioningState } else { 'Accepted' }
    if ($state -match '^(FAILED)$') { throw \"Azure ended it as $($state): $Path\" }
    if ($state -notmatch '^(RUNNING)$') { return }
    Start-Sleep 5
  }
  throw \"not done after $patience seconds: $Path\"
}
# Waits until an order is issued, with another serial number than before.
function Wait-Issued($Path, $Before) {
  for ($waited = 0; $waited -lt $patience; $waited += 10) {
    $order = (Read-Resource $Path).properties
    if ($order.status -eq 'Issued' -and $order.serialNumber -ne $Before) { return }
    Start-Sleep 10
  }
  throw \"not issued after $patience seconds; it may wait for a proof of the domain, so ask certdeck for the next step: $Path\"
}
";
