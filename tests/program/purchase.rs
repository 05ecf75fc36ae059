//! The whole job on a terminal, by keys alone, through the real binary: buy, store, verify, import, bind, and
//! look with a TLS client of our own at what the hostname then serves.

use crate::cloud::Cloud;
use crate::pty::Pty;

#[test]
fn a_certificate_is_bought_and_bound_from_the_keyboard_and_the_hostname_serves_it() {
    let cloud = Cloud::start();
    let mut screen = Pty::start(&[env!("CARGO_BIN_EXE_certdeck")], &cloud.environment());
    screen.wait_for("shop.contoso.com");

    screen.keys(":purchase<Enter>");
    screen.wait_for("Naked domain host name");
    screen.keys("contoso.com<Tab><Tab>contosowww");
    screen.wait_for("This will secure: contoso.com, www.contoso.com");
    screen.wait_for("rg-shop");
    screen.keys("<PgDn>");
    screen.wait_for("Enter Buy the certificate");
    screen.keys("<Enter>");
    screen.wait_for("Type buy to confirm");
    screen.keys("buy<Enter>");
    screen.wait_for("The certificate is bought");

    screen.keys("<Enter>");
    send(&mut screen, "Create the key vault");
    send(&mut screen, "Store the certificate in the vault");
    screen.wait_for("The certificate is stored");

    screen.keys("<Enter>");
    send(&mut screen, "Let the app prove the domain");
    send(&mut screen, "Request verification");
    screen.wait_for("Certificate is Domain Verified. Enter");

    screen.keys("<Enter>");
    send(&mut screen, "Import the certificate");
    screen.wait_for("The certificate is imported");

    screen.keys("<Enter>");
    send(&mut screen, "Bind contoso.com");
    screen.wait_for("The hostname is secured");
    let thumbprint = cloud.served_thumbprint("contoso.com");
    screen.wait_for(&thumbprint);

    screen.keys("<Enter>");
    screen.wait_without("Enter goes to Bindings");
    // It may carry the mark of what is new.
    let here = ["▸ contoso.com ", "▸~contoso.com ", "▸+contoso.com "];
    let bound = |line: &str| here.iter().any(|here| line.contains(here)) && line.contains("SNI SSL");
    screen.wait_until("the new binding in the pane", |screen| screen.lines().any(bound));
    screen.keys("<Enter>");
    screen.wait_for(&thumbprint);
    screen.keys("<Esc>");
    assert_eq!(cloud.purchases(), 1);

    screen.keys("q");
    assert_eq!(screen.wait_exit(), 0);
    screen.assert_given_back();
}

/// Sends the step that is ready, through its confirmation.
fn send(screen: &mut Pty, title: &str) {
    screen.wait_for(&format!("▸ {title}"));
    screen.keys("<Enter>");
    screen.wait_for("Enter Send");
    screen.keys("<Enter>");
    screen.wait_without("Enter Send");
}
