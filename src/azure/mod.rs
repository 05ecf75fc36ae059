//! The only place that knows URLs, api-versions and JSON of Azure.

pub mod request;

pub use request::{Body, Method, Plane, Repeat, Request};
