//! The text format of Prometheus.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::health::findings::generated::{generated, on};

#[test]
fn labels_cannot_break_out_of_the_text_format() {
    let mut estate = generated(0).into_rows();
    estate.gaps.clear();
    let binding = estate.bindings.remove(0);
    let app =
        ResourceId::parse("/subscriptions/s/resourceGroups/g\"h/providers/Microsoft.Web/sites/a").unwrap();
    let ssl = crate::model::SslState::Sni;
    let thumbprint = crate::model::Thumbprint::parse(&"E".repeat(40)).ok();
    estate.bindings = vec![crate::model::Binding { app, ssl, thumbprint, ..binding }];
    let (estate, rules) = (estate.indexed(), rules().unwrap());
    let basis = Basis::new(&estate, &rules, on(0));
    let mut out = Vec::new();
    prometheus(&by_day(&basis, Limits::USUAL), &basis, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    let line = text.lines().find(|line| line.starts_with("certdeck_expiry_unknown{")).unwrap();
    assert!(line.contains("/resourceGroups/g\\\"h/"), "{line}");
}
