//! The budget against a service that counts as Azure does, in a time that passes only while a task waits.

#![allow(clippy::unwrap_used)]
use std::sync::atomic::{AtomicU32, Ordering};

use futures::future::join_all;
use url::Url;

use super::*;
use crate::error::AzureError;

const A_SECOND: Duration = Duration::from_secs(1);

/// A bucket of tokens with a steady refill, and its lowest level so far.
struct Service {
    size: f64,
    refill: f64,
    tokens: f64,
    at: Instant,
    least: f64,
    refused: u32,
}

impl Service {
    fn new(size: f64, refill: f64) -> Mutex<Self> {
        Mutex::new(Self { size, refill, tokens: size, at: Instant::now(), least: size, refused: 0 })
    }

    fn serve(&mut self) -> RequestOutcome {
        let now = Instant::now();
        self.tokens = (self.tokens + (now - self.at).as_secs_f64() * self.refill).min(self.size);
        self.at = now;
        let served = self.tokens >= 1.0;
        if served {
            self.tokens -= 1.0;
        } else {
            self.refused += 1;
        }
        self.least = self.least.min(self.tokens.floor());
        let told = Some(ReportedLimit { left: self.tokens.floor(), resets: None });
        let (status, retry_after) = if served { (200, None) } else { (429, Some(A_SECOND)) };
        RequestOutcome::Answered { status, told, retry_after }
    }
}

fn call(url: &str, urgency: CallUrgency) -> WireCall {
    WireCall::get(Url::parse(url).unwrap(), String::new(), urgency)
}

fn person(url: &str) -> WireCall {
    call(url, CallUrgency::Person)
}

fn people(count: usize) -> Vec<WireCall> {
    (0..count).map(|_| person(&reads("a"))).collect()
}

fn reads(subscription: &str) -> String {
    format!("https://management.azure.com/subscriptions/{subscription}/resources")
}

async fn admit<'b>(budget: &'b Budget, call: &WireCall) -> Permit<'b> {
    budget.admit(call, &mut |_| ()).await.unwrap()
}

fn answered(status: u16) -> RequestOutcome {
    RequestOutcome::Answered { status, told: None, retry_after: None }
}

fn told(left: f64) -> RequestOutcome {
    RequestOutcome::Answered {
        status: 200,
        told: Some(ReportedLimit { left, resets: None }),
        retry_after: None,
    }
}

/// Whether the future completes without any time passing.
async fn is_ready(future: impl Future) -> bool {
    tokio::time::timeout(Duration::from_millis(1), future).await.is_ok()
}

/// Sends all calls at once; each takes some time there and back, some longer than others.
async fn run(budget: &Budget, service: &Mutex<Service>, calls: &[WireCall]) -> Duration {
    let start = Instant::now();
    let sent = calls.iter().enumerate().map(|(nth, call)| async move {
        let permit = admit(budget, call).await;
        tokio::time::sleep(Duration::from_millis(5 + 37 * (nth as u64 % 7))).await;
        let outcome = service.lock().unwrap().serve();
        tokio::time::sleep(Duration::from_millis(5 + 23 * (nth as u64 % 5))).await;
        permit.end(outcome);
    });
    join_all(sent).await;
    start.elapsed()
}

#[tokio::test(start_paused = true)]
async fn whatever_the_limit_is_certdeck_alone_never_takes_the_last_request() {
    for (size, refill, requests, longest) in [
        (5.0, 5.0, 100, 30),
        (20.0, 20.0, 300, 25),
        (250.0, 25.0, 2000, 90),
        (200.0, 10.0, 500, 40),
        (12_000.0, 3.3, 1000, 10),
    ] {
        let (budget, service) = (Budget::default(), Service::new(size, refill));
        let calls: Vec<WireCall> =
            (0..requests).map(|_| call(&reads("a"), CallUrgency::Background)).collect();
        let took = run(&budget, &service, &calls).await;
        let service = service.lock().unwrap();
        assert!(service.least >= 1.0, "{size}: down to {}", service.least);
        assert!(took < Duration::from_secs(longest), "{size}: {requests} requests took {took:?}");
    }
}

/// The bucket of the service may be full while a request is on its way, and then nothing is refilled in that
/// time.
#[tokio::test(start_paused = true)]
async fn a_request_that_is_slow_to_arrive_is_not_counted_as_made_up_for() {
    let (budget, service) = (Budget::default(), Service::new(5.0, 5.0));
    run(&budget, &service, &people(20)).await;
    for _ in 0..20 {
        tokio::time::sleep(2 * A_SECOND).await;
        let slow = admit(&budget, &person(&reads("a"))).await;
        tokio::time::sleep(2 * A_SECOND).await;
        for person in people(5) {
            if let Ok(quick) = tokio::time::timeout(Duration::from_millis(1), admit(&budget, &person)).await {
                quick.end(service.lock().unwrap().serve());
            }
        }
        slow.end(service.lock().unwrap().serve());
    }
    assert!(service.lock().unwrap().least >= 1.0, "down to {}", service.lock().unwrap().least);
}

/// A directory answers without a limit and does not use one: any number of its requests does not widen the
/// limit.
#[tokio::test(start_paused = true)]
async fn what_draws_on_no_limit_teaches_nothing_about_one() {
    let (budget, service) = (Budget::default(), Service::new(5.0, 5.0));
    let directory = person("https://graph.microsoft.com/v1.0/servicePrincipals");
    for _ in 0..100 {
        run(&budget, &service, &people(1)).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        for _ in 0..3 {
            admit(&budget, &directory).await.end(answered(200));
        }
    }
    // Only all of the answers together show how little there is.
    let spread: Vec<WireCall> = (0..60).map(|nth| person(&reads(&format!("s{}", nth % 12)))).collect();
    run(&budget, &service, &spread).await;
    assert!(service.lock().unwrap().least >= 1.0, "down to {}", service.lock().unwrap().least);
}

#[tokio::test(start_paused = true)]
async fn subscriptions_and_vaults_that_share_one_small_limit_do_not_take_it_from_each_other() {
    let (budget, service) = (Budget::default(), Service::new(5.0, 5.0));
    let urls: Vec<String> = (0..60).map(|nth| reads(&format!("s{}", nth % 12))).collect();
    let calls: Vec<WireCall> = urls.iter().map(|url| person(url)).collect();
    let took = run(&budget, &service, &calls).await;
    let service = service.lock().unwrap();
    assert!(service.least >= 1.0, "down to {}", service.least);
    assert!(took < Duration::from_secs(20), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_subscription_that_has_little_left_slows_no_other_down() {
    let budget = Budget::default();
    admit(&budget, &person(&reads("rich"))).await.end(told(249.0));
    admit(&budget, &person(&reads("poor"))).await.end(told(1.0));
    let rich: Vec<_> = (0..20).map(|_| person(&reads("rich"))).collect();
    let passes = join_all(rich.iter().map(|call| admit(&budget, call)));
    assert!(is_ready(passes).await);
    assert!(!is_ready(admit(&budget, &person(&reads("poor")))).await);
}

#[tokio::test(start_paused = true)]
async fn the_last_tenth_is_left_to_people() {
    let budget = Budget::default();
    admit(&budget, &person(&reads("a"))).await.end(told(249.0));
    admit(&budget, &person(&reads("a"))).await.end(told(20.0));
    assert!(!is_ready(admit(&budget, &call(&reads("a"), CallUrgency::Background))).await);
    assert!(is_ready(admit(&budget, &person(&reads("a")))).await);
}

#[tokio::test(start_paused = true)]
async fn whoever_is_told_to_wait_holds_up_all_that_share_the_limit_and_nobody_else() {
    let budget = Budget::default();
    let held =
        RequestOutcome::Answered { status: 429, told: None, retry_after: Some(Duration::from_secs(17)) };
    for id in ["a", "b"] {
        admit(&budget, &person(&reads(id))).await.end(told(249.0));
    }
    admit(&budget, &person(&reads("a"))).await.end(held);
    let start = Instant::now();
    assert!(is_ready(admit(&budget, &person(&reads("b")))).await);
    let write = WireCall { method: crate::Method::Put, ..person(&reads("a")) };
    assert!(is_ready(admit(&budget, &write)).await, "writes are counted apart");
    let mut notes = Vec::new();
    let permit = budget.admit(&person(&reads("a")), &mut |wait| notes.push(wait.to_string())).await.unwrap();
    assert!(start.elapsed() >= Duration::from_secs(16), "{:?}", start.elapsed());
    assert_eq!(notes, ["waiting 17 s: Azure throttles the subscription a"]);
    // One request goes first; its answer reports the state.
    assert!(!is_ready(admit(&budget, &person(&reads("a")))).await);
    permit.end(told(200.0));
    assert!(is_ready(admit(&budget, &person(&reads("a")))).await);
}

#[tokio::test(start_paused = true)]
async fn who_would_wait_for_an_hour_is_told_until_when() {
    let budget = Budget::default();
    let hour =
        RequestOutcome::Answered { status: 429, told: None, retry_after: Some(Duration::from_secs(3600)) };
    admit(&budget, &person(&reads("a"))).await.end(hour);
    let error = budget.admit(&person(&reads("a")), &mut |_| ()).await.unwrap_err();
    assert!(matches!(error, AzureError::LeftAlone { .. }), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_only_might_come_is_told_of_once_it_has_lasted() {
    let budget = Budget::default();
    let first = admit(&budget, &person(&reads("a"))).await;
    let mut notes = Vec::new();
    let call = person(&reads("a"));
    let answer = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        first.end(answered(200));
    };
    let mut hear = |wait: Wait| notes.push(wait.to_string());
    let (permit, ()) = tokio::join!(budget.admit(&call, &mut hear), answer);
    assert!(permit.is_ok() && notes.is_empty(), "{notes:?}");
}

#[tokio::test(start_paused = true)]
async fn who_queued_already_when_azure_wants_to_be_left_alone_for_an_hour_is_told_too() {
    let budget = Budget::default();
    let first = admit(&budget, &person(&reads("a"))).await;
    let call = person(&reads("a"));
    let queued = async {
        let start = Instant::now();
        let error = budget.admit(&call, &mut |_| ()).await.unwrap_err();
        (error, start.elapsed())
    };
    let answer = async {
        tokio::time::sleep(Duration::from_millis(10)).await;
        first.end(RequestOutcome::Answered {
            status: 429,
            told: None,
            retry_after: Some(Duration::from_secs(3600)),
        });
    };
    let ((error, waited), ()) = tokio::join!(queued, answer);
    assert!(matches!(error, AzureError::LeftAlone { .. }) && waited < A_SECOND, "{error:?} after {waited:?}");
}

#[tokio::test(start_paused = true)]
async fn what_would_be_sent_after_nobody_waits_any_longer_is_an_error_at_once() {
    let budget = Budget::default();
    let held =
        RequestOutcome::Answered { status: 429, told: None, retry_after: Some(Duration::from_secs(40)) };
    admit(&budget, &person(&reads("a"))).await.end(held);
    let start = Instant::now();
    let call = WireCall { until: Some(start + Duration::from_secs(30)), ..person(&reads("a")) };
    let error = budget.admit(&call, &mut |_| ()).await.unwrap_err();
    assert!(matches!(error, AzureError::LeftAlone { .. }) && start.elapsed() < A_SECOND, "{error:?}");
    let call = WireCall { until: Some(start + Duration::from_secs(60)), ..call };
    assert!(budget.admit(&call, &mut |_| ()).await.is_ok(), "in time it waits");
}

#[tokio::test(start_paused = true)]
async fn a_window_of_queries_is_used_up_to_the_last_but_one_and_waited_for() {
    let budget = Budget::default();
    let query =
        person("https://management.azure.com/providers/Microsoft.ResourceGraph/resources?api-version=1");
    let (start, mut window, mut left) = (Instant::now(), 0, 15);
    for _ in 0..40 {
        let permit = admit(&budget, &query).await;
        let (nth, into) = (start.elapsed().as_secs() / 5, start.elapsed().as_millis() % 5000);
        if nth != window {
            (window, left) = (nth, 15);
        }
        left -= 1;
        assert!(left > 0, "at {into} ms of window {window}");
        let resets = Some(Duration::from_millis(u64::try_from(5000 - into).unwrap()));
        permit.end(RequestOutcome::Answered {
            status: 200,
            told: Some(ReportedLimit { left: f64::from(left), resets }),
            retry_after: None,
        });
    }
    assert_eq!(start.elapsed().as_secs(), 10);
}

/// A process that begins in the middle of a window does not take what is left of it for a small limit.
#[tokio::test(start_paused = true)]
async fn a_quarter_of_a_window_of_queries_is_left_to_others_by_every_run() {
    let query = "https://management.azure.com/providers/Microsoft.ResourceGraph/resources?api-version=1";
    let look = call(query, CallUrgency::Look);
    for (left, room) in [(14, 10.0), (5, 1.0), (4, 0.0), (1, 0.0)] {
        let budget = Budget::default();
        assert!((budget.window(&look).room - 1.0).abs() < 0.1, "the first query finds out");
        let permit = admit(&budget, &look).await;
        assert_eq!(budget.window(&look).opens_in, None);
        let told = Some(ReportedLimit { left: f64::from(left), resets: Some(4 * A_SECOND) });
        permit.end(RequestOutcome::Answered { status: 200, told, retry_after: None });
        let window = budget.window(&look);
        assert!((window.room - room).abs() < 0.1, "{left} left: {window:?}");
        assert_eq!(window.opens_in, Some(4 * A_SECOND));
        assert_eq!(is_ready(admit(&budget, &look)).await, room > 0.0);
    }
}

/// Sends all at once, each answered after a second; returns the order in which they went.
async fn order_of(budget: &Budget, many: &[(u32, WireCall)]) -> Vec<u32> {
    let order = Mutex::new(Vec::new());
    join_all(many.iter().map(|(nth, call)| async {
        let permit = admit(budget, call).await;
        order.lock().unwrap().push(*nth);
        tokio::time::sleep(A_SECOND).await;
        permit.end(told(11_000.0));
    }))
    .await;
    order.into_inner().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_person_goes_before_the_hundreds_of_an_inventory() {
    let budget = Budget::default();
    admit(&budget, &person(&reads("a"))).await.end(told(11_999.0));
    let many = (0..200).map(|nth| (nth, call(&reads("a"), CallUrgency::Background)));
    let many = many.chain([(1000, person(&reads("a"))), (1001, person(&reads("a")))]).collect::<Vec<_>>();
    let order = order_of(&budget, &many).await;
    let before = |nth| order.iter().position(|one| *one == nth).unwrap();
    assert!(before(1001) < 32, "a person waits for none of those that are queued: {}", before(1001));
    assert_eq!(order.len(), 202);
}

#[tokio::test(start_paused = true)]
async fn a_look_at_everything_goes_before_what_nobody_waits_for_and_leaves_places_to_people() {
    let budget = Budget::default();
    admit(&budget, &person(&reads("a"))).await.end(told(11_999.0));
    let many = (0..100).map(|nth| (nth, call(&reads("a"), CallUrgency::Background)));
    let look = (1000..1050).map(|nth| (nth, call(&reads("a"), CallUrgency::Look)));
    let many: Vec<_> = many.chain(look).chain([(5000, person(&reads("a")))]).collect();
    let order = order_of(&budget, &many).await;
    let place = |nth| order.iter().position(|one| *one == nth).unwrap();
    // 28 requests went before the person's.
    assert_eq!(place(5000), 28, "a person goes at once");
    assert!(order[29..79].iter().all(|nth| (1000..1050).contains(nth)), "{order:?}");
}

#[tokio::test(start_paused = true)]
async fn a_look_at_everything_never_takes_the_last_request() {
    let (budget, service) = (Budget::default(), Service::new(5.0, 5.0));
    let calls: Vec<_> =
        (0..60).map(|nth| call(&reads(&format!("s{}", nth % 3)), CallUrgency::Look)).collect();
    run(&budget, &service, &calls).await;
    let service = service.lock().unwrap();
    assert!(service.least >= 1.0 && service.refused == 0, "down to {}", service.least);
}

#[tokio::test(start_paused = true)]
async fn no_host_has_more_than_its_bound_under_way() {
    let budget = Budget::default();
    admit(&budget, &person(&reads("a"))).await.end(told(11_999.0));
    let (now, most) = (AtomicU32::new(0), AtomicU32::new(0));
    let calls: Vec<_> = (0..300).map(|_| person(&reads("a"))).collect();
    join_all(calls.iter().map(|call| async {
        let permit = admit(&budget, call).await;
        most.fetch_max(now.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
        tokio::time::sleep(A_SECOND).await;
        now.fetch_sub(1, Ordering::Relaxed);
        permit.end(told(11_000.0));
    }))
    .await;
    assert_eq!(most.into_inner(), 32);
}

#[tokio::test(start_paused = true)]
async fn whoever_leaves_the_queue_leaves_no_gap_in_it() {
    let budget = Budget::default();
    let first = admit(&budget, &person(&reads("a"))).await;
    let (second, third) = (person(&reads("a")), person(&reads("a")));
    let third = async {
        tokio::time::sleep(Duration::from_millis(1)).await;
        admit(&budget, &third).await
    };
    let left = async {
        assert!(!is_ready(admit(&budget, &second)).await);
        drop(first);
    };
    // Without any answer, time alone lets the next one go.
    assert!(tokio::time::timeout(Duration::from_secs(5), async { tokio::join!(left, third) }).await.is_ok());
}

/// Queries the subscription `bad` without success, and another one with success, until the first is skipped.
async fn until_left_out(budget: &Budget) -> AzureError {
    let (bad, good) = (call(&reads("bad"), CallUrgency::Look), call(&reads("good"), CallUrgency::Look));
    for _ in 0..20 {
        admit(budget, &good).await.end(told(249.0));
        match budget.admit(&bad, &mut |_| ()).await {
            Ok(permit) => {
                tokio::time::sleep(A_SECOND).await;
                permit.end(answered(503));
            }
            Err(why) => return why,
        }
    }
    unreachable!("it is asked again and again");
}

#[tokio::test(start_paused = true)]
async fn what_is_left_out_is_tried_once_when_somebody_asks_for_everything_anew() {
    let budget = Budget::default();
    until_left_out(&budget).await;
    let bad = call(&reads("bad"), CallUrgency::Look);
    budget.try_again();
    let one = admit(&budget, &bad).await;
    assert!(budget.admit(&bad, &mut |_| ()).await.is_err(), "one finds out for all");
    one.end(answered(503));
    assert!(budget.admit(&bad, &mut |_| ()).await.is_err());
    budget.try_again();
    admit(&budget, &bad).await.end(answered(200));
    assert!(budget.admit(&bad, &mut |_| ()).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_keeps_failing_while_others_answer_is_left_out_and_a_person_tries_all_the_same() {
    let budget = Budget::default();
    let words = until_left_out(&budget).await.to_string();
    assert!(
        words.starts_with("the subscription bad keeps failing (HTTP 503)") && words.contains("UTC"),
        "{words}"
    );
    let asked = admit(&budget, &person(&reads("bad"))).await;
    asked.end(answered(200));
    let bad = call(&reads("bad"), CallUrgency::Background);
    assert!(budget.admit(&bad, &mut |_| ()).await.is_ok(), "what answered a person answers everybody");
}
