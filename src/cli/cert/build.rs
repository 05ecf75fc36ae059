//! `certdeck cert build`: a private key and certificates, in whatever order, become a PFX (A129–A142).

use std::path::{Path, PathBuf};

use super::{Encryption, file, openssl, password};
use crate::cli::{CliError, Exit, words};
use crate::model::printable;
use crate::pki::{self, Bundle, Certificate, PrivateKey, ReadError, Roots};

#[derive(Debug, clap::Args)]
pub struct Args {
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
    encryption: Encryption,
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
    /// Print the openssl commands that do the same, and do nothing
    #[arg(long)]
    openssl: bool,
}

pub fn run(args: &Args) -> Result<Exit, CliError> {
    let mut certificates = Vec::new();
    let mut from = Vec::new();
    for path in &args.cert {
        for certificate in read_certificates(path)? {
            certificates.push(certificate);
            from.push(path.as_path());
        }
    }
    let key = read_key(args)?;
    let root = pki::missing_root(&key, &certificates, &Roots::of_this_machine());
    if args.add_root {
        certificates.extend(root.clone());
    }
    let bundle = Bundle::build(key, &certificates).map_err(|why| {
        let hint =
            if root.is_some() && !args.add_root { "; this machine trusts it, and --add-root takes it from there" } else { "" };
        CliError::Refused(format!("{why}{hint}"))
    })?;
    if args.openssl {
        let mut files: Vec<&Path> = Vec::new();
        for one in &bundle.chain {
            let place = certificates.iter().position(|given| given.der == one.der);
            files.extend(place.and_then(|place| from.get(place).copied()).filter(|path| !files.contains(path)));
        }
        return openssl::print(openssl::build(&args.key, &files, &args.out, args.encryption, args.friendly_name.as_deref()));
    }
    file::must_not_exist(&args.out)?;
    let shown = printable(&args.out.display().to_string()).into_owned();
    let password = args.password.get()?.map_or_else(|| password::ask_twice(&shown), Ok)?;
    let octets = bundle.write(&password, args.encryption.into(), args.friendly_name.as_deref());
    file::write_new(&args.out, &octets.map_err(|why| CliError::Refused(why.to_string()))?)?;
    words(&format!("{shown}: private key and {} certificates, in order", bundle.chain.len()));
    for one in &bundle.chain {
        words(&format!("  {}", one.subject));
    }
    Ok(Exit::Done)
}

fn read_certificates(path: &Path) -> Result<Vec<Certificate>, CliError> {
    let refuse = |why: String| CliError::Usage(format!("{}: {why}", printable(&path.display().to_string())));
    let octets = file::read(path).map_err(|why| refuse(why.to_string()))?;
    let contents = pki::read(&octets, None).map_err(|why| refuse(why.to_string()))?;
    if contents.certificates.is_empty() { Err(refuse("no certificate in it".into())) } else { Ok(contents.certificates) }
}

fn read_key(args: &Args) -> Result<PrivateKey, CliError> {
    let shown = printable(&args.key.display().to_string()).into_owned();
    let refuse = |why: String| CliError::Usage(format!("{shown}: {why}"));
    let octets = file::read(&args.key).map_err(|why| refuse(why.to_string()))?;
    let mut password = args.key_password.get()?;
    let mut key = pki::read_key(&octets, password.as_ref());
    if matches!(key, Err(ReadError::PasswordNeeded { .. })) && password.is_none() {
        password = password::ask(&shown)?;
        key = pki::read_key(&octets, password.as_ref());
    }
    key.map_err(|why| refuse(why.to_string()))
}
