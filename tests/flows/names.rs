//! Names as people have them at hand: every form is taken wherever a name is asked for, what is ambiguous or
//! unknown says what was looked for and where, and nothing is asked for that a flow does not have.

use std::process::{Command, Output};

use rcgen::KeyPair;

use crate::cloud::Cloud;
use crate::files;
use crate::runs::{Run, all};
use crate::state;

const STAGING: &str = "staging.contoso.com";

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// `certdeck run` with nothing but these inputs: both subscriptions of the practice cloud are meant.
fn anywhere(cloud: &Cloud, flow: &str, settings: &[&str], more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_certdeck"));
    command.env_clear().env("HOME", cloud.home()).current_dir(cloud.home()).envs(cloud.environment());
    command
        .args(["run", flow])
        .args(settings.iter().flat_map(|setting| ["--set", setting]))
        .args(more)
        .output()
        .unwrap()
}

#[test]
fn a_slot_and_its_certificate_are_taken_in_every_form_that_names_them() {
    let cloud = Cloud::start();
    let estate = state::estate(&cloud);
    let slot = estate.apps.iter().find(|app| app.label() == "contoso-shop/staging").unwrap().id.clone();
    let certificate = estate.certificates.iter().find(|one| one.id.name() == "wildcard-contoso").unwrap();
    let print = certificate.thumbprint.as_ref().unwrap().as_str();
    let colons = print
        .as_bytes()
        .chunks(2)
        .map(|pair| std::str::from_utf8(pair).unwrap())
        .collect::<Vec<_>>()
        .join(":");
    let bind = |app: &str, certificate: &str| {
        let settings =
            [format!("app={app}"), format!("hostname={STAGING}"), format!("certificate={certificate}")];
        let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
        Run::new("bind", &[&settings[..], &["ssl-type=sni"]].concat()).certdeck(&cloud, &["--plan"])
    };
    let apps = [
        "contoso-shop/staging",
        "rg-shop/contoso-shop/staging",
        "RG-Shop/contoso-shop/slots/staging",
        slot.as_str(),
    ];
    for app in apps {
        let done = bind(app, "wildcard-contoso");
        assert_eq!(done.status.code(), Some(0), "{app}: {}", said(&done));
    }
    let upper = certificate.id.as_str().to_uppercase();
    let lower = colons.to_lowercase();
    let in_group = format!("rg-shop/{print}");
    for form in
        ["rg-shop/wildcard-contoso", "WILDCARD-contoso", upper.as_str(), print, &colons, &lower, &in_group]
    {
        let done = bind(apps[0], form);
        assert_eq!(done.status.code(), Some(0), "{form}: {}", said(&done));
        let rebind =
            anywhere(&cloud, "rebind-all", &[&format!("certificate={form}"), "which=all"], &["--plan"]);
        assert_eq!(rebind.status.code(), Some(0), "{form}: {}", said(&rebind));
    }
}

#[test]
fn what_is_unknown_says_what_was_looked_for_and_where() {
    let cloud = Cloud::start();
    let plan = |flow: &'static str, settings: &[&str]| {
        let done = Run::new(flow, settings).certdeck(&cloud, &["--plan"]);
        assert_eq!(done.status.code(), Some(2), "{settings:?}: {}", said(&done));
        said(&done)
    };
    let app = plan("unbind", &["app=contoso-shop/stagign", "hostname=staging.contoso.com"]);
    assert!(app.contains("no app 'stagign' in the resource group contoso-shop"), "{app}");
    assert!(
        app.contains("no slot 'stagign' of an app 'contoso-shop'")
            && app.contains("the subscription Contoso Production"),
        "{app}"
    );
    let app = plan("unbind", &["app=a/b/c/d"]);
    assert!(app.contains("APP/SLOT"), "{app}");
    let bind = ["app=contoso-shop", "hostname=shop.contoso.com", "certificate=rg-shop/wildcrad"];
    let certificate = plan("bind", &bind);
    assert!(certificate.contains("'rg-shop/wildcrad' in the webspace rg-shop-"), "{certificate}");
    let certificate = plan("rebind-all", &["certificate=rg-shop/wildcrad"]);
    assert!(
        certificate.contains("no certificate 'wildcrad' in the resource group rg-shop of the subscription"),
        "{certificate}"
    );
    let order = plan("unlock", &["order=apifabrkam"]);
    assert!(order.contains("no order 'apifabrkam' in the subscription Contoso Production"), "{order}");
    let nowhere =
        anywhere(&cloud, "unlock", &["subscription=Contoso Prodution", "order=apifabrikam"], &["--plan"]);
    assert!(said(&nowhere).contains("this account sees Contoso Production"), "{}", said(&nowhere));
}

/// What a flow does not have, nobody can give it.
#[test]
fn replace_never_asks_for_an_app_and_finds_the_certificate_in_any_subscription() {
    let cloud = Cloud::start();
    let found = anywhere(&cloud, "replace", &["certificate=rg-shop/shop-2026"], &["--plan"]);
    assert!(said(&found).contains("choose the PFX file (--set file=…)"), "{}", said(&found));
    let unknown = anywhere(&cloud, "replace", &["certificate=shop-2062"], &["--plan"]);
    let words = said(&unknown);
    assert!(
        unknown.status.code() == Some(2)
            && words.contains("no certificate 'shop-2062' in the 2 subscriptions"),
        "{words}"
    );
    assert!(!words.contains("--set app"), "{words}");
}

#[test]
fn an_order_and_a_vault_are_found_by_their_names_alone() {
    let cloud = Cloud::start();
    let order = anywhere(&cloud, "unlock", &["order=APIfabrikam"], &["--plan"]);
    assert_eq!(order.status.code(), Some(0), "{}", said(&order));
    for vault in ["kv-contoso-vault", "https://kv-contoso-vault.vault.azure.net/"] {
        let settings = ["app=contoso-shop", &format!("vault={vault}"), "vault-certificate=pay-2026"];
        let done = anywhere(&cloud, "import-vault", &settings, &["--plan"]);
        assert_eq!(done.status.code(), Some(0), "{vault}: {}", said(&done));
    }
}

#[test]
fn what_was_deleted_by_its_name_alone_is_gone_on_the_second_run_and_exits_0() {
    let cloud = Cloud::start();
    let runs: [(&str, &[&str]); 3] = [
        ("delete-private", &["certificate=blog-2025"]),
        ("delete-public", &["app=contoso-api", "name=LEGACY-partner"]),
        ("unbind", &["app=contoso-blog", "hostname=BLOG.contoso.com."]),
    ];
    for (flow, settings) in runs {
        for again in [false, true] {
            let done = anywhere(&cloud, flow, settings, &["--yes"]);
            assert_eq!(done.status.code(), Some(0), "{flow}, again: {again}: {}", said(&done));
        }
    }
    let gone = anywhere(&cloud, "delete-private", &["certificate=blog-2025"], &["--yes"]);
    assert!(
        String::from_utf8_lossy(&gone.stdout).contains("no certificate 'blog-2025' in the 2 subscriptions"),
        "{gone:?}"
    );
}

#[test]
fn an_international_domain_is_offered_in_the_form_that_dns_has_wherever_it_is_asked_for() {
    let cloud = Cloud::start();
    let asked: [(&str, &[&str]); 3] = [
        ("purchase", &["resource-group=rg-shop", "order=buecher-www", "domain=bücher.de"]),
        ("managed", &["app=contoso-shop", "hostname=bücher.de"]),
        ("unbind", &["app=contoso-shop", "hostname=bücher.de"]),
    ];
    for (flow, settings) in asked {
        let done = Run::new(flow, settings).certdeck(&cloud, &["--plan"]);
        assert_eq!(done.status.code(), Some(2), "{flow}");
        assert!(said(&done).contains("xn--bcher-kva.de"), "{flow}: {}", said(&done));
    }
}

/// A key is pasted in the place of a name sooner or later.
#[test]
fn a_private_key_in_the_place_of_any_input_is_repeated_by_no_flow() {
    let (cloud, files) = (Cloud::start(), files::make());
    let key = KeyPair::generate().unwrap().serialize_pem();
    let lines: Vec<&str> = key.lines().filter(|line| !line.starts_with('-')).collect();
    let inner = lines.concat();
    let texts = [
        inner.clone(),
        format!("-----BEGIN PRIVATE KEY-----\\n{}\\n", lines.join("\\n")),
        format!("rg-shop/{inner}"),
    ];
    for run in all(&cloud, files.path()) {
        for (text, (name, run)) in
            texts.iter().flat_map(|text| run.each_with(text).map(move |one| (text, one)))
        {
            let done = run.certdeck(&cloud, &["--plan"]);
            let shown = format!("{}{}", String::from_utf8_lossy(&done.stdout), said(&done));
            assert_ne!(done.status.code(), Some(0), "{} {name}={text}: {shown}", run.flow);
            let part =
                inner.as_bytes().windows(17).find(|part| shown.contains(std::str::from_utf8(part).unwrap()));
            assert_eq!(part, None, "{} {name}: {shown}", run.flow);
        }
    }
}
