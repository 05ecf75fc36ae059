//! What depends on the day of the practice cloud's clock: the life of managed certificates, and the oldest
//! TLS version.

use serde_json::json;

use super::*;
use crate::call::HttpMethod::Patch;

/// The life of a managed certificate that is issued on a day, and after how many days its successor is
/// issued.
fn lives(day: &str) -> (i64, i64) {
    let mut cloud = cloud("S1");
    cloud.now = format!("{day}T00:00:00Z").parse().unwrap();
    assert_eq!(managed(&cloud, "www.contoso.com", &json!({})).status, 202);
    cloud.settle();
    let path = web("certificates/www.contoso.com");
    let at = |cloud: &Fixture, member: &str| {
        cloud.get(&path)["properties"][member].as_str().unwrap().parse::<jiff::Timestamp>().unwrap()
    };
    let (from, until) = (at(&cloud, "issueDate"), at(&cloud, "expirationDate"));
    let mut followed = 0;
    while at(&cloud, "expirationDate") == until {
        cloud.advance(DAY);
        followed += 1;
    }
    (until.duration_since(from).as_hours() / 24, followed)
}

#[test]
fn a_managed_certificate_lives_as_long_as_its_day_allows_and_is_renewed_in_its_last_quarter() {
    assert_eq!(lives("2026-11-23"), (180, 135));
    assert_eq!(lives("2027-03-14"), (180, 135), "by the rules of the day of its issue, whatever came since");
    assert_eq!(lives("2027-03-15"), (99, 75));
    assert_eq!(lives("2029-03-15"), (46, 35));
}

#[test]
fn tls_1_0_and_1_1_cannot_be_set_once_they_are_retired_and_stay_where_they_are() {
    let mut cloud = cloud("S1");
    let set = |cloud: &Fixture, name: &str, version: &str| {
        cloud.arm(Patch, &web("sites/shop/config/web"), &json!({"properties": {name: version}})).status
    };
    cloud.now = "2027-05-30T23:00:00Z".parse().unwrap();
    for version in ["1.0", "1.1"] {
        assert_eq!(set(&cloud, "minTlsVersion", version), 200);
        assert_eq!(set(&cloud, "scmMinTlsVersion", version), 200);
    }
    cloud.now = "2027-05-31T00:00:00Z".parse().unwrap();
    for version in ["1.0", "1.1"] {
        assert_eq!(set(&cloud, "minTlsVersion", version), 400);
        assert_eq!(set(&cloud, "scmMinTlsVersion", version), 400);
    }
    assert_eq!(cloud.get(&web("sites/shop/config/web"))["properties"]["minTlsVersion"], "1.1");
    assert_eq!(set(&cloud, "minTlsVersion", "1.2"), 200);
}

#[test]
fn a_plan_of_the_isolated_v4_tier_takes_bindings_of_both_kinds_c55() {
    let cloud = cloud("I1v4");
    let issued = issue(&cloud, &["www.contoso.com"], 60);
    assert_eq!(upload(&cloud, "one", &issued, "right").status, 200);
    for state in ["SniEnabled", "IpBasedEnabled"] {
        assert_eq!(bind(&cloud, "www.contoso.com", state, &thumbprint(&issued.leaf)).status, 200, "{state}");
    }
}
