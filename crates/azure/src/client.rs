//! The client: reads, lists, queries and changes by `Request` values. Cheap to clone; all clones share
//! connections and tokens. Dropping a future stops waiting; a request that was sent stays sent.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::time::{Instant, timeout_at};
use url::Url;
use uuid::Uuid;

use super::address;
use super::answer::{AsItIs, ServiceAnswer};
use super::budget::{Budget, CallUrgency, QuotaWindow};
use super::challenge::Claims;
use super::clock::{ServiceClock, span_words};
use super::cloud::{Cloud, host_of};
use super::credential::{Credential, Who};
use super::error::AzureError;
use super::graph::Principals;
use super::json;
use super::patience::{Deadline, Listener, Wait};
use super::poll::{self, Next, PollTarget};
use super::request::{Plane, Request};
use super::rows::RawRow;
use super::send::{Sender, WireCall};
use super::transport::Http;
use certdeck_model::SignInReply;

/// The maximum number of pages of one list; a page holds some hundred elements.
pub(super) const MOST_PAGES: usize = 2_000;
/// How long an operation is followed at most.
const LONGEST_OPERATION: Duration = Duration::from_secs(30 * 60);

/// A connection to one cloud under one identity, with the subscriptions and object ids of its settings.
#[derive(Debug, Clone)]
pub struct Client {
    cloud: Arc<Cloud>,
    sender: Arc<Sender>,
    subscriptions: Arc<[String]>,
    principals: Arc<Principals>,
    urgency: CallUrgency,
    deadline: Option<Deadline>,
    listener: Option<Listener>,
}

/// The result of a completed change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The status of the first answer: 201 for something new, 200, 202 or 204 otherwise.
    pub status: u16,
    /// The resource after the change, or the result of the action.
    pub body: Option<Value>,
    /// For support requests.
    pub request_id: Option<String>,
    /// A warning of the service about a change that it carried out.
    pub warning: Option<String>,
}

/// One line about the progress of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeProgress {
    /// The state in the service's words, or the reason for a pause.
    pub note: String,
    /// The time since the change was sent.
    pub elapsed: Duration,
}

impl Client {
    /// Tries every configured way to sign in once, without asking a person. Each result is the identity, or
    /// why the way does not work.
    pub async fn rehearse_sign_in(&self) -> Vec<(&'static str, Result<Who, AzureError>)> {
        self.sender.credential.rehearse(&self.cloud.arm_audience).await
    }

    /// Signs in, asking a person if that is the configured way, and returns the identity.
    pub async fn sign_in(&self) -> Result<Who, AzureError> {
        let token = self.sender.credential.token(&self.cloud.arm_audience).await?;
        Ok(Who::of(&token))
    }

    /// The same for a sign-in that carries the requested claims.
    pub async fn sign_in_with(&self, claims: &Claims) -> Result<Who, AzureError> {
        let token = self.sender.credential.token_with(&self.cloud.arm_audience, claims).await?;
        Ok(Who::of(&token))
    }

    /// Passes on the person's reply to a sign-in prompt. If the person gives up, all requests that wait for
    /// it fail.
    pub fn answer_sign_in(&self, reply: SignInReply) {
        self.sender.credential.answer(reply);
    }

    pub(super) fn new(
        cloud: Cloud,
        http: Http,
        credential: Credential,
        subscriptions: Vec<String>,
        principals: Principals,
        clock: ServiceClock,
    ) -> Self {
        let sender =
            Sender { http, credential, correlation: Uuid::new_v4(), budget: Budget::default(), clock };
        Self {
            cloud: Arc::new(cloud),
            sender: Arc::new(sender),
            subscriptions: subscriptions.into(),
            principals: Arc::new(principals),
            urgency: CallUrgency::Person,
            deadline: None,
            listener: None,
        }
    }

    /// The same account in another tenant, with everything that it sees there; no person is asked. `None` if
    /// the identity is no person.
    pub async fn in_tenant(&self, tenant: &str) -> Option<Self> {
        let credential = self.sender.credential.in_tenant(tenant).await?;
        let (http, clock) = (self.sender.http.clone(), self.sender.clock.clone());
        Some(Self::new((*self.cloud).clone(), http, credential, Vec::new(), Principals::default(), clock))
    }

    /// The same client for the many requests of a complete reading: they let a person's single requests go
    /// first, and do not repeat what keeps failing.
    #[must_use]
    pub fn for_a_look(&self) -> Self {
        Self { urgency: CallUrgency::Look, ..self.clone() }
    }

    /// The same for requests that no person waits for: all others go first.
    #[must_use]
    pub fn in_background(&self) -> Self {
        Self { urgency: CallUrgency::Background, ..self.clone() }
    }

    /// The same client with a deadline for its reads: a read without an answer by then is an error. A change
    /// is never interrupted.
    #[must_use]
    pub fn until(&self, deadline: Deadline) -> Self {
        Self { deadline: Some(deadline), ..self.clone() }
    }

    /// The same client for reads that end after this time, if its deadline is not earlier.
    #[must_use]
    pub fn within(&self, longest: Duration) -> Self {
        let ends = Deadline::after(longest);
        let earlier = self.deadline.filter(|deadline| deadline.at() <= ends.at());
        self.until(earlier.unwrap_or(ends))
    }

    /// The deadline of its reads, if there is one.
    pub fn deadline(&self) -> Option<Deadline> {
        self.deadline
    }

    /// The same client, which reports the pauses of its reads to `listener`.
    #[must_use]
    pub fn telling(&self, listener: Listener) -> Self {
        Self { listener: Some(listener), ..self.clone() }
    }

    /// Tries again what was skipped because it kept failing; called when a person wants to read everything
    /// again.
    pub fn try_again(&self) {
        self.sender.budget.try_again();
    }

    /// What is known of the limit that this request would count towards.
    pub(super) fn window(&self, request: &Request) -> Result<QuotaWindow, AzureError> {
        let call = self.call(address::of(&self.cloud, request)?, request);
        Ok(self.sender.budget.window(&call))
    }

    pub(super) fn http(&self) -> &Http {
        &self.sender.http
    }

    /// The selected subscriptions, by id or name; empty: all.
    pub(super) fn subscriptions(&self) -> &[String] {
        &self.subscriptions
    }

    /// The object ids in the settings.
    pub fn principals(&self) -> &Principals {
        &self.principals
    }

    /// The endpoints of the cloud.
    pub fn cloud(&self) -> &Cloud {
        &self.cloud
    }

    /// The time by which certificates are judged: the service's, as far as an answer has reported it.
    pub fn now(&self) -> Timestamp {
        self.sender.clock.now()
    }

    /// The clock of the cloud, as far as its answers have shown it.
    pub fn clock(&self) -> &ServiceClock {
        &self.sender.clock
    }

    /// The difference in words, if this machine's clock is more than a minute off.
    pub fn clock_difference(&self) -> Option<String> {
        let ahead = self.sender.clock.far_off()?;
        let (span, there) = (span_words(ahead), self.now().strftime("%Y-%m-%d %H:%M UTC"));
        let (is, of) = if ahead.is_negative() { ("ahead of", "behind") } else { ("behind", "ahead of") };
        Some(match self.cloud.practice {
            Some(_) => format!(
                "the practice cloud's clock is {span} {of} this machine's: it shows {there}, and everything is judged by that"
            ),
            None => format!(
                "this machine's clock is {span} {is} Azure's: it is {there}, and everything is judged by that"
            ),
        })
    }

    /// The URL of a request, for showing it.
    pub fn url(&self, request: &Request) -> Result<Url, AzureError> {
        self.cloud.url(request)
    }

    /// A resource, or `None` if it does not exist: only a 404 says that. An answer without a resource in it
    /// is an error.
    pub async fn read(&self, request: &Request) -> Result<Option<Value>, AzureError> {
        Ok(self.read_at(address::of(&self.cloud, request)?, request).await?.map(|read| read.body))
    }

    /// The same, decoded; a resource that cannot be decoded is an error and never taken for absent.
    pub async fn read_as<T>(
        &self,
        request: &Request,
        decode: fn(&Value) -> Option<T>,
    ) -> Result<Option<T>, AzureError> {
        let Some(body) = self.read(request).await? else { return Ok(None) };
        decode(&body)
            .map(Some)
            .ok_or_else(|| self.malformed(request, "what it holds is not what was asked for"))
    }

    /// The error for an answer to this request that cannot be used.
    pub fn malformed(&self, request: &Request, why: &str) -> AzureError {
        let host = address::of(&self.cloud, request).map_or_else(|_| String::new(), |url| host_of(&url));
        AzureError::Malformed { host, why: format!("{}: {why}", request.what) }
    }

    /// The same with its ETag, for a change that may only be made while the resource is unchanged.
    pub async fn read_as_it_is(&self, request: &Request) -> Result<Option<AsItIs>, AzureError> {
        self.read_at(address::of(&self.cloud, request)?, request).await
    }

    /// All elements of a list, over all its pages.
    pub async fn list(&self, request: &Request) -> Result<Vec<Value>, AzureError> {
        let mut all = Vec::new();
        self.pages(request, &mut |page| all.extend(page)).await?;
        Ok(all)
    }

    /// The elements of a list, decoded page by page: the JSON of ten thousand certificates is never in memory
    /// at once. An element that cannot be decoded makes the list unusable, because its contents are unknown.
    pub async fn list_as<T: Send>(
        &self,
        request: &Request,
        decode: fn(&Value) -> Option<T>,
    ) -> Result<Vec<T>, AzureError> {
        let (mut all, mut odd) = (Vec::new(), Odd::default());
        self.each(request, &mut |element| match decode(element) {
            Some(decoded) => all.push(decoded),
            None => odd.add(element),
        })
        .await?;
        odd.end(self, request)?;
        Ok(all)
    }

    /// Passes the elements of a list to `take` page by page; after an error, `take` has seen those before it.
    pub async fn each(
        &self,
        request: &Request,
        take: &mut (dyn FnMut(&Value) + Send),
    ) -> Result<(), AzureError> {
        self.pages(request, &mut |page| page.iter().for_each(&mut *take)).await
    }

    async fn pages(
        &self,
        request: &Request,
        take: &mut (dyn FnMut(Vec<Value>) + Send),
    ) -> Result<(), AzureError> {
        let mut url = address::of(&self.cloud, request)?;
        for _ in 0..MOST_PAGES {
            let mut page = accepted(self.send(self.call(url.clone(), request), None).await?)?.body;
            match page.get_mut("value").map(Value::take) {
                Some(Value::Array(found)) => take(found),
                _ => {
                    return Err(AzureError::Malformed {
                        host: host_of(&url),
                        why: "it is not a list".to_owned(),
                    });
                }
            }
            let Some(link) = page.get("nextLink").and_then(Value::as_str).filter(|link| !link.is_empty())
            else {
                return Ok(());
            };
            let next = address::follow(&self.cloud, &url, link)?;
            if next == url {
                return Err(AzureError::Malformed {
                    host: host_of(&url),
                    why: "a page of the list leads to itself".to_owned(),
                });
            }
            url = next;
        }
        Err(AzureError::Malformed {
            host: host_of(&url),
            why: format!("the list has no end after {MOST_PAGES} pages"),
        })
    }

    /// The answer to a query that is sent by POST; `Null` if the service only confirms.
    pub async fn ask(&self, request: &Request) -> Result<Value, AzureError> {
        let call = WireCall { read: true, ..self.call(address::of(&self.cloud, request)?, request) };
        Ok(accepted(self.send(call, None).await?)?.body)
    }

    /// The same for an answer with a long list: the rows of the list `member` separately, as text.
    pub async fn ask_rows(
        &self,
        request: &Request,
        member: &'static str,
    ) -> Result<(Value, Option<Vec<RawRow>>), AzureError> {
        let call = WireCall {
            read: true,
            rows: Some(member),
            ..self.call(address::of(&self.cloud, request)?, request)
        };
        let answer = accepted(self.send(call, None).await?)?;
        Ok((answer.body, answer.rows))
    }

    /// Makes a change and follows it to its end, reporting progress.
    pub async fn change(
        &self,
        request: &Request,
        progress: &mut (dyn FnMut(ChangeProgress) + Send),
    ) -> Result<Changed, AzureError> {
        let start = Instant::now();
        let mut tell = |note: String| progress(ChangeProgress { note, elapsed: start.elapsed() });
        let url = address::of(&self.cloud, request)?;
        let answer = accepted(self.send(self.call(url.clone(), request), Some(&mut tell)).await?)?;
        let (status, request_id) = (answer.status, answer.request_id.clone());
        let body = self.follow(request, &url, &answer, &mut tell).await.map_err(|error| match error {
            AzureError::OperationFailed(_) | AzureError::StillRunning { .. } => error,
            // The change is under way, regardless of later errors.
            other => AzureError::LostSight(Box::new(other)),
        })?;
        Ok(Changed { status, body, request_id, warning: answer.warning })
    }

    /// Follows an accepted change until it is over; returns the resource after it.
    async fn follow(
        &self,
        request: &Request,
        url: &Url,
        answer: &ServiceAnswer,
        tell: &mut (dyn FnMut(String) + Send),
    ) -> Result<Option<Value>, AzureError> {
        let start = Instant::now();
        let mut next = poll::begin(request.method, answer);
        let mut polls = 0;
        loop {
            let (target, after, state) = match next {
                Next::Done(body) => return Ok(body),
                Next::ReadResource => {
                    return Ok(self.read_at(url.clone(), request).await?.map(|read| read.body));
                }
                Next::Failed(refusal) => return Err(AzureError::OperationFailed(Box::new(refusal))),
                Next::Poll { target, after, state } => (target, after, state),
            };
            if start.elapsed() > LONGEST_OPERATION {
                return Err(AzureError::StillRunning { minutes: LONGEST_OPERATION.as_secs() / 60 });
            }
            tell(state);
            tokio::time::sleep(poll::pause(after, polls)).await;
            polls += 1;
            let ask = match &target {
                PollTarget::Operation(link) | PollTarget::Location(link) => {
                    address::follow(&self.cloud, url, link)?
                }
                PollTarget::Resource => url.clone(),
            };
            let answer = self.send(self.get(ask, request), Some(tell)).await?;
            if poll::says_nothing(answer.status) {
                return Err(AzureError::refused(answer.refusal()));
            }
            next = poll::go_on(request.method, target, &answer);
        }
    }

    async fn read_at(&self, url: Url, request: &Request) -> Result<Option<AsItIs>, AzureError> {
        let answer = self.send(self.get(url, request), None).await?;
        let refusal = answer.refusal();
        // A missing subscription is a mistake in the request, not an absent resource.
        if answer.status == 404 && !refusal.is("SubscriptionNotFound") && !refusal.is("InvalidSubscriptionId")
        {
            return Ok(None);
        }
        let mut answer = accepted(answer)?;
        if let Some(lack) = lack(request, &answer.body) {
            let id = answer.request_id.map(|id| format!(" (request id {id})")).unwrap_or_default();
            return Err(self.malformed(request, &format!("{lack}{id}")));
        }
        let etag = answer.etag.take();
        Ok(Some(AsItIs { body: answer.body, etag }))
    }

    fn get(&self, url: Url, request: &Request) -> WireCall {
        let until = self.deadline.map(Deadline::at);
        WireCall { until, ..WireCall::get(url, address::audience(&self.cloud, &request.plane), self.urgency) }
    }

    fn call(&self, url: Url, request: &Request) -> WireCall {
        WireCall {
            method: request.method,
            url,
            audience: address::audience(&self.cloud, &request.plane),
            body: request.body.as_ref().map(super::Body::wire),
            repeat: request.repeat,
            read: request.is_read(),
            if_match: request.condition.as_ref().and_then(|read| read.etag.clone()),
            urgency: self.urgency,
            until: self.deadline.filter(|_| request.is_read()).map(Deadline::at),
            rows: None,
        }
    }

    /// Reports pauses to the follower of a change, otherwise to the listener.
    async fn send(
        &self,
        call: WireCall,
        mut tell: Option<&mut (dyn FnMut(String) + Send)>,
    ) -> Result<ServiceAnswer, AzureError> {
        let mut last = None;
        let mut waiting = |wait: Wait| {
            match (&mut tell, &self.listener) {
                (Some(tell), _) => tell(wait.to_string()),
                (None, Some(listener)) => listener.hear(&wait),
                (None, None) => {}
            }
            last = Some(wait.why);
        };
        let sent = self.sender.send(&call, &mut waiting);
        match self.deadline.filter(|_| call.read) {
            Some(deadline) => {
                timeout_at(deadline.at(), sent).await.unwrap_or_else(|_| Err(deadline.passed(last)))
            }
            None => sent.await,
        }
    }
}

/// The part that a successful answer lacks to be usable as a resource. Everything below a subscription has an
/// id, and resources of a provider also a name and properties.
fn lack(request: &Request, body: &Value) -> Option<&'static str> {
    let Some(members) = body.as_object() else {
        return Some(if body.is_null() { "the answer is empty" } else { "the answer holds no resource" });
    };
    let has_text =
        |name: &str| members.get(name).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    let path = request.path.to_ascii_lowercase();
    let is_resource =
        path.split_once("/providers/").is_some_and(|(_, kept)| kept.trim_end_matches('/').contains('/'));
    match request.plane {
        _ if members.is_empty() => Some("the answer holds no resource"),
        Plane::Arm if path.starts_with("/subscriptions/") && !has_text("id") => Some("the answer has no id"),
        Plane::Arm if is_resource && !has_text("name") => Some("the answer has no name"),
        Plane::Arm if is_resource && !members.get("properties").is_some_and(Value::is_object) => {
            Some("the answer has no properties")
        }
        Plane::Arm | Plane::Vault(_) | Plane::Graph => None,
    }
}

/// The elements of a list that cannot be decoded, by their names.
#[derive(Debug, Default)]
pub(super) struct Odd {
    names: Vec<String>,
    count: usize,
}

impl Odd {
    /// The maximum number of elements that are named.
    const NAMED: usize = 3;

    pub(crate) fn add(&mut self, element: &Value) {
        self.count += 1;
        if self.names.len() < Self::NAMED {
            let name = json::text(element, "/id").or_else(|| json::text(element, "/name"));
            self.names.push(name.unwrap_or_else(|| "one without a name".to_owned()));
        }
    }

    /// The error with their names, if there are any.
    pub(crate) fn end(self, client: &Client, request: &Request) -> Result<(), AzureError> {
        let more = match self.count - self.names.len() {
            0 if self.count == 0 => return Ok(()),
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let (is, names) =
            (if self.count == 1 { "element is" } else { "elements are" }, self.names.join(", "));
        Err(client
            .malformed(request, &format!("{} {is} not what the API describes: {names}{more}", self.count)))
    }
}

fn accepted(answer: ServiceAnswer) -> Result<ServiceAnswer, AzureError> {
    if answer.is_success() { Ok(answer) } else { Err(AzureError::refused(answer.refusal())) }
}
