//! The workbench on screen: keys and answers in; effects, state, pictures and files out.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::contoso::{Screen, host, now};
use certdeck::app::dialog::{BenchKey, Dialog, Folder, FolderEntry};
use certdeck::app::effect::Effect;
use certdeck::app::message::Message;
use certdeck::pki::{self, Question};
use certdeck::rules::Profile;
use certdeck::workbench::{Examined, FactLine, Job, JobResult, Password, Trouble, facts, openssl, verdict};
use insta::assert_snapshot;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
};
use secrecy::ExposeSecret;

const PASSWORD: &str = "hunter2 π";

fn opened(command: &str) -> Screen {
    let mut screen = Screen::filled();
    screen.press(&format!(":{command}<Enter>"));
    screen
}

fn job(screen: &Screen) -> Job {
    let job =
        |effect: &Effect| if let Effect::Work { job, .. } = effect { Some((**job).clone()) } else { None };
    screen.effects.iter().find_map(job).unwrap_or_else(|| panic!("no work; effects: {:?}", screen.effects))
}

fn answer(screen: &mut Screen, result: Result<JobResult, Trouble>) {
    let ask = screen.asked(|effect| if let Effect::Work { ask, .. } = effect { Some(*ask) } else { None });
    screen.send(Message::Worked { ask, result: result.map(Box::new) });
}

/// Performs what was asked for, for real.
fn perform(screen: &mut Screen) {
    let result = job(screen).perform(&screen.app.settings.rules, now());
    answer(screen, result);
}

fn refusal(screen: &Screen) -> (BenchKey, String) {
    let Some(Dialog::Bench(bench)) = screen.app.layers.top() else {
        panic!("no form: {:?}", screen.app.layers.top())
    };
    let here = bench.form.focused_field().unwrap().key;
    (here, bench.form.refusal(here).or(bench.refusal.as_deref()).unwrap_or_default().to_owned())
}

/// The facts and the verdict on a certificate without a key, judged without the roots of this machine.
fn outcome(screen: &Screen) -> JobResult {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/contoso/shop.pem");
    let mut examined = Examined::read(&path, None, || Ok::<_, Trouble>(None)).unwrap();
    examined.path = "/home/ada/certs/shop.pem".into();
    let name = host("shop.contoso.com");
    let question = Question {
        rules: &screen.app.settings.rules,
        now: now(),
        roots: None,
        host: Some(&name),
        empty_password: true,
    };
    let report = examined.judge(&question);
    JobResult {
        title: examined.file(),
        facts: facts(&examined, &report),
        verdict: verdict(&report, Some(&name)),
        openssl: openssl::check(&examined.path, None, Some(&name)),
        findings: report.findings,
    }
}

#[test]
fn each_form_says_what_it_wants() {
    assert_snapshot!("cert_inspect", opened("cert-inspect").text());
    assert_snapshot!("cert_check", opened("cert-check").press("/home/ada/shop.pfx<Tab>").text());
    assert_snapshot!(
        "cert_build",
        opened("cert-build")
            .press("/home/ada/shop.key<Tab>geheim<Tab>leaf.crt<Tab>root.crt<Tab><Tab><Tab>")
            .text()
    );
    assert_snapshot!(
        "cert_rewrap",
        opened("cert-rewrap").press("/home/ada/shop.pfx<Tab><Tab><Right>").text()
    );
}

#[test]
fn a_result_shows_verdict_findings_and_facts_and_the_openssl_command() {
    let mut screen = opened("cert-check");
    screen.press("/home/ada/certs/shop.pem<Tab><Tab>shop.contoso.com<Enter>");
    let given = job(&screen);
    assert_eq!(
        given,
        Job::Check {
            file: "/home/ada/certs/shop.pem".into(),
            password: None,
            host: Some(host("shop.contoso.com")),
            roots: None,
            profile: None,
            as_of: None
        }
    );
    assert_snapshot!("cert_working", screen.text());
    let outcome = outcome(&screen);
    answer(&mut screen, Ok(outcome));
    assert_snapshot!("cert_result", screen.text());
    assert_snapshot!("cert_result_end", screen.press("G").text());
    screen.press("C");
    let [Effect::Copy(text)] = screen.effects.as_slice() else { panic!("{:?}", screen.effects) };
    assert!(text.contains("verdict: reject") && text.contains("To do: "), "{text}");
    assert_snapshot!("cert_result_openssl", screen.press("o").text());
    screen.press("c");
    let [Effect::Copy(text)] = screen.effects.as_slice() else { panic!("{:?}", screen.effects) };
    assert!(text.starts_with("openssl x509 -in /home/ada/certs/shop.pem "), "{text}");
    screen.press("<Esc>");
    assert_eq!(job(screen.press("<Enter>")), given, "what was typed is still there");
}

#[test]
fn an_error_stays_in_the_form_with_what_was_typed() {
    let mut screen = opened("cert-inspect");
    screen.press("<Tab><Enter>");
    assert_eq!(refusal(&screen).0, BenchKey::File);
    screen.press("/home/ada/shop.pfx<Enter>");
    answer(
        &mut screen,
        Err(Trouble::Closed { file: "/home/ada/shop.pfx".into(), why: "a password is needed".into() }),
    );
    assert_eq!(refusal(&screen), (BenchKey::Password, "/home/ada/shop.pfx: a password is needed".to_owned()));
    screen.press("geheim<Enter>");
    answer(
        &mut screen,
        Err(Trouble::Closed { file: "/home/ada/shop.pfx".into(), why: "wrong password".into() }),
    );
    assert_snapshot!("cert_error", screen.text());
    screen.press("<C-u>richtig<Enter>");
    assert!(matches!(job(&screen), Job::Inspect { password: Some(_), .. }));
    let mut screen = opened("cert-check");
    screen.press("a.pfx<Tab><Tab><Tab><Tab><Right><Tab>tomorrow<Enter>");
    assert!(refusal(&screen).0 == BenchKey::AsOf && screen.effects.is_empty());
    screen.press("<C-u>2026-09-01<Enter>");
    let Job::Check { profile, as_of, .. } = job(&screen) else { panic!() };
    assert_eq!((profile, as_of.unwrap().to_string().as_str()), (Some(Profile::Seed), "2026-09-01T00:00:00Z"));
    let mut screen = opened("cert-check");
    screen.press("a.pfx<Tab><Tab>nohost<Enter>");
    assert!(refusal(&screen).0 == BenchKey::Host && screen.effects.is_empty());
}

#[test]
fn files_are_picked_one_line_each_and_the_new_file_gets_a_name() {
    let mut screen = opened("cert-build");
    for name in ["shop.key", "leaf.crt", "root.crt"] {
        if name == "leaf.crt" {
            screen.press("<Tab>");
        }
        screen.press("<Enter>");
        let ask = screen
            .asked(|effect| if let Effect::ReadFolder { ask, .. } = effect { Some(*ask) } else { None });
        let entries = vec![FolderEntry { name: name.to_owned(), is_folder: false, size: 1_704 }];
        screen.send(Message::FolderRead {
            ask,
            result: Ok(Folder { path: "/home/ada".to_owned(), entries, ..Folder::default() }),
        });
        screen.press("<Enter>");
    }
    screen.press("<Tab><Tab><Tab><Tab>new<Tab>new<Enter>");
    let Job::Build { key, certificates, target, .. } = job(&screen) else { panic!() };
    assert_eq!((key.as_str(), target.path.as_str()), ("/home/ada/shop.key", "/home/ada/shop.pfx"));
    assert_eq!(certificates, ["/home/ada/leaf.crt", "/home/ada/root.crt"]);
}

#[test]
fn no_effect_and_no_message_prints_a_password() {
    let mut screen = opened("cert-rewrap");
    screen.press("a.pfx<Tab>");
    screen.send(Message::Pasted(PASSWORD.to_owned()));
    screen.press("<Tab><Tab><Tab>");
    screen.send(Message::Pasted(PASSWORD.to_owned()));
    screen.press("<Tab>");
    screen.send(Message::Pasted(PASSWORD.to_owned()));
    let dots = screen.text();
    screen.press("<Enter>");
    assert!(matches!(job(&screen), Job::Rewrap { password: Some(_), .. }));
    let printed = format!("{:?}{:?}{dots}", screen.effects, screen.app);
    assert!(!printed.contains("hunter2"), "{printed}");
    let facts = vec![FactLine { label: "written", text: "/home/ada/b.pfx".into() }];
    let result = JobResult {
        title: "b.pfx".into(),
        facts,
        verdict: Vec::new(),
        findings: Vec::new(),
        openssl: Vec::new(),
    };
    answer(&mut screen, Ok(result));
    assert!(!format!("{:?}{}", screen.app, screen.text()).contains("hunter2"));
}

#[test]
fn a_password_that_is_made_is_copied_and_wanted_again_a142() {
    let mut screen = opened("cert-rewrap");
    screen.press("/home/ada/a.pfx<Tab><C-g>");
    assert!(screen.effects.is_empty(), "the old password cannot be made up");
    screen.press("<Tab><Tab><Tab><C-g>");
    assert_eq!(screen.effects, [Effect::MakePassword]);
    let made = pki::generate_password().unwrap();
    let text = made.expose_secret().to_owned();
    screen.send(Message::PasswordMade(Ok(Password(made))));
    assert_snapshot!("cert_password_made", screen.text());
    screen.press("<Enter>");
    assert_eq!(refusal(&screen).0, BenchKey::Again, "nobody has shown yet to have it");
    screen.send(Message::Pasted(text.clone()));
    screen.press("<Enter>");
    let Job::Rewrap { target, .. } = job(&screen) else { panic!() };
    assert_eq!(target.password.unwrap().0.expose_secret(), text);
    assert!(!format!("{:?}{:?}{}", screen.effects, screen.app, screen.text()).contains(&text));
}

#[test]
fn work_that_is_not_waited_for_is_dropped() {
    let mut screen = opened("cert-inspect");
    screen.press("a.pfx<Enter>");
    let ask = screen.asked(|effect| if let Effect::Work { ask, .. } = effect { Some(*ask) } else { None });
    screen.press("x<Enter><Esc>");
    assert_eq!(screen.effects, [Effect::Forget { ask }]);
    screen.send(Message::Worked { ask, result: Err(Trouble::Refused("late".into())) });
    assert_eq!(refusal(&screen).1, "no longer waited for");
    screen.press("<Esc>");
    assert!(screen.app.layers.is_empty());
}

/// A key, its certificate and its root as files, the way authorities hand them out.
fn material(dir: &Path) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "Contoso Root");
    let rsa = || KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
    let root = CertifiedIssuer::self_signed(params, rsa()).unwrap();
    let mut params = CertificateParams::new(vec!["shop.contoso.com".to_owned()]).unwrap();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = rsa();
    fs::write(dir.join("leaf.crt"), params.signed_by(&key, &root).unwrap().pem()).unwrap();
    fs::write(dir.join("root.crt"), root.pem()).unwrap();
    fs::write(dir.join("shop.key"), key.serialize_pem()).unwrap();
}

#[test]
fn what_is_built_and_wrapped_anew_is_private_opens_again_and_replaces_only_with_consent() {
    let dir = tempfile::tempdir().unwrap();
    material(dir.path());
    let at = |name: &str| dir.path().join(name).display().to_string();
    let mut screen = opened("cert-build");
    let (key, root, leaf) = (at("shop.key"), at("root.crt"), at("leaf.crt"));
    screen.press(&format!("{key}<Tab><Tab>{root}<Enter>"));
    assert_eq!(refusal(&screen).0, BenchKey::New);
    screen.press("one<Tab>two<Enter>");
    assert_eq!(refusal(&screen).0, BenchKey::Again);
    screen.press("<C-u>one<Enter>");
    perform(&mut screen);
    assert!(refusal(&screen).1.contains("belongs to none of the certificates"), "{}", refusal(&screen).1);
    screen.press(&format!("<Up><Up><Up><Up><Up>{leaf}<Down><Down><Enter>"));
    perform(&mut screen);
    assert!(matches!(screen.app.layers.top(), Some(Dialog::Sheet(_))), "{}", screen.text());
    let built = dir.path().join("shop.pfx");
    assert_eq!(built.metadata().unwrap().permissions().mode() & 0o777, 0o600);

    let mut screen = opened("cert-rewrap");
    screen.press(&format!(
        "{}<Tab>one<Tab><Space><Tab><Tab>new<Tab>new<Tab><C-u>{}<Enter>",
        at("shop.pfx"),
        at("shop.pfx")
    ));
    let before = fs::read(&built).unwrap();
    perform(&mut screen);
    assert!(matches!(screen.app.layers.top(), Some(Dialog::Confirm(_))), "{}", screen.text());
    assert_eq!(fs::read(&built).unwrap(), before);
    screen.press("y");
    perform(&mut screen);
    assert!(matches!(screen.app.layers.top(), Some(Dialog::Sheet(_))), "{}", screen.text());

    let mut screen = opened("cert-inspect");
    screen.press(&format!("{}<Tab>one<Enter>", at("shop.pfx")));
    perform(&mut screen);
    assert_eq!(refusal(&screen).0, BenchKey::Password, "the old password opens it no more");
    screen.press("<C-u>new<Enter>");
    perform(&mut screen);
    let mut judged = opened("cert-check");
    judged.press(&format!("{}<Tab>new<Tab>shop.contoso.com<Tab>{root}<Enter>", at("shop.pfx")));
    perform(&mut judged);
    let Some(Dialog::Sheet(sheet)) = judged.app.layers.top() else { panic!("{}", judged.text()) };
    assert!(!sheet.lines().iter().any(|line| line.text.contains("UNTRUSTED_CA")), "{:?}", sheet.lines());
    let Some(Dialog::Sheet(sheet)) = screen.app.layers.top() else { panic!("{}", screen.text()) };
    assert!(
        sheet.lines().iter().any(|line| line.text.contains("AES-256") || line.text.contains("aes-256")),
        "{:?}",
        sheet.lines()
    );
    assert!(fs::read_dir(dir.path()).unwrap().count() == 4, "nothing is left beside the files");
}
