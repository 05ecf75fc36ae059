//! Uploads through the real client and the practice cloud: private certificates from PFX files, public ones
//! from `.cer`.

use std::path::PathBuf;

use crate::common::Practice;
use certdeck::azure::settings;
use certdeck::flow::engine::Ending;
use certdeck::flow::{FlowName, Key, StepId, StepStatus, app_id, observe};
use certdeck::model::Thumbprint;
use certdeck::pki::{self, Bundle, Wrapping};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
};

const PASSWORD: &str = "Tr0ub4dor&3 π";
const NEW: &str = "n3w-hunter2-n3w";

/// A certificate for `host` with its key and its root.
struct Made {
    key: KeyPair,
    leaf: rcgen::Certificate,
    root: rcgen::Certificate,
}

fn make(host: &str) -> Made {
    let rsa = || KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "Contoso Root");
    let root = CertifiedIssuer::self_signed(params, rsa()).unwrap();
    let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, host);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = rsa();
    let leaf = params.signed_by(&key, &root).unwrap();
    Made { key, leaf, root: root.as_ref().clone() }
}

impl Made {
    fn contents(&self) -> pki::Contents {
        pki::read(self.pem().as_bytes(), None).unwrap()
    }

    fn pem(&self) -> String {
        format!("{}{}{}", self.leaf.pem(), self.root.pem(), self.key.serialize_pem())
    }

    fn thumbprint(&self) -> Thumbprint {
        self.contents().certificates[0].thumbprint.clone()
    }

    fn pfx(&self, password: &str) -> Vec<u8> {
        let bundle = Bundle::rewrap(&self.contents()).unwrap();
        bundle.write(&password.into(), Wrapping::TripleDes, None).unwrap().to_vec()
    }
}

struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn put(&self, name: &str, octets: impl AsRef<[u8]>) -> String {
        let path: PathBuf = self.0.path().join(name);
        std::fs::write(&path, octets).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

async fn refused(practice: &Practice, flow: FlowName, given: &[(Key, &str)]) -> (Key, String) {
    match practice.run(flow, given).await {
        Ok(Ending::NeedsInput { key, why }) => (key, why),
        other => panic!("{given:?} was not refused: {other:?}"),
    }
}

#[tokio::test]
async fn a_pfx_is_uploaded_once_and_bound_and_its_password_is_nowhere() {
    let practice = Practice::start().await;
    let app = practice.emulator.connection().app.clone();
    let (files, made) = (Files::new(), make("contoso.com"));
    let path = files.put("contoso.pfx", made.pfx(PASSWORD));
    let upload = [(Key::App, app.as_str()), (Key::File, path.as_str()), (Key::Password, PASSWORD)];

    let inputs = practice.inputs(FlowName::Upload, &upload);
    let observed = observe(&practice.client, FlowName::Upload, &inputs).await.unwrap();
    let steps =
        certdeck::flow::steps(FlowName::Upload, &observed, &inputs, &practice.rules, jiff::Timestamp::now());
    let sent = steps.iter().find(|step| step.id == StepId::UPLOAD).unwrap();
    assert_eq!(sent.status, StepStatus::Ready, "{steps:?}");
    let shown = sent.requests[0].body.as_ref().unwrap().shown();
    assert_eq!(
        (&shown["properties"]["password"], &shown["properties"]["pfxBlob"]),
        (&"•••".into(), &"•••".into())
    );
    for text in [format!("{inputs:?}"), format!("{observed:?}"), format!("{steps:?}")] {
        assert!(!text.contains(PASSWORD) && !text.contains("MII"), "a secret is printed");
    }

    let done = practice.complete(FlowName::Upload, &upload).await;
    assert!(done.iter().all(|step| step.status.is_over()));
    let changes = practice.changes().await;
    practice.complete(FlowName::Upload, &upload).await;
    assert_eq!(practice.changes().await, changes, "what is there is not sent again");
    assert!(!practice.journal_text().contains(PASSWORD) && !practice.journal_text().contains("MII"));

    let thumbprint = made.thumbprint();
    let bind = [
        (Key::App, app.as_str()),
        (Key::Hostname, "contoso.com"),
        (Key::Certificate, thumbprint.as_str()),
        (Key::SslType, "sni"),
    ];
    let bound = practice.complete(FlowName::Bind, &bind).await;
    assert!(bound.iter().any(|step| step.id == StepId::SERVED && matches!(step.status, StepStatus::Done(_))));
}

#[tokio::test]
async fn a_wrong_password_is_refused_at_its_field_and_nothing_is_sent() {
    let practice = Practice::start().await;
    let app = practice.emulator.connection().app.clone();
    let (files, made) = (Files::new(), make("contoso.com"));
    let path = files.put("contoso.pfx", made.pfx(PASSWORD));
    let before = practice.changes().await;
    let file = [(Key::App, app.as_str()), (Key::File, path.as_str())];
    let (key, why) = refused(&practice, FlowName::Upload, &file).await;
    assert!(key == Key::Password && why.contains("password is needed"), "{why}");
    let (key, why) =
        refused(&practice, FlowName::Upload, &[file[0], file[1], (Key::Password, "wrong")]).await;
    assert!(key == Key::Password && why.contains("wrong password") && !why.contains(PASSWORD), "{why}");
    for (name, word) in [("", "directory"), ("none.pfx", "No such file")] {
        let path = files.0.path().join(name);
        let (key, why) =
            refused(&practice, FlowName::Upload, &[file[0], (Key::File, path.to_str().unwrap())]).await;
        assert!(key == Key::File && why.contains(word), "{why}");
    }
    assert_eq!(practice.changes().await, before);
}

#[tokio::test]
async fn a_file_without_a_password_is_wrapped_anew_in_memory_and_stays_as_it_is_a203() {
    let practice = Practice::start().await;
    let app = practice.emulator.connection().app.clone();
    let (files, made) = (Files::new(), make("contoso.com"));
    let pem = made.pem();
    let path = files.put("contoso.pem", &pem);
    let file = [(Key::App, app.as_str()), (Key::File, path.as_str())];
    let (key, why) = refused(&practice, FlowName::Upload, &file).await;
    assert!(key == Key::NewPassword && why.contains("rewrap it"), "{why}");
    let steps = practice.complete(FlowName::Upload, &[file[0], file[1], (Key::NewPassword, NEW)]).await;
    assert!(matches!(
        &steps.iter().find(|step| step.id == StepId::WRAP).unwrap().status,
        StepStatus::Done(_)
    ));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), pem);
    assert!(!practice.journal_text().contains(NEW));
    practice.complete(FlowName::Upload, &file).await;
}

#[tokio::test]
async fn another_certificate_of_the_same_name_is_never_replaced_by_an_upload() {
    let practice = Practice::start().await;
    let app = practice.emulator.connection().app.clone();
    let (files, one, other) = (Files::new(), make("contoso.com"), make("contoso.com"));
    let paths = [files.put("one.pfx", one.pfx(PASSWORD)), files.put("other.pfx", other.pfx(PASSWORD))];
    let given = |path| {
        [
            (Key::App, app.as_str()),
            (Key::File, path),
            (Key::Password, PASSWORD),
            (Key::FriendlyName, "contoso-2027"),
        ]
    };
    let done = practice.complete(FlowName::Upload, &given(paths[0].as_str())).await;
    assert!(format!("{:?}", done.last().unwrap().status).contains("contoso-2027 is in the webspace"));
    let changes = practice.changes().await;
    let (key, why) = refused(&practice, FlowName::Upload, &given(paths[1].as_str())).await;
    assert!(key == Key::FriendlyName && why.contains("would replace it"), "{why}");
    let mut bad = given(paths[1].as_str());
    bad[3].1 = "shop/2027";
    assert_eq!(refused(&practice, FlowName::Upload, &bad).await.0, Key::FriendlyName);
    assert_eq!(practice.changes().await, changes);
}

#[tokio::test]
async fn what_azure_would_refuse_is_blocked_here_with_the_rule_and_a_remedy() {
    let practice = Practice::start().await;
    let app = practice.emulator.connection().app.clone();
    let (files, made) = (Files::new(), make("contoso.com"));
    let alone =
        pki::read(format!("{}{}", made.leaf.pem(), made.key.serialize_pem()).as_bytes(), None).unwrap();
    let octets = Bundle::rewrap(&alone).unwrap().write(&PASSWORD.into(), Wrapping::Aes256, None).unwrap();
    let path = files.put("alone.pfx", &octets);
    let given = [(Key::App, app.as_str()), (Key::File, path.as_str()), (Key::Password, PASSWORD)];
    match practice.run(FlowName::Upload, &given).await {
        Ok(Ending::Blocked(problem)) => {
            assert!(
                problem.code.as_deref().unwrap().starts_with("CHAIN_") && !problem.remedy.is_empty(),
                "{problem}"
            );
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_public_certificate_is_uploaded_and_made_accessible_and_no_setting_is_lost() {
    let practice = Practice::start().await;
    let app = practice.emulator.connection().app.clone();
    let (files, made, other) = (Files::new(), make("partner.example"), make("other.example"));
    let base = [(Key::App, app.as_str()), (Key::Name, "partner")];
    let site = app_id(&practice.inputs(FlowName::Public, &base)).unwrap();
    let none = settings::list(&practice.client, &site).await.unwrap();
    for (name, value) in [("DB_PASSWORD", "hunter2"), ("WEBSITE_LOAD_CERTIFICATES", "0123456789")] {
        let current = settings::list(&practice.client, &site).await.unwrap();
        practice.client.change(&settings::set(&site, name, value, &current), &mut |_| ()).await.unwrap();
    }

    let path = files.put("partner.cer", made.root.pem());
    let given = [base[0], base[1], (Key::File, path.as_str())];
    practice.complete(FlowName::Public, &given).await;
    let after = settings::list(&practice.client, &site).await.unwrap();
    let root = made.contents().certificates[1].thumbprint.clone();
    assert_eq!(after.get("DB_PASSWORD"), Some("hunter2"));
    assert_eq!(after.get("WEBSITE_LOAD_CERTIFICATES"), Some(format!("0123456789,{root}").as_str()));
    assert_eq!(after.len(), none.len() + 2);
    assert!(!practice.journal_text().contains("hunter2"));

    let changes = practice.changes().await;
    practice.complete(FlowName::Public, &given).await;
    assert_eq!(practice.changes().await, changes, "what is there is not sent again");

    let path = files.put("other.cer", other.root.der());
    let steps = practice.complete(FlowName::Public, &[base[0], base[1], (Key::File, path.as_str())]).await;
    assert!(
        steps.iter().all(|step| step.status.is_over()),
        "the same name with another certificate replaces it"
    );

    let path = files.put("key.pem", made.pem());
    let (key, why) =
        refused(&practice, FlowName::Public, &[base[0], base[1], (Key::File, path.as_str())]).await;
    assert!(key == Key::File && why.contains("private key"), "{why}");
}

#[tokio::test]
async fn nothing_of_a_file_is_uploaded_of_which_a_part_cannot_be_read() {
    let practice = Practice::start().await;
    let app = practice.emulator.connection().app.clone();
    let (files, made) = (Files::new(), make("contoso.com"));
    let (leaf, root) = (made.leaf.pem(), made.root.pem());
    let damaged = format!("{}{root}", leaf.replacen("\nMI", "\nM?", 1));
    let cut = format!("{}{root}", leaf.trim_end().trim_end_matches("-----END CERTIFICATE-----"));
    let changes = practice.changes().await;
    for (form, text) in [("damaged", &damaged), ("without its end", &cut)] {
        let path = files.put("partner.cer", text);
        let given = [(Key::App, app.as_str()), (Key::Name, "partner"), (Key::File, path.as_str())];
        let (key, why) = refused(&practice, FlowName::Public, &given).await;
        assert!(key == Key::File && why.contains("line 1, CERTIFICATE"), "{form}: {why}");
        let path = files.put("contoso.pem", format!("{text}{}", made.key.serialize_pem()));
        let given = [(Key::App, app.as_str()), (Key::File, path.as_str()), (Key::NewPassword, NEW)];
        let (key, why) = refused(&practice, FlowName::Upload, &given).await;
        assert!(key == Key::File && why.contains("line 1, CERTIFICATE"), "{form}: {why}");
    }
    // Two certificates on one line are two: the first is not left out, and a .cer holds one.
    let path = files.put("glued.cer", format!("{}{root}", leaf.trim_end()));
    let given = [(Key::App, app.as_str()), (Key::Name, "partner"), (Key::File, path.as_str())];
    let (key, why) = refused(&practice, FlowName::Public, &given).await;
    assert!(key == Key::File && why.contains("several certificates"), "{why}");
    // A password that no person could type is refused before anything is wrapped.
    let path = files.put("contoso.pem", made.pem());
    let given =
        [(Key::App, app.as_str()), (Key::File, path.as_str()), (Key::NewPassword, "n3w\u{200B}hunter2")];
    let (key, why) = refused(&practice, FlowName::Upload, &given).await;
    assert!(key == Key::NewPassword && why.contains("U+200B) at position 4"), "{why}");
    assert_eq!(practice.changes().await, changes, "nothing was sent");
}
