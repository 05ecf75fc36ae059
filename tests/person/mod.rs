//! A practice cloud of the test's own whose sign-in service is used through the real credential code, with
//! the person who is asked played by the test.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use certdeck::azure::{Chain, Client, Connection, Desk, Identity, OwnSignIn, Saved, SignIn};
use certdeck::practice::{self, Emulator, Options, Pace};
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedReceiver;

/// A practice cloud of the test's own: what is turned at its sign-in service must turn nobody else's.
pub(crate) struct Practice {
    pub emulator: Emulator,
    pub control: reqwest::Client,
    pub dir: tempfile::TempDir,
}

impl Practice {
    pub(crate) async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut options = Options::new(dir.path().join("cloud"));
        options.pace = Pace::Instant;
        let emulator = Emulator::start(options).await.unwrap();
        let ca = reqwest::Certificate::from_pem(&fs::read(&emulator.connection().ca_pem).unwrap()).unwrap();
        let control = reqwest::Client::builder().add_root_certificate(ca).no_proxy().build().unwrap();
        Self { emulator, control, dir }
    }

    pub(crate) fn says(&self) -> &practice::Connection {
        self.emulator.connection()
    }

    pub(crate) fn connection(&self, chain: Chain) -> Connection {
        let says = self.says();
        let saved = Some(Saved::at(self.saved()));
        Connection {
            arm_endpoint: says.arm.parse().ok(),
            authorities: certdeck::config::authorities(&says.ca_pem).unwrap(),
            chain,
            saved,
            ..Connection::default()
        }
    }

    pub(crate) fn saved(&self) -> PathBuf {
        self.dir.path().join("state/sign-ins.json")
    }

    pub(crate) async fn client(&self, identity: impl Into<Identity>) -> Client {
        Client::connect(self.connection(Chain::just(identity))).await.unwrap()
    }

    pub(crate) async fn control(&self, path: &str, body: Value) -> Value {
        let url = format!("{}/_emulator/{path}", self.says().arm);
        let answer = self.control.post(url).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap());
        answer.json().await.unwrap()
    }

    /// How many of the requests so far went there.
    pub(crate) async fn seen(&self, path: &str) -> usize {
        let log: Value = self
            .control
            .get(format!("{}/_emulator/requests", self.says().arm))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let all = log["value"].as_array().or_else(|| log.as_array()).unwrap();
        all.iter().filter(|entry| entry["path"].as_str().unwrap().contains(path)).count()
    }

    pub(crate) fn person(&self) -> Identity {
        OwnSignIn::DeviceCode { tenant: Some(self.says().tenant_id.clone()), client_id: None }.into()
    }

    /// A client that asks a person, and where the person sees what is asked.
    pub(crate) async fn with_person(&self, chain: Chain) -> (Client, UnboundedReceiver<SignIn>) {
        let (desk, asked) = Desk::open();
        let connection = Connection { desk: Some(desk), ..self.connection(chain) };
        (Client::connect(connection).await.unwrap(), asked)
    }

    /// Types the next code in.
    pub(crate) async fn type_code(&self, asked: &mut UnboundedReceiver<SignIn>) -> String {
        let code = match asked.recv().await {
            Some(SignIn::Asked(code)) => code,
            other => panic!("nobody is asked: {other:?}"),
        };
        let decided =
            self.control("entra/device-code", json!({"approve": true, "userCode": code.code})).await;
        assert_eq!(decided["decided"], 1);
        code.why
    }

    /// The program itself, with nothing of this machine's own environment but what is given.
    pub(crate) fn certdeck(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Command {
        let says = self.says();
        let mut command = Command::new(env!("CARGO_BIN_EXE_certdeck"));
        command.args(arguments).env_clear().env("HOME", self.dir.path());
        command.envs([("CERTDECK_ARM_ENDPOINT", says.arm.as_str()), ("AZURE_TENANT_ID", &says.tenant_id)]);
        command
            .env("CERTDECK_CA_FILE", &says.ca_pem)
            .env("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:9");
        command.envs(environment.iter().copied());
        command
    }
}
