//! With the role Reader alone every command runs: nothing is written, nothing fails, and what could not be
//! looked at is named.

use std::process::{Command, Output};

use serde_json::Value;

use crate::cloud::Cloud;
use crate::files;

fn certdeck(cloud: &Cloud, arguments: &[&str]) -> Output {
    let connection = cloud.connection();
    let mut command = Command::new(env!("CARGO_BIN_EXE_certdeck"));
    command.env_clear().env("HOME", cloud.home()).current_dir(cloud.home()).envs(cloud.environment());
    command
        .env("AZURE_CLIENT_ID", &connection.reader_client_id)
        .env("AZURE_CLIENT_SECRET", &connection.reader_client_secret);
    command.args(arguments).output().unwrap()
}

/// What the cloud was asked to change, refused or not: neither reads, sign-in nor questions that are asked by
/// POST.
fn writes(cloud: &Cloud) -> Vec<String> {
    let log = cloud.control("requests?since=0");
    let questions = ["oauth2", "resourcegraph", "checknameavailability", "retrieve", "/list?"];
    let is_write = |entry: &&Value| {
        let path = entry["path"].as_str().unwrap().to_ascii_lowercase();
        entry["method"] != "GET" && !questions.iter().any(|word| path.contains(word))
    };
    log["value"].as_array().unwrap().iter().filter(is_write).map(Value::to_string).collect()
}

#[test]
fn a_reader_lists_reports_and_checks_everything() {
    let cloud = Cloud::start();
    for arguments in [
        &["list", "private"][..],
        &["list", "public"],
        &["list", "orders"],
        &["list", "bindings"],
        &["list", "apps"],
        &["list", "vaults"],
        &["report"],
        &["report", "--output", "json"],
    ] {
        let output = certdeck(&cloud, arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {said}");
        assert!(!output.stdout.is_empty(), "{arguments:?}");
    }
    let check = certdeck(&cloud, &["check"]);
    assert_eq!(
        check.status.code(),
        Some(2),
        "what expires is critical: {}",
        String::from_utf8_lossy(&check.stdout)
    );
    let doctor = certdeck(&cloud, &["doctor"]);
    let said = String::from_utf8_lossy(&doctor.stdout);
    assert_eq!(doctor.status.code(), Some(0), "{said}");
    let graph = said.lines().find(|line| line.contains(" graph ")).unwrap();
    assert!(graph.starts_with("warning") && graph.contains("may not read the directory"), "{graph}");
    assert!(
        said.contains("Application.Read.All") && said.contains("not Sync: Microsoft.Web/certificates/write"),
        "{said}"
    );
    assert_eq!(writes(&cloud), Vec::<String>::new());
}

#[test]
fn a_reader_plans_every_flow_and_is_told_what_was_not_looked_at() {
    let (cloud, files) = (Cloud::start(), files::make());
    let cer = format!("file={}", files.path().join("partner.cer").display());
    let pfx = |name: &str| format!("file={}", files.path().join(name).display());
    let password = files.path().join("password").display().to_string();
    let (contoso, shop) = (pfx("contoso.pfx"), pfx("shop.pfx"));
    let (events, api) = ("order=events2026", "order=apifabrikam");
    let app = "app=contoso-shop";
    // Flow, settings, exit code, and what is named as not looked at.
    let plans: &[(&str, &[&str], i32, &str)] = &[
        ("purchase", &["order=contosowww", "domain=contoso.com", "product=standard"], 0, ""),
        (
            "store",
            &[events, "vault-choice=existing", "vault=kv-contoso-shop"],
            0,
            "Look whether the secret name events2026 is free",
        ),
        ("store", &[events, "vault-choice=new", "vault=kv-events-2026", "vault-location=westeurope"], 0, ""),
        ("verify", &[events, "method=manual-txt"], 0, ""),
        ("verify", &[events, "method=mail"], 0, "Read which mails were sent"),
        ("import-order", &["order=apifabrikam", app], 0, ""),
        ("import-vault", &[app, "vault=kv-contoso-shop", "vault-certificate=news-2026"], 0, ""),
        ("bind", &[app, "hostname=pay.contoso.com", "certificate=shop-2026", "ssl-type=sni"], 2, ""),
        ("renew", &[api, "method=manual-txt"], 2, "Read the history of the order"),
        ("rekey", &[api], 2, "Read the history of the order"),
        ("auto-renew", &[api, "auto-renew=yes"], 0, ""),
        ("sync", &["scope=all"], 0, ""),
        ("export", &[api, "out=exported.pfx", "raw=yes"], 0, ""),
        ("unlock", &[api], 0, ""),
        ("delete", &[api], 1, ""),
        ("hostname", &[app, "hostname=www.contoso.news"], 0, ""),
        ("managed", &[app, "hostname=pay.contoso.com"], 0, ""),
        ("upload", &[app, &contoso], 0, ""),
        ("public", &[app, "name=partner", &cer], 0, "Read the app settings"),
        ("replace", &["certificate=shop-2026", "friendly-name=shop-2027", &shop], 0, ""),
        ("rebind-all", &["certificate=wildcard-contoso", "which=all"], 0, ""),
        ("unbind", &["app=contoso-blog", "hostname=blog.contoso.com"], 0, ""),
        ("delete-private", &["certificate=blog-2025"], 0, ""),
        ("delete-public", &["app=contoso-api", "name=legacy-partner"], 0, "Read the app settings"),
        ("settings", &["app=contoso-blog", "https-only=yes", "min-tls=1.3"], 0, "Read the app settings"),
    ];
    let subscription = format!("subscription={}", cloud.connection().subscription_ids[0]);
    let mut wrong = Vec::new();
    for (flow, settings, exit, left_out) in plans {
        let mut arguments =
            vec!["run", flow, "--plan", "--set", &subscription, "--set", "resource-group=rg-shop"];
        settings.iter().for_each(|setting| arguments.extend(["--set", *setting]));
        if settings
            .iter()
            .any(|setting| std::path::Path::new(setting).extension().is_some_and(|end| end == "pfx"))
            && *flow != "export"
        {
            arguments.extend(["--password-file", &password]);
        }
        let output = certdeck(&cloud, &arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        if output.status.code() != Some(*exit)
            || !said.contains(left_out)
            || (left_out.is_empty() && said.contains("not looked at"))
        {
            wrong.push(format!("{flow} {settings:?}: {:?}, {said}", output.status.code()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(writes(&cloud), Vec::<String>::new());
}
