//! The only crate that knows URLs, api-versions and JSON of Azure.
//!
//! `Connection` → `Client::connect` → a `Client` that reads, lists, queries and changes by `Request` values.
//! One file per service has its decoders (pure, tolerant), its requests (pure) and its reads (async).

#![warn(missing_docs)]

mod address;
mod answer;
mod budget;
mod challenge;
mod client;
mod clock;
mod cloud;
mod connect;
mod credential;
mod error;
mod json;
mod patience;
mod poll;
mod probe;
mod proxy;
mod retry;
mod rows;
mod send;
mod several;
mod transport;
mod words;

mod around;
pub mod certificates;
pub mod custom_hostnames;
pub mod domains;
pub mod exposure;
pub mod graph;
pub mod groups;
pub mod inventory;
pub mod locks;
pub mod orders;
pub mod permissions;
pub mod plans;
pub mod providers;
pub mod public_certificates;
pub mod raw;
pub mod request;
pub mod resources;
pub mod roles;
pub mod secrets;
pub mod settings;
pub mod site_config;
pub mod sites;
pub mod subscriptions;
pub mod tenants;
pub mod upkeep;
pub mod vault_certificates;
pub mod vaults;
pub mod version;
pub mod x509;

pub use answer::AsItIs;
pub use around::{Around, around};
pub use budget::CallUrgency;
pub use challenge::Claims;
pub use client::{ChangeProgress, Changed, Client};
pub use clock::{ServiceClock, span_words};
pub use cloud::{Cloud, Practice, is_loopback};
pub use connect::Connection;
pub use credential::{
    Chain, ClientCertificate, Desk, Door, Identity, LibrarySignIn, OwnSignIn, Saved, SavedError, SignIn,
    SignedIn, Tried, Who,
};
pub use error::{AzureError, Refusal};
pub use patience::{Deadline, Listener, Wait};
pub use poll::{FAILED, RUNNING};
pub use proxy::{EXCEPTIONS, Proxy, ProxyError, VARIABLES};
pub use request::{Body, Method, Plane, Repeat, Request};
