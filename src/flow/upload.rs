//! Upload a private certificate (A144–A147): read a PFX, check it before Azure does, mend what can be mended
//! in memory, and put it into the webspace of an app.

use std::sync::{Arc, OnceLock};

use futures::future::join;
use jiff::Timestamp;

use super::certificate_file::{self, CertificateFile};
use super::chosen::{app_field, app_refusal, suggest_app};
use super::destination::Destination;
use super::import_order::{observe_app, room_problem, tier_problem};
use super::tags;
use super::target::app_id;
use super::{
    Case, Field, FieldKind, Flow, FlowCommand, FlowName, Inputs, Key, Observed, Seen, Step, StepId,
    StepStatus, Subject, row,
};
use crate::azure::{AzureError, Client, certificates, sites};
use crate::model::{App, Estate, Hostname, PrivateCertificate, Problem, ResourceId, Scope};
use crate::pki::{self, Certificate, Cipher, Contents, FileFinding, Question, Report, Roots, San};
use crate::rules::{Requirement, Rules, Severity, Use};

/// What `certdeck` mends by rewrapping key and certificates; everything else has to be mended where the file
/// was made.
const MENDABLE: [Requirement; 7] = [
    Requirement::NotPfx,
    Requirement::NoMac,
    Requirement::NoPassword,
    Requirement::PasswordSpelling,
    Requirement::KeyNotEncrypted,
    Requirement::KeyNotTripleDes,
    Requirement::CertsNotTripleDes,
];

const FILES: &[&str] = &["pfx", "p12", "pem"];

pub(super) static FLOW: Flow = Flow {
    name: "upload",
    title: "Upload",
    summary: "Upload a private certificate: a PFX file, checked before it is sent.",
    done: "The certificate is uploaded.",
    pages: &[FlowName::Upload, FlowName::Bind],
    about: Subject::App,
    leaves: Subject::Certificate,
    changes: "Creates a certificate in the app's webspace, or in the app, from a file.",
    permissions: &["Microsoft.Web/certificates/write", "Microsoft.Web/sites/certificates/write"],
    checklist: &["A16-A24", "A144-A147"],
    command: Some(FlowCommand::changing("upload", "", "Upload a private certificate from a PFX file.")),
    fits: row::any,
    keys: "a, Upload a private certificate",
    fields,
    suggest,
    refusals,
    observe: |client, inputs| Box::pin(observe(client, inputs)),
    steps,
};

impl StepId {
    pub const WRAP: Self = Self("wrap");
    pub const CHECK: Self = Self("check");
}

pub(super) fn fields(observed: &Observed, inputs: &Inputs) -> Vec<Field> {
    let mut fields = vec![
        app_field(
            "The certificate goes into this app's webspace, where every app of the same group, region and system can use it, or into the app alone.",
        ),
        Field::new(
            Key::File,
            "PFX certificate file",
            "A PFX with the private key, its certificate and the chain up to the root. Enter shows the files.",
            FieldKind::File(FILES),
        ),
        Field::new(
            Key::Password,
            "Certificate password",
            "What the file was exported with. It is sent to Azure with the file and kept nowhere.",
            FieldKind::Secret,
        ),
    ];
    if inputs.has(Key::NewPassword) || file(observed).is_some_and(is_unusual) {
        fields.push(Field::new(
            Key::NewPassword,
            "New password",
            "Rewraps key and certificates with triple DES and this password, in memory; the file stays as it is.",
            FieldKind::Secret,
        ));
    }
    fields.push(Field::new(
        Key::FriendlyName,
        "Friendly name",
        "What the certificate is called in Azure. Left empty: its thumbprint and the webspace.",
        FieldKind::Text,
    ));
    fields.push(tags::field());
    fields
}

fn suggest(estate: &Estate, inputs: &mut Inputs) {
    suggest_app(estate, inputs);
}

fn file(observed: &Observed) -> Option<&CertificateFile> {
    observed.file.as_ref()?.as_ref().ok()
}

/// Not what App Service has always taken: a password, triple DES, a seal.
fn is_unusual(file: &CertificateFile) -> bool {
    let Some(container) = &file.contents.container else { return !file.contents.keys.is_empty() };
    let mut keys = container.key_encryption.iter();
    file.has_empty_password()
        || container.mac.is_none()
        || keys.any(|encryption| encryption.cipher != Cipher::TripleDes)
}

pub(super) fn refusals(
    observed: &Observed,
    inputs: &Inputs,
    rules: &Rules,
    now: Timestamp,
) -> Vec<(Key, String)> {
    let mut refusals: Vec<_> =
        app_refusal(observed, inputs).into_iter().chain(tags::refusal(inputs, rules, now)).collect();
    let mut refuse = |key, why: String| refusals.push((key, why));
    match &observed.file {
        _ if inputs.get(Key::File).is_none() => refuse(Key::File, "choose the PFX file".to_owned()),
        Some(Err(unusable)) => refuse(unusable.key, unusable.why.clone()),
        Some(Ok(file)) if uploaded(observed).is_none() && is_mendable(report(file, observed, rules, now)) => {
            refuse(
                Key::NewPassword,
                "App Service does not take the file as it is: give a password to rewrap it".to_owned(),
            );
        }
        _ => {}
    }
    if let Some(why) = inputs.get(Key::FriendlyName).and_then(bad_name) {
        refuse(Key::FriendlyName, why.to_owned());
    } else if let (Some(leaf), Some(other)) = (leaf(observed), observed.namesake.here())
        && other.thumbprint.as_ref() != Some(&leaf.thumbprint)
    {
        let why = format!(
            "'{}' is another certificate; uploading under its name would replace it wherever it is bound. Give a name",
            other.id.name()
        );
        refuse(Key::FriendlyName, why);
    }
    refusals
}

/// Why Azure would not take a resource name.
fn bad_name(name: &str) -> Option<&'static str> {
    const FORBIDDEN: [char; 13] = ['/', '\\', '?', '#', '%', '&', '<', '>', '*', ':', '+', '"', '|'];
    if name.chars().any(|c| c.is_control() || FORBIDDEN.contains(&c)) {
        return Some("a name has none of / \\ ? # % & < > * : + \" |");
    }
    if name.ends_with('.') || name.chars().count() > 260 {
        return Some("a name has at most 260 characters and does not end with a full stop");
    }
    None
}

async fn observe(client: &Client, inputs: &Inputs) -> Result<Observed, AzureError> {
    let mut seen = Observed::default();
    let app = async {
        match app_id(inputs) {
            Some(app) => observe_app(client, &app, &mut seen).await.map(drop),
            None => Ok(()),
        }
    };
    let (app, file) = join(app, certificate_file::look(inputs)).await;
    app?;
    seen.file = file;
    if let Some(app) = seen.app.here().cloned() {
        let near = neighbours(client, &app).await;
        seen.neighbours =
            seen.spare("List the apps of the subscription", near)?.map_or(Seen::NotAsked, Seen::Here);
    }
    read_roots(client, &mut seen).await;
    read_namesake(client, inputs, &mut seen).await?;
    Ok(seen)
}

/// Whom this machine trusts; a practice cloud has a CA of its own, of which it knows nothing.
pub(super) async fn read_roots(client: &Client, seen: &mut Observed) {
    if client.cloud().practice.is_none() {
        seen.roots = roots().await;
    }
}

/// The certificate that has the name that the upload would take.
pub(super) async fn read_namesake(
    client: &Client,
    inputs: &Inputs,
    seen: &mut Observed,
) -> Result<(), AzureError> {
    if let (Some(app), Some(leaf)) = (seen.app.here(), leaf(seen))
        && let Some(id) = target(app, leaf, inputs)
    {
        seen.namesake = certificates::get(client, &id).await?.into();
    }
    Ok(())
}

/// Slots are left out: they see what their app sees.
async fn neighbours(client: &Client, app: &App) -> Result<Vec<App>, AzureError> {
    let all = sites::apps(client, &ResourceId::subscription(app.id.subscription_id())).await?;
    let apps = all.into_iter().map(|site| site.app);
    let home = app.home();
    Ok(apps.filter(|other| home.serves(other) && other.label() != app.label()).collect())
}

/// The roots of this machine, read once; reading them takes a while and they do not change.
async fn roots() -> Option<Arc<Roots>> {
    static ROOTS: OnceLock<Arc<Roots>> = OnceLock::new();
    let read = || Arc::clone(ROOTS.get_or_init(|| Arc::new(Roots::of_this_machine())));
    tokio::task::spawn_blocking(read).await.ok().filter(|roots| !roots.is_empty())
}

/// The certificate that the file is about.
pub(super) fn leaf(observed: &Observed) -> Option<&Certificate> {
    leaf_of(&file(observed)?.contents)
}

/// The hostnames that the certificate of the file secures.
pub(super) fn hosts(observed: &Observed) -> Vec<Hostname> {
    let names = leaf(observed).into_iter().flat_map(|leaf| &leaf.sans);
    names.filter_map(|san| if let San::Dns(name) = san { Hostname::parse(name).ok() } else { None }).collect()
}

pub(super) fn leaf_of(contents: &Contents) -> Option<&Certificate> {
    contents.certificates.get(pki::leaf(contents)?.place)
}

/// The certificate of the file as it is in the app's webspace already: what a binding can then use.
pub(super) fn uploaded(observed: &Observed) -> Option<&PrivateCertificate> {
    let leaf = leaf(observed)?;
    observed.certificates.here()?.iter().find(|one| one.thumbprint.as_ref() == Some(&leaf.thumbprint))
}

/// Where it goes: under the name given, or one that cannot be another's.
fn target(app: &App, leaf: &Certificate, inputs: &Inputs) -> Option<ResourceId> {
    let destination = Destination::of(app)?;
    let given = inputs.get(Key::FriendlyName).filter(|name| bad_name(name).is_none());
    Some(
        given.map_or_else(
            || destination.within(leaf.thumbprint.as_str(), "_"),
            |name| destination.exactly(name),
        ),
    )
}

fn report<'a>(file: &'a CertificateFile, observed: &Observed, rules: &Rules, now: Timestamp) -> &'a Report {
    let roots = observed.roots.as_deref();
    let question = Question { rules, now, roots, host: None, empty_password: file.has_empty_password() };
    file.report(|contents| pki::check(contents, &question))
}

/// Why browsers would refuse a hostname that is bound to the certificate of the file, if its check says so.
pub(super) fn unfit_to_bind(case: &Case<'_>) -> Option<String> {
    let report = report(file(case.observed)?, case.observed, case.rules, case.now);
    let blocking =
        |finding: &&FileFinding| finding.severity == Severity::Error && finding.blocks.contains(&Use::Bind);
    report.findings.iter().find(blocking).map(|finding| finding.seen.clone())
}

/// Whether what stands in the way of an upload is gone once the file is rewrapped.
fn is_mendable(report: &Report) -> bool {
    let has_key = report.leaf.is_some_and(|leaf| leaf.has_key == Some(true));
    let mut blocking =
        report.findings.iter().filter(|finding| finding.blocks.contains(&Use::Upload)).peekable();
    has_key && blocking.peek().is_some() && blocking.all(|finding| MENDABLE.contains(&finding.rule))
}

pub(super) fn steps(case: &Case<'_>) -> Vec<Step> {
    let report = file(case.observed).map(|file| report(file, case.observed, case.rules, case.now));
    vec![read(case, report), wrap(case, report), check(case, report), upload(case)]
}

fn read(case: &Case<'_>, report: Option<&Report>) -> Step {
    let step = |status| {
        Step::new(StepId::READ_FILE, "Read the file", status)
            .explained("The file is read on this machine, in memory only.")
    };
    if let Some(status) = case.needs(&[Key::File, Key::Password]) {
        return step(status);
    }
    let (Some(file), Some(leaf)) = (file(case.observed), leaf(case.observed)) else {
        // A new password that does not do keeps the file from being opened at all.
        let empty = || StepStatus::NeedsInput { key: Key::File, why: "it holds no certificate".to_owned() };
        return step(case.needs(&[Key::NewPassword]).unwrap_or_else(empty));
    };
    let names: Vec<String> =
        leaf.sans.iter().filter(|san| matches!(san, San::Dns(_))).map(San::to_string).collect();
    let secured = if names.is_empty() { leaf.subject.clone() } else { names.join(", ") };
    let chain = report.and_then(|report| report.chain.as_ref()).map(|chain| match &chain.missing {
        Some(missing) => format!("{} certificates; that of {missing} is missing", chain.path.len()),
        None => format!("{} certificates, complete", chain.path.len()),
    });
    let mut done = step(StepStatus::Done(format!("a certificate for {secured}")))
        .fact("Subject", &leaf.subject)
        .fact("Names", secured)
        .fact("Thumbprint", leaf.thumbprint.as_str())
        .fact("Issuer", &leaf.issuer)
        .fact("Valid", format!("{} to {}", leaf.not_before, leaf.not_after_text()))
        .fact("Key", leaf.public_key.kind.to_string());
    if let Some(chain) = chain {
        done = done.fact("Chain", chain);
    }
    if let Some(encryption) =
        file.contents.container.as_ref().and_then(|container| container.key_encryption.first())
    {
        done = done.fact("Encryption", &encryption.name);
    }
    done
}

fn wrap(case: &Case<'_>, report: Option<&Report>) -> Step {
    let step = |status| {
        Step::new(StepId::WRAP, "Rewrap the file, if needed", status)
            .explained("Where only password or cipher are not what App Service takes, key and certificates are rewrapped.")
    };
    let Some(file) = file(case.observed) else {
        return step(case.needs(&[Key::NewPassword]).unwrap_or_else(|| follows("read")));
    };
    if file.is_wrapped {
        return step(StepStatus::Done("wrapped in memory with triple DES and the new password".to_owned()));
    }
    if uploaded(case.observed).is_some() {
        return step(StepStatus::NotNeeded("it is uploaded already".to_owned()));
    }
    match case.needs(&[Key::NewPassword]) {
        Some(status) => with_findings(step(status), report, |finding| MENDABLE.contains(&finding.rule)),
        None => step(StepStatus::NotNeeded("it would change nothing that matters".to_owned())),
    }
}

fn follows(once: &str) -> StepStatus {
    StepStatus::NeedsInput { key: Key::File, why: format!("follows once the file is {once}") }
}

fn with_findings(step: Step, report: Option<&Report>, which: impl Fn(&pki::FileFinding) -> bool) -> Step {
    let findings = report.into_iter().flat_map(|report| &report.findings).filter(|finding| which(finding));
    findings.fold(step, |step, finding| {
        let word = match finding.severity {
            Severity::Error => "Error",
            Severity::Warning => "Warning",
            Severity::Note => "Note",
        };
        step.fact(word, format!("{} ({})", finding.message, finding.rule))
    })
}

fn check(case: &Case<'_>, report: Option<&Report>) -> Step {
    let step = |status| {
        let step = Step::new(StepId::CHECK, "Check the requirements", status)
            .explained("Azure's requirements, and faults that Azure accepts silently.");
        with_findings(step, report, |_| true)
    };
    let Some(report) = report else { return step(follows("read")) };
    if uploaded(case.observed).is_some() {
        return step(StepStatus::NotNeeded("it is uploaded already".to_owned()));
    }
    if case.needs(&[Key::NewPassword]).is_some() {
        return step(follows("rewrapped"));
    }
    if let Some(finding) = report.findings.iter().find(|finding| finding.blocks.contains(&Use::Upload))
        && !report.allows(Use::Upload)
    {
        let problem = Problem::new("Upload the certificate", &*finding.message)
            .remedy(&*finding.remedy)
            .code(finding.rule.to_string());
        return step(StepStatus::Blocked(problem));
    }
    let count = |severity| report.findings.iter().filter(|finding| finding.severity == severity).count();
    step(StepStatus::Done(match (report.allows(Use::Bind), count(Severity::Warning)) {
        (false, _) => "it can be uploaded and loaded by code, but will secure no hostname".to_owned(),
        (true, 0) => "it meets them".to_owned(),
        (true, 1) => "it meets them, with a warning".to_owned(),
        (true, many) => format!("it meets them, with {many} warnings"),
    }))
}

fn upload(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::UPLOAD, "Upload the certificate", status).explained(
            "The certificate appears in Private Key Certificates. It secures nothing before it is bound.",
        )
    };
    if let Some(status) = case.needs_any() {
        return step(status);
    }
    let (Some(app), Some(file), Some(leaf)) =
        (case.observed.app.here(), file(case.observed), leaf(case.observed))
    else {
        return step(StepStatus::follows(Key::File, "the app and the file are looked at"));
    };
    if let Some(there) = uploaded(case.observed) {
        return step(StepStatus::Done(format!("{} is in {}", there.id.name(), there.home.words())))
            .fact("Thumbprint", leaf.thumbprint.as_str());
    }
    let what = format!("Upload to {}", app.label());
    if let Some(problem) = tier_problem(case, &what).or_else(|| room_problem(case, &what)) {
        return step(StepStatus::Blocked(problem));
    }
    let (Some(destination), Some(id)) = (Destination::of(app), target(app, leaf, case.inputs)) else {
        return step(StepStatus::Blocked(Problem::new(what, "the app has no App Service plan")));
    };
    let tags = case.observed.inherited_tags.with(&tags::given(case.inputs));
    // Azure takes it all the same; an app of the same webspace may have the hostname.
    let names = hosts(case.observed);
    let covers = |host: &Hostname| names.iter().any(|name| name.covers(host));
    let mut step = step(StepStatus::Ready);
    if !app.custom_hostnames().any(covers) {
        let why = format!("it covers no hostname of {}: {}", app.label(), hosts_words(&names));
        step = step.fact("Warning", why);
    }
    step.fact("Name", id.name())
        .fact("Webspace", app.home().label())
        .fact("Also visible to", also_visible_to(case.observed))
        .sending(vec![certificates::upload(destination.target(&id, &tags), file.base64(), file.password())])
}

/// The names of a certificate, the first of them.
fn hosts_words(names: &[Hostname]) -> String {
    match names {
        [] => "it has no hostname".to_owned(),
        [one] => format!("it is for {one}"),
        [one, rest @ ..] => format!("it is for {one} and {} more", rest.len()),
    }
}

fn also_visible_to(observed: &Observed) -> String {
    const SHOWN: usize = 12;
    let Some(apps) = observed.neighbours.here() else { return "every app of this webspace".to_owned() };
    let names: Vec<String> = apps.iter().take(SHOWN).map(App::label).collect();
    match apps.len() {
        0 if observed.app.here().is_some_and(|app| app.scope == Scope::App) => {
            "no other app: it belongs to this one".to_owned()
        }
        0 => "no other app; later ones of this webspace will see it too".to_owned(),
        many if many > SHOWN => format!("{} and {} more", names.join(", "), many - SHOWN),
        _ => names.join(", "),
    }
}
