//! Every way to sign in, once, against the practice cloud's sign-in service, through the real credential
//! code.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, OnceLock};

use crate::person::Practice;
use certdeck::azure::{
    AzureError, Chain, Client, ClientCertificate, LibrarySignIn, OwnSignIn, SignIn, subscriptions,
};
use certdeck::model::SignInReply;
use serde_json::{Value, json};

/// Past the harness, which would keep the words of a test that passes to itself.
fn say(words: &str) {
    std::io::stderr().write_all(format!("{words}\n").as_bytes()).unwrap();
}

async fn run(mut command: Command) -> Output {
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

async fn reads(client: &Client) -> usize {
    subscriptions::list(client).await.unwrap().len()
}

#[tokio::test]
async fn an_application_signs_in_with_a_certificate() {
    static KEY: OnceLock<rcgen::KeyPair> = OnceLock::new();
    let practice = Practice::start().await;
    let key = KEY.get_or_init(|| {
        rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap()
    });
    let certificate =
        rcgen::CertificateParams::new(["certdeck".to_owned()]).unwrap().self_signed(key).unwrap();
    let identity = |der: &[u8]| LibrarySignIn::ClientCertificate {
        tenant: practice.says().tenant_id.clone(),
        client_id: practice.says().client_id.clone(),
        certificate: Arc::new(ClientCertificate::new(der, &key.serialize_der()).unwrap()),
    };
    let error = subscriptions::list(&practice.client(identity(certificate.der())).await).await.unwrap_err();
    assert!(
        matches!(&error, AzureError::SignIn { code: Some(code), .. } if code == "AADSTS700027"),
        "{error:?}"
    );

    practice.control("entra/certificates", json!({"pem": certificate.pem()})).await;
    assert_eq!(reads(&practice.client(identity(certificate.der())).await).await, 2);

    // The same by the environment, as a file with certificate and key.
    let file = practice.dir.path().join("application.pem");
    fs::write(&file, certificate.pem() + &key.serialize_pem()).unwrap();
    let client_id = practice.says().client_id.clone();
    let given = [("AZURE_CLIENT_CERTIFICATE_PATH", file.to_str().unwrap()), ("AZURE_CLIENT_ID", &client_id)];
    let listed = run(practice.certdeck(&["list", "apps", "-o", "json"], &given)).await;
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
}

#[tokio::test]
async fn a_machine_signs_in_as_what_it_is_in_azure() {
    let practice = Practice::start().await;
    let host = Some(practice.says().imds.parse().unwrap());
    assert_eq!(
        reads(&practice.client(LibrarySignIn::ManagedIdentity { client_id: None, host: host.clone() }).await)
            .await,
        2
    );
    let unknown = LibrarySignIn::ManagedIdentity { client_id: Some("an unnamed account".to_owned()), host };
    let error = subscriptions::list(&practice.client(unknown).await).await.unwrap_err();
    assert!(
        matches!(&error, AzureError::NobodySignedIn(tried) if tried[0].why.contains("assigned")),
        "{error:?}"
    );
    let nowhere =
        LibrarySignIn::ManagedIdentity { client_id: None, host: Some("http://127.0.0.1:9".parse().unwrap()) };
    let problem = subscriptions::list(&practice.client(nowhere).await).await.unwrap_err().problem("Look");
    assert!(problem.why.contains("nothing answers"), "{problem}");
}

#[tokio::test]
async fn a_pod_signs_in_with_the_token_of_its_cluster() {
    let practice = Practice::start().await;
    let token = practice.control("entra/federated-token", json!({})).await;
    let token_file = practice.dir.path().join("token");
    fs::write(&token_file, token["token"].as_str().unwrap()).unwrap();
    let identity = LibrarySignIn::WorkloadIdentity {
        tenant: practice.says().tenant_id.clone(),
        client_id: practice.says().client_id.clone(),
        token_file: token_file.clone(),
    };
    assert_eq!(reads(&practice.client(identity.clone()).await).await, 2);
    fs::write(&token_file, "eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL2NsdXN0ZXIuY29udG9zby5leGFtcGxlLyJ9.")
        .unwrap();
    assert!(matches!(
        subscriptions::list(&practice.client(identity).await).await,
        Err(AzureError::SignIn { .. })
    ));
}

#[tokio::test]
async fn a_person_signs_in_once_by_code_and_is_not_asked_again() {
    let practice = Practice::start().await;
    let (client, mut asked) = practice.with_person(Chain::just(practice.person())).await;
    let (who, why) = tokio::join!(client.sign_in(), practice.type_code(&mut asked));
    assert_eq!(who.unwrap().name, "ada.admin@contoso.example");
    assert!(why.contains("there is no sign-in"), "{why}");
    assert!(matches!(asked.recv().await, Some(SignIn::Ended(Ok(who))) if who.starts_with("ada")));
    assert_eq!(practice.saved().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!fs::read_to_string(practice.saved()).unwrap().contains("access_token"));

    // The next start takes what was kept, for every audience.
    let again = practice
        .client(OwnSignIn::SavedSignIn { tenant: Some(practice.says().tenant_id.clone()), client_id: None })
        .await;
    assert_eq!(reads(&again).await, 2);
    assert_eq!(practice.seen("devicecode").await, 1);
}

#[tokio::test]
async fn a_sign_in_that_ends_in_the_middle_of_the_work_is_renewed_in_place_and_the_work_goes_on() {
    let practice = Practice::start().await;
    let (client, mut asked) = practice.with_person(Chain::just(practice.person())).await;
    let (read, _) = tokio::join!(reads(&client), practice.type_code(&mut asked));
    assert_eq!(read, 2);
    asked.recv().await;

    // The token alone: nobody is asked.
    practice.control("entra/expire", json!({})).await;
    assert_eq!(reads(&client).await, 2);
    assert!(asked.try_recv().is_err());

    // The session too: the request waits for the person, and then goes on.
    practice.control("entra/expire", json!({"sessions": true})).await;
    let (read, why) = tokio::join!(reads(&client), practice.type_code(&mut asked));
    assert_eq!(read, 2);
    assert!(why.contains("AADSTS700082"), "{why}");
}

#[tokio::test]
async fn a_person_who_does_not_want_to_sign_in_gives_it_up() {
    let practice = Practice::start().await;
    let (client, mut asked) = practice.with_person(Chain::just(practice.person())).await;
    let (outcome, ()) = tokio::join!(client.sign_in(), async {
        assert!(matches!(asked.recv().await, Some(SignIn::Asked(_))));
        client.answer_sign_in(SignInReply::GiveUp);
    });
    assert!(outcome.unwrap_err().to_string().contains("given up"));
    assert!(matches!(asked.recv().await, Some(SignIn::Ended(Err(_)))));
    let (outcome, ()) = tokio::join!(client.sign_in(), async {
        let Some(SignIn::Asked(code)) = asked.recv().await else { panic!("nobody is asked") };
        practice.control("entra/device-code", json!({"approve": false, "userCode": code.code})).await;
    });
    assert!(outcome.unwrap_err().to_string().contains("declined"));
}

#[tokio::test]
async fn a_code_that_runs_out_is_followed_by_another() {
    let practice = Practice::start().await;
    let (client, mut asked) = practice.with_person(Chain::just(practice.person())).await;
    let (who, first) = tokio::join!(client.sign_in(), async {
        let Some(SignIn::Asked(first)) = asked.recv().await else { panic!("nobody is asked") };
        practice.control("entra/device-code", json!({"expire": true})).await;
        practice.type_code(&mut asked).await;
        first
    });
    assert!(who.is_ok() && !first.code.is_empty() && first.address.ends_with("/devicelogin"));
}

#[tokio::test]
async fn nobody_is_asked_where_nobody_is() {
    let practice = Practice::start().await;
    let error = practice.client(practice.person()).await.sign_in().await.unwrap_err();
    assert!(error.problem("Look").why.contains("no terminal to ask on"), "{error:?}");
    assert_eq!(practice.seen("devicecode").await, 0);
}

#[tokio::test]
async fn what_is_not_there_is_passed_over_and_what_is_refused_ends_the_search() {
    let practice = Practice::start().await;
    let host = Some(practice.says().imds.parse().unwrap());
    let machine = LibrarySignIn::ManagedIdentity { client_id: None, host };
    let saved = OwnSignIn::SavedSignIn { tenant: None, client_id: None };
    let chain =
        Chain::default().without("client secret", "it is not set").then(saved.clone()).then(machine.clone());
    let client = Client::connect(practice.connection(chain)).await.unwrap();
    assert_eq!(reads(&client).await, 2);
    let ways: Vec<_> =
        client.rehearse_sign_in().await.into_iter().map(|(way, outcome)| (way, outcome.is_ok())).collect();
    assert_eq!(ways, [("client secret", false), ("saved sign-in", false), ("managed identity", true)]);

    let says = practice.says();
    let wrong = Chain::application(&*says.tenant_id, &*says.client_id, "wrong").then(machine);
    let client = Client::connect(practice.connection(wrong)).await.unwrap();
    assert!(
        matches!(subscriptions::list(&client).await, Err(AzureError::SignIn { .. })),
        "nobody acts as somebody else"
    );

    let client = Client::connect(
        practice.connection(Chain::default().without("client secret", "it is not set").then(saved)),
    )
    .await;
    let problem = subscriptions::list(&client.unwrap()).await.unwrap_err().problem("List the subscriptions");
    assert!(
        problem.why.contains("client secret: it is not set") && problem.why.contains("saved sign-in: "),
        "{problem}"
    );
}

#[tokio::test]
async fn a_token_is_renewed_in_the_background_while_it_is_still_good() {
    let practice = Practice::start().await;
    // A token of two seconds is due for renewal shortly before it is left.
    practice.control("entra/lifetime", json!({"seconds": 2})).await;
    let says = practice.says();
    let chain = Chain::application(&*says.tenant_id, &*says.client_id, &*says.client_secret);
    let client = Client::connect(practice.connection(chain)).await.unwrap();
    reads(&client).await;
    while practice.seen("/oauth2/v2.0/token").await < 2 {
        reads(&client).await;
    }
}

/// A program that prints what the real one prints.
fn script(dir: &Path, name: &str, prints: &str) {
    let path = dir.join(name);
    fs::write(&path, format!("#!/bin/sh\necho \"$@\" > '{}'\n{prints}\n", dir.join("arguments").display()))
        .unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A token of the practice cloud, as the tools would have it from their own sign-in.
async fn token(practice: &Practice) -> String {
    let says = practice.says();
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", &says.client_id),
        ("client_secret", &says.client_secret),
        ("scope", &format!("{}/.default", says.arm)),
    ];
    let url = format!("{}/{}/oauth2/v2.0/token", says.authority, says.tenant_id);
    let answer: Value = practice.control.post(url).form(&form).send().await.unwrap().json().await.unwrap();
    answer["access_token"].as_str().unwrap().to_owned()
}

/// Runs a test of this file that is skipped otherwise, with another PATH: what is on it cannot be changed in
/// here.
async fn run_on_path(test: &'static str, path: String) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", &format!("sign_in::{test}"), "--ignored", "--nocapture"]).env("PATH", path);
    let output = run(command).await;
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("1 passed"), "{said}{errors}");
}

#[tokio::test]
async fn where_az_is_missing_or_not_signed_in_a_person_is_asked() {
    let dir = tempfile::tempdir().unwrap();
    run_on_path("helper_a_person_is_asked_instead_of_az", dir.path().display().to_string()).await;
    script(dir.path(), "az", "echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1");
    run_on_path("helper_a_person_is_asked_instead_of_az", format!("{}:/usr/bin:/bin", dir.path().display()))
        .await;
}

#[tokio::test]
#[ignore = "run by the test above, with a PATH of its own"]
async fn helper_a_person_is_asked_instead_of_az() {
    let practice = Practice::start().await;
    let az = LibrarySignIn::AzureCli { tenant: Some(practice.says().tenant_id.clone()) };
    let (client, mut asked) = practice.with_person(Chain::just(az).then(practice.person())).await;
    let (read, _) = tokio::join!(reads(&client), practice.type_code(&mut asked));
    assert_eq!(read, 2);
    let why = client.rehearse_sign_in().await.remove(0).1.unwrap_err().problem("Look").why;
    assert!(why.contains("az not found") || why.contains("Please run 'az login'"), "{why}");
}

/// k9s's most hated failure: the tool's own sign-in ends while certdeck runs.
#[tokio::test]
async fn where_az_is_signed_out_in_the_middle_of_the_work_a_person_is_asked_and_the_work_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let answer = dir.path().join("answer");
    let expired = "echo 'ERROR: AADSTS700082: The refresh token has expired due to inactivity.' >&2; exit 1";
    script(
        dir.path(),
        "az",
        &format!("if [ -s '{0}' ]; then cat '{0}'; else {expired}; fi", answer.display()),
    );
    run_on_path("helper_az_is_signed_out_meanwhile", format!("{}:/usr/bin:/bin", dir.path().display())).await;
}

#[tokio::test]
#[ignore = "run by the test above, with a PATH of its own"]
async fn helper_az_is_signed_out_meanwhile() {
    let practice = Practice::start().await;
    let dir = std::env::split_paths(&std::env::var_os("PATH").unwrap()).next().unwrap();
    let token = token(&practice).await;
    let times = json!({"expires_on": 2_147_385_600, "expiresOn": "2038-01-18 01:00:00.000000"});
    let mut answer = json!({"accessToken": token, "tokenType": "Bearer", "subscription": "s", "tenant": practice.says().tenant_id});
    answer.as_object_mut().unwrap().extend(times.as_object().unwrap().clone());
    fs::write(dir.join("answer"), answer.to_string()).unwrap();
    let az = LibrarySignIn::AzureCli { tenant: Some(practice.says().tenant_id.clone()) };
    let (client, mut asked) = practice.with_person(Chain::just(az)).await;
    assert_eq!(reads(&client).await, 2);
    assert!(asked.try_recv().is_err(), "az answered");

    fs::write(dir.join("answer"), "").unwrap();
    practice.control("entra/expire", json!({})).await;
    let (read, _) = tokio::join!(reads(&client), practice.type_code(&mut asked));
    assert_eq!(read, 2);
}

#[tokio::test]
async fn the_sign_in_of_the_command_line_tools_is_taken() {
    let practice = Practice::start().await;
    let (token, bin) = (token(&practice).await, practice.dir.path().join("bin"));
    fs::create_dir(&bin).unwrap();
    let path = format!("{}:/usr/bin:/bin", bin.display());
    let list = ["list", "apps", "-o", "json"];

    let nobody = run(practice.certdeck(&list, &[("PATH", "/usr/bin:/bin")])).await;
    let said = String::from_utf8_lossy(&nobody.stderr).into_owned();
    assert_eq!(nobody.status.code(), Some(4), "{said}");
    for way in [
        "client secret: AZURE_CLIENT_SECRET is not set",
        "Azure CLI: az not found",
        "managed identity: ",
        "device code: ",
    ] {
        assert!(said.contains(way), "{way}: {said}");
    }

    // As azd 1.11 prints it.
    script(&bin, "azd", &format!("echo '{{\"token\":\"{token}\",\"expiresOn\":\"2038-01-18T00:00:00Z\"}}'"));
    assert!(run(practice.certdeck(&list, &[("PATH", &path)])).await.status.success());
    // As az 2.76 prints it.
    let az = format!(
        "cat <<'END'\n{{\n  \"accessToken\": \"{token}\",\n  \"expiresOn\": \"2038-01-18 01:00:00.000000\",\n  \"expires_on\": 2147385600,\n  \
         \"subscription\": \"{}\",\n  \"tenant\": \"{}\",\n  \"tokenType\": \"Bearer\"\n}}\nEND",
        practice.says().subscription_ids[0],
        practice.says().tenant_id
    );
    script(&bin, "az", &az);
    let listed =
        run(practice.certdeck(&list, &[("PATH", &path), ("CERTDECK_CREDENTIAL", "azure-cli")])).await;
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let arguments = fs::read_to_string(bin.join("arguments")).unwrap();
    assert!(
        arguments.starts_with("account get-access-token") && arguments.contains(&practice.says().tenant_id),
        "{arguments}"
    );

    // As az says it when its own sign-in has run out.
    script(
        &bin,
        "az",
        "echo \"ERROR: AADSTS700082: The refresh token has expired due to inactivity. Trace ID: 1\" >&2; exit 1",
    );
    let expired =
        run(practice.certdeck(&list, &[("PATH", &path), ("CERTDECK_CREDENTIAL", "azure-cli")])).await;
    let said = String::from_utf8_lossy(&expired.stderr).into_owned();
    assert!(said.contains("expired through disuse") && said.contains("AADSTS700082"), "{said}");
}

/// With a real az, where there is one: it signs in to the practice cloud itself, and certdeck takes its
/// token.
#[tokio::test]
async fn the_sign_in_of_a_real_az_is_taken() {
    let Some(az) = std::env::var_os("CERTDECK_AZ").map(PathBuf::from) else {
        say("skipped: CERTDECK_AZ names no az, so its own sign-in was not tried; the JSON it prints was");
        return;
    };
    assert_eq!(az.file_name().unwrap(), "az", "certdeck looks for az on PATH");
    let practice = Practice::start().await;
    let says = practice.says().clone();
    let config = practice.dir.path().join("azure");
    let path = format!("{}:{}", az.parent().unwrap().display(), std::env::var("PATH").unwrap());
    // With instance discovery it would ask login.microsoftonline.com whether it knows the practice cloud.
    let environment = [
        ("PATH", path.as_str()),
        ("AZURE_CONFIG_DIR", config.to_str().unwrap()),
        ("AZURE_CORE_INSTANCE_DISCOVERY", "0"),
        ("AZURE_CORE_LOGIN_EXPERIENCE_V2", "0"),
        ("AZURE_CORE_COLLECT_TELEMETRY", "0"),
        ("REQUESTS_CA_BUNDLE", says.ca_pem.to_str().unwrap()),
        ("NO_PROXY", "*"),
        ("CERTDECK_CREDENTIAL", "azure-cli"),
    ];
    let call = |arguments: Vec<String>| {
        let mut command = Command::new(&az);
        command.args(arguments).envs(environment);
        run(command)
    };
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let register = format!("cloud register -n Practice --endpoint-resource-manager {}", says.arm);
    let login = format!(
        "login --service-principal -u {} -p {} --tenant {}",
        says.client_id, says.client_secret, says.tenant_id
    );
    for arguments in [words(&register), words("cloud set -n Practice"), words(&login)] {
        let done = call(arguments).await;
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
    let listed = run(practice.certdeck(&["list", "apps"], &environment)).await;
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
}

#[tokio::test]
async fn a_machine_whose_kind_of_identity_is_not_supported_goes_on_to_the_next_way() {
    let practice = Practice::start().await;
    let list = ["list", "apps", "-o", "json"];
    let arc = [
        ("IDENTITY_ENDPOINT", "http://127.0.0.1:40342/metadata/identity/oauth2/token"),
        ("IMDS_ENDPOINT", "http://127.0.0.1:40342"),
    ];
    for (kind, environment) in [
        ("Azure Arc", &arc[..]),
        ("Azure Cloud Shell", &[("MSI_ENDPOINT", "http://127.0.0.1:50342/oauth2/token")]),
    ] {
        let done = run(practice.certdeck(&list, &[environment, &[("PATH", "/usr/bin:/bin")]].concat())).await;
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert_eq!(done.status.code(), Some(4), "{said}");
        let absent = format!("managed identity: the managed identity of {kind} is not supported");
        assert!(said.contains(&absent) && said.contains("device code: there is no sign-in yet"), "{said}");
    }
}

#[tokio::test]
async fn a_person_signs_in_on_the_command_line_and_out_again() {
    let practice = Practice::start().await;
    let mut command = practice.certdeck(&["login"], &[("PATH", "/usr/bin:/bin")]);
    let mut login = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let said = BufReader::new(login.stderr.take().unwrap());
    let code = tokio::task::spawn_blocking(move || {
        let mut lines = said.lines().map_while(Result::ok);
        let asked = lines.find(|line| line.contains("/devicelogin")).expect("it says where to type the code");
        assert!(asked.contains("open https://"), "{asked}");
        let code = lines.next().unwrap().split_whitespace().next().unwrap().to_owned();
        // Nobody waits for what else it says.
        std::thread::spawn(move || lines.count());
        code
    });
    let code = code.await.unwrap();
    practice.control("entra/device-code", json!({"approve": true, "userCode": code})).await;
    let done = tokio::task::spawn_blocking(move || login.wait_with_output().unwrap()).await.unwrap();
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(
        done.status.success()
            && said.starts_with("ada.admin@contoso.example")
            && said.contains("2 subscriptions"),
        "{said}"
    );

    let list = ["list", "apps", "-o", "json"];
    assert!(run(practice.certdeck(&list, &[("PATH", "/usr/bin:/bin")])).await.status.success());
    let out = run(practice.certdeck(&["logout"], &[])).await;
    assert!(String::from_utf8_lossy(&out.stdout).contains("ada.admin@contoso.example is signed out here"));
    assert_eq!(run(practice.certdeck(&list, &[("PATH", "/usr/bin:/bin")])).await.status.code(), Some(4));
}

#[tokio::test]
async fn the_doctor_says_what_works_and_what_does_not() {
    let practice = Practice::start().await;
    let says = practice.says();
    let application = [
        ("AZURE_CLIENT_ID", says.client_id.as_str()),
        ("AZURE_CLIENT_SECRET", &says.client_secret),
        ("PATH", "/bin"),
    ];
    let well = run(practice.certdeck(&["doctor", "-o", "json"], &application)).await;
    let report: Value = serde_json::from_slice(&well.stdout).unwrap();
    assert!(well.status.success() && report["ok"] == true, "{report:#}");
    let words = |name: &str, state: &str| {
        let checks = report["checks"].as_array().unwrap();
        checks
            .iter()
            .filter(|one| one["check"] == name && one["state"] == state)
            .map(|one| one["words"].to_string())
            .collect::<String>()
    };
    assert!(words("sign-in", "ok").contains("client secret: "), "{report:#}");
    assert!(words("sign-in", "note").contains("Azure CLI: not used: az not found"), "{report:#}");
    assert!(words("reach", "ok").contains("clock is right"), "{report:#}");
    assert!(words("permissions", "ok").contains("guided operations"), "{report:#}");
    assert!(words("provider", "ok").contains("Contoso Production: all are registered"), "{report:#}");
    assert!(words("cache", "note").contains("no rows of earlier runs in "), "{report:#}");
    assert!(!words("journal", "ok").is_empty() && !words("rules", "ok").is_empty());

    practice.control("faults", json!({"path": "*", "fault": {"kind": "clock-skew", "by": "-4m 30s"}})).await;
    let skewed = run(practice.certdeck(&["doctor"], &application)).await;
    let said = String::from_utf8_lossy(&skewed.stdout).into_owned();
    assert!(
        said.contains("clock is 4 minutes behind this machine's") && said.contains("timedatectl"),
        "{said}"
    );
    let faults = practice.control.delete(format!("{}/_emulator/faults", says.arm));
    faults.send().await.unwrap();

    let wrong =
        [("AZURE_CLIENT_ID", says.client_id.as_str()), ("AZURE_CLIENT_SECRET", "wrong"), ("PATH", "/bin")];
    let ill = run(practice.certdeck(&["doctor"], &wrong)).await;
    let said = String::from_utf8_lossy(&ill.stdout).into_owned();
    assert_eq!(ill.status.code(), Some(4), "{said}");
    assert!(said.contains("the client secret is wrong") && said.contains("What to do: "), "{said}");

    let nowhere = [("CERTDECK_ARM_ENDPOINT", "https://127.0.0.1:9"), ("PATH", "/bin")];
    let ill = run(practice.certdeck(&["doctor"], &nowhere)).await;
    assert_eq!(ill.status.code(), Some(4), "{}", String::from_utf8_lossy(&ill.stdout));

    let file = practice.dir.path().join("config.toml");
    fs::write(&file, "[ui]\ncolors = true\n").unwrap();
    let ill = run(practice.certdeck(&["doctor", "--config", file.to_str().unwrap()], &[])).await;
    let said = String::from_utf8_lossy(&ill.stdout).into_owned();
    assert!(ill.status.code() == Some(2) && said.contains("line 2"), "{said}");
}

#[tokio::test]
async fn contexts_are_listed_used_and_shown() {
    let practice = Practice::start().await;
    let file = practice.dir.path().join("config.toml");
    let text = "# mine\n[contexts.prod]\nproduction = true\nread_only = true\n[contexts.test]\ncloud = \"us-government\"\n";
    fs::write(&file, text).unwrap();
    let certdeck = async |arguments: &[&str]| {
        let mut command = practice.certdeck(arguments, &[]);
        command.args(["--config", file.to_str().unwrap()]).env_remove("CERTDECK_ARM_ENDPOINT");
        let done = run(command).await;
        (
            done.status.code(),
            String::from_utf8_lossy(&done.stdout).into_owned(),
            String::from_utf8_lossy(&done.stderr).into_owned(),
        )
    };
    assert_eq!(certdeck(&["context", "use", "test"]).await.0, Some(0));
    assert_eq!(
        fs::read_to_string(&file).unwrap(),
        text.replacen("[contexts.prod]", "context = \"test\"\n[contexts.prod]", 1)
    );
    let (_, listed, _) = certdeck(&["context", "ls", "-o", "tsv"]).await;
    assert!(
        listed.contains("*\ttest\tus-government")
            && listed.contains("\tprod\tpublic\t\tauto\tall\tproduction, read-only"),
        "{listed}"
    );
    let (_, shown, _) = certdeck(&["context", "show", "prod"]).await;
    assert!(shown.contains("management.azure.com") && shown.contains("refused (read-only)"), "{shown}");
    let (code, _, said) = certdeck(&["context", "use", "nowhere"]).await;
    assert!(code == Some(2) && said.contains("it names prod, test"), "{said}");
}
