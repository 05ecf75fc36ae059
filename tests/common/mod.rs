//! A practice cloud in the test's own process, the real client over HTTPS against it, and a look at the
//! outcome that does not go through that client.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Duration;

use certdeck::azure::graph::Principals;
use certdeck::azure::{Chain, Client, Connection};
use certdeck::flow::engine::{Conductor, Ending, Engine};
use certdeck::flow::{FlowName, Inputs, Key, Step, StepId};
use certdeck::journal::Journal;
use certdeck::model::{Estate, Problem};
use certdeck::practice::{Emulator, Options, Pace};
use certdeck::rules::{Profile, Rules};
use serde_json::Value;

pub(crate) struct Practice {
    pub emulator: Emulator,
    pub client: Client,
    pub journal: Journal,
    pub rules: Rules,
    chain: Chain,
    principals: Principals,
    control: reqwest::Client,
    dir: tempfile::TempDir,
}

impl Practice {
    /// The default estate, at the pace of tests.
    pub(crate) async fn start() -> Self {
        Self::of("contoso").await
    }

    /// The estate of a scenario.
    pub(crate) async fn of(scenario: &str) -> Self {
        Self::with(|options| options.scenario = Some(scenario.to_owned())).await
    }

    /// A cloud with settings of its own.
    pub(crate) async fn with(change: impl FnOnce(&mut Options)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut options = Options::new(dir.path().join("cloud"));
        options.pace = Pace::Instant;
        change(&mut options);
        let emulator = Emulator::start(options).await.unwrap();
        let connection = emulator.connection();
        let chain =
            Chain::application(&*connection.tenant_id, &*connection.client_id, &*connection.client_secret);
        let principals = Principals::default();
        let client = Client::connect(Connection {
            arm_endpoint: Some(connection.arm.parse().unwrap()),
            authority: Some(connection.authority.parse().unwrap()),
            authorities: certdeck::config::authorities(&connection.ca_pem).unwrap(),
            chain: chain.clone(),
            ..Connection::default()
        })
        .await
        .unwrap();
        let ca = reqwest::Certificate::from_pem(&std::fs::read(&connection.ca_pem).unwrap()).unwrap();
        let control = reqwest::Client::builder().add_root_certificate(ca).no_proxy().build().unwrap();
        let journal = Journal::open(&dir.path().join("journal.jsonl")).unwrap();
        Self {
            emulator,
            client,
            journal,
            rules: Rules::load(Profile::Current).unwrap(),
            chain,
            principals,
            control,
            dir,
        }
    }

    /// The same cloud, asked by the identity that may do the same and that Graph refuses.
    pub(crate) async fn without_graph(self) -> Self {
        let connection = self.emulator.connection();
        let chain = Chain::application(
            &*connection.tenant_id,
            &*connection.plain_client_id,
            &*connection.plain_client_secret,
        );
        self.signed_in(chain).await
    }

    /// The same cloud, asked by the identity that has the role Reader and what else is assigned to it.
    pub(crate) async fn by_reader(self) -> Self {
        let connection = self.emulator.connection();
        let chain = Chain::application(
            &*connection.tenant_id,
            &*connection.reader_client_id,
            &*connection.reader_client_secret,
        );
        self.signed_in(chain).await
    }

    pub(crate) async fn signed_in(self, chain: Chain) -> Self {
        Self { chain, ..self }.connected().await
    }

    /// The same identity, with object ids in its settings.
    pub(crate) async fn knowing(self, principals: Principals) -> Self {
        Self { principals, ..self }.connected().await
    }

    async fn connected(mut self) -> Self {
        let connection = self.emulator.connection();
        self.client = Client::connect(Connection {
            arm_endpoint: Some(connection.arm.parse().unwrap()),
            authority: Some(connection.authority.parse().unwrap()),
            authorities: certdeck::config::authorities(&connection.ca_pem).unwrap(),
            chain: self.chain.clone(),
            principals: self.principals.clone(),
            ..Connection::default()
        })
        .await
        .unwrap();
        self
    }

    pub(crate) fn engine(&self) -> Engine<'_> {
        Engine { client: &self.client, journal: &self.journal, rules: &self.rules }
    }

    /// Inputs for the newcomer's app, with everything that certdeck suggests by itself.
    pub(crate) fn inputs(&self, flow: FlowName, given: &[(Key, &str)]) -> Inputs {
        let connection = self.emulator.connection();
        let mut inputs = Inputs::default()
            .with(Key::Subscription, connection.subscription_ids[0].as_str())
            .with(Key::ResourceGroup, connection.resource_group.as_str());
        for (key, value) in given {
            inputs.set(*key, *value);
        }
        certdeck::flow::suggest(flow, &Estate::default(), &mut inputs);
        inputs
    }

    /// One run as on the command line, which knows of earlier ones what the journal says. Nobody waits: where
    /// a run would for long, the cloud's clock is set ahead instead.
    pub(crate) async fn run(&self, flow: FlowName, given: &[(Key, &str)]) -> Result<Ending, Problem> {
        self.run_with(flow, &self.inputs(flow, given)).await
    }

    /// The same with exactly these inputs.
    pub(crate) async fn run_with(&self, flow: FlowName, inputs: &Inputs) -> Result<Ending, Problem> {
        let journal = Journal::open(&self.dir.path().join("journal.jsonl")).unwrap();
        let engine = Engine { journal: &journal, ..self.engine() };
        engine.run(flow, inputs, &mut Hurrying(self)).await
    }

    /// A step as somebody sees it now.
    pub(crate) async fn shown(&self, flow: FlowName, inputs: &Inputs, id: StepId) -> Step {
        let seen = self.engine().observe(flow, inputs).await.unwrap();
        let steps = certdeck::flow::steps(flow, &seen, inputs, &self.rules, self.client.now());
        steps.into_iter().find(|step| step.id == id).unwrap()
    }

    /// Runs a flow that has to come to its end.
    pub(crate) async fn complete(&self, flow: FlowName, given: &[(Key, &str)]) -> Vec<Step> {
        match self.run(flow, given).await {
            Ok(Ending::Done(steps)) => steps,
            other => panic!("{} did not end well: {other:?}", flow.as_str()),
        }
    }

    pub(crate) fn journal_text(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("journal.jsonl")).unwrap()
    }

    /// For what has no method of its own here.
    pub(crate) fn control(&self) -> &reqwest::Client {
        &self.control
    }

    pub(crate) async fn control_get(&self, path: &str) -> Value {
        let url = format!("{}/_emulator/{path}", self.emulator.connection().arm);
        self.control.get(url).send().await.unwrap().json().await.unwrap()
    }

    pub(crate) async fn control_post(&self, path: &str, body: Value) -> Value {
        let url = format!("{}/_emulator/{path}", self.emulator.connection().arm);
        let answer = self.control.post(url).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap_or_default()
    }

    /// How many requests the faults have disturbed.
    pub(crate) async fn disturbed(&self) -> u64 {
        let faults = self.control_get("faults").await;
        faults["value"].as_array().unwrap().iter().map(|fault| fault["disturbed"].as_u64().unwrap()).sum()
    }

    pub(crate) async fn clear_faults(&self) -> Value {
        let url = format!("{}/_emulator/faults", self.emulator.connection().arm);
        self.control.delete(url).send().await.unwrap().json().await.unwrap()
    }

    /// A resource as ARM answers it, asked for without any code of certdeck's client.
    pub(crate) async fn arm(&self, path: &str) -> Value {
        self.arm_send("GET", path, &Value::Null).await
    }

    /// Something that somebody else asks of ARM.
    pub(crate) async fn arm_send(&self, method: &str, path: &str, body: &Value) -> Value {
        let connection = self.emulator.connection();
        let url = format!("{}/{}/oauth2/v2.0/token", connection.authority, connection.tenant_id);
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", &connection.client_id),
            ("client_secret", &connection.client_secret),
            ("scope", "https://management.azure.com/.default"),
        ];
        let token: Value = self.control.post(url).form(&form).send().await.unwrap().json().await.unwrap();
        let version = if path.contains("api-version=") { "" } else { "?api-version=2026-02-01" };
        let url = format!("{}{path}{version}", connection.arm);
        let mut request = self.control.request(method.parse().unwrap(), url);
        if !body.is_null() {
            request = request.json(body);
        }
        let answer = request.bearer_auth(token["access_token"].as_str().unwrap()).send().await.unwrap();
        let octets = answer.bytes().await.unwrap();
        if octets.is_empty() { Value::Null } else { serde_json::from_slice(&octets).unwrap() }
    }

    /// How many requests that could change something the cloud has seen: neither reads nor questions nor
    /// tokens.
    pub(crate) async fn changes(&self) -> usize {
        let log = self.control_get("requests").await;
        let entries = log.as_array().or_else(|| log["value"].as_array()).unwrap().clone();
        let is_change = |entry: &&Value| {
            let (method, path) =
                (entry["method"].as_str().unwrap(), entry["path"].as_str().unwrap().to_ascii_lowercase());
            let question = [
                "checknameavailability",
                "resourcegraph",
                "oauth2",
                "retrieve",
                "_emulator",
                "appsettings/list",
            ]
            .iter()
            .any(|word| path.contains(word));
            method != "GET" && method != "HEAD" && !question
        };
        entries.iter().filter(is_change).count()
    }

    pub(crate) async fn purchases(&self) -> u64 {
        let answer = self.control_get("purchases").await;
        answer["purchases"].as_u64().or_else(|| answer["count"].as_u64()).unwrap()
    }
}

/// Agrees to everything, and has time pass instead of waiting.
struct Hurrying<'a>(&'a Practice);

impl Conductor for Hurrying<'_> {
    fn stands(&mut self, _: &[Step]) {}

    fn says(&mut self, _: &str) {}

    fn consents(&mut self, _: &Step) -> bool {
        true
    }

    async fn waits(&mut self, _: &str, pause: Duration) -> bool {
        if pause < Duration::from_secs(2) {
            tokio::time::sleep(pause.min(Duration::from_millis(50))).await;
        } else {
            self.0
                .control_post("clock", serde_json::json!({"advance": format!("{}s", pause.as_secs())}))
                .await;
        }
        true
    }
}

/// Agrees to everything, and notes what was agreed to.
#[derive(Debug, Default)]
pub(crate) struct Agreeing {
    pub agreed: Vec<String>,
    pub said: Vec<String>,
}

impl Conductor for Agreeing {
    fn stands(&mut self, _: &[Step]) {}

    fn says(&mut self, note: &str) {
        self.said.push(note.to_owned());
    }

    fn consents(&mut self, step: &Step) -> bool {
        self.agreed.push(step.title.clone());
        true
    }

    async fn waits(&mut self, _: &str, pause: Duration) -> bool {
        tokio::time::sleep(pause.min(Duration::from_millis(50))).await;
        true
    }
}
