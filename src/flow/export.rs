//! Export (A195–A203, B3-18): an order's certificate with its key, from the vault's current version into a
//! PFX file. The file is an unmanaged copy: no renewal reaches it, so it is remembered and said to be stale
//! once it is.

use std::path::PathBuf;

use super::certificate_file::{self, CertificateFile};
use super::chosen::order_refusal;
use super::new_file::{NewFile, Seal};
use super::target::order_id;
use super::unlock::{follows, order_field};
use super::{
    Case, Consent, Field, FieldKind, Flow, FlowCommand, FlowName, Inputs, Key, Observed, Seen, Step, StepId,
    StepStatus, Subject, row,
};
use crate::azure::{AzureError, Client, orders, secrets, vaults};
use crate::file;
use crate::model::{Estate, Order, Problem, StoredCertificate};
use crate::pki::{self, Wrapping};
use crate::rules::Names;

const CIPHERS: &[(&str, &str, &str)] = &[
    ("triple-des", "Triple DES", "What App Service and old Windows have always taken."),
    ("aes-256", "AES-256", "What OpenSSL 3 writes; better wherever it is understood."),
];

/// The portal's own name of the file (A198).
const FILE: &str = "appservicecertificate.pfx";

pub(super) static FLOW: Flow = Flow {
    name: "export",
    title: "Export",
    summary: "Write an order's certificate with its private key to a PFX file.",
    done: "The certificate is in the file.",
    pages: &[FlowName::Export],
    about: Subject::Order,
    leaves: Subject::Order,
    changes: "Nothing in Azure; writes a file that only its owner can read, and remembers where.",
    permissions: &["Microsoft.KeyVault/vaults/read", "data:secrets/get"],
    checklist: &["A195-A198", "A200-A203", "B3-18"],
    command: Some(FlowCommand::reading(
        "export",
        "",
        "Write an order's certificate with its key to a PFX file.",
    )),
    fits: row::of_an_order,
    keys: "3, x",
    fields: |_, inputs| fields(inputs),
    suggest: |_: &Estate, inputs| suggest(inputs),
    refusals: |observed, inputs, _, _| refusals(observed, inputs),
    observe: |client, inputs| Box::pin(observe(client, inputs)),
    steps: |case| vec![in_vault(case), write(case)],
};

impl StepId {
    pub const WRITE_FILE: Self = Self("write-file");
}

fn fields(inputs: &Inputs) -> Vec<Field> {
    let mut fields = vec![
        order_field(),
        Field::new(
            Key::Out,
            "Write to",
            "A new file on this machine; what exists is never overwritten.",
            FieldKind::Text,
        ),
        Field::new(
            Key::Raw,
            "No password",
            "As the vault keeps it: the file alone gives away the key.",
            FieldKind::Toggle,
        ),
    ];
    if !inputs.is_yes(Key::Raw) {
        fields.extend([
            Field::new(
                Key::Cipher,
                "Encryption",
                "How the key in the file is encrypted.",
                FieldKind::Choice(CIPHERS),
            ),
            Field::new(
                Key::NewPassword,
                "Password",
                "What opens the file. It is kept nowhere: note it down.",
                FieldKind::Secret,
            ),
            Field::new(
                Key::RepeatPassword,
                "Confirm password",
                "So that a typing error does not lock you out.",
                FieldKind::Secret,
            ),
        ]);
    }
    fields
}

fn suggest(inputs: &mut Inputs) {
    inputs.suggest(Key::Out, FILE);
    inputs.suggest(Key::Cipher, "triple-des");
    inputs.suggest(Key::Raw, "no");
}

fn refusals(observed: &Observed, inputs: &Inputs) -> Vec<(Key, String)> {
    let mut refusals: Vec<_> = order_refusal(observed, inputs).into_iter().collect();
    let mut refuse = |key, why: &str| refusals.push((key, why.to_owned()));
    if inputs.get(Key::Out).is_none() {
        refuse(Key::Out, "name the file to write");
    } else if let (Some(found), Some(order)) = (&observed.file, observed.order.here())
        && !holds(found.as_ref().ok(), order)
    {
        refuse(Key::Out, "there is another file of this name, or one with another password; name a new one");
    }
    if !inputs.is_yes(Key::Raw) {
        let (password, again) = (inputs.secret(Key::NewPassword), inputs.secret(Key::RepeatPassword));
        let same = |one: &secrecy::SecretString, other: &secrecy::SecretString| {
            secrecy::ExposeSecret::expose_secret(one) == secrecy::ExposeSecret::expose_secret(other)
        };
        match (password, again) {
            (None, _) => refuse(Key::NewPassword, "the file needs a password"),
            (Some(_), None) => refuse(Key::RepeatPassword, "type the password a second time"),
            (Some(one), Some(other)) if !same(one, other) => {
                refuse(Key::RepeatPassword, "the two passwords differ");
            }
            (Some(one), Some(_)) => {
                if let Err(why) = pki::fit_password(one) {
                    refuse(Key::NewPassword, &why.to_string());
                }
            }
        }
    }
    refusals
}

fn out(inputs: &Inputs) -> Option<PathBuf> {
    inputs.get(Key::Out).map(file::path)
}

async fn observe(client: &Client, inputs: &Inputs) -> Result<Observed, AzureError> {
    let mut seen = Observed::default();
    if let Some(id) = order_id(inputs) {
        seen.order = orders::get(client, &id).await?.into();
    }
    if let Some(stored) = seen.order.here().and_then(stored) {
        seen.vault = vaults::get(client, &stored.secret.vault).await?.into();
    }
    if let Some(path) = out(inputs).filter(|path| path.symlink_metadata().is_ok()) {
        let password = if inputs.is_yes(Key::Raw) { None } else { inputs.secret(Key::NewPassword).cloned() };
        seen.file = Some(certificate_file::open(path, password.unwrap_or_default()).await);
    }
    Ok(seen)
}

fn stored(order: &Order) -> Option<&StoredCertificate> {
    order.stored.iter().find(|stored| !stored.secret.status.is_trouble())
}

/// Whether the file is the export already: it opens with the password and holds the order's certificate.
fn holds(file: Option<&CertificateFile>, order: &Order) -> bool {
    let leaf = file.and_then(|file| file.contents.certificates.get(pki::leaf(&file.contents)?.place));
    leaf.is_some_and(|leaf| Some(&leaf.thumbprint) == order.thumbprint.as_ref())
}

fn in_vault(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::IN_VAULT, "Find it in the key vault", status)
            .explained("An App Service certificate is a secret of a key vault: key and certificates as one PFX. Its current version is what is exported.")
    };
    if let Some(status) = case.needs(&[Key::Order]) {
        return step(status);
    }
    let Some(order) = case.observed.order.here() else { return step(follows("the order is seen")) };
    let blocked = |why: String, remedy: &str| {
        StepStatus::Blocked(Problem::new("Export the certificate", why).remedy(remedy))
    };
    if order.thumbprint.is_none() {
        return step(blocked(
            format!("{} is not issued yet", order.id.name()),
            "finish its wizard first: w in Orders",
        ));
    }
    let Some(stored) = stored(order) else {
        return step(blocked(
            "its certificate is in no key vault".to_owned(),
            "store it in one first (Step 1: Store)",
        ));
    };
    let vault = stored.secret.vault.name();
    match &case.observed.vault {
        Seen::Here(_) => {
            step(StepStatus::Done(format!("it is the secret {} of the vault {vault}", stored.secret.secret)))
        }
        Seen::Absent => step(blocked(
            format!("there is no key vault {vault}"),
            "store it in another vault (Step 1: Store)",
        )),
        Seen::NotAsked => step(follows("the vault is seen")),
    }
}

/// The authority in the file that browsers give up (C50): who installs or pins a copy of its chain has to
/// follow.
fn ending(case: &Case<'_>) -> Option<String> {
    let contents = &case.observed.file.as_ref()?.as_ref().ok()?.contents;
    let mut authorities = contents
        .certificates
        .iter()
        .filter_map(|one| one.issuer.split(", ").find_map(|part| part.strip_prefix("CN=")));
    let (name, day) =
        authorities.find_map(|name| Some((name, case.rules.listed_from(Names::HierarchiesEnding, name)?)))?;
    Some(format!(
        "{name}: browsers are to stop trusting it from {day} on. Pin nothing of it; the next one has another chain"
    ))
}

fn write(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::WRITE_FILE, "Write the file", status).explained(
            "The file is a copy that Azure does not renew: when the certificate is renewed, it stays the old one, and you install the new one yourself. certdeck remembers the export and says when it is out of date.",
        )
    };
    if let Some(status) = case.needs_any() {
        return step(status);
    }
    let (Some(order), Some(vault), Some(path)) =
        (case.observed.order.here(), case.observed.vault.here(), out(case.inputs))
    else {
        return step(follows("it is found in the vault"));
    };
    let (Some(stored), Some(thumbprint)) = (stored(order), order.thumbprint.clone()) else {
        return step(follows("it is found in the vault"));
    };
    let shown = crate::model::shown(&path);
    if case.observed.file.is_some() {
        let done =
            step(StepStatus::Done(format!("{shown} holds it"))).fact("Thumbprint", thumbprint.as_str());
        return ending(case).into_iter().fold(done, |step, words| step.fact("Chain", words));
    }
    let raw = case.inputs.is_yes(Key::Raw);
    let (seal, encryption) = match case.inputs.secret(Key::NewPassword) {
        Some(password) if !raw => {
            let wrapping = if case.inputs.get(Key::Cipher) == Some("aes-256") {
                Wrapping::Aes256
            } else {
                Wrapping::TripleDes
            };
            let words = if wrapping == Wrapping::Aes256 {
                "AES-256, with your password"
            } else {
                "triple DES, with your password"
            };
            (Seal::Password(password.clone(), wrapping), words)
        }
        _ => (Seal::Raw, "none that protects: the password is empty"),
    };
    let what = format!("Write the certificate of {} with its key to {shown}", order.id.name());
    let ready = step(StepStatus::Ready)
        .fact("File", &shown)
        .fact("Secret", format!("{} in {}", stored.secret.secret, vault.id.name()))
        .fact("Thumbprint", thumbprint.as_str())
        .fact("Encryption", encryption)
        .writing(NewFile {
            what,
            path,
            source: secrets::reading(vault, &stored.secret.secret),
            seal,
            order: order.id.clone(),
            thumbprint,
        });
    if raw {
        let notice =
            "The file has no password: it alone gives away the private key, and App Service does not take it as an upload."
                .to_owned();
        return ready.fact("Warning", &notice).consent(Consent::Typed { notice, word: "raw".to_owned() });
    }
    ready
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::super::sample::{LEAF, find, inputs, needed, order, stand, stored, vault};
    use super::*;
    use crate::model::{OrderStatus, SecretStatus};
    use crate::rules::{Profile, Rules};

    fn seen() -> Observed {
        Observed {
            order: Seen::Here(stored(order(OrderStatus::Issued), SecretStatus::Succeeded)),
            vault: Seen::Here(vault(false)),
            ..Observed::default()
        }
    }

    fn asked() -> Inputs {
        inputs()
            .with(Key::Out, "/tmp/x.pfx")
            .with(Key::NewPassword, "hunter2")
            .with(Key::RepeatPassword, "hunter2")
    }

    #[test]
    fn the_plan_names_secret_and_file_and_no_password_a197() {
        let steps = stand(FlowName::Export, &seen(), &asked().with(Key::Cipher, "aes-256"));
        let write = find(&steps, StepId::WRITE_FILE);
        assert_eq!(write.plan(), ["GET /secrets/contoso-www", "WRITE /tmp/x.pfx (only you can read it)"]);
        assert!(write.requests.is_empty() && !format!("{write:?}").contains("hunter2"));
        let file = write.writes.as_ref().unwrap();
        assert!(matches!(file.seal, Seal::Password(_, Wrapping::Aes256)) && file.thumbprint.as_str() == LEAF);
    }

    /// A file whose leaf an authority of this name has signed.
    fn file_by(authority: &str) -> CertificateFile {
        use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, authority);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let leaf =
            CertificateParams::new(vec!["contoso.com".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
        let text = format!("{}{}", leaf.pem(), key.serialize_pem());
        CertificateFile::open(text.into_bytes().into(), "".into(), None).unwrap()
    }

    #[test]
    fn a_copy_of_a_chain_that_browsers_give_up_says_from_which_day_c50() {
        let note = |authority: &str| {
            let observed = Observed { file: Some(Ok(file_by(authority))), ..seen() };
            let now = "2026-11-29T00:00:00Z".parse().unwrap();
            ending(&Case {
                observed: &observed,
                inputs: &inputs(),
                rules: &Rules::load(Profile::Current).unwrap(),
                now,
                refusals: Vec::new(),
            })
        };
        assert!(note("Go Daddy Secure Certificate Authority - G2").unwrap().contains("from 2027-04-01 on"));
        assert_eq!(note("Some Other Authority"), None);
    }

    #[test]
    fn the_password_is_typed_twice_and_none_only_on_request_a201() {
        let needs = |inputs: Inputs| {
            let steps = stand(FlowName::Export, &seen(), &inputs);
            needed(find(&steps, StepId::WRITE_FILE)).0
        };
        assert_eq!(needs(inputs().with(Key::Out, "x")), Key::NewPassword);
        assert_eq!(needs(asked().with(Key::RepeatPassword, "hunter3")), Key::RepeatPassword);
        let raw = stand(FlowName::Export, &seen(), &inputs().with(Key::Out, "x").with(Key::Raw, "yes"));
        let write = find(&raw, StepId::WRITE_FILE);
        assert!(matches!(&write.consent, Consent::Typed { notice, .. } if notice.contains("no password")));
    }

    #[test]
    fn what_is_not_issued_or_not_stored_cannot_be_exported() {
        let bare = Observed { order: Seen::Here(order(OrderStatus::Issued)), ..Observed::default() };
        for observed in
            [Observed { order: Seen::Here(order(OrderStatus::PendingIssuance)), ..Observed::default() }, bare]
        {
            let steps = stand(FlowName::Export, &observed, &asked());
            assert!(
                matches!(&find(&steps, StepId::IN_VAULT).status, StepStatus::Blocked(problem) if problem.remedy.contains("first"))
            );
        }
    }
}
