//! Queries such as administrators write, against a small cloud.
#![allow(clippy::unwrap_used, clippy::panic)]

use serde_json::{Value, json};

use super::super::{
    call::HttpMethod,
    context::CloudContext,
    fixture::{Fixture, SUBSCRIPTION, json_of},
    id::ArmId,
    pace::Pace,
};

const NOW: &str = "2026-11-23T00:00:00Z";

/// `count` certificates whose ends are one day apart; every second one is tagged.
fn cloud(count: usize) -> Fixture {
    let cloud = Fixture::new(NOW);
    cloud.with(|ctx| (0..count).for_each(|number| put(ctx, number)));
    cloud
}

fn put(ctx: &CloudContext<'_>, number: usize) {
    let id = ArmId::parse(&format!(
        "{SUBSCRIPTION}/resourceGroups/Shop/providers/Microsoft.Web/certificates/c{number:04}"
    ));
    let end = ctx.now + jiff::SignedDuration::from_hours(24 * i64::try_from(number).unwrap());
    let certificate = json!({
        "id": id.to_string(),
        "name": id.name(),
        "type": "Microsoft.Web/certificates",
        "location": "West Europe",
        "tags": if number.is_multiple_of(2) { json!({"owner": "ada"}) } else { Value::Null },
        "properties": {
            "thumbprint": format!("{number:040X}"),
            "hostNames": [format!("{number}.contoso.com"), "contoso.com"],
            "expirationDate": end.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string(),
        },
    });
    ctx.save(&id, &certificate).unwrap();
}

fn ask(cloud: &Fixture, query: &str, options: &Value) -> Value {
    let body = json!({"subscriptions": [SUBSCRIPTION.rsplit('/').next().unwrap()], "query": query, "options": options});
    let reply = cloud.arm(HttpMethod::Post, "/providers/Microsoft.ResourceGraph/resources", &body);
    assert_eq!(reply.status, 200, "{query}: {:?}", reply.body);
    json_of(reply)
}

fn rows(cloud: &Fixture, query: &str) -> Vec<Value> {
    ask(cloud, query, &json!({}))["data"].as_array().unwrap().clone()
}

fn refused(cloud: &Fixture, query: &str) -> Value {
    let reply = cloud.arm(
        HttpMethod::Post,
        "/providers/Microsoft.ResourceGraph/resources",
        &json!({ "query": query }),
    );
    assert_eq!(reply.status, 400, "{query}: {:?}", reply.body);
    json_of(reply)["error"]["details"][1].clone()
}

#[test]
fn rows_have_the_spelling_of_the_index() {
    let cloud = cloud(1);
    let row = &rows(&cloud, "Resources | where type =~ 'Microsoft.Web/certificates'")[0];
    for (column, value) in [
        ("type", "microsoft.web/certificates"),
        ("location", "westeurope"),
        ("resourceGroup", "shop"),
        ("name", "c0000"),
    ] {
        assert_eq!(row[column], value);
    }
    assert_eq!(row["properties"]["thumbprint"], "0".repeat(40));
    assert!(
        rows(&cloud, "resources | where type == 'Microsoft.Web/certificates'").is_empty(),
        "types are in lower case"
    );
}

#[test]
fn what_ends_soon_is_found_with_times_and_spans() {
    let cloud = cloud(60);
    let soon = rows(
        &cloud,
        "resources
         | where type == 'microsoft.web/certificates' // and no others
         | extend ends = todatetime(properties.expirationDate), host = properties.hostNames[0]
         | where ends between (now() .. now() + 30d) and isnotempty(tags.owner)
         | project name, host, days = datetime_diff('day', ends, now())
         | order by days desc | take 2",
    );
    assert_eq!(
        soon,
        [
            json!({"name": "c0030", "host": "30.contoso.com", "days": 30}),
            json!({"name": "c0028", "host": "28.contoso.com", "days": 28})
        ]
    );
}

#[test]
fn groups_are_counted_and_columns_named_as_the_service_names_them() {
    let cloud = cloud(5);
    let query = "resources | where type has 'certificates' | summarize count(), make_list(name) by tostring(tags.owner)";
    assert_eq!(
        rows(&cloud, query),
        [
            json!({"tags_owner": "ada", "count_": 3, "make_list_name": ["c0000", "c0002", "c0004"]}),
            json!({"tags_owner": "", "count_": 2, "make_list_name": ["c0001", "c0003"]}),
        ]
    );
    assert_eq!(
        rows(&cloud, "resources | where name endswith '3' or name =~ 'C0001' | count"),
        [json!({"Count": 2})]
    );
    assert_eq!(rows(&cloud, "where type !contains 'certificates' | count"), [json!({"Count": 0})]);
    assert_eq!(rows(&cloud, "resources | distinct type"), [json!({"type": "microsoft.web/certificates"})]);
}

#[test]
fn a_join_brings_names_of_subscriptions_and_expanding_makes_rows() {
    let cloud = cloud(2);
    let joined = rows(
        &cloud,
        "resources | mv-expand host = properties.hostNames
         | join kind=leftouter (resourcecontainers | where type == 'microsoft.resources/subscriptions'
             | project subscriptionName = name, subscriptionId) on subscriptionId
         | where host != 'contoso.com' | project host, subscriptionName",
    );
    assert_eq!(joined[1], json!({"host": "1.contoso.com", "subscriptionName": "Contoso Test"}));
    assert_eq!(joined.len(), 2);
}

#[test]
fn pages_hold_every_row_once_whatever_the_stages() {
    let cloud = cloud(25);
    for query in [
        "resources | where type == 'microsoft.web/certificates' | project id",
        "resources | project id, name | order by id asc",
        "resources | project id, name | order by name desc",
        "resources | where name !endswith '7' | mv-expand properties.hostNames | project id = strcat(id, properties_hostNames)",
    ] {
        let (mut seen, mut token, mut pages) = (Vec::new(), Value::Null, 0);
        loop {
            let page = ask(&cloud, query, &json!({"$top": 7, "$skipToken": token}));
            assert_eq!(page["count"], page["data"].as_array().unwrap().len());
            seen.extend(
                page["data"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()),
            );
            token = page["$skipToken"].clone();
            pages += 1;
            if token.is_null() {
                assert_eq!(page["totalRecords"], seen.len(), "{query}");
                break;
            }
        }
        seen.sort();
        seen.dedup();
        assert!(
            seen.len() == if query.contains("mv-expand") { 46 } else { 25 } && pages > 3,
            "{query}: {}",
            seen.len()
        );
    }
    let no_id = ask(&cloud, "resources | project name", &json!({"$top": 7, "$skip": 5}));
    assert_eq!((&no_id["resultTruncated"], &no_id["data"][0]["name"]), (&json!("true"), &json!("c0005")));
}

#[test]
fn a_table_has_columns_with_types() {
    let cloud = cloud(1);
    let table = ask(&cloud, "resources | project name, n = 1, properties", &json!({"resultFormat": "table"}));
    assert_eq!(table["data"]["columns"][1], json!({"name": "n", "type": "integer"}));
    assert_eq!(table["data"]["rows"][0][0], "c0000");
}

#[test]
fn what_is_not_there_is_refused_by_name_and_place() {
    let cloud = cloud(1);
    for (query, code, token) in [
        ("resources | parse id with * '/'", "InvalidQueryLanguage", "parse"),
        ("resources | where extract('a', 1, id) == 'a'", "InvalidQueryLanguage", "extract"),
        ("securityresources", "InvalidQueryLanguage", "securityresources"),
        ("resources | where nme == 'a'", "SemanticError", "nme"),
        ("resources | where name == ", "ParserFailure", "<EOF>"),
        ("resources | where name == 'a' name", "ParserFailure", "name"),
    ] {
        let cause = refused(&cloud, query);
        assert_eq!((cause["code"].as_str(), cause["token"].as_str()), (Some(code), Some(token)), "{query}");
        assert_eq!(cause["line"], 1, "{query}");
    }
    let deep = format!("resources | where {}1{} == 1", "(".repeat(5000), ")".repeat(5000));
    assert_eq!(refused(&cloud, &deep)["code"], "QueryLimitExceeded");
    let long = format!("resources | where name == 'a'{}", " or name == 'a'".repeat(3000));
    assert_eq!(refused(&cloud, &long)["code"], "QueryLimitExceeded");
}

#[test]
fn nobody_sees_subscriptions_that_are_not_theirs() {
    let cloud = cloud(1);
    let body = json!({"subscriptions": ["99999999-9999-9999-9999-999999999999"], "query": "resources"});
    assert_eq!(
        cloud.arm(HttpMethod::Post, "/providers/Microsoft.ResourceGraph/resources", &body).status,
        403
    );
    let body = json!({"managementGroups": [cloud.setting.tenant_id], "query": "resources"});
    assert_eq!(
        json_of(cloud.arm(HttpMethod::Post, "/providers/Microsoft.ResourceGraph/resources", &body))["count"],
        1
    );
}

#[test]
fn the_index_shows_changes_later_unless_the_pace_is_instant() {
    let mut cloud = cloud(2);
    cloud.setting.pace = Pace::Real;
    let first = ArmId::parse(&format!(
        "{SUBSCRIPTION}/resourceGroups/shop/providers/Microsoft.Web/certificates/c0000"
    ));
    cloud.with(|ctx| {
        put(ctx, 2);
        assert!(ctx.remove(&first).unwrap());
    });
    let names = |cloud: &Fixture| -> Vec<String> {
        rows(cloud, "resources | project name")
            .iter()
            .map(|row| row["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&cloud), ["c0000", "c0001"]);
    assert_eq!(ask(&cloud, "resources", &json!({}))["totalRecords"], 2);
    cloud.advance(jiff::SignedDuration::from_mins(3));
    assert_eq!(names(&cloud), ["c0001", "c0002"]);
}
