//! One run of every flow, in an order in which each finds what it is about.

use std::path::Path;
use std::process::{Command, Output};

use crate::cloud::Cloud;
use crate::state;

pub(crate) struct Run {
    pub flow: &'static str,
    settings: Vec<String>,
    more: Vec<String>,
    /// The PFX that a script is to upload.
    pub pfx: Option<String>,
}

impl Run {
    pub(crate) fn new(flow: &'static str, settings: &[&str]) -> Self {
        let settings = settings.iter().map(|setting| (*setting).to_owned()).collect();
        Self { flow, settings, more: Vec::new(), pfx: None }
    }

    /// The same once for each of its inputs, with this text in the place of the value that it has.
    #[allow(dead_code, reason = "the contract tests share this file")]
    pub(crate) fn each_with<'r>(&'r self, text: &'r str) -> impl Iterator<Item = (&'r str, Self)> {
        self.settings.iter().enumerate().map(move |(at, setting)| {
            let name = setting.split('=').next().unwrap_or_default();
            let mut settings = self.settings.clone();
            settings[at] = format!("{name}={text}");
            (name, Self { flow: self.flow, settings, more: self.more.clone(), pfx: None })
        })
    }

    /// With a PFX to upload, its password in a file.
    pub(crate) fn uploading(mut self, pfx: &Path) -> Self {
        self.settings.push(format!("file={}", pfx.display()));
        self.more = vec!["--password-file".to_owned(), pfx.with_file_name("password").display().to_string()];
        self.pfx = Some(pfx.display().to_string());
        self
    }

    /// `certdeck run` of it, with more options.
    pub(crate) fn certdeck(&self, cloud: &Cloud, more: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_certdeck"));
        command.env_clear().env("HOME", cloud.home()).current_dir(cloud.home()).envs(cloud.environment());
        let subscription = format!("subscription={}", cloud.connection().subscription_ids[0]);
        command.args(["run", self.flow, "--set", &subscription]);
        for setting in &self.settings {
            command.args(["--set", setting]);
        }
        command.args(&self.more).args(more).output().unwrap()
    }
}

/// All flows. `files` has what is uploaded.
pub(crate) fn all(cloud: &Cloud, files: &Path) -> Vec<Run> {
    let group = "resource-group=rg-shop";
    let bought = "order=contosowww";
    let shop = "app=rg-shop/contoso-shop";
    let [api, api_now] = order(cloud, "apifabrikam");
    let [wildcard, wildcard_now] = order(cloud, "wildfabrikam");
    let new_vault =
        ["vault-choice=new", "vault=kv-contosowww", "vault-location=westeurope", "vault-rbac=access-policy"];
    let public = format!("file={}", files.join("partner.cer").display());
    vec![
        Run::new("purchase", &[bought, group, "domain=contoso.com", "product=standard", "auto-renew=yes"]),
        Run::new("store", &[&[bought, group][..], &new_vault].concat()),
        Run::new("verify", &[bought, group, "method=app-service", shop]),
        Run::new("import-order", &[bought, group, shop]),
        Run::new("bind", &[bought, group, shop, "hostname=contoso.com", "ssl-type=sni"]),
        Run::new("renew", &[&api, &api_now, "method=app-service", "app=rg-shop/contoso-api"]),
        Run::new("sync", &[&api]),
        Run::new("auto-renew", &[&api, "auto-renew=yes"]),
        Run::new("rekey", &[&wildcard, &wildcard_now]),
        Run::new("sync", &["scope=all"]),
        Run::new("export", &[&api, "out=exported.pfx", "raw=yes"]),
        Run::new("unlock", &[&api]),
        Run::new("delete", &[&api]),
        Run::new("hostname", &[shop, "hostname=new.contoso.com"]),
        Run::new("managed", &[shop, "hostname=pay.contoso.com"]),
        Run::new("import-vault", &[shop, "vault=kv-contoso-vault", "vault-certificate=pay-2026"]),
        Run::new("upload", &[shop]).uploading(&files.join("contoso.pfx")),
        Run::new("public", &[shop, "name=partner", &public]),
        Run::new("replace", &[group, "certificate=shop-2026", "friendly-name=shop-2027"])
            .uploading(&files.join("shop.pfx")),
        Run::new("rebind-all", &[group, "certificate=wildcard-contoso", "which=all"]),
        Run::new("unbind", &[group, "app=contoso-blog", "hostname=blog.contoso.com"]),
        Run::new("delete-private", &[group, "certificate=blog-2025"]),
        Run::new("delete-public", &[group, "app=contoso-api", "name=legacy-partner"]),
        Run::new(
            "settings",
            &[group, "app=contoso-blog", "https-only=yes", "min-tls=1.3", "load-certificates=*"],
        ),
    ]
}

/// An order and the certificate that it has now, as inputs.
fn order(cloud: &Cloud, name: &str) -> [String; 2] {
    let orders = state::estate(cloud).into_rows().orders;
    let order = orders.iter().find(|order| order.id.name() == name).unwrap();
    [format!("order={}", order.id), format!("current={}", order.thumbprint.as_ref().unwrap())]
}
