//! The progress of an inventory: what is requested, and what follows from an answer.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use serde_json::Value;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};

use super::ask::{IndexAnswer, ListAnswer, ListAsk};
use super::bound::BoundHostnames;
use super::doors::{IndexAsk, IndexPlan, IndexTopic, ListPace, TurnedAsk};
use super::gaps::Gaps;
use super::index::{self, GraphPage, GraphQuery};
use super::kind::{self, ResourceKind};
use crate::client::Client;
use crate::error::AzureError;
use crate::rows::RawRow;
use crate::sites;
use certdeck_model::{EstateRows, Home, ResourceId, Scope, Subscription};

/// The number of lists under way at the same time.
const LISTS_AT_ONCE: usize = 20;
/// From this many rows on, the rest of an answer of the index is requested in several parts at once.
const LARGE: usize = 8 * index::MOST;
/// The rows of one part. Each ends with a page that is not full, so there are few.
const PART: usize = 5 * index::MOST;
/// The maximum number of changed groups that are read directly: each costs one request per kind.
const MOST_GROUPS: usize = 5;

const KNOWN: &str = "resourcecontainers | where type =~ 'microsoft.resources/subscriptions' | project id, name | order by id asc";

pub(super) struct InventoryReader<'r> {
    client: &'r Client,
    subscriptions: Vec<Subscription>,
    /// From the lower-case id to the index.
    places: HashMap<String, usize>,
    tell: &'r mut (dyn FnMut(EstateRows, String) + Send),
    /// What waits for the index, and what waits for ARM.
    plan: IndexPlan,
    lists: VecDeque<ListAsk>,
    pace: ListPace,
    /// The resources reported so far, by a hash of the id: pages, parts and lists may overlap, and no row is
    /// reported twice.
    told: HashSet<u64>,
    /// Lists that were requested.
    listed: HashSet<(ResourceKind, ResourceId)>,
    /// Groups that were read directly, and the webspaces of their certificates.
    fresh: HashSet<ResourceId>,
    fresh_homes: Vec<Home>,
    /// Lists that were not requested because their subscription keeps failing.
    left_out: Vec<(ResourceKind, usize)>,
    is_again: bool,
    progress: ReadProgress,
    bound: BoundHostnames,
    gaps: Gaps,
}

/// The progress of the reading.
#[derive(Debug, Default)]
struct ReadProgress {
    certificates: usize,
    /// The total as the index counts it.
    of: usize,
    lists: usize,
}

impl<'r> InventoryReader<'r> {
    pub(super) fn new(
        client: &'r Client,
        subscriptions: Vec<Subscription>,
        patience: Duration,
        tell: &'r mut (dyn FnMut(EstateRows, String) + Send),
    ) -> Self {
        let places =
            subscriptions.iter().map(|one| one.id.subscription_id().to_ascii_lowercase()).zip(0..).collect();
        Self {
            client,
            subscriptions,
            places,
            tell,
            plan: IndexPlan::new(patience, Instant::now()),
            lists: VecDeque::new(),
            pace: ListPace::new(Instant::now()),
            told: HashSet::new(),
            listed: HashSet::new(),
            fresh: HashSet::new(),
            fresh_homes: Vec::new(),
            left_out: Vec::new(),
            is_again: false,
            progress: ReadProgress::default(),
            bound: BoundHostnames::default(),
            gaps: Gaps::default(),
        }
    }

    /// Reads the groups of these resources from ARM; the index is not used for them afterwards.
    pub(super) async fn directly(&mut self, changed: &[ResourceId]) -> Result<(), AzureError> {
        let mut groups: Vec<ResourceId> = Vec::new();
        for group in changed
            .iter()
            .filter(|id| !id.resource_group().is_empty() && self.place(id).is_some())
            .map(ResourceId::group)
        {
            if groups.len() < MOST_GROUPS && !groups.contains(&group) {
                groups.push(group);
            }
        }
        self.fresh = groups.iter().cloned().collect();
        for group in groups {
            for kind in self.kinds() {
                self.list(kind, group.clone());
            }
        }
        self.ask_all().await
    }

    /// Queries the index for all subscriptions, and ARM for everything that the index does not return.
    pub(super) async fn by_index(&mut self) -> Result<(), AzureError> {
        let all: Vec<usize> = (0..self.subscriptions.len()).collect();
        let mut topics: Vec<IndexTopic> = self.kinds().map(IndexTopic::Kind).collect();
        // Early, because the lists that follow from it are many.
        topics.insert(1, IndexTopic::Known);
        for topic in topics {
            for among in all.chunks(index::MOST) {
                let ask = self.ask_index(topic, among.to_vec(), true, 1);
                self.plan.add(ask);
            }
        }
        self.ask_all().await
    }

    fn ask_index(&self, topic: IndexTopic, among: Vec<usize>, is_first: bool, pages: usize) -> IndexAsk {
        let query = match topic {
            IndexTopic::Kind(kind) => kind.query(),
            IndexTopic::Known => KNOWN.to_owned(),
        };
        IndexAsk { topic, question: GraphQuery::new(query, self.ids(&among)), among, is_first, pages }
    }

    /// Requests again what was skipped: a single request may have shown in the meantime that its subscription
    /// answers again.
    pub(super) async fn again(&mut self) -> Result<(), AzureError> {
        for (kind, place) in std::mem::take(&mut self.left_out) {
            self.lists.push_back(ListAsk::List { kind, scope: self.subscriptions[place].id.clone() });
        }
        self.is_again = true;
        self.ask_all().await
    }

    /// Reads the own certificates of apps that are bound to a certificate that is in no list.
    pub(super) async fn own_of_bound(&mut self) -> Result<(), AzureError> {
        let subscriptions: HashSet<&str> =
            self.gaps.without(ResourceKind::Certificates).map(|place| self.subscription(place)).collect();
        let (asked, left) = self.bound.unexplained(&subscriptions);
        self.lists.extend(asked.into_iter().map(ListAsk::OwnCertificates));
        if left > 0 {
            self.gaps.add_unasked(left);
        }
        self.ask_all().await
    }

    /// Names everything that could not be read.
    pub(super) fn finish(self) {
        let gaps = self.gaps.named(&self.subscriptions);
        (self.tell)(EstateRows { gaps, ..EstateRows::default() }, String::new());
    }

    /// Orders are not sold in national clouds (A65), so there nothing is missing.
    fn kinds(&self) -> impl Iterator<Item = ResourceKind> + Clone + use<> {
        let has_orders = !self.client.cloud().national;
        ResourceKind::ALL.into_iter().filter(move |kind| has_orders || *kind != ResourceKind::Orders)
    }

    fn ids(&self, places: &[usize]) -> Vec<String> {
        places.iter().map(|place| self.subscription(*place).to_owned()).collect()
    }

    fn subscription(&self, place: usize) -> &str {
        self.subscriptions[place].id.subscription_id()
    }

    fn place(&self, id: &ResourceId) -> Option<usize> {
        self.places.get(&id.subscription_id().to_ascii_lowercase()).copied()
    }

    /// Asks through both doors until nothing is left to ask.
    async fn ask_all(&mut self) -> Result<(), AzureError> {
        let client = self.client;
        let mut queries = FuturesUnordered::new();
        // Tasks, because lists contain much more than is taken from them: several are decoded at once.
        let mut lists = JoinSet::new();
        loop {
            let now = Instant::now();
            let given_up = self.plan.give_up(now);
            if !given_up.is_empty() {
                tracing::warn!("Resource Graph does not answer; listing by subscription");
                queries.clear();
                for turned in &given_up {
                    self.list_turned(turned);
                }
            }
            let window = index::window(client)?;
            let is_idle = self.lists.is_empty() && lists.is_empty();
            for (number, ask) in self.plan.begin(window, is_idle, now) {
                queries.push(ask.answer(number, client));
            }
            while lists.len() < LISTS_AT_ONCE {
                let Some(next) = self.lists.pop_front() else {
                    let (kinds, listed) = (self.kinds(), &self.listed);
                    let missing = |topic, among: &[usize]| {
                        lists_of(topic, kinds.clone(), among, &self.subscriptions)
                            .filter(|list| !listed.contains(list))
                            .count()
                    };
                    let Some(turned) = self.plan.turn(window, &self.pace, missing) else { break };
                    self.list_turned(&turned);
                    continue;
                };
                if lists.is_empty() {
                    self.pace.begin(now);
                }
                lists.spawn(next.answer(client.clone()));
            }
            if queries.is_empty() && lists.is_empty() && self.plan.is_empty() {
                return Ok(());
            }
            // The queries first: what is known of the window is right once they were sent.
            tokio::select! {
                biased;
                Some(answer) = queries.next() => self.take_from_index(answer)?,
                Some(answer) = lists.join_next() => match answer {
                    Ok(answer) => self.take_from_arm(answer)?,
                    Err(ended) => resume(ended),
                },
                () = sleep_until(self.plan.wake(window, now)) => {}
            }
        }
    }

    fn take_from_index(&mut self, answer: IndexAnswer) -> Result<(), AzureError> {
        let IndexAnswer { number, topic, among, is_first, page } = answer;
        self.plan.answered(number, Instant::now());
        let page = match page {
            Ok(page) => page,
            Err(error) => {
                ends_all(&error)?;
                tracing::warn!(?topic, %error, "Resource Graph did not answer; listing by subscription");
                self.list_turned(&TurnedAsk { topic, among });
                return Ok(());
            }
        };
        match topic {
            IndexTopic::Kind(kind) => self.take_page(kind, among, is_first, page),
            IndexTopic::Known => {
                let known: HashSet<usize> = page
                    .rows
                    .iter()
                    .filter_map(|row| kind::id(&read(row)?))
                    .filter_map(|id| self.place(&id))
                    .collect();
                let among = among.into_iter().filter(|place| !known.contains(place)).collect();
                self.list_turned(&TurnedAsk { topic, among });
            }
        }
        Ok(())
    }

    fn take_from_arm(&mut self, answer: ListAnswer) -> Result<(), AzureError> {
        let ListAnswer { ask, part, result } = answer;
        self.pace.answered(part.certificates.len() + part.apps.len(), Instant::now());
        if let ListAsk::List { kind, scope } = ask {
            return self.take_list(kind, &scope, part, result);
        }
        if let Err(error) = result {
            ends_all(&error)?;
            match ask {
                ListAsk::OwnCertificates(app) => self.gaps.add_app(app.site_label(), &error),
                ListAsk::Site(id) | ListAsk::List { scope: id, .. } => {
                    self.gaps.add_one(format!("the app {}", id.name()), &error);
                }
            }
        }
        self.say(part);
        Ok(())
    }

    fn take_page(&mut self, kind: ResourceKind, among: Vec<usize>, is_first: bool, page: GraphPage) {
        if is_first && kind == ResourceKind::Certificates {
            self.progress.of += page.total;
        }
        let mut part = EstateRows::default();
        for row in page.rows {
            let Some((id, row)) = read(&row).and_then(|row| Some((kind::id(&row)?, row))) else {
                // The row's subscription is unknown, so all of them are affected.
                for place in &among {
                    self.list(kind, self.subscriptions[*place].id.clone());
                }
                continue;
            };
            if !self.fresh.is_empty() && self.fresh.contains(&id.group()) {
                continue;
            }
            let Some(resource) = kind.resource(row) else {
                // The row is incomplete; the list of its subscription has the rest.
                if let Some(place) = self.place(&id) {
                    self.list(kind, self.subscriptions[place].id.clone());
                }
                continue;
            };
            if kind.is_site() && self.is_served_freshly(&resource) {
                self.lists.push_back(ListAsk::Site(id));
            } else if self.is_news(kind, &id)
                && !kind.decode(&resource, &mut part)
                && let Some(place) = self.place(&id)
            {
                self.list(kind, self.subscriptions[place].id.clone());
            }
        }
        self.say(part);
        let Some(rest) = page.rest else { return };
        let topic = IndexTopic::Kind(kind);
        if is_first && page.total > LARGE && among.len() > 1 {
            let cuts = page.total.div_ceil(PART).min(among.len());
            let pages = page.total.div_ceil(cuts * index::MOST);
            for cut in 0..cuts {
                // Alternating, since neighbours often have similar sizes.
                let among: Vec<usize> = among.iter().copied().skip(cut).step_by(cuts).collect();
                let ask = self.ask_index(topic, among, false, pages);
                self.plan.add(ask);
            }
        } else {
            let pages = page.total.div_ceil(index::MOST).saturating_sub(rest.pages()).max(1);
            self.plan.go_on(IndexAsk { topic, question: rest, among, is_first: false, pages });
        }
    }

    fn take_list(
        &mut self,
        kind: ResourceKind,
        scope: &ResourceId,
        mut part: EstateRows,
        result: Result<(), AzureError>,
    ) -> Result<(), AzureError> {
        self.progress.lists += 1;
        let is_group = !scope.resource_group().is_empty();
        if let Err(error) = result {
            ends_all(&error)?;
            match self.place(scope).filter(|_| !is_group) {
                Some(place) if matches!(error, AzureError::KeepsFailing { .. }) && !self.is_again => {
                    self.left_out.push((kind, place));
                }
                Some(place) => self.gaps.add(kind, place, &error),
                // In this case the index is more reliable.
                None if !is_absent(&error) => drop(self.fresh.remove(scope)),
                None => {}
            }
        }
        if is_group {
            for one in &part.certificates {
                if !self.fresh_homes.contains(&one.home) {
                    self.fresh_homes.push(one.home.clone());
                }
            }
        }
        self.leave_out_what_is_told(kind, &mut part);
        self.say(part);
        Ok(())
    }

    fn leave_out_what_is_told(&mut self, kind: ResourceKind, part: &mut EstateRows) {
        let sites: HashSet<ResourceId> =
            part.apps.iter().filter(|app| !self.is_news(kind, &app.id)).map(|app| app.id.clone()).collect();
        part.apps.retain(|app| !sites.contains(&app.id));
        part.bindings.retain(|binding| !sites.contains(&binding.app));
        part.groups.retain(|one| self.is_news(kind, &one.id));
        part.plans.retain(|one| self.is_news(kind, &one.id));
        part.certificates.retain(|one| self.is_news(kind, &one.id));
        part.orders.retain(|one| self.is_news(kind, &one.id));
        part.vaults.retain(|one| self.is_news(kind, &one.id));
    }

    fn is_news(&mut self, kind: ResourceKind, id: &ResourceId) -> bool {
        let mut hasher = DefaultHasher::new();
        (kind, id).hash(&mut hasher);
        self.told.insert(hasher.finish())
    }

    /// A changed certificate moves the bindings of its whole webspace, regardless of the groups of the apps.
    fn is_served_freshly(&self, site: &Value) -> bool {
        let app = || sites::decode(site).map(|site| site.app);
        !self.fresh_homes.is_empty()
            && app().is_some_and(|app| self.fresh_homes.iter().any(|home| home.serves(&app)))
    }

    /// Adds a list to the queue, once.
    fn list(&mut self, kind: ResourceKind, scope: ResourceId) {
        if self.listed.insert((kind, scope.clone())) {
            self.lists.push_back(ListAsk::List { kind, scope });
        }
    }

    /// Lists what the index does not return.
    fn list_turned(&mut self, turned: &TurnedAsk) {
        let wanted: Vec<_> =
            lists_of(turned.topic, self.kinds(), &turned.among, &self.subscriptions).collect();
        for (kind, scope) in wanted {
            self.list(kind, scope);
        }
    }

    fn say(&mut self, part: EstateRows) {
        self.bound.note(&part);
        let scoped = part.apps.iter().filter(|app| app.scope == Scope::App);
        self.lists.extend(scoped.map(|app| ListAsk::OwnCertificates(app.id.clone())));
        self.progress.certificates += part.certificates.len();
        (self.tell)(part, self.progress.note(self.listed.len()));
    }
}

/// The lists that answer what the index was asked.
fn lists_of(
    topic: IndexTopic,
    kinds: impl Iterator<Item = ResourceKind> + Clone,
    among: &[usize],
    subscriptions: &[Subscription],
) -> impl Iterator<Item = (ResourceKind, ResourceId)> {
    let is_wanted = move |kind: &ResourceKind| topic == IndexTopic::Known || topic == IndexTopic::Kind(*kind);
    kinds
        .filter(is_wanted)
        .flat_map(move |kind| among.iter().map(move |place| (kind, subscriptions[*place].id.clone())))
}

impl ReadProgress {
    fn note(&self, lists: usize) -> String {
        if lists > 0 {
            return format!("{} of {lists} lists of single subscriptions read", self.lists);
        }
        format!("{} of {} certificates read", self.certificates, self.of.max(self.certificates))
    }
}

/// A row as a value, unless it is nested deeper than any resource.
fn read(row: &RawRow) -> Option<Value> {
    serde_json::from_str(row.get()).ok()
}

/// A panic of a task is one of its reader. Nothing else ends a task.
fn resume(ended: JoinError) {
    if let Ok(panic) = ended.try_into_panic() {
        std::panic::resume_unwind(panic);
    }
}

/// Without a sign-in nothing more can be read.
fn ends_all(error: &AzureError) -> Result<(), AzureError> {
    match error {
        AzureError::SignIn { .. } | AzureError::NobodySignedIn(_) => Err(error.clone()),
        _ => Ok(()),
    }
}

/// Whether the group was deleted, so that it has no resources.
fn is_absent(error: &AzureError) -> bool {
    error.refusal().is_some_and(|refusal| refusal.status == 404)
}
