//! What the domain is: plain values, as an admin speaks of them. No I/O, no async, no terminal, no clock.

mod app;
mod binding;
mod certificate;
mod changes;
pub mod custody;
mod estate;
mod expiry;
mod export;
mod ids;
mod order;
mod places;
mod problem;
mod revocation;
mod seen;
mod sign_in;
pub mod table;
mod text;
pub mod upkeep;
mod vault;

pub use app::{App, Plan, ResourceGroup, Subscription};
pub use binding::{Binding, SslState};
pub use certificate::{PrivateCertificate, PublicCertificate, Source, VaultSecret};
pub use changes::{Change, Changes};
pub use estate::{Estate, Gap, WhoActs};
pub use expiry::{Expiry, ago, day};
pub use export::Export;
pub use ids::{DomainName, Hostname, IdError, OrderName, ResourceId, Thumbprint, VaultName};
pub use order::{Order, OrderStatus, ProductType, SecretStatus, StoredCertificate};
pub use problem::Problem;
pub use revocation::{Revocation, Revokes};
pub use seen::Seen;
pub use sign_in::{BrowserPage, DeviceCode, Redirected, SignInAsk, SignInReply, ToolCommand};
pub use text::{Text, printable};
pub use upkeep::Upkeep;
pub use vault::{AccessPolicy, CertificatePolicy, Vault, VaultCertificate};
