//! Several requests at once, each made only when its turn comes: a future takes some kilobytes, and an estate
//! has tens of thousands of things to ask about.

use futures::stream::{FuturesOrdered, FuturesUnordered};
use futures::{Stream, StreamExt};

/// Awaits the futures of `asked`, at most `at_once` at the same time; `take` gets their answers in the same
/// order.
pub(crate) async fn in_order<F: Future>(
    at_once: usize,
    asked: impl Iterator<Item = F>,
    take: impl FnMut(F::Output),
) {
    await_all::<FuturesOrdered<F>, F>(at_once, asked, take).await;
}

/// The same with the answers as they arrive.
pub(crate) async fn as_they_arrive<F: Future>(
    at_once: usize,
    asked: impl Iterator<Item = F>,
    take: impl FnMut(F::Output),
) {
    await_all::<FuturesUnordered<F>, F>(at_once, asked, take).await;
}

async fn await_all<S, F: Future>(
    at_once: usize,
    mut asked: impl Iterator<Item = F>,
    mut take: impl FnMut(F::Output),
) where
    S: FromIterator<F> + Extend<F> + Stream<Item = F::Output> + Unpin,
{
    let mut running: S = asked.by_ref().take(at_once).collect();
    while let Some(answer) = running.next().await {
        take(answer);
        running.extend(asked.next());
    }
}

/// The same until one fails; all answers, in order.
pub(crate) async fn try_all<T, E>(
    at_once: usize,
    mut asked: impl Iterator<Item = impl Future<Output = Result<T, E>>>,
) -> Result<Vec<T>, E> {
    let mut running: FuturesOrdered<_> = asked.by_ref().take(at_once).collect();
    let mut answers = Vec::new();
    while let Some(answer) = running.next().await {
        answers.push(answer?);
        running.extend(asked.next());
    }
    Ok(answers)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test]
    async fn no_more_are_made_than_run_and_the_answers_keep_their_order() {
        let (made, most, answered) = (Cell::new(0), Cell::new(0), Cell::new(0));
        let ask = |number: usize| {
            made.set(made.get() + 1);
            most.set(most.get().max(made.get() - answered.get()));
            async move {
                // The first of each pair answers last.
                if number.is_multiple_of(2) {
                    tokio::task::yield_now().await;
                }
                number
            }
        };
        let mut answers = Vec::new();
        in_order(4, (0..20).map(ask), |answer| {
            answered.set(answered.get() + 1);
            answers.push(answer);
        })
        .await;
        assert_eq!(answers, (0..20).collect::<Vec<_>>());
        assert!(most.get() <= 4, "{}", most.get());
        let mut arrived = Vec::new();
        as_they_arrive(4, (0..20).map(ask), |answer| {
            answered.set(answered.get() + 1);
            arrived.push(answer);
        })
        .await;
        assert!(most.get() <= 4, "{}", most.get());
        arrived.sort_unstable();
        assert_eq!(arrived, answers);
    }
}
