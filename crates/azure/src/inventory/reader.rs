//! The request queue of an inventory: what is requested, and what follows from an answer.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use serde_json::Value;

use super::bound::BoundHostnames;
use super::gaps::Gaps;
use super::index::{self, GraphPage, GraphQuery};
use super::kind::{self, ResourceKind};
use super::lists;
use crate::client::Client;
use crate::error::AzureError;
use crate::rows::RawRow;
use crate::sites;
use certdeck_model::{EstateRows, Home, ResourceId, Scope, Subscription};

/// The number of requests under way at the same time.
const AT_ONCE: usize = 16;
/// From this many rows on, the rest of an answer of the index is requested in several parts at once.
const LARGE: usize = 8 * index::MOST;
/// Each part ends with a page that is not full, so there are few.
const CUTS: usize = 4;
/// The maximum number of changed groups that are read directly: each costs one request per kind.
const MOST_GROUPS: usize = 5;

const KNOWN: &str = "resourcecontainers | where type =~ 'microsoft.resources/subscriptions' | project id, name | order by id asc";

/// A pending request. Subscriptions are given by their indices.
enum Ask {
    /// A page of the index for these subscriptions.
    Page { kind: ResourceKind, question: GraphQuery, among: Vec<usize>, is_first: bool },
    /// Which of these subscriptions the index knows.
    Known { question: GraphQuery, among: Vec<usize> },
    /// ARM's list of a subscription or a resource group.
    List { kind: ResourceKind, scope: ResourceId },
    /// One app or slot.
    Site(ResourceId),
    /// The certificates of a single app or slot: only its own list has them.
    OwnCertificates(ResourceId),
}

enum ReadAnswer {
    Page { kind: ResourceKind, among: Vec<usize>, is_first: bool, page: Result<GraphPage, AzureError> },
    Known { among: Vec<usize>, page: Result<GraphPage, AzureError> },
    List { kind: ResourceKind, scope: ResourceId, part: Box<EstateRows>, result: Result<(), AzureError> },
    Site { id: ResourceId, part: Box<EstateRows>, result: Result<(), AzureError> },
    OwnCertificates { app: ResourceId, part: Box<EstateRows>, result: Result<(), AzureError> },
}

impl Ask {
    async fn answer(self, client: &Client) -> ReadAnswer {
        let mut part = Box::<EstateRows>::default();
        match self {
            Self::Page { kind, question, among, is_first } => {
                ReadAnswer::Page { kind, among, is_first, page: question.ask(client).await }
            }
            Self::Known { question, among } => ReadAnswer::Known { among, page: question.ask(client).await },
            Self::List { kind, scope } => {
                let result = lists::read(client, kind, &scope, &mut part).await;
                ReadAnswer::List { kind, scope, part, result }
            }
            Self::Site(id) => {
                let result = lists::site(client, &id, &mut part).await;
                ReadAnswer::Site { id, part, result }
            }
            Self::OwnCertificates(app) => {
                let result = lists::own_certificates(client, &app, &mut part).await;
                ReadAnswer::OwnCertificates { app, part, result }
            }
        }
    }
}

pub(super) struct InventoryReader<'r> {
    client: &'r Client,
    subscriptions: Vec<Subscription>,
    /// From the lower-case id to the index.
    places: HashMap<String, usize>,
    tell: &'r mut (dyn FnMut(EstateRows, String) + Send),
    queue: VecDeque<Ask>,
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
        tell: &'r mut (dyn FnMut(EstateRows, String) + Send),
    ) -> Self {
        let places =
            subscriptions.iter().map(|one| one.id.subscription_id().to_ascii_lowercase()).zip(0..).collect();
        Self {
            client,
            subscriptions,
            places,
            tell,
            queue: VecDeque::new(),
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
        for kind in self.kinds() {
            for among in all.chunks(index::MOST) {
                let question = GraphQuery::new(kind.query(), self.ids(among));
                self.queue.push_back(Ask::Page { kind, question, among: among.to_vec(), is_first: true });
            }
        }
        for among in all.chunks(index::MOST) {
            let question = GraphQuery::new(KNOWN.to_owned(), self.ids(among));
            self.queue.push_back(Ask::Known { question, among: among.to_vec() });
        }
        self.ask_all().await
    }

    /// Requests again what was skipped: a single request may have shown in the meantime that its subscription
    /// answers again.
    pub(super) async fn again(&mut self) -> Result<(), AzureError> {
        for (kind, place) in std::mem::take(&mut self.left_out) {
            self.queue.push_back(Ask::List { kind, scope: self.subscriptions[place].id.clone() });
        }
        self.is_again = true;
        self.ask_all().await
    }

    /// Reads the own certificates of apps that are bound to a certificate that is in no list.
    pub(super) async fn own_of_bound(&mut self) -> Result<(), AzureError> {
        let subscriptions: HashSet<&str> =
            self.gaps.without(ResourceKind::Certificates).map(|place| self.subscription(place)).collect();
        let (asked, left) = self.bound.unexplained(&subscriptions);
        self.queue.extend(asked.into_iter().map(Ask::OwnCertificates));
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
    fn kinds(&self) -> impl Iterator<Item = ResourceKind> + use<> {
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

    async fn ask_all(&mut self) -> Result<(), AzureError> {
        let mut asked = FuturesUnordered::new();
        loop {
            while asked.len() < AT_ONCE
                && let Some(next) = self.queue.pop_front()
            {
                asked.push(next.answer(self.client));
            }
            let Some(answer) = asked.next().await else { return Ok(()) };
            self.take(answer)?;
        }
    }

    fn take(&mut self, answer: ReadAnswer) -> Result<(), AzureError> {
        match answer {
            ReadAnswer::Page { kind, among, is_first, page: Ok(page) } => {
                self.take_page(kind, among, is_first, page);
            }
            ReadAnswer::Page { kind, among, page: Err(error), .. } => {
                ends_all(&error)?;
                tracing::warn!(kind = kind.words(), %error, "Resource Graph did not answer; listing by subscription");
                for place in among {
                    self.list(kind, self.subscriptions[place].id.clone());
                }
            }
            ReadAnswer::Known { among, page: Ok(page) } => {
                let known: HashSet<usize> = page
                    .rows
                    .iter()
                    .filter_map(|row| kind::id(&read(row)?))
                    .filter_map(|id| self.place(&id))
                    .collect();
                for place in among.into_iter().filter(|place| !known.contains(place)) {
                    self.kinds().for_each(|kind| self.list(kind, self.subscriptions[place].id.clone()));
                }
            }
            // The pages meet the same refusal, and each leads to its lists.
            ReadAnswer::Known { page: Err(error), .. } => ends_all(&error)?,
            ReadAnswer::List { kind, scope, part, result } => self.take_list(kind, &scope, *part, result)?,
            ReadAnswer::Site { id, part, result } => {
                if let Err(error) = result {
                    ends_all(&error)?;
                    self.gaps.add_one(format!("the app {}", id.name()), &error);
                }
                self.say(*part);
            }
            ReadAnswer::OwnCertificates { app, part, result } => {
                if let Err(error) = result {
                    ends_all(&error)?;
                    self.gaps.add_app(app.site_label(), &error);
                }
                self.say(*part);
            }
        }
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
                self.queue.push_back(Ask::Site(id));
            } else if self.is_news(kind, &id)
                && !kind.decode(&resource, &mut part)
                && let Some(place) = self.place(&id)
            {
                self.list(kind, self.subscriptions[place].id.clone());
            }
        }
        self.say(part);
        let Some(rest) = page.rest else { return };
        if is_first && page.total > LARGE && among.len() > 1 {
            let cuts = CUTS.min(among.len());
            for cut in 0..cuts {
                // Alternating, since neighbours often have similar sizes.
                let among: Vec<usize> = among.iter().copied().skip(cut).step_by(cuts).collect();
                let question = GraphQuery::new(kind.query(), self.ids(&among));
                self.queue.push_front(Ask::Page { kind, question, among, is_first: false });
            }
        } else {
            self.queue.push_front(Ask::Page { kind, question: rest, among, is_first: false });
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
            self.queue.push_back(Ask::List { kind, scope });
        }
    }

    fn say(&mut self, part: EstateRows) {
        self.bound.note(&part);
        let scoped = part.apps.iter().filter(|app| app.scope == Scope::App);
        self.queue.extend(scoped.map(|app| Ask::OwnCertificates(app.id.clone())));
        self.progress.certificates += part.certificates.len();
        (self.tell)(part, self.progress.note(self.listed.len()));
    }
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
