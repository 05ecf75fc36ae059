//! Names such as companies give to their resources.

use fastrand::Rng;

const SERVICES: &[&str] = &[
    "shop", "api", "portal", "login", "pay", "blog", "docs", "status", "media", "search", "orders",
    "billing", "reports", "support", "partners", "careers", "events", "news", "mobile", "gateway", "catalog",
    "booking", "loyalty", "claims", "quotes", "tracking",
];
const TEAMS: &[&str] = &[
    "retail",
    "finance",
    "logistics",
    "marketing",
    "platform",
    "hr",
    "sales",
    "research",
    "insurance",
    "travel",
    "identity",
];
const STAGES: &[&str] = &["prod", "prod", "prod", "test", "dev", "stage"];
const DOMAINS: &[&str] = &[
    "contoso.com",
    "fabrikam.com",
    "adatum.com",
    "litware.com",
    "northwindtraders.com",
    "tailspintoys.com",
    "wingtiptoys.com",
    "proseware.com",
    "woodgrovebank.com",
    "fourthcoffee.com",
];

fn pick<'w>(random: &mut Rng, words: &[&'w str]) -> &'w str {
    words[random.usize(..words.len())]
}

pub(super) fn service(random: &mut Rng) -> &'static str {
    pick(random, SERVICES)
}

pub(super) fn team(random: &mut Rng) -> &'static str {
    pick(random, TEAMS)
}

pub(super) fn stage(random: &mut Rng) -> &'static str {
    pick(random, STAGES)
}

pub(super) fn domain(random: &mut Rng) -> &'static str {
    pick(random, DOMAINS)
}

/// `Contoso Retail Production 012`
pub(super) fn subscription(random: &mut Rng, number: usize) -> String {
    let company = domain(random).split('.').next().unwrap_or_default();
    let word = |text: &str| {
        text.chars()
            .enumerate()
            .map(|(at, c)| if at == 0 { c.to_ascii_uppercase() } else { c })
            .collect::<String>()
    };
    format!("{} {} {} {number:03}", word(company), word(team(random)), word(stage(random)))
}
