//! The tools that scripts are written for, each pointed at a practice cloud as a person points it at Azure:
//! unmodified, with an environment of its own.

use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::{fs, io};

use crate::cloud::Cloud;

pub(super) type Environment = Vec<(&'static str, String)>;

/// Runs a script as its file would be run from a shell; standard input stays free, as it is in a terminal.
pub(super) fn run(script: &str, dir: &Path, environment: &[(&str, String)]) -> Output {
    let file = dir.join("script.sh");
    fs::write(&file, script).unwrap();
    let mut command = Command::new("sh");
    for name in [
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "no_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
    ] {
        command.env_remove(name);
    }
    command.arg(&file).current_dir(dir).stdin(Stdio::null());
    command.envs(environment.iter().map(|(name, value)| (*name, value))).output().unwrap()
}

/// curl as a person with two tokens uses it; nothing where it or jq is not installed.
pub(super) fn curl(cloud: &Cloud) -> Option<Environment> {
    let is_installed = |program| {
        Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
    };
    if !is_installed("curl") || !is_installed("jq") {
        return None;
    }
    let ca = cloud.connection().ca_pem.display().to_string();
    Some(vec![
        ("TOKEN", token(cloud, "https://management.azure.com/.default")),
        ("VAULT_TOKEN", token(cloud, "https://vault.azure.net/.default")),
        ("CERTDECK_CA_FILE", ca),
    ])
}

fn token(cloud: &Cloud, scope: &str) -> String {
    let connection = cloud.connection();
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--noproxy", "*", "--cacert"]).arg(&connection.ca_pem);
    for field in [
        "grant_type=client_credentials",
        &format!("client_id={}", connection.client_id),
        &format!("client_secret={}", connection.client_secret),
        &format!("scope={scope}"),
    ] {
        curl.args(["--data-urlencode", field]);
    }
    let authority = connection.authority.trim_end_matches('/');
    let answer =
        curl.arg(format!("{authority}/{}/oauth2/v2.0/token", connection.tenant_id)).output().unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&answer.stdout).unwrap();
    answer["access_token"].as_str().unwrap().to_owned()
}

/// The az that `CERTDECK_AZ` names, signed in to the practice cloud, with settings of its own. Vaults it
/// reaches by a proxy, because a system's resolver need not know names below `localhost`.
pub(super) fn az(cloud: &Cloud) -> Option<Environment> {
    let Some(az) = std::env::var_os("CERTDECK_AZ").map(PathBuf::from) else {
        eprintln!("skipped: CERTDECK_AZ names no az CLI to run the scripts with");
        return None;
    };
    let connection = cloud.connection();
    let settings = connection.ca_pem.with_file_name("az");
    let environment = vec![
        ("PATH", format!("{}:{}", az.parent()?.display(), std::env::var("PATH").unwrap())),
        ("AZURE_CONFIG_DIR", settings.display().to_string()),
        ("AZURE_CORE_COLLECT_TELEMETRY", "0".to_owned()),
        ("AZURE_CORE_ONLY_SHOW_ERRORS", "1".to_owned()),
        ("AZURE_CORE_INSTANCE_DISCOVERY", "0".to_owned()),
        ("AZURE_CORE_LOGIN_EXPERIENCE_V2", "0".to_owned()),
        ("REQUESTS_CA_BUNDLE", connection.ca_pem.display().to_string()),
        ("HTTPS_PROXY", proxy()),
        ("NO_PROXY", "127.0.0.1".to_owned()),
    ];
    let sign_in = format!(
        "set -e\naz cloud register -n practice --endpoint-resource-manager {} >&2\naz cloud set -n practice\n\
         az login --service-principal -u {} -p {} --tenant {} >&2\naz account set --subscription {}\n",
        connection.arm,
        connection.client_id,
        connection.client_secret,
        connection.tenant_id,
        connection.subscription_ids[0]
    );
    fs::create_dir_all(&settings).unwrap();
    let signed_in = run(&sign_in, &settings, &environment);
    assert!(signed_in.status.success(), "{}", String::from_utf8_lossy(&signed_in.stderr));
    Some(environment)
}

/// An HTTPS proxy on a free port that leads every name below `localhost` to this machine, and no other
/// anywhere.
fn proxy() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || tunnel(client));
        }
    });
    address
}

fn tunnel(mut client: TcpStream) -> io::Result<()> {
    use io::{Read, Write};
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut octet = [0];
        client.read_exact(&mut octet)?;
        head.push(octet[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let place = head
        .strip_prefix("CONNECT ")
        .and_then(|rest| rest.split(' ').next())
        .and_then(|place| place.rsplit_once(':'));
    let Some((_, port)) = place.filter(|(host, _)| host.ends_with(".localhost")) else {
        return client.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    };
    let mut server = TcpStream::connect(format!("127.0.0.1:{port}"))?;
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    let (mut from_server, mut to_client) = (server.try_clone()?, client.try_clone()?);
    let back = std::thread::spawn(move || {
        let _ = io::copy(&mut from_server, &mut to_client);
        to_client.shutdown(Shutdown::Write)
    });
    io::copy(&mut client, &mut server)?;
    server.shutdown(Shutdown::Write)?;
    let _ = back.join();
    Ok(())
}
