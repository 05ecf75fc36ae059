//! Microsoft.Web: plans, sites, hostnames and their bindings, certificates in webspaces.

use super::super::route::Route;

pub const ROUTES: &[Route] = &[];
