//! Public certificates: each app has its own list and there is no other, so they are read only on demand, for
//! the apps in question.

use crate::client::Client;
use crate::{public_certificates, several};
use certdeck_model::{Estate, EstateRows, Gap, PublicCertificate, ResourceId};

const APPS_AT_ONCE: usize = 28;

/// The answer of one app.
#[derive(Debug)]
pub struct OfApp {
    /// The public certificates of the app; empty if they could not be read.
    pub certificates: Vec<PublicCertificate>,
    /// The gap for the app if its list could not be read.
    pub gap: Option<Gap>,
}

/// Reads the lists of these apps, several at once; `tell` gets their answers in the same order.
pub async fn read(client: &Client, apps: &[ResourceId], tell: impl FnMut(OfApp)) {
    let client = &client.in_background();
    several::in_order(APPS_AT_ONCE, apps.iter().map(|app| of(client, app)), tell).await;
}

async fn of(client: &Client, app: &ResourceId) -> OfApp {
    match public_certificates::list(client, app).await {
        Ok(certificates) => OfApp { certificates, gap: None },
        Err(error) => {
            let what = format!("public certificates of {}", app.site_label());
            let problem = error.problem(&what);
            OfApp { certificates: Vec::new(), gap: Some(Gap::new(what, problem)) }
        }
    }
}

/// Adds the public certificates of all its apps to an estate, reporting how many apps have answered.
pub async fn add(client: &Client, estate: &mut Estate, mut tell: impl FnMut(usize)) {
    let mut read_so_far = 0;
    let mut part = EstateRows::default();
    let apps: Vec<ResourceId> = estate.apps.iter().map(|app| app.id.clone()).collect();
    read(client, &apps, |answer| {
        part.public_certificates.extend(answer.certificates);
        part.gaps.extend(answer.gap);
        read_so_far += 1;
        tell(read_so_far);
    })
    .await;
    estate.absorb(part);
}
