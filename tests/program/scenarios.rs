//! Every scenario can be won by what certdeck offers, and the practice cloud sees that it was: not before,
//! and not by a word of the client.

use crate::common::Practice;
use certdeck::flow::{FlowName, Key};
use certdeck::practice::{Emulator, Options, Pace};

type Given = Vec<(Key, &'static str)>;

fn bind(app: &'static str, host: &'static str, certificate: &'static str) -> (FlowName, Given) {
    (
        FlowName::Bind,
        vec![(Key::App, app), (Key::Hostname, host), (Key::Certificate, certificate), (Key::SslType, "sni")],
    )
}

/// From where the order stands to the hostname.
fn deliver(
    order: &'static str,
    vault: &'static str,
    app: &'static str,
    hosts: &[&'static str],
) -> Vec<(FlowName, Given)> {
    let order = (Key::Order, order);
    let store = vec![order, (Key::VaultChoice, "existing"), (Key::Vault, vault)];
    let bind = |host: &&'static str| {
        (FlowName::Bind, vec![order, (Key::App, app), (Key::Hostname, *host), (Key::SslType, "sni")])
    };
    let first = [(FlowName::Store, store), (FlowName::ImportOrder, vec![order, (Key::App, app)])];
    first.into_iter().chain(hosts.iter().map(bind)).collect()
}

/// Plays a scenario; the goal is open before, and reached after.
async fn play(scenario: &str, moves: Vec<(FlowName, Given)>) {
    let practice = Practice::of(scenario).await;
    let before = practice.control_get("goal").await;
    assert!(before["reached"].is_null(), "{scenario} begins at its end: {before}");
    assert!(
        before["briefing"].as_array().is_some_and(|lines| !lines.is_empty())
            && before["deadline"].is_string()
    );
    for (flow, given) in moves {
        practice.complete(flow, &given).await;
    }
    let after = practice.control_get("goal").await;
    assert!(after["reached"].is_string(), "{scenario}: {}", after["goals"]);
}

#[tokio::test]
async fn the_emergency_is_over_when_the_order_is_imported_and_the_checkout_has_the_wildcard() {
    let mut moves = deliver("contosoShop", "kv-contoso-shop", "contoso-shop", &["shop.contoso.com"]);
    moves.push(bind("contoso-shop", "checkout.contoso.com", "wildcard-contoso"));
    play("emergency", moves).await;
}

#[tokio::test]
async fn the_vaults_are_mended_by_what_they_lack() {
    let mut moves = deliver("suppliers", "kv-suppliers", "contoso-suppliers", &["suppliers.contoso.com"]);
    moves.extend(deliver("portal", "kv-portal", "contoso-suppliers", &["portal.contoso.com"]));
    play("broken-vault", moves).await;
}

#[tokio::test]
async fn the_season_is_over_when_ten_hostnames_have_new_certificates() {
    let mut moves: Vec<_> = [
        ("contoso-shop", "shop.contoso.com"),
        ("contoso-shop", "help.contoso.com"),
        ("contoso-shop", "blog.contoso.com"),
        ("contoso-info", "status.contoso.com"),
        ("contoso-info", "events.contoso.com"),
        ("contoso-info", "press.contoso.com"),
    ]
    .into_iter()
    .map(|(app, host)| bind(app, host, "wildcard-contoso-new"))
    .collect();
    let hosts = ["www.fabrikam.com", "news.fabrikam.com", "jobs.fabrikam.com", "cloud.fabrikam.com"];
    let mut fabrikam = deliver("wildfabrikam", "kv-fabrikam", "fabrikam-web", &hosts);
    for (_, given) in &mut fabrikam {
        given.push((Key::ResourceGroup, "rg-fabrikam"));
    }
    moves.extend(fabrikam);
    play("renewal-season", moves).await;
}

#[tokio::test]
async fn the_migration_is_over_when_nothing_of_the_old_ca_is_presented() {
    let shop = ["shop.contoso.com", "www.contoso.com", "pay.contoso.com"];
    let mut moves: Vec<_> = shop.map(|host| bind("contoso-shop", host, "wildcard-geotrust")).into();
    for host in ["api.contoso.com", "login.contoso.com"] {
        moves.push((FlowName::Managed, vec![(Key::App, "contoso-api"), (Key::Hostname, host)]));
        moves.push(bind("contoso-api", host, host));
    }
    play("new-ca", moves).await;
}

#[tokio::test]
async fn a_scenario_of_ones_own_is_a_file_and_what_is_wrong_with_it_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let broken_vault = include_str!("../../assets/scenarios/broken-vault.toml");
    let started = async |name: &str, text: Option<String>| {
        let file = dir.path().join(format!("{name}.toml"));
        if let Some(text) = text {
            std::fs::write(&file, text).unwrap();
        }
        let scenario = Some(file.to_str().unwrap().to_owned());
        let options = Options { pace: Pace::Instant, scenario, ..Options::new(dir.path().join(name)) };
        Emulator::start(options).await
    };
    let own = started("own", Some(broken_vault.replace("rg-suppliers", "rg-own"))).await.unwrap();
    assert_eq!(own.connection().resource_group, "rg-own");
    own.shutdown().await;
    let surprising = format!("surprise = 1\n{broken_vault}");
    let astray = broken_vault.replace("name = \"plan-suppliers\"", "name = \"another-plan\"");
    for (name, text, said) in [
        ("missing", None, "there is no such file"),
        ("surprising", Some(surprising), "unknown field `surprise`"),
        ("astray", Some(astray), "plan-suppliers"),
    ] {
        let error = started(name, text).await.unwrap_err().to_string();
        assert!(error.contains(said) && error.contains(name) && !error.contains("os error"), "{error}");
    }
}
