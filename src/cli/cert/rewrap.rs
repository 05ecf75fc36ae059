//! `certdeck cert rewrap IN OUT`: the same key and certificates, in order, encrypted again (A139, A203).

use std::path::PathBuf;

use secrecy::ExposeSecret;

use super::{PfxEncryption, examine, password, print};
use crate::cli::{CliError, Exit, words};
use crate::pki::Bundle;
use crate::workbench::{self, openssl, shown};

#[derive(Debug, clap::Args)]
pub(crate) struct RewrapArgs {
    /// The file to read: PKCS#12, or PEM with a private key
    #[arg(value_name = "IN")]
    from: PathBuf,
    /// The file to write; an existing one is not overwritten
    #[arg(value_name = "OUT")]
    to: PathBuf,
    #[arg(long, value_enum, default_value_t)]
    encryption: PfxEncryption,
    /// The name that Azure and Windows show; by default the one that the file has
    #[arg(long, value_name = "TEXT")]
    friendly_name: Option<String>,
    #[command(flatten)]
    password: password::Known,
    #[command(flatten)]
    new_password: password::New,
    /// Make the new password and keep it in this new file, which only you can read
    #[arg(long, value_name = "FILE", conflicts_with = "New")]
    generate_password: Option<PathBuf>,
    /// Print the openssl commands that do the same, and do nothing
    #[arg(long)]
    openssl: bool,
}

/// Without a new password the old one is kept; an empty one cannot be.
pub(super) fn run(args: &RewrapArgs) -> Result<Exit, CliError> {
    if args.openssl {
        return print(openssl::rewrap(&args.from, &args.to, args.encryption.into()));
    }
    for path in [Some(&args.to), args.generate_password.as_ref()].into_iter().flatten() {
        workbench::must_not_exist(path)?;
    }
    let known = args.password.get()?;
    let new = args.new_password.get()?;
    let examined = examine(&args.from, known)?;
    let contents = match &examined.contents {
        Ok(contents) => contents,
        Err(why) => return Err(CliError::Usage(format!("{}: {why}", examined.file()))),
    };
    let refused = |why: crate::pki::BuildError| CliError::Refused(format!("{}: {why}", examined.file()));
    let bundle = Bundle::rewrap(contents).map_err(refused)?;
    let out = shown(&args.to);
    let kept = examined.password.clone().filter(|password| !password.expose_secret().is_empty());
    let made = args.generate_password.as_deref().map(password::generate).transpose()?;
    let password = new.or(made).or(kept).map_or_else(|| password::ask_twice(&out), Ok)?;
    let bytes =
        bundle.write(&password, args.encryption.into(), args.friendly_name.as_deref()).map_err(refused)?;
    workbench::write_new(&args.to, &bytes)?;
    words(&format!("{out}: {}", workbench::held(&bundle)));
    if let Some(missing) = &bundle.missing {
        words(&format!("the chain is not complete: the certificate of {missing} is missing"));
    }
    if bundle.strays > 0 {
        words(&format!("kept, though not part of the chain: {} certificates", bundle.strays));
    }
    Ok(Exit::Done)
}
