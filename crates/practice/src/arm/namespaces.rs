//! The resource providers as ARM knows them: their types, and the api-versions that were published.

/// One row of `providers`.
#[derive(Debug)]
pub(super) struct Namespace {
    pub name: &'static str,
    /// Newest first, separated by blanks. Clients use the first one.
    pub versions: &'static str,
    pub kinds: &'static [&'static str],
}

/// Every provider that the practice cloud answers for.
pub(super) const NAMESPACES: &[Namespace] = &[
    Namespace {
        name: "Microsoft.Web",
        versions: "2026-08-01 2026-07-15 2025-05-01 2025-03-01 2024-11-01 2024-04-01 2023-12-01 2023-01-01 2022-09-01 2022-03-01 \
                   2021-03-01 2021-02-01 2021-01-15 2021-01-01 2020-12-01 2020-10-01 2020-09-01 2020-06-01 2019-08-01 2018-11-01 2018-02-01 2016-08-01 \
                   2016-03-01 2015-08-01",
        kinds: &["certificates", "serverFarms", "sites", "sites/slots", "sites/hostNameBindings"],
    },
    Namespace {
        name: "Microsoft.CertificateRegistration",
        versions: "2024-11-01 2024-04-01 2023-12-01 2023-01-01 2022-09-01 2022-03-01 2021-03-01 2021-02-01 2021-01-15 2021-01-01 \
                   2020-12-01 2020-10-01 2020-09-01 2020-06-01 2019-08-01 2018-02-01 2015-08-01",
        kinds: &["certificateOrders", "certificateOrders/certificates"],
    },
    Namespace {
        name: "Microsoft.DomainRegistration",
        versions: "2024-11-01 2024-04-01 2023-12-01 2023-01-01 2022-09-01 2022-03-01 2021-03-01 2021-02-01 2021-01-15 2021-01-01 \
                   2020-12-01 2020-10-01 2020-09-01 2020-06-01 2019-08-01 2018-02-01 2015-04-01",
        kinds: &["domains", "domains/domainOwnershipIdentifiers"],
    },
    Namespace {
        name: "Microsoft.KeyVault",
        versions: "2026-05-15 2026-02-01 2024-11-01 2023-07-01 2023-02-01 2022-11-01 2022-07-01 2021-10-01 2019-09-01 2018-02-14 2016-10-01 2015-06-01",
        kinds: &["vaults", "vaults/accessPolicies", "deletedVaults"],
    },
    Namespace {
        name: "Microsoft.Authorization",
        versions: "2022-04-01 2020-05-01 2017-04-01 2016-09-01 2015-07-01 2015-01-01",
        kinds: &["locks", "roleAssignments", "roleDefinitions"],
    },
    Namespace {
        name: "Microsoft.Network",
        versions: "2018-05-01 2017-10-01 2017-09-01 2016-04-01",
        kinds: &["dnszones", "dnszones/A", "dnszones/CAA", "dnszones/CNAME", "dnszones/TXT"],
    },
    Namespace {
        name: "Microsoft.Resources",
        versions: "2024-03-01 2023-07-01 2022-09-01 2021-04-01 2020-10-01 2020-06-01 2019-10-01 2018-05-01 2016-06-01",
        kinds: &["subscriptions", "resourceGroups"],
    },
    Namespace {
        name: "Microsoft.ResourceGraph",
        versions: "2024-04-01 2022-10-01 2021-03-01 2019-04-01",
        kinds: &["resources", "operations"],
    },
];

/// By its name, in any casing.
pub(super) fn named(name: &str) -> Option<&'static Namespace> {
    NAMESPACES.iter().find(|one| one.name.eq_ignore_ascii_case(name))
}
