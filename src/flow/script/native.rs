//! Commands of the az CLI that do the same as a request; nothing where there is none that does exactly that.
//! `az keyvault set-policy`, for one, replaces permissions where the request adds them, so it is not among
//! them.

use serde_json::Value;

use super::secrets;
use super::shell::{CommandLine, word};
use crate::azure::{Method, Plane, Request};
use crate::flow::{Inputs, Key, app_id};
use crate::model::ResourceId;

/// The command for a request, if az has one.
pub(super) fn az(request: &Request, inputs: &Inputs) -> Option<String> {
    if request.plane != Plane::Arm {
        return None;
    }
    let id = ResourceId::parse(&request.path).ok()?;
    let kind = AzResource::of(&id)?;
    let body = request.body.as_ref().map(crate::azure::Body::shown).unwrap_or_default();
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str);
    let command = match (request.method, kind) {
        (Method::Delete, AzResource::Lock) => CommandLine::new("az lock delete").option("ids", id.as_str()),
        (Method::Delete, AzResource::Certificate | AzResource::Order | AzResource::PublicCertificate) => {
            CommandLine::new("az resource delete")
                .option("ids", id.as_str())
                .option("api-version", request.api_version)
        }
        (Method::Put, AzResource::Group) => {
            let command = within("az group create", &id, false)
                .option("name", id.name())
                .option("location", text("/location")?);
            tagged(command, &body)?
        }
        (Method::Put, AzResource::RoleAssignment) => CommandLine::new("az role assignment create")
            .option("name", id.name())
            .option("assignee-object-id", text("/properties/principalId")?)
            .option("assignee-principal-type", text("/properties/principalType")?)
            .option("role", text("/properties/roleDefinitionId")?)
            .option("scope", scope_of(&id)?),
        (Method::Put, AzResource::Binding) if body.pointer("/properties/sslState").is_none() => {
            // In this group of commands, the option for the app has a name of its own.
            let command = within("az webapp config hostname add", &id, true)
                .option("webapp-name", id.segment("sites")?)
                .option("hostname", id.name());
            match id.segment("slots") {
                Some(slot) => command.option("slot", slot),
                None => command,
            }
        }
        // For an app that has its own certificates alone az knows only those of Flex Consumption plans.
        (Method::Put, AzResource::Binding) if !is_of_app(inputs) => {
            let ssl = match text("/properties/sslState")? {
                "SniEnabled" => "SNI",
                "IpBasedEnabled" => "IP",
                _ => return None,
            };
            on_site("az webapp config ssl bind", &id)?
                .option("hostname", id.name())
                .option("certificate-thumbprint", text("/properties/thumbprint")?)
                .option("ssl-type", ssl)
        }
        (Method::Put, AzResource::Settings) => {
            let new = secrets::new_settings(request)?;
            let mut command = on_site("az webapp config appsettings set", &id)?.raw("settings", "");
            for (name, value) in new.as_object()? {
                command = command.word(&format!("{name}={}", value.as_str()?));
            }
            // The answer lists every setting with its value.
            command.option("output", "none")
        }
        (Method::Put | Method::Patch, AzResource::WebConfig) => {
            only(&body, "minTlsVersion")?;
            on_site("az webapp config set", &id)?
                .option("min-tls-version", text("/properties/minTlsVersion")?)
        }
        (Method::Put | Method::Patch, AzResource::Site) => {
            only(&body, "httpsOnly")?;
            let only = body.pointer("/properties/httpsOnly")?.as_bool()?;
            on_site("az webapp update", &id)?.option("https-only", if only { "true" } else { "false" })
        }
        // Its commands for certificates give no tags, and so take those away that are there.
        (Method::Put, AzResource::Certificate) if body.get("tags").is_none() => {
            certificate(&id, &text, inputs)?
        }
        _ => return None,
    };
    Some(command.line())
}

fn is_of_app(inputs: &Inputs) -> bool {
    inputs
        .get(Key::Certificate)
        .and_then(|typed| ResourceId::parse(typed).ok())
        .is_some_and(|id| id.site().is_some())
}

/// With the tags of the body; nothing where az would take one for an option, or for the name of a file.
fn tagged(command: CommandLine, body: &Value) -> Option<CommandLine> {
    let Some(tags) = body.get("tags").and_then(Value::as_object) else { return Some(command) };
    let mut command = command.raw("tags", "");
    for (name, value) in tags {
        if name.starts_with(['-', '@']) {
            return None;
        }
        command = command.word(&format!("{name}={}", value.as_str()?));
    }
    Some(command)
}

/// az puts a certificate into the group of the app that it is told of; where the request names another, it is
/// not the same.
fn certificate<'a>(
    id: &ResourceId,
    text: &impl Fn(&str) -> Option<&'a str>,
    inputs: &Inputs,
) -> Option<CommandLine> {
    let app = app_id(inputs).filter(|app| app.group() == id.group())?;
    if let Some(hostname) = text("/properties/canonicalName") {
        return Some(
            on_site("az webapp config ssl create", &app)?
                .option("hostname", hostname)
                .option("certificate-name", id.name()),
        );
    }
    if text("/properties/pfxBlob").is_some() {
        let piped = on_site("az webapp config ssl upload", &app)?;
        let command =
            piped.option("certificate-name", id.name()).raw("certificate-file", "\"$CERTDECK_PFX\"");
        return Some(command.raw("certificate-password", "@-").fed(r#"printf %s "$CERTDECK_PASSWORD""#));
    }
    // `az webapp config ssl import` names no App Service plan (2.91), so Azure puts the certificate into the
    // webspace of the group's Windows plans: apps on Linux plans would not find it.
    None
}

/// The kinds of resource that az has commands of its own for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AzResource {
    Group,
    RoleAssignment,
    Lock,
    Order,
    Certificate,
    PublicCertificate,
    Site,
    Binding,
    Settings,
    WebConfig,
}

impl AzResource {
    fn of(id: &ResourceId) -> Option<Self> {
        let path = id.as_str().to_ascii_lowercase();
        let after = path.rsplit_once("/providers/").map_or("", |(_, after)| after);
        // Provider and types without the names between them.
        let mut parts = after.split('/');
        let provider = parts.next().unwrap_or_default();
        let types: Vec<&str> = parts.step_by(2).collect();
        Some(match (provider, types.as_slice()) {
            ("", []) if id.segment("resourceGroups") == Some(id.name()) => Self::Group,
            ("microsoft.authorization", ["roleassignments"]) => Self::RoleAssignment,
            ("microsoft.authorization", ["locks"]) => Self::Lock,
            ("microsoft.certificateregistration", ["certificateorders"]) => Self::Order,
            ("microsoft.web", ["certificates"]) => Self::Certificate,
            ("microsoft.web", ["sites"] | ["sites", "slots"]) => Self::Site,
            ("microsoft.web", ["sites", "publiccertificates"] | ["sites", "slots", "publiccertificates"]) => {
                Self::PublicCertificate
            }
            ("microsoft.web", ["sites", "hostnamebindings"] | ["sites", "slots", "hostnamebindings"]) => {
                Self::Binding
            }
            ("microsoft.web", ["sites", "config"] | ["sites", "slots", "config"]) => {
                match id.name().to_ascii_lowercase().as_str() {
                    "appsettings" => Self::Settings,
                    "web" => Self::WebConfig,
                    _ => return None,
                }
            }
            _ => return None,
        })
    }
}

/// A change of one property and nothing else that az could leave out.
fn only(body: &Value, property: &str) -> Option<()> {
    let properties = body.pointer("/properties")?.as_object()?;
    (properties.len() == 1 && properties.contains_key(property)).then_some(())
}

/// The scope that a role assignment holds at.
fn scope_of(id: &ResourceId) -> Option<&str> {
    let end = id.as_str().to_ascii_lowercase().rfind("/providers/microsoft.authorization/")?;
    Some(&id.as_str()[..end])
}

fn within(command: &str, id: &ResourceId, group: bool) -> CommandLine {
    let command = CommandLine::new(command).option("subscription", id.subscription_id());
    if group { command.option("resource-group", id.resource_group()) } else { command }
}

fn on_site(command: &str, id: &ResourceId) -> Option<CommandLine> {
    let command = within(command, id, true).option("name", id.segment("sites")?);
    Some(match id.segment("slots") {
        Some(slot) => command.option("slot", slot),
        None => command,
    })
}

impl CommandLine {
    /// One more word of the option before.
    fn word(self, text: &str) -> Self {
        Self::new(&format!("{}{} ", self.text(), word(text)))
    }

    /// With the output of another command as standard input.
    fn fed(self, by: &str) -> Self {
        Self::new(&format!("{by} |\n{}", self.text()))
    }
}
