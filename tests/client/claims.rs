//! Claims challenges: a service that wants more of a sign-in than it gave gets it in place, once, and the
//! request goes on; where nobody can give it, the words say what to run.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use crate::person::Practice;
use crate::support::{Reply, Server};
use certdeck::azure::{
    AzureError, Chain, Claims, Client, Connection, Desk, Identity, LibrarySignIn, OwnSignIn, Request, SignIn,
    groups, subscriptions,
};
use certdeck::flow::engine::{Conductor, Ending, Engine};
use certdeck::flow::{FlowName, Inputs, Key, Step};
use certdeck::journal::Journal;
use certdeck::model::{ResourceId, SignInReply};
use certdeck::rules::{Profile, Rules};
use serde_json::{Value, json};

/// What Azure Resource Manager asks of a person who signed in without a second factor.
const MFA: &str = "eyJhY2Nlc3NfdG9rZW4iOnsiYWNycyI6eyJlc3NlbnRpYWwiOnRydWUsInZhbHVlcyI6WyJwMSJdfX19";

fn group(practice: &Practice, name: &str) -> Request {
    let id = format!("/subscriptions/{}/resourceGroups/{name}", practice.says().subscription_ids[0]);
    groups::create(&ResourceId::parse(&id).unwrap(), "westeurope", &certdeck::model::Tags::default())
}

async fn make(client: &Client, practice: &Practice, name: &str) -> Result<u16, AzureError> {
    client.change(&group(practice, name), &mut |_| ()).await.map(|changed| changed.status)
}

/// How often a change was sent, whatever came of it.
async fn puts(practice: &Practice) -> Vec<u64> {
    let url = format!("{}/_emulator/requests", practice.says().arm);
    let log: Value = practice.control.get(url).send().await.unwrap().json().await.unwrap();
    let all = log["value"].as_array().or_else(|| log.as_array()).unwrap();
    all.iter()
        .filter(|entry| entry["method"] == "PUT")
        .map(|entry| entry["status"].as_u64().unwrap())
        .collect()
}

struct Agrees;

impl Conductor for Agrees {
    fn stands(&mut self, _: &[Step]) {}
    fn says(&mut self, _: &str) {}
    fn consents(&mut self, _: &Step) -> bool {
        true
    }
    async fn waits(&mut self, _: &str, _: std::time::Duration) -> bool {
        false
    }
}

#[tokio::test]
async fn a_person_without_a_second_factor_is_asked_at_the_first_change_and_the_flow_goes_on() {
    let practice = Practice::start().await;
    let (client, mut asked) = practice.with_person(Chain::just(practice.person())).await;
    let journal = Journal::open(&practice.dir.path().join("journal.jsonl")).unwrap();
    let rules = Rules::load(Profile::Current).unwrap();
    let engine = Engine { client: &client, journal: &journal, rules: &rules };
    let says = practice.says();
    let inputs = Inputs::default()
        .with(Key::Subscription, says.subscription_ids[0].as_str())
        .with(Key::ResourceGroup, says.resource_group.as_str())
        .with(Key::Order, "contoso-www")
        .with(Key::Domain, "contoso.com")
        .with(Key::Product, "standard");
    let mut conductor = Agrees;
    let (ended, whys) = tokio::join!(engine.run(FlowName::Purchase, &inputs, &mut conductor), async {
        let first = practice.type_code(&mut asked).await;
        assert!(matches!(asked.recv().await, Some(SignIn::Ended(Ok(_)))));
        (first, practice.type_code(&mut asked).await)
    });
    assert!(!matches!(&ended, Ok(Ending::Declined(_)) | Err(_)), "{ended:?}");
    assert!(
        whys.0.contains("there is no sign-in") && whys.1.contains("multi-factor authentication"),
        "{whys:?}"
    );
    let sent = puts(&practice).await;
    assert!(sent.len() == 2 && sent[0] == 401 && sent[1] < 300, "refused once, sent once more: {sent:?}");
    let lines = fs::read_to_string(practice.dir.path().join("journal.jsonl")).unwrap();
    assert_eq!(lines.matches("\"method\":\"PUT\"").count(), 1, "one change for the journal: {lines}");

    // What was given is kept: neither the next change nor the next start asks again.
    assert!(make(&client, &practice, "rg-next").await.is_ok());
    let saved = OwnSignIn::SavedSignIn { tenant: Some(says.tenant_id.clone()), client_id: None };
    assert!(make(&practice.client(saved).await, &practice, "rg-later").await.is_ok());
    assert_eq!(practice.seen("devicecode").await, 2);
}

#[tokio::test]
async fn many_changes_that_are_refused_at_once_ask_the_person_once() {
    let practice = Practice::start().await;
    let (client, mut asked) = practice.with_person(Chain::just(practice.person())).await;
    let (who, _) = tokio::join!(client.sign_in(), practice.type_code(&mut asked));
    assert!(who.is_ok());
    asked.recv().await;
    let names = ["rg-1", "rg-2", "rg-3", "rg-4"];
    let changes = futures::future::join_all(names.map(|name| make(&client, &practice, name)));
    let (made, _) = tokio::join!(changes, practice.type_code(&mut asked));
    assert!(made.iter().all(Result::is_ok), "{made:?}");
    assert_eq!(practice.seen("devicecode").await, 2);
}

#[tokio::test]
async fn a_person_who_gives_up_changes_nothing_and_is_asked_again_by_the_next_change() {
    let practice = Practice::start().await;
    let (client, mut asked) = practice.with_person(Chain::just(practice.person())).await;
    let (who, _) = tokio::join!(client.sign_in(), practice.type_code(&mut asked));
    assert!(who.is_ok());
    asked.recv().await;
    let (made, ()) = tokio::join!(make(&client, &practice, "rg-no"), async {
        assert!(matches!(asked.recv().await, Some(SignIn::Asked(_))));
        client.answer_sign_in(SignInReply::GiveUp);
    });
    assert!(made.unwrap_err().to_string().contains("given up"));
    assert_eq!(puts(&practice).await, [401]);
    asked.recv().await;
    assert_eq!(subscriptions::list(&client).await.unwrap().len(), 2, "reads go on with the sign-in there is");
    let (made, _) = tokio::join!(make(&client, &practice, "rg-yes"), practice.type_code(&mut asked));
    assert!(made.is_ok(), "{made:?}");
}

#[tokio::test]
async fn where_nobody_can_be_asked_the_words_name_the_command_that_helps() {
    let practice = Practice::start().await;
    let (client, mut asked) = practice.with_person(Chain::just(practice.person())).await;
    let (who, _) = tokio::join!(client.sign_in(), practice.type_code(&mut asked));
    assert!(who.is_ok());
    asked.recv().await;
    let saved = OwnSignIn::SavedSignIn { tenant: Some(practice.says().tenant_id.clone()), client_id: None };
    let script = practice.client(saved).await;
    let problem = make(&script, &practice, "rg-script").await.unwrap_err().problem("Create it");
    let command = format!("certdeck login --tenant {} --claims-challenge {MFA}", practice.says().tenant_id);
    assert!(problem.why.contains("multi-factor") && problem.remedy.contains(&command), "{problem}");

    // As the command does it.
    let claims = Claims::decode(MFA).unwrap();
    let (who, _) = tokio::join!(client.sign_in_with(&claims), practice.type_code(&mut asked));
    assert!(who.is_ok(), "{who:?}");
    assert!(make(&script, &practice, "rg-script").await.is_ok());
}

#[tokio::test]
async fn a_sign_in_that_was_revoked_is_renewed_in_place_for_reads_too() {
    let practice = Practice::start().await;
    let (client, mut asked) = practice.with_person(Chain::just(practice.person())).await;
    let (who, _) = tokio::join!(client.sign_in(), practice.type_code(&mut asked));
    assert!(who.is_ok());
    asked.recv().await;
    practice.control("entra/revoke", json!({})).await;
    let (read, why) = tokio::join!(subscriptions::list(&client), practice.type_code(&mut asked));
    assert_eq!(read.unwrap().len(), 2);
    assert!(why.contains("a new sign-in"), "{why}");
    // An application proves itself anew without anybody.
    let says = practice.says();
    let chain = Chain::application(&*says.tenant_id, &*says.client_id, &*says.client_secret);
    let application = Client::connect(practice.connection(chain)).await.unwrap();
    assert!(
        make(&application, &practice, "rg-app").await.is_ok(),
        "workload identities need no second factor"
    );
    practice
        .control(
            "faults",
            json!({"path": "/subscriptions", "count": 1, "fault": {"kind": "claims-challenge"}}),
        )
        .await;
    assert_eq!(subscriptions::list(&application).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_service_that_is_never_satisfied_is_not_asked_for_ever() {
    let practice = Practice::start().await;
    let says = practice.says();
    let chain = Chain::application(&*says.tenant_id, &*says.client_id, &*says.client_secret);
    let client = Client::connect(practice.connection(chain)).await.unwrap();
    let claims = json!({"access_token": {"acrs": {"essential": true, "value": "c1"}}});
    let fault =
        json!({"method": "PUT", "path": "*", "fault": {"kind": "claims-challenge", "claims": claims}});
    practice.control("faults", fault).await;
    let error = make(&client, &practice, "rg-never").await.unwrap_err();
    assert!(matches!(&error, AzureError::Unsatisfied { .. }), "{error:?}");
    assert!(error.problem("Create it").remedy.contains("Nothing was changed"));
    assert_eq!(puts(&practice).await, [401, 401]);
}

#[tokio::test]
async fn claims_go_to_the_configured_authority_alone_and_reach_it_by_every_way_to_sign_in() {
    let elsewhere = Server::start_bare(|_, _| Reply::empty(200)).await;
    let challenge = format!(
        "Bearer authorization_uri=\"{0}/evil/oauth2/authorize\", error=\"insufficient_claims\", claims=\"{MFA}\"",
        elsewhere.origin
    );
    let server = Server::start_bare(move |seen, before| {
        let token = |text: &str| json!({"token_type": "Bearer", "expires_in": 3600, "access_token": text, "refresh_token": "kept"});
        if seen.line.contains("/devicecode") {
            let code = json!({"device_code": "d", "user_code": "U", "verification_uri": "https://x.example", "interval": 1});
            return Reply::json(200, &code);
        }
        if seen.line.contains("/token") {
            let asks = seen.body.contains("acrs");
            if asks && seen.body.contains("grant_type=refresh_token") {
                return Reply::json(400, &json!({"error": "invalid_grant", "error_description": "AADSTS50076: more"}));
            }
            return Reply::json(200, &token(if asks { "strong" } else { "weak" }));
        }
        match (seen.header("authorization"), before) {
            (Some("Bearer strong"), _) => Reply::json(200, &json!({"value": []})),
            _ => Reply::empty(401).header("www-authenticate", challenge.clone()),
        }
    })
    .await;
    let dir = tempfile::tempdir().unwrap();
    let token_file = dir.path().join("token");
    fs::write(&token_file, "statement").unwrap();
    let (tenant, client_id) = ("11111111-1111-1111-1111-111111111111".to_owned(), "certdeck".to_owned());
    let ways: [Identity; 3] = [
        LibrarySignIn::ClientSecret {
            tenant: tenant.clone(),
            client_id: client_id.clone(),
            secret: "s3cret".into(),
        }
        .into(),
        LibrarySignIn::WorkloadIdentity { tenant: tenant.clone(), client_id, token_file }.into(),
        OwnSignIn::DeviceCode { tenant: Some(tenant), client_id: None }.into(),
    ];
    for way in ways {
        let (desk, _asked) = Desk::open();
        let saved = Some(certdeck::azure::Saved::at(dir.path().join("sign-ins.json")));
        let connection =
            Connection { chain: Chain::just(way.clone()), saved, desk: Some(desk), ..server.connection() };
        let read = subscriptions::list(&Client::connect(connection).await.unwrap()).await;
        assert_eq!(read.map(|all| all.len()), Ok(0), "{}", way.name());
    }
    let asked = server.seen("/oauth2/v2.0/");
    assert!(
        asked.iter().all(|seen| seen.line.starts_with("POST /11111111-1111-1111-1111-111111111111/")),
        "{asked:?}"
    );
    assert_eq!(
        asked.iter().filter(|seen| seen.body.contains("acrs") && seen.line.contains("/token")).count(),
        4
    );
    // What certdeck can do is said by every sign-in of a person.
    assert!(
        asked.iter().filter(|seen| seen.line.contains("devicecode")).all(|seen| seen.body.contains("cp1"))
    );
    assert_eq!(elsewhere.seen("").len(), 0);
}

/// A token of a person, as az would have it.
async fn of_a_person(practice: &Practice, claims: &str) -> String {
    let says = practice.says();
    let post = async |endpoint: &str, form: &[(&str, &str)]| -> Value {
        let url = format!("{}/{}/oauth2/v2.0/{endpoint}", says.authority, says.tenant_id);
        practice.control.post(url).form(form).send().await.unwrap().json().await.unwrap()
    };
    let scope = format!("{}/.default", says.arm);
    let begun = post("devicecode", &[("client_id", "az"), ("scope", &scope), ("claims", claims)]).await;
    let code = begun["device_code"].as_str().unwrap();
    practice.control("entra/device-code", json!({"approve": true, "userCode": begun["user_code"]})).await;
    let grant = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("client_id", "az"),
        ("device_code", code),
    ];
    post("token", &grant).await["access_token"].as_str().unwrap().to_owned()
}

fn as_az_prints(practice: &Practice, token: &str) -> String {
    json!({"accessToken": token, "expiresOn": "2038-01-18 01:00:00.000000", "expires_on": 2_147_385_600,
        "subscription": practice.says().subscription_ids[0], "tenant": practice.says().tenant_id, "tokenType": "Bearer"})
    .to_string()
}

fn az(dir: &Path) {
    let path = dir.join("az");
    fs::write(&path, format!("#!/bin/sh\ncat '{}'\n", dir.join("answer").display())).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

async fn run(mut command: Command) -> Output {
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

#[tokio::test]
async fn with_az_the_command_is_named_and_the_flow_goes_on_after_it_was_run() {
    let dir = tempfile::tempdir().unwrap();
    az(dir.path());
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "claims::helper_az_signs_in_meanwhile", "--ignored", "--nocapture"]);
    let output = run({
        command.env("PATH", format!("{}:/usr/bin:/bin", dir.path().display()));
        command
    })
    .await;
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("1 passed"), "{said}{errors}");
}

#[tokio::test]
#[ignore = "run by the test above, with a PATH of its own"]
async fn helper_az_signs_in_meanwhile() {
    let practice = Practice::start().await;
    let dir = std::env::split_paths(&std::env::var_os("PATH").unwrap()).next().unwrap();
    let answer = async |claims: &str| {
        let token = of_a_person(&practice, claims).await;
        fs::write(dir.join("answer"), as_az_prints(&practice, &token)).unwrap();
    };
    answer("").await;
    let way = LibrarySignIn::AzureCli { tenant: None };
    let (client, mut asked) = practice.with_person(Chain::just(way)).await;
    let (made, ()) = tokio::join!(make(&client, &practice, "rg-az"), async {
        let Some(SignIn::Tool(tool)) = asked.recv().await else { panic!("nobody is asked") };
        let audience = practice.says().arm.clone();
        let expected = format!(
            "az login --tenant \"{}\" --scope \"{audience}/.default\" --claims-challenge \"{MFA}\"",
            practice.says().tenant_id
        );
        assert_eq!(tool.lines, [expected]);
        // Going on before it was run only says so.
        client.answer_sign_in(SignInReply::GoOn);
        let Some(SignIn::Tool(tool)) = asked.recv().await else { panic!("nobody is asked again") };
        assert!(tool.why.contains("still has the sign-in"), "{}", tool.why);
        answer(r#"{"access_token":{"acrs":{"essential":true,"values":["p1"]}}}"#).await;
        client.answer_sign_in(SignInReply::GoOn);
        assert!(matches!(asked.recv().await, Some(SignIn::Ended(Ok(_)))));
    });
    assert!(made.is_ok(), "{made:?}");
    let sent = puts(&practice).await;
    assert!(sent.len() == 2 && sent[0] == 401 && sent[1] < 300, "{sent:?}");
}

#[tokio::test]
async fn on_the_command_line_the_command_for_az_is_said_and_the_exit_code_is_that_of_a_refusal() {
    let practice = Practice::start().await;
    let bin = practice.dir.path().join("bin");
    fs::create_dir(&bin).unwrap();
    az(&bin);
    let token = of_a_person(&practice, "").await;
    fs::write(bin.join("answer"), as_az_prints(&practice, &token)).unwrap();
    let path = format!("{}:/usr/bin:/bin", bin.display());
    let given = [("PATH", path.as_str()), ("CERTDECK_CREDENTIAL", "azure-cli")];
    let arguments = [
        "run",
        "purchase",
        "--yes",
        "--set",
        "order=contoso-www",
        "--set",
        "domain=contoso.com",
        "--set",
        "product=standard",
    ];
    let subscription = format!("subscription={}", practice.says().subscription_ids[0]);
    let group = format!("resource-group={}", practice.says().resource_group);
    let arguments = [&arguments[..], &["--set", &subscription, "--set", &group]].concat();
    let done = run(practice.certdeck(&arguments, &given)).await;
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert_eq!(done.status.code(), Some(4), "{said}");
    assert!(
        said.contains("az login --tenant") && said.contains(&format!("--claims-challenge \"{MFA}\"")),
        "{said}"
    );
    assert!(said.contains("multi-factor authentication") && !said.contains(&token), "{said}");

    // The doctor says so before anything is changed, and no longer once it was given.
    let doctor = async || {
        String::from_utf8_lossy(&run(practice.certdeck(&["doctor"], &given)).await.stdout).into_owned()
    };
    assert!(doctor().await.contains("Azure CLI: without a second factor"));
    let strong = of_a_person(&practice, r#"{"access_token":{"acrs":{"values":["p1"]}}}"#).await;
    fs::write(bin.join("answer"), as_az_prints(&practice, &strong)).unwrap();
    assert!(!doctor().await.contains("second factor"));
}
