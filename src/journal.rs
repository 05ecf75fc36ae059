//! The journal: one JSON line before and one after each change, appended to a file of this account, secrets
//! struck out. The line before is on disk when the request goes out, so that it is known in every case what
//! was asked for. It is a record for people; no flow reads it to learn where it stands, only how long to look
//! for what was sent. `at` is this machine's time, `service_time` the service's.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use thiserror::Error;
use uuid::Uuid;

use crate::azure::{Plane, Request};
use crate::flow::{Asked, FlowName, Sent};
use crate::model::{Export, PastChange, Problem, ResourceId, Revocation, printable, reason, shown};
use crate::paths;

/// Tells a change that was not sent for want of a record from one that Azure refused.
pub const CODE: &str = "JOURNAL";

/// Lists beside the journal.
const EXPORTS: &str = "exports.jsonl";
const REVOCATIONS: &str = "revocations.jsonl";

/// The journal could not be written. Before a request this means that nothing was sent.
#[derive(Debug, Error)]
#[error("the journal {} cannot be written: {}", shown(path), reason(why))]
pub struct JournalError {
    path: PathBuf,
    why: io::Error,
}

impl JournalError {
    pub fn problem(&self, what: &str) -> Problem {
        Problem::new(what, self.to_string()).code(CODE).remedy(
            "Nothing was sent, because no change is made without a record of it. Make room or give access there, or name a directory \
             that can be written in XDG_STATE_HOME, then try again.",
        )
    }
}

/// What came of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum ChangeOutcome {
    Done,
    Refused,
    /// No answer: the change may have happened or not; only a new observation can tell.
    Unknown,
    /// Never sent.
    Unsent,
}

impl ChangeOutcome {
    fn as_str(self) -> &'static str {
        self.into()
    }
}

/// Ties the line after a request to the line before it.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "the outcome of a change belongs in the journal"]
pub struct JournalEntry(String);

/// Cheap to clone; clones, and other processes, append to the same file without mixing their lines. The file
/// is opened for the first line, so that what only reads needs nothing that can be written.
#[derive(Debug, Clone)]
pub struct Journal {
    kept: Option<Arc<JournalFile>>,
    /// What this process wrote down is younger.
    opened: Timestamp,
    /// What another tool calls the work that the changes belong to.
    reference: Option<String>,
}

#[derive(Debug)]
struct JournalFile {
    path: PathBuf,
    file: OnceLock<File>,
}

impl JournalFile {
    /// The file, begun where it is not there.
    fn file(&self) -> io::Result<&File> {
        if let Some(file) = self.file.get() {
            return Ok(file);
        }
        let mut file = paths::private_append(&self.path)?;
        end_torn_line(&mut file)?;
        if let Some(dir) = self.path.parent() {
            File::open(dir)?.sync_all()?;
        }
        Ok(self.file.get_or_init(|| file))
    }
}

impl Journal {
    /// The journal at this path, which need not be there yet.
    pub fn at(path: &Path) -> Self {
        let kept = JournalFile { path: path.to_owned(), file: OnceLock::new() };
        Self { kept: Some(Arc::new(kept)), opened: Timestamp::now(), reference: None }
    }

    /// Opens the journal, or begins it.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let journal = Self::at(path);
        journal.writable()?;
        Ok(journal)
    }

    /// Whether a change could be written down.
    fn writable(&self) -> Result<(), JournalError> {
        let Some(kept) = self.kept.as_deref() else { return Ok(()) };
        kept.file().map(drop).map_err(|why| JournalError { path: kept.path.clone(), why })
    }

    /// Keeps nothing: for plans, which send nothing, and for tests.
    pub fn none() -> Self {
        Self { kept: None, opened: Timestamp::now(), reference: None }
    }

    /// Every change from now on is written down with this reference, such as the number of a change request
    /// (B3-19).
    #[must_use]
    pub fn for_change(mut self, reference: Option<String>) -> Self {
        self.reference = reference;
        self
    }

    /// Writes down what is about to be sent. When this returns, the line is on disk; when it fails, do not
    /// send. `service_time` is when, by the service's clock.
    pub fn before(
        &self,
        flow: FlowName,
        request: &Request,
        service_time: Timestamp,
    ) -> Result<JournalEntry, JournalError> {
        let about = json!({
            "method": request.method.as_str(),
            "plane": match &request.plane {
                Plane::Arm => "arm",
                Plane::Vault(uri) => uri,
                Plane::Graph => "graph",
            },
            "path": request.path,
            "api_version": request.api_version,
            "query": request.query.iter().map(|(key, value)| ((*key).to_owned(), Value::from(value.as_str()))).collect::<serde_json::Map<_, _>>(),
            "body": request.body.as_ref().map(crate::azure::Body::shown),
            "service_time": service_time.to_string(),
        });
        self.begin(flow, &request.what, about)
    }

    /// The resources of ARM that changes were sent to since then, newest first, also by other runs of
    /// certdeck; an inventory reads them again, because an index shows them as they were for a while.
    pub fn changed_since(&self, since: Timestamp) -> Vec<ResourceId> {
        self.path().map(|path| Self::changed_in(path, since)).unwrap_or_default()
    }

    /// The same for a caller that only reads, and may not be allowed to write a journal.
    pub fn changed_in(path: &Path, since: Timestamp) -> Vec<ResourceId> {
        let text = end_of(path).unwrap_or_default();
        let changed = |line: &str| {
            let line: Value = serde_json::from_str(line).ok()?;
            let is_recent = line["at"].as_str()?.parse::<Timestamp>().ok()? >= since;
            (is_recent && line["phase"] == "before" && line["plane"] == "arm").then_some(())?;
            ResourceId::parse(line["path"].as_str()?).ok()
        };
        let mut all: Vec<ResourceId> = text.lines().filter_map(changed).collect();
        all.reverse();
        all
    }

    /// The changes that were sent to ARM lately, oldest first, with their times by the service's clock;
    /// refused ones are none.
    pub fn sent(&self) -> Vec<Sent> {
        let text = self.path().and_then(|path| end_of(path).ok()).unwrap_or_default();
        let lines: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let ends = lines.iter().filter(|line| line["phase"] == "after");
        let outcomes: HashMap<&str, &str> =
            ends.filter_map(|line| Some((line["id"].as_str()?, line["outcome"].as_str()?))).collect();
        let sent = |line: &Value| {
            if line["phase"] != "before" || line["plane"] != "arm" {
                return None;
            }
            let at = line["at"].as_str()?.parse::<Timestamp>().ok()?;
            // Where nothing was written afterwards, the process ended in between, or it is under way.
            let outcome =
                outcomes.get(line["id"].as_str()?).copied().unwrap_or(ChangeOutcome::Unknown.as_str());
            if ![ChangeOutcome::Done, ChangeOutcome::Unknown].iter().any(|one| one.as_str() == outcome) {
                return None;
            }
            let by_this_run = line["pid"] == std::process::id() && at >= self.opened;
            let there = line["service_time"].as_str().and_then(|time| time.parse().ok());
            let asked = Asked {
                at: there.unwrap_or(at),
                is_accepted: outcome == ChangeOutcome::Done.as_str(),
                by_this_run,
            };
            Some(Sent {
                method: line["method"].as_str()?.to_owned(),
                path: line["path"].as_str()?.to_owned(),
                asked,
            })
        };
        lines.iter().filter_map(sent).collect()
    }

    /// The changes that were sent lately from this machine, the newest first.
    pub fn history(&self) -> Vec<PastChange> {
        let text = self.path().and_then(|path| end_of(path).ok()).unwrap_or_default();
        let lines: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let ends = lines.iter().filter(|line| line["phase"] == "after");
        let ends: HashMap<&str, &Value> =
            ends.filter_map(|line| Some((line["id"].as_str()?, line))).collect();
        let past = |line: &Value| {
            let text = |line: &Value, member| line[member].as_str().map(|text| printable(text).into_owned());
            let end = ends.get(line["id"].as_str()?);
            let sent = || Some(format!("{} {}", line["method"].as_str()?, text(line, "path")?));
            Some(PastChange {
                at: line["at"].as_str()?.parse().ok()?,
                what: text(line, "what")?,
                target: sent().or_else(|| text(line, "file")).unwrap_or_default(),
                outcome: end
                    .and_then(|end| text(end, "outcome"))
                    .unwrap_or_else(|| ChangeOutcome::Unknown.as_str().to_owned()),
                reference: text(line, "reference"),
                request_id: end.and_then(|end| text(end, "request_id")),
            })
        };
        lines.iter().rev().filter(|line| line["phase"] == "before").filter_map(past).collect()
    }

    /// Writes down that a file is about to be written on this machine.
    pub fn before_file(&self, flow: FlowName, what: &str, path: &Path) -> Result<JournalEntry, JournalError> {
        self.begin(flow, what, json!({ "file": path.display().to_string() }))
    }

    /// The line before a change; `about` says what it is, as an object.
    fn begin(&self, flow: FlowName, what: &str, about: Value) -> Result<JournalEntry, JournalError> {
        let id = Uuid::new_v4().to_string();
        let mut line = json!({
            "at": Timestamp::now().to_string(),
            "id": &id,
            "phase": "before",
            "flow": flow.as_str(),
            "what": what,
        });
        if let Value::Object(about) = about {
            for (member, value) in about {
                line[member] = value;
            }
        }
        line["pid"] = std::process::id().into();
        line["reference"] = self.reference.as_deref().into();
        self.append(&line)?;
        Ok(JournalEntry(id))
    }

    /// Remembers an export in a list of its own beside the journal, so that it can be said to be stale later.
    pub fn exported(&self, export: &Export) -> Result<(), JournalError> {
        self.remember(EXPORTS, export)
    }

    /// The exports that were remembered, the newest of each file that is still there; a line that cannot be
    /// read is passed over.
    pub fn exports(&self) -> Vec<Export> {
        let mut known: Vec<Export> = Vec::new();
        for export in self.path().map(|path| remembered::<Export>(path, EXPORTS)).unwrap_or_default() {
            known.retain(|older| older.path != export.path);
            known.push(export);
        }
        known.retain(|export| Path::new(&export.path).exists());
        known
    }

    /// Remembers that a certificate is about to be revoked, beside the journal like an export: no answer of
    /// Azure tells it afterwards.
    pub fn revoked(&self, revocation: &Revocation) -> Result<(), JournalError> {
        self.remember(REVOCATIONS, revocation)
    }

    /// What was remembered of revocations, also by other runs, for a caller that may not be allowed to write
    /// a journal.
    pub fn revocations_in(path: &Path) -> Vec<Revocation> {
        remembered(path, REVOCATIONS)
    }

    /// The same of this journal.
    pub fn revocations(&self) -> Vec<Revocation> {
        self.path().map(Self::revocations_in).unwrap_or_default()
    }

    fn path(&self) -> Option<&Path> {
        self.kept.as_deref().map(|kept| kept.path.as_path())
    }

    fn remember(&self, list: &str, line: &impl Serialize) -> Result<(), JournalError> {
        let Some(journal) = self.path() else { return Ok(()) };
        let path = journal.with_file_name(list);
        let write = || {
            let mut file = paths::private_append(&path)?;
            end_torn_line(&mut file)?;
            let mut line = serde_json::to_vec(line)?;
            line.push(b'\n');
            write_line(&file, &line)
        };
        write().map_err(|why| JournalError { path: path.clone(), why })
    }

    /// Writes down what came of it: the HTTP status, if there was an answer, and the service's request id.
    pub fn after(
        &self,
        entry: JournalEntry,
        status: Option<u16>,
        request_id: Option<&str>,
        outcome: ChangeOutcome,
    ) -> Result<(), JournalError> {
        let JournalEntry(id) = entry;
        self.append(&json!({
            "at": Timestamp::now().to_string(),
            "id": id,
            "phase": "after",
            "outcome": outcome.as_str(),
            "status": status,
            "request_id": request_id,
        }))
    }

    fn append(&self, line: &Value) -> Result<(), JournalError> {
        let Some(kept) = self.kept.as_deref() else { return Ok(()) };
        let mut bytes = line.to_string().into_bytes();
        bytes.push(b'\n');
        let written = kept.file().and_then(|file| write_line(file, &bytes));
        written.map_err(|why| JournalError { path: kept.path.clone(), why })
    }
}

/// The lines of a list beside the journal; one that cannot be read is passed over.
fn remembered<T: DeserializeOwned>(journal: &Path, list: &str) -> Vec<T> {
    let text = std::fs::read_to_string(journal.with_file_name(list)).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// What was written last; the first line of it may be torn.
fn end_of(path: &Path) -> io::Result<String> {
    const ENOUGH: u64 = 256 * 1024;
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(ENOUGH)))?;
    let mut bytes = Vec::new();
    file.take(ENOUGH).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// One `write` on a file opened for appending keeps the lines of several writers apart.
fn write_line(mut file: &File, line: &[u8]) -> io::Result<()> {
    let written = loop {
        match file.write(line) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => break other?,
        }
    };
    if written < line.len() {
        return Err(io::Error::new(io::ErrorKind::StorageFull, "there is no room left on the disk"));
    }
    file.sync_data()
}

/// A crash or a full disk may have left half a line; the next one must not be glued to it.
fn end_torn_line(file: &mut File) -> io::Result<()> {
    let mut last = [b'\n'];
    if file.metadata()?.len() > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    if last == *b"\n" { Ok(()) } else { file.write_all(b"\n") }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs;

    use super::*;
    use crate::azure::Body;
    use crate::model::ResourceId;

    fn upload() -> Request {
        let id =
            ResourceId::parse("/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/certificates/shop")
                .unwrap();
        let body = Body::new(json!({"properties": {"password": null}}))
            .secret("/properties/password", "hunter2".into());
        Request::put("Upload the certificate", &id, "2024-11-01", json!({})).with_body(body)
    }

    #[test]
    fn a_change_leaves_a_line_before_and_a_line_after_and_no_secret() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.jsonl");
        let journal = Journal::open(&path).unwrap();
        let journal = journal.for_change(Some("CHG0042".to_owned()));
        let entry = journal.before(FlowName::Purchase, &upload(), Timestamp::now()).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 1);
        journal.after(entry, Some(201), Some("req-1"), ChangeOutcome::Done).unwrap();

        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0]["id"], lines[1]["id"]);
        assert_eq!((&lines[0]["flow"], &lines[0]["reference"]), (&"purchase".into(), &"CHG0042".into()));
        assert_eq!(lines[1]["status"], 201);
        let history = journal.history();
        let past = history.first().unwrap().line();
        assert_eq!(history.len(), 1);
        for part in ["done: Upload the certificate; PUT /subscriptions/s/", "CHG0042", "req-1"] {
            assert!(past.contains(part), "{past}");
        }
        assert!(!text.contains("hunter2"));
    }

    #[test]
    fn reading_a_journal_makes_no_file_and_a_change_without_one_is_refused_with_a_way_on() {
        let dir = tempfile::tempdir().unwrap();
        let journal = Journal::at(&dir.path().join("state/journal.jsonl"));
        assert!(
            journal.sent().is_empty() && journal.exports().is_empty() && journal.revocations().is_empty()
        );
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        // A file where the directory belongs: even root cannot make one there.
        fs::write(dir.path().join("state"), "").unwrap();
        let problem = journal
            .before(FlowName::Bind, &upload(), Timestamp::now())
            .unwrap_err()
            .problem("Bind it")
            .to_string();
        assert!(problem.contains("XDG_STATE_HOME") && problem.contains("journal.jsonl"), "{problem}");
        assert!(!problem.contains("os error"), "{problem}");
        fs::remove_file(dir.path().join("state")).unwrap();
        let _entry = journal.before(FlowName::Bind, &upload(), Timestamp::now()).unwrap();
        assert!(dir.path().join("state/journal.jsonl").exists(), "what is in order again is used");
    }

    #[test]
    fn half_a_line_left_by_a_crash_spoils_no_other() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.jsonl");
        fs::write(&path, "{\"at\":\"20").unwrap();
        let journal = Journal::open(&path).unwrap();
        let _entry = journal.before(FlowName::Bind, &upload(), Timestamp::now()).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let last = text.lines().last().unwrap();
        assert_eq!(serde_json::from_str::<Value>(last).unwrap()["flow"], "bind");
    }

    #[test]
    fn writers_side_by_side_do_not_mix_their_lines() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.jsonl");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                let journal = Journal::open(&path).unwrap();
                scope.spawn(move || {
                    for _ in 0..5 {
                        let entry = journal.before(FlowName::Store, &upload(), Timestamp::now()).unwrap();
                        journal.after(entry, None, None, ChangeOutcome::Unknown).unwrap();
                    }
                });
            }
        });
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().filter(|line| serde_json::from_str::<Value>(line).is_ok()).count(), 40);
    }
}
