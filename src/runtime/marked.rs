//! Marked rows: looked at several at a time, changed one after the other.

use std::sync::atomic::{AtomicBool, Ordering};

use futures::stream::{self, StreamExt};

use super::world::World;
use crate::flow::{self, MarkedLook, MarkedOutcome, MarkedRow};
use crate::model::ResourceId;

/// Rows that are looked at at the same time.
const AT_ONCE: usize = 8;

/// What each row would do next, in the order given.
pub(super) async fn look(world: &World, rows: Vec<MarkedRow>) -> Vec<MarkedLook> {
    let look = |row: MarkedRow| async move {
        match world.engine().observe(row.flow, &row.inputs).await {
            Ok(seen) => {
                let now = world.client.now();
                let steps = flow::steps(row.flow, &seen, &row.inputs, &world.rules, now);
                MarkedLook::new(row, steps)
            }
            Err(problem) => MarkedLook { row, next: Err(problem.why) },
        }
    };
    let looks: Vec<_> = rows.into_iter().map(look).collect();
    stream::iter(looks).buffered(AT_ONCE).collect().await
}

/// Sends what was agreed to, until a row fails or `is_given_up` says that no further one is to be begun.
pub(super) async fn perform(
    world: &World,
    agreed: Vec<MarkedLook>,
    is_given_up: &AtomicBool,
    say: &mut (dyn FnMut(String) + Send),
) -> MarkedOutcome {
    let (mut outcome, all) = (MarkedOutcome::default(), agreed.len());
    for (nth, MarkedLook { row, next }) in agreed.into_iter().enumerate() {
        let Ok(step) = next else { continue };
        if outcome.failed.is_some() || is_given_up.load(Ordering::Relaxed) {
            outcome.left.push(row.name);
            continue;
        }
        say(format!("{} of {all}: {}", nth + 1, row.name));
        let name = row.name.clone();
        let mut note = |words: String| say(format!("{} of {all}: {name}: {words}", nth + 1));
        let sent = match world.may_change(row.flow.title()) {
            Ok(()) => world.engine().perform(row.flow, &row.inputs, &step, &mut note).await,
            Err(problem) => Err(problem),
        };
        outcome.touched.extend(step.requests.iter().filter_map(|one| ResourceId::parse(&one.path).ok()));
        outcome.touched.push(row.id.clone());
        match sent {
            Ok(_) => outcome.done.push(row.id),
            Err(problem) => outcome.failed = Some((row.name, problem)),
        }
    }
    outcome
}
