//! The browser of this machine: whether there is one in front of the person, and opening a page in it. No
//! shell is asked; what cannot be opened is shown as an address all the same.

use std::process::{Command, Stdio};
use std::thread;

use url::Url;

/// What opens a page, the first that is there.
const OPENERS: &[&str] = if cfg!(target_os = "macos") { &["open"] } else { &["wslview", "xdg-open"] };

/// Whether a page that is opened here shows in front of the person, as far as the environment tells. Over SSH
/// it would open elsewhere or not at all.
pub(crate) fn is_here(var: &dyn Fn(&str) -> Option<String>) -> bool {
    let is_set = |name: &str| var(name).is_some_and(|value| !value.is_empty());
    if is_over_ssh(var) {
        return false;
    }
    cfg!(target_os = "macos") || ["DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"].into_iter().any(is_set)
}

/// The person sits at another machine.
pub(crate) fn is_over_ssh(var: &dyn Fn(&str) -> Option<String>) -> bool {
    ["SSH_CONNECTION", "SSH_TTY"].into_iter().any(|name| var(name).is_some_and(|value| !value.is_empty()))
}

/// Opens a page, if this machine can; nothing waits for it.
pub(crate) fn open(address: &str) {
    let is_web = Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "https" | "http"));
    if !is_web || !is_here(&|name| std::env::var(name).ok()) {
        return;
    }
    let address = address.to_owned();
    thread::spawn(move || {
        for opener in OPENERS {
            let mut command = Command::new(opener);
            command.arg(&address).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            if command.status().is_ok_and(|status| status.success()) {
                return;
            }
        }
    });
}

/// What carries the port of this machine to the one where the browser is; run there. The host is the one that
/// the person's own connection went to.
pub(crate) fn tunnel(port: u16, var: &dyn Fn(&str) -> Option<String>) -> String {
    let connection = var("SSH_CONNECTION").unwrap_or_default();
    let host = connection.split(' ').nth(2).filter(|host| !host.is_empty()).unwrap_or("HOST");
    format!("ssh -L {port}:localhost:{port} {host}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_here_only_where_the_person_is() {
        let found = |set: &[&str]| is_here(&|name| set.contains(&name).then(|| "x".to_owned()));
        assert_eq!(found(&[]), cfg!(target_os = "macos"));
        assert!(found(&["DISPLAY"]) && found(&["WAYLAND_DISPLAY"]) && found(&["WSL_DISTRO_NAME"]));
        assert!(!found(&["DISPLAY", "SSH_CONNECTION"]) && !found(&["SSH_TTY"]));
        assert!(!is_here(&|_| Some(String::new())) || cfg!(target_os = "macos"));
    }

    #[test]
    fn the_tunnel_names_the_port_on_both_sides() {
        let connected = |_: &str| Some("192.0.2.7 51000 198.51.100.3 22".to_owned());
        assert_eq!(tunnel(8400, &connected), "ssh -L 8400:localhost:8400 198.51.100.3");
        assert_eq!(tunnel(8400, &|_| None), "ssh -L 8400:localhost:8400 HOST");
    }
}
