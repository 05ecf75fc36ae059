//! `certdeck cert build`: a private key and certificates, in any order, become a PFX (A129–A142).

use std::path::PathBuf;

use super::{PfxEncryption, password, print};
use crate::cli::{CliError, Exit, words};
use crate::workbench::{self, openssl, shown};

#[derive(Debug, clap::Args)]
pub(crate) struct BuildArgs {
    /// The private key: PEM or DER, encrypted or not
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Certificates of the chain, up to the root: PEM, DER or PKCS#7, in any order
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    cert: Vec<PathBuf>,
    /// The file to write; an existing one is not overwritten
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[arg(long, value_enum, default_value_t)]
    encryption: PfxEncryption,
    /// If only the root is missing, take it from the certificate authorities that this machine trusts
    #[arg(long)]
    add_root: bool,
    /// The name that Azure and Windows show
    #[arg(long, value_name = "TEXT")]
    friendly_name: Option<String>,
    #[command(flatten)]
    password: password::Known,
    #[command(flatten)]
    key_password: password::OfKey,
    /// Make the new password and keep it in this new file, which only you can read
    #[arg(long, value_name = "FILE", conflicts_with = "Known")]
    generate_password: Option<PathBuf>,
    /// Print the openssl commands that do the same, and do nothing
    #[arg(long)]
    openssl: bool,
}

pub(super) fn run(args: &BuildArgs) -> Result<Exit, CliError> {
    let gathered = workbench::gather(&args.cert)?;
    let key = workbench::read_key(&args.key, args.key_password.get()?.as_ref(), || {
        password::ask(&shown(&args.key))
    })?;
    let bundle = gathered.build(key, args.add_root, "--add-root takes it from there")?;
    let (wrapping, name) = (args.encryption.into(), args.friendly_name.as_deref());
    if args.openssl {
        return print(openssl::build(&args.key, &gathered.files(&bundle), &args.out, wrapping, name));
    }
    for path in [Some(&args.out), args.generate_password.as_ref()].into_iter().flatten() {
        workbench::must_not_exist(path)?;
    }
    let out = shown(&args.out);
    let made = args.generate_password.as_deref().map(password::generate).transpose()?;
    let password = args.password.get()?.or(made).map_or_else(|| password::ask_twice(&out), Ok)?;
    let bytes = bundle.write(&password, wrapping, name);
    workbench::write_new(&args.out, &bytes.map_err(|why| CliError::Refused(why.to_string()))?)?;
    words(&format!("{out}: {}", workbench::held(&bundle)));
    for one in &bundle.chain {
        words(&format!("  {}", one.subject));
    }
    Ok(Exit::Done)
}
