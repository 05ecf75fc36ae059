//! Uploading on screen: keys and answers in; effects, state and pictures out.

use crate::contoso::{
    SHOP, Screen, app_settings, estate, seen_for_open_upload, seen_for_public, seen_for_upload,
};
use certdeck::app::dialog::{Dialog, Folder, FolderEntry};
use certdeck::app::effect::Effect;
use certdeck::app::message::Message;
use certdeck::flow::{FlowName, Key, Seen, StepId};
use certdeck::model::Problem;
use certdeck::pki;
use certdeck::tables::PaneName;
use certdeck::workbench::Password;
use insta::assert_snapshot;
use secrecy::ExposeSecret;

const PASSWORD: &str = "hunter2 q";

/// The form of a private upload with the app chosen; the focus is on the file.
fn opened() -> Screen {
    let mut screen = Screen::filled();
    screen.press("4/shop<Enter>:upload<Enter>");
    assert!(matches!(screen.app.layers.top(), Some(Dialog::Files(_))), "the files are offered at once");
    screen.press("<Esc>");
    let wizard = screen.app.wizard.as_ref().unwrap();
    assert_eq!((wizard.page(), wizard.focused_field().unwrap().key), (FlowName::Upload, Key::File));
    screen
}

fn folder(path: &str, names: &[&str]) -> Folder {
    let entry = |name: &&str| FolderEntry {
        name: name.trim_end_matches('/').to_owned(),
        is_folder: name.ends_with('/'),
        size: 4_242,
    };
    Folder {
        path: path.to_owned(),
        entries: names.iter().map(entry).collect(),
        others: vec!["notes.txt".to_owned()],
    }
}

/// Answers the newest question for a directory.
fn answer(screen: &mut Screen, read: Result<Folder, Problem>) {
    let ask = screen.asked(|effect| match effect {
        Effect::ReadFolder { ask, .. } => Some(*ask),
        _ => None,
    });
    screen.send(Message::FolderRead { ask, result: read });
}

fn asked_folder(screen: &Screen) -> &str {
    screen
        .effects
        .iter()
        .rev()
        .find_map(
            |effect| if let Effect::ReadFolder { path, .. } = effect { Some(path.as_str()) } else { None },
        )
        .unwrap()
}

#[test]
fn a_file_is_picked_with_keys_and_completion() {
    let mut screen = opened();
    screen.press("<Enter>");
    assert_eq!(asked_folder(&screen), "");
    answer(&mut screen, Ok(folder("/home/ada", &["certs/", "keys/", "old.pfx"])));
    assert_snapshot!("file_picker", screen.text());
    screen.press("ce<Tab>");
    assert_eq!(asked_folder(&screen), "/home/ada/certs");
    answer(&mut screen, Ok(folder("/home/ada/certs", &["shop-2026.pfx", "shop-2027.pfx"])));
    screen.press("s<Tab>7");
    assert_snapshot!("file_picker_typed", screen.text());
    screen.press("<C-u><BS>");
    assert_eq!(asked_folder(&screen), "/home/ada/certs/..");
    answer(&mut screen, Ok(folder("/home/ada", &["certs/", "keys/", "old.pfx"])));
    screen.press("/srv/");
    assert_eq!(asked_folder(&screen), "/srv");
    answer(&mut screen, Err(Problem::new("Read", "/srv: permission denied")));
    assert_snapshot!("file_picker_refused", screen.text());
    screen.press("old<Enter>");
    assert_eq!(screen.app.wizard.as_ref().unwrap().inputs.get(Key::File), Some("/home/ada/old.pfx"));
    assert!(screen.app.layers.is_empty());
}

#[test]
fn the_picker_takes_no_file_that_is_not_there_and_any_that_is() {
    let mut screen = opened();
    screen.press("<Enter>");
    answer(&mut screen, Ok(folder("/home/ada", &["certs/", "old.pfx"])));
    screen.press("good<Enter>");
    let Some(Dialog::Files(files)) = screen.app.layers.top() else { panic!("{:?}", screen.app.layers.top()) };
    assert_eq!(files.refusal.as_deref(), Some("there is no file 'good' here"));
    assert!(!screen.app.wizard.as_ref().unwrap().inputs.has(Key::File));
    screen.press("<C-u>notes.txt<Enter>");
    assert_eq!(screen.app.wizard.as_ref().unwrap().inputs.get(Key::File), Some("/home/ada/notes.txt"));
}

#[test]
fn a_late_directory_is_dropped() {
    let mut screen = opened();
    screen.press("<Enter>");
    let Effect::ReadFolder { ask, .. } = screen.effects[0].clone() else { panic!("{:?}", screen.effects) };
    screen.press("/etc/");
    screen.send(Message::FolderRead { ask, result: Ok(folder("/home/ada", &["a.pfx"])) });
    let Some(Dialog::Files(files)) = screen.app.layers.top() else { panic!("no picker") };
    assert!(files.folder.entries.is_empty());
}

#[test]
fn a_password_is_typed_as_dots_pasted_safely_and_shown_nowhere() {
    let mut screen = opened();
    screen.press("/tmp/shop.pfx<Tab>");
    screen.settle(seen_for_upload(PASSWORD, ""));
    assert_snapshot!("upload_password_needed", screen.text());
    screen.send(Message::Pasted(format!("{PASSWORD}\r\nrm -rf")));
    assert_snapshot!("upload_password_typed", screen.text());
    let inputs = screen.app.wizard.as_ref().unwrap().inputs.clone();
    assert_eq!(inputs.secret(Key::Password).unwrap().expose_secret(), PASSWORD);
    screen.press("<Tab>");
    assert!(matches!(&screen.effects[..], [.., Effect::Observe { inputs, .. }] if inputs.has(Key::Password)));
    assert!(!format!("{:?} {:?}", screen.effects, screen.app).contains("hunter2"));
    screen.settle(seen_for_upload(PASSWORD, "wrong"));
    assert_snapshot!("upload_password_wrong", screen.text());
    screen.press("<PgDn>c");
    assert!(!screen.text().contains("hunter2"));
    screen.press("<Esc><Esc>");
    assert!(screen.app.wizard.is_none());
    screen.press(":upload<Enter>");
    let inputs = &screen.app.wizard.as_ref().unwrap().inputs;
    assert_eq!(
        (inputs.get(Key::File), inputs.has(Key::Password)),
        (Some("/tmp/shop.pfx"), false),
        "passwords are not kept"
    );
}

#[test]
fn a_private_certificate_is_checked_confirmed_and_sent() {
    let mut screen = opened();
    screen.press("/tmp/shop.pfx<Tab>hunter2 q<PgDn>").settle(seen_for_upload(PASSWORD, PASSWORD));
    assert_snapshot!("upload_ready", screen.text());
    assert_snapshot!("upload_check", screen.press("k").text());
    screen.press("<Enter>");
    assert_snapshot!("upload_confirm", screen.text());
    screen.press("<Enter>");
    let [Effect::PerformStep { flow, step, inputs, .. }, ..] = &screen.effects[..] else {
        panic!("{:?}", screen.effects)
    };
    assert_eq!((*flow, step.id, inputs.has(Key::Password)), (FlowName::Upload, StepId::UPLOAD, true));
}

#[test]
fn a_file_without_a_password_gets_one_where_the_form_asks_for_it() {
    let mut screen = opened();
    screen.press("/tmp/shop.pem<PgDn>").settle(seen_for_open_upload());
    screen.press("<Enter>");
    assert_eq!(screen.app.wizard.as_ref().unwrap().focused_field().unwrap().key, Key::NewPassword);
    assert_snapshot!("upload_wrap", screen.text());
    screen.press("<C-g>");
    assert_eq!(screen.effects, [Effect::MakePassword]);
    screen.send(Message::PasswordMade(Ok(Password("made-for-this".into()))));
    let wizard = screen.app.wizard.as_ref().unwrap();
    assert_eq!(wizard.inputs.secret(Key::NewPassword).unwrap().expose_secret(), "made-for-this");
    screen.press("<Tab>");
    assert!(
        matches!(&screen.effects[..], [.., Effect::Observe { inputs, .. }] if inputs.has(Key::NewPassword))
    );
}

#[test]
fn a_public_certificate_is_uploaded_from_the_chooser() {
    let mut screen = Screen::filled();
    screen.press("4/shop<Enter>a");
    assert_snapshot!("add_uploads", screen.press("<End>").text());
    screen.press("5<Esc>");
    assert_eq!(screen.app.wizard.as_ref().unwrap().page(), FlowName::Public);
    screen.press("/tmp/partner-root.cer<Tab>").settle(seen_for_public());
    assert_eq!(screen.app.wizard.as_ref().unwrap().inputs.get(Key::Name), Some("partner-root"));
    assert_snapshot!("public_ready", screen.press("<PgDn>").text());
    let mut seen = seen_for_public();
    let thumbprint = pki::read(SHOP.as_bytes(), None).unwrap().certificates[1].thumbprint.clone();
    let mut there = estate().public_certificates[0].clone();
    there.thumbprint = Some(thumbprint.clone());
    seen.public_certificates = Seen::Here(vec![there]);
    seen.settings =
        Seen::Here(app_settings(&[("DB", "hunter2"), ("WEBSITE_LOAD_CERTIFICATES", &"AB".repeat(20))]));
    assert_snapshot!("public_load", screen.press("<C-r>").settle(seen).text());
    assert_snapshot!("public_load_confirm", screen.press("<Enter>").text());
    let mut seen = seen_for_public();
    seen.public_certificates = Seen::Here(vec![certdeck::model::PublicCertificate {
        thumbprint: Some(thumbprint),
        ..estate().public_certificates[0].clone()
    }]);
    seen.settings = Seen::Here(app_settings(&[("WEBSITE_LOAD_CERTIFICATES", "*")]));
    assert_snapshot!("public_done", screen.press("<Esc><C-r>").settle(seen).text());
    screen.press("<Enter>");
    assert!(screen.app.wizard.is_none() && screen.app.browser.pane == PaneName::Public);
}
