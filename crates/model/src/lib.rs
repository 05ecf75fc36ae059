//! The domain: plain values in an administrator's terms, and the dated rules for them. No I/O, no async, no
//! terminal, no clock.

#![warn(missing_docs)]

mod app;
mod basis;
mod binding;
mod certificate;
mod changes;
pub mod custody;
mod domain;
mod estate;
mod expiry;
mod export;
mod hostname;
mod ids;
mod order;
mod past;
mod places;
mod problem;
mod reread;
mod revocation;
mod row;
mod rows;
pub mod rules;
mod secret;
mod seen;
mod sign_in;
pub mod table;
mod tags;
mod text;
mod thumbprint;
pub mod upkeep;
mod vault;
mod webspace;

pub use app::{App, Plan, ResourceGroup, Subscription};
pub use basis::Basis;
pub use binding::{Binding, SslState};
pub use certificate::{OwnSettings, PrivateCertificate, PublicCertificate, Source, VaultSecret};
pub use changes::{Change, Changes};
pub use domain::{DomainName, suffixes_of};
pub use estate::{Estate, Gap, WhoActs};
pub use expiry::{Expiry, ago, day};
pub use export::Export;
pub use hostname::Hostname;
pub use ids::{IdError, OrderName, ResourceId, VaultName};
pub use order::{Order, OrderStatus, ProductType, Progress, SecretStatus, StoredCertificate};
pub use past::PastChange;
pub use problem::Problem;
pub use reread::Reread;
pub use revocation::{Revocation, Revokes};
pub use row::Row;
pub use rows::EstateRows;
pub use secret::{hidden_character, secret_line};
pub use seen::Seen;
pub use sign_in::{BrowserPage, DeviceCode, Redirected, SignInAsk, SignInReply, ToolCommand};
pub use tags::{TagError, Tags};
pub use text::{
    Text, counted, may_be_key, printable, quoted, quoted_to, reason, said, shown, toml_refusal, typed,
};
pub use thumbprint::Thumbprint;
pub use upkeep::Upkeep;
pub use vault::{AccessPolicy, CertificatePolicy, Vault, VaultCertificate};
pub use webspace::{Home, Scope, Webspace};
