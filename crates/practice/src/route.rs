//! How a request finds its function: a table of methods and path patterns.
//!
//! A provider lists its operations in a `pub const ROUTES: &[Route]`:
//!
//! ```text
//! pub const ROUTES: &[Route] = &[
//!     Route::new(Get, "{sub}/providers/Microsoft.Web/sites", list),
//!     Route::new(Put, "{rg}/providers/Microsoft.Web/sites/{site}", put),
//!     Route::new(Get, "{scope}/providers/Microsoft.Authorization/locks/{lock}", get_lock),
//! ];
//! fn list(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult { … }
//! ```
//!
//! `{sub}` matches `/subscriptions/{subscription}`, `{rg}` matches `{sub}/resourceGroups/{group}`, `{scope}`
//! any number of segments; every other `{word}` matches one segment, which `call.param("word")` returns.
//! Fixed words match in any casing.

use super::{
    call::{Call, HttpMethod},
    context::CloudContext,
    reply::ReplyResult,
};

/// The function of a route. It runs inside one transaction, on the world's thread: no waiting, no I/O of its
/// own.
pub(crate) type OperationFn = fn(&CloudContext<'_>, &Call) -> ReplyResult;

/// One operation of a provider.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Route {
    pub method: HttpMethod,
    pub pattern: &'static str,
    pub run: OperationFn,
}

impl Route {
    pub(crate) const fn new(method: HttpMethod, pattern: &'static str, run: OperationFn) -> Self {
        Self { method, pattern, run }
    }

    /// The parameters, if the path matches.
    fn fits(&self, path: &[String]) -> Option<Vec<(&'static str, String)>> {
        let mut params = Vec::new();
        let mut rest = path;
        let pattern = match self.pattern.split_once('/') {
            Some(("{scope}", tail)) => {
                // The scope is everything before the pattern's own segments.
                let own = tail.split('/').count();
                rest = path.get(path.len().checked_sub(own)?..)?;
                tail
            }
            Some(("{sub}", tail)) => {
                rest = take(rest, &["subscriptions", "{subscription}"], &mut params)?;
                tail
            }
            Some(("{rg}", tail)) => {
                let group = ["subscriptions", "{subscription}", "resourceGroups", "{group}"];
                rest = take(rest, &group, &mut params)?;
                tail
            }
            _ => self.pattern,
        };
        let pattern: Vec<&'static str> = pattern.split('/').filter(|p| !p.is_empty()).collect();
        take(rest, &pattern, &mut params)?.is_empty().then_some(params)
    }
}

/// Matches the beginning of `path` and returns what is left.
fn take<'p>(
    path: &'p [String],
    pattern: &[&'static str],
    params: &mut Vec<(&'static str, String)>,
) -> Option<&'p [String]> {
    let (here, rest) = path.split_at_checked(pattern.len())?;
    for (wanted, found) in pattern.iter().zip(here) {
        match wanted.strip_prefix('{').and_then(|w| w.strip_suffix('}')) {
            Some(name) => params.push((name, found.clone())),
            None if wanted.eq_ignore_ascii_case(found) => {}
            None => return None,
        }
    }
    Some(rest)
}

/// The result of looking a path up in the tables.
#[derive(Debug)]
pub(crate) enum RouteMatch {
    Operation(OperationFn, Vec<(&'static str, String)>),
    /// The path exists, but not with this method.
    OtherMethod,
    Nothing,
}

/// Looks a request up; earlier tables and rows win.
pub(crate) fn find(tables: &[&[Route]], method: HttpMethod, path: &[String]) -> RouteMatch {
    let mut other = false;
    for route in tables.iter().flat_map(|table| table.iter()) {
        if let Some(params) = route.fits(path) {
            if route.method == method {
                return RouteMatch::Operation(route.run, params);
            }
            other = true;
        }
    }
    if other { RouteMatch::OtherMethod } else { RouteMatch::Nothing }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]
    use super::*;
    use crate::reply::Reply;

    fn nothing(_: &CloudContext<'_>, _: &Call) -> ReplyResult {
        Ok(Reply::empty(200))
    }

    const ROUTES: &[Route] = &[
        Route::new(HttpMethod::Get, "{sub}/providers/Microsoft.Web/sites", nothing),
        Route::new(HttpMethod::Get, "{rg}/providers/Microsoft.Web/sites/{site}", nothing),
        Route::new(HttpMethod::Get, "{scope}/providers/Microsoft.Authorization/locks/{lock}", nothing),
    ];

    fn path(text: &str) -> Vec<String> {
        text.split('/').filter(|s| !s.is_empty()).map(str::to_owned).collect()
    }

    #[test]
    fn words_match_in_any_casing_and_names_keep_theirs() {
        let site = path("/subscriptions/S/resourcegroups/G/PROVIDERS/microsoft.web/Sites/Shop");
        let RouteMatch::Operation(_, params) = find(&[ROUTES], HttpMethod::Get, &site) else {
            panic!("no route");
        };
        assert_eq!(params[2], ("site", "Shop".to_owned()));
        assert!(matches!(find(&[ROUTES], HttpMethod::Put, &site), RouteMatch::OtherMethod));
    }

    #[test]
    fn an_extension_resource_is_found_under_any_scope() {
        for scope in ["/subscriptions/s", "/subscriptions/s/resourceGroups/g/providers/N/t/x"] {
            let lock = path(&format!("{scope}/providers/microsoft.authorization/locks/L"));
            assert!(matches!(find(&[ROUTES], HttpMethod::Get, &lock), RouteMatch::Operation(..)));
        }
        assert!(matches!(find(&[ROUTES], HttpMethod::Get, &path("/x")), RouteMatch::Nothing));
    }
}
