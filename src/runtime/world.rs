//! What the effects act on: one cloud, one journal, one set of rules.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};

use crate::azure::Client;
use crate::flow::engine::Engine;
use crate::journal::Journal;
use crate::model::Problem;
use crate::rules::Rules;

#[derive(Debug)]
pub(crate) struct World {
    /// The name of the context.
    pub context: String,
    pub client: Client,
    pub journal: Journal,
    pub rules: Arc<Rules>,
    pub read_only: bool,
}

impl World {
    pub(crate) fn engine(&self) -> Engine<'_> {
        Engine { client: &self.client, journal: &self.journal, rules: &self.rules }
    }

    /// The last gate before every change.
    pub(crate) fn may_change(&self, what: &str) -> Result<(), Problem> {
        if self.read_only {
            return Err(Problem::new(what, "certdeck runs read-only")
                .remedy("Leave out --read-only, or take read_only out of the settings of this context."));
        }
        Ok(())
    }
}

/// A world that may still be opening: to look at the rows of last time needs none.
#[derive(Debug, Clone)]
pub(crate) struct Soon(Shared<BoxFuture<'static, Result<Arc<World>, Problem>>>);

impl Soon {
    pub(crate) fn here(world: World) -> Self {
        let world = Arc::new(world);
        let soon = Self(async move { Ok(world) }.boxed().shared());
        // Ready from now on, so that `now` finds it.
        let _ = soon.there().now_or_never();
        soon
    }

    /// Opens it at once, whether a caller waits or not.
    pub(crate) fn opening(world: impl Future<Output = Result<World, Problem>> + Send + 'static) -> Self {
        let soon = Self(async move { world.await.map(Arc::new) }.boxed().shared());
        tokio::spawn(soon.0.clone());
        soon
    }

    /// Waits for it; why there is none.
    pub(crate) async fn there(&self) -> Result<Arc<World>, Problem> {
        self.0.clone().await
    }

    /// If it is there already.
    pub(crate) fn now(&self) -> Option<Arc<World>> {
        self.0.peek()?.as_ref().ok().cloned()
    }
}
