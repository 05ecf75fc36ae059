//! What scripts promise: no value becomes code, no secret stands in one, and what is not known yet is said.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::Write as _;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use serde_json::json;
use url::Url;

use super::secrets::{Piece, pieces};
use super::shell::word;
use super::*;
use crate::azure::certificates::NewCertificate;
use crate::azure::{Body, certificates, custom_hostnames, groups, locks, orders, roles, settings, sites};
use crate::flow::sample::{LEAF, app, id, inputs, plan, stand};
use crate::flow::{Key, Observed, StepId};
use crate::model::{OwnSettings, Seen, SslState, Tags, Thumbprint};

fn cloud() -> Cloud {
    Cloud::known(&Url::parse("https://management.azure.com").unwrap()).unwrap()
}

fn script(kind: ScriptKind, steps: &[Step], inputs: &Inputs) -> String {
    let at = crate::flow::sample::NOW.parse().unwrap();
    Script { kind, flow: FlowName::Bind, steps, inputs, cloud: &cloud(), at }.text().unwrap()
}

fn sending(request: Request) -> Vec<Step> {
    vec![Step::new(StepId::BIND, "Do it", StepStatus::Ready).sending(vec![request])]
}

fn bind() -> Request {
    let binding = id("Microsoft.Web/sites/shop/slots/next/hostNameBindings/www.contoso.com");
    sites::bind(&binding, SslState::Sni, &Thumbprint::parse(LEAF).unwrap(), None)
}

fn in_shell(script: &str) -> (bool, String) {
    let mut child = Command::new("sh")
        .args(["-s"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.success(), String::from_utf8(output.stdout).unwrap())
}

/// Whether a shell can read the script, without running it.
fn parses(script: &str) -> bool {
    in_shell(&format!("set -n\n{script}")).0
}

#[test]
fn az_has_commands_of_its_own_for_what_it_can_do() {
    let given = inputs().with(Key::App, "shop");
    let order = id("Microsoft.CertificateRegistration/certificateOrders/contoso-www");
    let cert = id("Microsoft.Web/certificates/shop-2026");
    let (vault, farm) = (id("Microsoft.KeyVault/vaults/kv"), id("Microsoft.Web/serverfarms/plan"));
    let to = NewCertificate {
        id: &cert,
        location: "westeurope",
        plan: Some(&farm),
        tags: &Tags::default(),
        own: OwnSettings::default(),
    };
    let upload = certificates::upload(to, "cGZ4".into(), "hunter2".into());
    let all = [("DB".to_owned(), "hunter2".into())].into_iter().collect();
    let cases = [
        (
            bind(),
            vec![
                "az webapp config ssl bind",
                "--slot next",
                "--hostname www.contoso.com",
                "--ssl-type SNI",
                LEAF,
            ],
        ),
        (
            custom_hostnames::add(&id(
                "Microsoft.Web/sites/shop/slots/next/hostNameBindings/www.contoso.com",
            )),
            vec![
                "az webapp config hostname add",
                "--webapp-name shop",
                "--slot next",
                "--hostname www.contoso.com",
            ],
        ),
        (
            upload.clone(),
            vec![
                "az webapp config ssl upload",
                "--certificate-password @-",
                "--certificate-file \"$CERTDECK_PFX\"",
            ],
        ),
        (certificates::import(to, &vault, "secret"), vec!["az rest", "--method put", "serverFarmId"]),
        (
            roles::assign(&vault, "p", roles::KEY_VAULT_CERTIFICATE_USER),
            vec!["az role assignment create", "--scope /subscriptions"],
        ),
        (
            settings::set(&id("Microsoft.Web/sites/shop"), "WEBSITE_LOAD_CERTIFICATES", "*", &all),
            vec!["az webapp config appsettings set", "WEBSITE_LOAD_CERTIFICATES=*", "--output none"],
        ),
        (orders::verify(&order), vec!["az rest", "--method post", "verifyDomainOwnership", "issued "]),
        (
            Request::delete("Delete it", &cert, "2023-12-01"),
            vec!["az resource delete", "--ids /subscriptions/s"],
        ),
    ];
    for (request, expected) in cases {
        let text = script(ScriptKind::Az, &sending(request), &given);
        for part in expected {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
        assert!(parses(&text) && !text.contains("hunter2"), "{text}");
    }
    let tags = Tags::parse("costcenter=42").unwrap();
    let tagged = certificates::import(NewCertificate { tags: &tags, ..to }, &vault, "secret");
    let own = id("Microsoft.Web/sites/shop").child("certificates", "shop-2026");
    for request in [tagged, certificates::import(NewCertificate { id: &own, ..to }, &vault, "secret")] {
        let text = script(ScriptKind::Az, &sending(request), &given);
        assert!(
            text.contains("az rest") && !text.contains("ssl import"),
            "az would leave something out: {text}"
        );
    }
    let elsewhere = script(ScriptKind::Az, &sending(upload), &inputs().with(Key::App, "other-group/shop"));
    assert!(elsewhere.contains("az rest"), "az would put it into another group: {elsewhere}");
}

#[test]
fn tags_of_a_new_group_are_given_and_none_becomes_an_option() {
    let group = ResourceId::subscription("s").child("resourceGroups", "web");
    let of = |tags: &str| {
        let request = groups::create(&group, "westeurope", &Tags::parse(tags).unwrap());
        script(ScriptKind::Az, &sending(request), &inputs())
    };
    let text = of("env=prod,note=it's $(id) & more");
    assert!(text.contains("--tags ") && text.contains("'env=prod' "), "{text}");
    assert!(text.contains(r"'note=it'\''s $(id) & more'") && parses(&text), "{text}");
    for tags in ["--query=x", "@/etc/passwd=x"] {
        assert!(of(tags).contains("az rest"), "{tags}");
    }
}

#[test]
fn a_lock_is_removed_by_its_id() {
    let lock = locks::Lock {
        id: id("Microsoft.Web/certificates/c/providers/Microsoft.Authorization/locks/keep"),
        level: "CanNotDelete".to_owned(),
        notes: String::new(),
    };
    let request = Request::delete("Remove the lock", &lock.id, "2020-05-01");
    assert!(script(ScriptKind::Az, &sending(request.clone()), &inputs()).contains("az lock delete"));
    assert!(
        script(ScriptKind::PowerShell, &sending(request), &inputs())
            .contains("Remove-AzResourceLock -LockId '/subscriptions/s")
    );
}

#[test]
fn no_kind_of_script_holds_a_secret_and_each_says_where_it_takes_it_from() {
    let cert = id("Microsoft.Web/certificates/shop-2026");
    let to = NewCertificate {
        id: &cert,
        location: "westeurope",
        plan: None,
        tags: &Tags::default(),
        own: OwnSettings::default(),
    };
    let request = certificates::upload(to, "c2VjcmV0".into(), "hunter2".into());
    let all = [("DB".to_owned(), "hunter2".into())].into_iter().collect();
    let setting = settings::set(&id("Microsoft.Web/sites/shop"), "WEBSITE_LOAD_CERTIFICATES", "*", &all);
    for kind in ScriptKind::ALL.iter().copied() {
        let text = script(kind, &sending(request.clone()), &inputs().with(Key::App, "shop"));
        assert!(!text.contains("hunter2") && !text.contains("c2VjcmV0") && !text.contains('•'), "{text}");
        assert!(text.contains("CERTDECK_PFX") && text.contains("CERTDECK_PASSWORD"), "{text}");
        assert!(kind == ScriptKind::PowerShell || parses(&text), "{text}");
        let text = script(kind, &sending(setting.clone()), &inputs());
        assert!(
            !text.contains("hunter2") && !text.contains('•') && text.contains("WEBSITE_LOAD_CERTIFICATES"),
            "{text}"
        );
        assert!(kind == ScriptKind::PowerShell || parses(&text), "{text}");
    }
}

#[test]
fn what_is_done_or_not_known_yet_is_said_and_not_sent() {
    let observed = Observed {
        app: Seen::Here(app(&["contoso.com"])),
        plan: Seen::Here(plan("Basic")),
        ..Observed::default()
    };
    let steps =
        stand(FlowName::Bind, &observed, &inputs().with(Key::App, "shop").with(Key::Hostname, "contoso.com"));
    for kind in ScriptKind::ALL.iter().copied() {
        let text = script(kind, &steps, &inputs());
        assert!(
            text.contains("# 1. Check the App Service plan\n#    Done: plan is in the Basic tier."),
            "{text}"
        );
        assert!(text.contains("Not known yet"), "{text}");
        assert!(!text.contains("hostNameBindings/"), "{text}");
    }
}

#[test]
fn what_costs_money_says_so_before_the_command() {
    let consent =
        Consent::Typed { notice: "This costs money.\n$(rm -rf ~)".to_owned(), word: "buy".to_owned() };
    let steps = vec![
        Step::new(StepId::BUY, "Buy", StepStatus::Ready)
            .consent(consent)
            .sending(vec![bind().repeat(Repeat::LookFirst)]),
    ];
    let text = script(ScriptKind::Rest, &steps, &inputs());
    let mind = text.find("#    WARNING: This costs money. $(rm").unwrap();
    assert!(
        mind < text.find("\naz rest").unwrap() && text.contains("sent twice, it may happen twice"),
        "{text}"
    );
}

#[test]
fn a_body_is_cut_exactly_where_its_secrets_go() {
    let body =
        Body::new(json!({"properties": {"password": null, "pfxBlob": null, "x": "secret0secret \"secret"}}))
            .secret("/properties/password", "p".into())
            .secret("/properties/pfxBlob", "b".into());
    let cut = pieces(&body);
    assert_eq!(
        cut.iter().filter(|piece| !matches!(piece, Piece::Text(_))).collect::<Vec<_>>(),
        [&Piece::Password, &Piece::Pfx]
    );
    let whole: String = cut
        .iter()
        .map(|piece| if let Piece::Text(text) = piece { text.clone() } else { "\"-\"".to_owned() })
        .collect();
    let expected = json!({"properties": {"password": "-", "pfxBlob": "-", "x": "secret0secret \"secret"}});
    assert_eq!(serde_json::from_str::<serde_json::Value>(&whole).unwrap(), expected);
}

#[test]
fn a_shell_writes_the_body_with_its_secrets_as_json() {
    let dir = tempfile::tempdir().unwrap();
    let pfx = dir.path().join("the file's.pfx");
    std::fs::write(&pfx, [0, 255, 10, 39]).unwrap();
    let body = Body::new(json!({"a": "it's $HOME `id`", "properties": {"password": null, "pfxBlob": null}}))
        .secret("/properties/password", String::new().into())
        .secret("/properties/pfxBlob", String::new().into());
    let making = secrets::written(&pieces(&body));
    let environment = format!(
        "CERTDECK_PFX={}\nCERTDECK_PASSWORD={}\n",
        word(pfx.to_str().unwrap()),
        word(r#"p"\ π '$x` "#)
    );
    let (ran, said) = in_shell(&format!("{environment}{}{making}\n", secrets::preamble(&making)));
    assert!(ran);
    let expected =
        json!({"a": "it's $HOME `id`", "properties": {"password": r#"p"\ π '$x` "#, "pfxBlob": "AP8KJw=="}});
    assert_eq!(serde_json::from_str::<serde_json::Value>(&said).unwrap(), expected);
}

/// What is left of a `PowerShell` script without its texts and comments, by the rules of that language: both
/// quotes have typographic forms, a text in single quotes knows no escape but the doubled quote, a
/// here-string ends at the start of a line.
fn skeleton(script: &str) -> String {
    let single = |c: char| c == '\'' || ('\u{2018}'..='\u{201B}').contains(&c);
    let double = |c: char| c == '"' || ('\u{201C}'..='\u{201E}').contains(&c);
    let letters: Vec<char> = script.chars().collect();
    let at = |place: usize| letters.get(place).copied().unwrap_or('\n');
    let (mut place, mut left) = (0, String::new());
    while place < letters.len() {
        let letter = letters[place];
        if letter == '#' {
            while at(place) != '\n' {
                place += 1;
            }
            continue;
        }
        if letter == '@' && single(at(place + 1)) && at(place + 2) == '\n' {
            while !(at(place) == '\n' && single(at(place + 1)) && at(place + 2) == '@') {
                place += 1;
            }
            place += 3;
        } else if single(letter) || double(letter) {
            let ends = |c: char| if single(letter) { single(c) } else { double(c) };
            place += 1;
            while !ends(at(place)) || ends(at(place + 1)) {
                place += if ends(at(place)) || (double(letter) && at(place) == '`') { 2 } else { 1 };
                assert!(place < letters.len(), "a text without an end in {script}");
            }
            place += 1;
        } else {
            left.push(letter);
            place += 1;
            continue;
        }
        left.push('T');
    }
    left
}

/// Names that try to leave their quotes: every quote that a shell takes for one, and what each expands or
/// ends a text by.
const HOSTILE: [&str; 16] = [
    "'; Remove-Item -Recurse ~; '",
    "\u{2019}; iex (irm evil) #",
    "\u{201A}\u{201B}\u{2018}",
    "''",
    "'",
    "\"",
    "\u{201C}\u{201D}\u{201E}\"",
    "$(iex 'x')",
    "${x}`$x",
    "`",
    "`n'@`n; iex x",
    "\n'@\n; iex x\n@'\n",
    "\n\"@\n; iex x",
    "<# #> #requires -Modules Evil",
    "{0}%;|&()@{",
    "a\0b\u{7}\u{85}\u{2028}\\",
];

/// A request of every shape that scripts have words for, with one text wherever a text can stand.
fn every_shape(name: &str) -> Vec<Step> {
    let group = ResourceId::subscription("s").child("resourceGroups", name);
    let site = group.resource("Microsoft.Web/sites", name);
    let binding = site.child("hostNameBindings", name);
    let order = group.resource("Microsoft.CertificateRegistration/certificateOrders", name);
    let vault = group.resource("Microsoft.KeyVault/vaults", name);
    let lock = order.resource("Microsoft.Authorization/locks", name);
    let body = json!({"location": name, "properties": {"x": name, "sslState": name, "thumbprint": name, "minTlsVersion": name}});
    let tags = [(name.into(), name.into())].into_iter().collect();
    let to = NewCertificate {
        id: &binding,
        location: name,
        plan: Some(&group),
        tags: &tags,
        own: OwnSettings::default(),
    };
    let requests = vec![
        Request::put(name, &group, "1", body.clone()),
        Request::put(name, &binding, "1", body.clone()),
        Request::put(name, &binding, "1", json!({"properties": {"sslState": "Disabled", "name": name}})),
        Request::put(name, &vault, "1", body.clone()),
        Request::put(name, &order, "1", body.clone()),
        Request::patch(
            name,
            &site.child("config", "web"),
            "1",
            json!({"properties": {"minTlsVersion": name}}),
        ),
        Request::patch(name, &order, "1", body),
        Request::delete(name, &binding, "1"),
        Request::delete(name, &lock, "1"),
        roles::assign(&vault, name, roles::KEY_VAULT_CERTIFICATE_USER),
        orders::verify(&order),
        orders::renew(&order, None),
        orders::rekey(&order, None, 24),
        settings::set(&site, "X", name, &[("DB".to_owned(), "x".into())].into_iter().collect()),
        certificates::upload(to, "cGZ4".into(), "p".into()),
        certificates::import(to, &vault, name),
        groups::create(&group, name, &tags),
    ];
    let requests = requests.into_iter().map(|request| Request { what: name.to_owned(), ..request }).collect();
    let consent = Consent::Typed { notice: name.to_owned(), word: "yes".to_owned() };
    vec![
        Step::new(StepId::BIND, name, StepStatus::Ready).explained(name).consent(consent).sending(requests),
        Step::new(StepId::CHECK, name, StepStatus::Done(name.to_owned())),
        Step::new(StepId::ISSUED, name, StepStatus::NeedsInput { key: Key::App, why: name.to_owned() }),
    ]
}

/// Whether PowerShell can read a script: its grammar finds no place where it does not know what follows. It
/// does not know that typographic quotes are quotes, too; `skeleton` does.
fn powershell_reads(script: &str) -> bool {
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&tree_sitter_powershell::LANGUAGE.into()).unwrap();
    !parser.parse(script, None).unwrap().root_node().has_error()
}

#[test]
fn no_value_leaves_its_quotes_in_powershell() {
    let written = |name: &str| skeleton(&script(ScriptKind::PowerShell, &every_shape(name), &inputs()));
    let harmless = written("shop");
    for hostile in HOSTILE {
        assert_eq!(written(hostile), harmless, "{hostile}");
    }
}

#[test]
fn hostile_names_give_scripts_that_their_shells_can_read() {
    for name in HOSTILE.into_iter().chain(["shop"]) {
        for kind in ScriptKind::ALL.iter().copied() {
            let text = script(kind, &every_shape(name), &inputs().with(Key::App, "shop"));
            let reads = if kind == ScriptKind::PowerShell { powershell_reads(&text) } else { parses(&text) };
            assert!(reads, "{name:?} by {}\n{text}", kind.as_str());
        }
        assert!(powershell_reads(&powershell::download(name, name, name)), "{name:?}");
        assert!(parses(&rest::download(name, name, name)) && parses(&curl::download(name, name)), "{name:?}");
    }
}

#[test]
fn a_quote_that_was_not_doubled_is_seen() {
    let good = script(ScriptKind::PowerShell, &every_shape("it's"), &inputs());
    assert!(good.contains("it''s") && powershell_reads(&good));
    let place = good.find("it''s").unwrap();
    let broken = format!("{}it's{}", &good[..place], &good[place + "it''s".len()..]);
    assert!(!powershell_reads(&broken), "{broken}");
    for broken in ["Write-Host 'it's'\n", "function x {\n", "$a = @'\nx\n", "Write-Host (1\n"] {
        assert!(!powershell_reads(broken), "{broken}");
    }
}

#[test]
fn an_export_by_powershell_is_for_its_owner_and_overwrites_nothing() {
    for hostile in ["x.pfx", "a'b; iex x", "NAME VAULT PATH"] {
        let text = powershell::download("kv", "secret", hostile);
        assert!(text.contains("'CreateNew'") && text.contains("chmod 600"), "{text}");
        assert_eq!(skeleton(&text), skeleton(&powershell::download("kv", "secret", "x.pfx")));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_word_comes_back_from_a_shell_as_it_went_in(text in "[^\0]{0,40}") {
        // The full stop keeps the line ends that $() would cut off.
        let (ran, said) = in_shell(&format!("printf %s {}; printf .", word(&text)));
        prop_assert!(ran);
        prop_assert_eq!(said, format!("{text}."));
    }

    #[test]
    fn hostile_values_stay_values(name in "[^\0/]{1,30}", title in "\\PC{0,30}") {
        prop_assume!(!matches!(name.as_str(), "." | ".."));
        let body = json!({"location": name, "properties": {"x": title}});
        let group = ResourceId::subscription("s").child("resourceGroups", &name);
        let steps = vec![
            Step::new(StepId::RESOURCE_GROUP, format!("{title}\n{name}"), StepStatus::Ready)
                .explained(&name)
                .sending(vec![Request::put(&name, &group, "1", body.clone()), Request::put(&title, &group.resource("P/t", &name), "1", body)]),
        ];
        for kind in [ScriptKind::Az, ScriptKind::Rest, ScriptKind::Curl] {
            let text = script(kind, &steps, &inputs());
            prop_assert!(parses(&text), "{}", text);
            // Nothing but certdeck's own words runs: with every command a no-op, the script does nothing.
            let harmless = "az() { cat > /dev/null; }; send() { cat > /dev/null; }; settled() { :; }; issued() { :; }; echo() { :; }\n";
            let body = text.split_once("\n# 1. ").unwrap().1;
            let body = body.split_once('\n').unwrap().1;
            let (ran, said) = in_shell(&format!("PATH=/nonexistent\ncat() {{ while IFS= read -r line; do :; done; }}\n{harmless}ARM=x\n{body}"));
            prop_assert!(ran && said.is_empty(), "{}\n{}", said, text);
        }
    }
}
