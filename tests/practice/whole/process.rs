//! The practice cloud as a process of its own: `certdeck emulator`, killed and started again.

use std::{
    collections::HashMap,
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
};

use super::*;

/// So many changes are acknowledged before the kill.
const ENOUGH: usize = 200;
const PEOPLE: usize = 8;

/// `certdeck emulator` on a directory; killed when dropped.
struct Process {
    child: Child,
    connection: Connection,
    http: Client,
    token: String,
}

impl Process {
    async fn start(dir: &Path) -> Self {
        let mut child = command(dir).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let connection: Connection = serde_json::from_str(&line).unwrap();
        let http = client(&connection);
        let token = token(&http, &connection, ARM).await;
        Self { child, connection, http, token }
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}?{VERSION}", self.connection.arm)).bearer_auth(&self.token)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_certdeck"));
    command.env_clear().args(["emulator", "--pace", "instant", "--data-dir"]).arg(dir);
    command
}

#[tokio::test]
async fn a_second_process_on_a_directory_says_so_and_ends() {
    let dir = tempfile::tempdir().unwrap();
    options(dir.path());
    let first = Process::start(dir.path()).await;
    for more in [&[][..], &["--fresh"]] {
        let second = command(dir.path()).args(more).output().unwrap();
        assert!(!second.status.success());
        assert!(second.stdout.is_empty());
        let said = String::from_utf8(second.stderr).unwrap();
        assert!(said.contains(&dir.path().display().to_string()), "{said}");
        assert!(said.contains("in use"), "{said}");
    }
    let groups = format!("/subscriptions/{}/resourceGroups", first.connection.subscription_ids[0]);
    assert_eq!(first.request(Method::GET, &groups).send().await.unwrap().status(), StatusCode::OK);
}

/// What a path may show after a kill, at a JSON pointer; `Null` for nothing at all. It is one value when the
/// change to it was acknowledged, and one more for the change that was not.
type Allowed = HashMap<(String, &'static str), Vec<Value>>;

/// Somebody who makes changes until the cloud is gone.
struct Person {
    cloud: Arc<Process>,
    acknowledged: Arc<AtomicUsize>,
    allowed: Allowed,
}

impl Person {
    /// False once nobody answers.
    async fn change(&mut self, method: Method, path: &str, body: Value, pointer: &'static str) -> bool {
        let wanted = if method == Method::DELETE {
            Value::Null
        } else {
            body.pointer(pointer).cloned().unwrap_or_default()
        };
        let allowed = self.allowed.entry((path.to_owned(), pointer)).or_insert_with(|| vec![Value::Null]);
        allowed.push(wanted.clone());
        let Ok(response) = self.cloud.request(method, path).json(&body).send().await else {
            return false;
        };
        assert!(response.status().is_success(), "{path}: {}", response.status());
        *allowed = vec![wanted];
        self.acknowledged.fetch_add(1, Ordering::Relaxed);
        true
    }

    /// Groups come, are locked, tagged anew and go; an app of their own is bound and unbound.
    async fn work(mut self, number: usize) -> Allowed {
        let groups = format!("/subscriptions/{}/resourceGroups", self.cloud.connection.subscription_ids[0]);
        let settings = format!("{groups}/rg-shop/providers/Microsoft.Web/sites/contoso-shop/config/web");
        for turn in 0.. {
            let group = format!("{groups}/rg-{number}-{turn}");
            let lock = format!("{group}/providers/Microsoft.Authorization/locks/keep");
            let tagged = |tag: usize| json!({"location": "westeurope", "tags": {"turn": tag.to_string()}});
            let version = json!({"properties": {"minTlsVersion": if turn % 2 == 0 { "1.3" } else { "1.2" }}});
            let level = json!({"properties": {"level": "CanNotDelete"}});
            let done = self.change(Method::PUT, &group, tagged(turn), "/tags/turn").await
                && self.change(Method::PUT, &group, tagged(turn + 1), "/tags/turn").await
                && (turn % 3 != 0 || self.change(Method::PUT, &lock, level, "/properties/level").await)
                && (turn % 3 != 1 || self.change(Method::DELETE, &group, Value::Null, "/tags/turn").await)
                // The others leave it alone.
                && (number != 0 || self.change(Method::PATCH, &settings, version, "/properties/minTlsVersion").await);
            if !done {
                break;
            }
        }
        self.allowed
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_process_keeps_every_change_that_it_acknowledged_to_anybody() {
    let dir = tempfile::tempdir().unwrap();
    options(dir.path());
    let cloud = Arc::new(Process::start(dir.path()).await);
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let people: Vec<_> = (0..PEOPLE)
        .map(|number| {
            let (cloud, acknowledged) = (Arc::clone(&cloud), Arc::clone(&acknowledged));
            tokio::spawn(Person { cloud, acknowledged, allowed: Allowed::new() }.work(number))
        })
        .collect();
    while acknowledged.load(Ordering::Relaxed) < ENOUGH {
        tokio::task::yield_now().await;
    }
    let id = rustix::process::Pid::from_raw(i32::try_from(cloud.child.id()).unwrap()).unwrap();
    rustix::process::kill_process(id, rustix::process::Signal::KILL).unwrap();
    let mut allowed = Vec::new();
    for person in people {
        allowed.extend(person.await.unwrap());
    }
    drop(cloud);

    let again = Process::start(dir.path()).await;
    for ((path, pointer), values) in allowed {
        let (_, found) = answer(again.request(Method::GET, &path).send().await.unwrap()).await;
        let found = found.pointer(pointer).cloned().unwrap_or_default();
        assert!(values.contains(&found), "{path} shows {found}, not one of {values:?}");
    }
}
