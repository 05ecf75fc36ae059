//! A public certificate for an app's code, from the keyboard.

use crate::cloud::Cloud;
use crate::files;
use crate::pty::Pty;
use crate::renewal::send;

#[test]
fn on_screen_a_public_certificate_goes_from_the_chooser_to_the_code_of_its_app() {
    let (cloud, files) = (Cloud::start(), files::make());
    let mut screen = Pty::start(&[env!("CARGO_BIN_EXE_certdeck")], &cloud.environment());
    screen.wait_for("blog-2025");
    screen.wait_for("just now");
    screen.keys("4/host:www.contoso<Enter>");
    screen.wait_for("Bindings 1/");
    screen.keys("a");
    screen.wait_for("public certificate");
    screen.keys("5");
    screen.wait_for("type a path");
    screen.keys(&format!("{}<Enter>", files.path().join("partner.cer").display()));
    screen.wait_for("partner");
    screen.keys("<PgDn>");
    send(&mut screen, "Upload the certificate");
    screen.wait_for("Make it accessible");
    screen.wait_for("Enter Make it accessible");
    screen.keys("<Enter>");
    // The app restarts, so Enter alone sends nothing.
    screen.wait_for("The app restarts");
    screen.wait_for("Enter Cancel");
    screen.keys("y");
    screen.wait_for("The certificate is in the app");
    let apps = crate::state::estate(&cloud);
    assert!(
        apps.public_certificates
            .iter()
            .any(|one| one.id.name() == "partner" && one.app.name() == "contoso-shop")
    );
}
