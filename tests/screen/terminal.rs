//! The real binary on a real terminal: it paints, gives the terminal back whatever ends it, and does the
//! whole job by keys. Nothing here sleeps: every wait is for something to be seen, and bounded.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::pty::Pty;

const PANES: [&str; 4] = ["Private Key Certificates", "Public Certificates", "Orders", "Bindings"];

#[test]
fn the_demo_paints_four_panes_with_data_and_quits_leaving_nothing_behind() {
    let mut demo = Pty::demo();
    demo.wait_for("shop");
    for pane in PANES {
        assert!(demo.screen().contains(pane), "{}", demo.screen());
    }
    demo.keys("q");
    assert_eq!(demo.wait_exit(), 0);
    demo.assert_given_back();
}

#[test]
fn every_ending_signal_gives_the_terminal_back() {
    use rustix::process::Signal;
    for signal in [Signal::TERM, Signal::HUP, Signal::INT, Signal::QUIT] {
        let mut demo = Pty::demo();
        demo.wait_for("Private Key Certificates");
        demo.signal(signal);
        assert_eq!(demo.wait_exit(), 128 + u32::try_from(signal.as_raw()).unwrap(), "{signal:?}");
        demo.assert_given_back();
    }
}

/// Only a process that dies closes every handle of a terminal at once, so another one holds it.
#[test]
fn a_hangup_ends_the_program_even_where_the_signal_is_ignored() {
    let holder = std::env::current_exe().unwrap();
    let mut holder = Command::new(holder)
        .args(["--ignored", "--exact", "terminal::holds_a_terminal_until_it_is_killed", "--nocapture"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(holder.stdout.take().unwrap()).lines().map_while(Result::ok);
    let id =
        said.find_map(|line| line.split_once("holding ")?.1.trim().parse().ok()).expect("the holder started");
    holder.kill().unwrap();
    holder.wait().unwrap();
    crate::pty::wait_gone(id);
}

#[test]
#[ignore = "only for the test of a hangup, which runs it as a process of its own"]
fn holds_a_terminal_until_it_is_killed() {
    let mut demo = Pty::shell("trap '' HUP; exec \"$CERTDECK\" demo");
    demo.wait_for("Private Key Certificates");
    println!("holding {}", demo.id());
    std::thread::park();
}

#[test]
fn a_resize_is_followed_at_once_and_a_small_terminal_is_told() {
    let mut demo = Pty::demo();
    demo.wait_for("shop");
    demo.resize(50, 10);
    demo.wait_for("60x15");
    demo.resize(120, 40);
    demo.wait_for("shop");
    for height in 1..=100 {
        demo.resize(20 + height, height);
    }
    demo.resize(80, 24);
    demo.wait_for("shop");
    demo.keys("q");
    assert_eq!(demo.wait_exit(), 0);
}

#[test]
fn a_key_and_a_resize_at_the_same_moment_are_both_taken() {
    let mut demo = Pty::demo();
    demo.wait_for("shop");
    for round in 0..300_u16 {
        let (pane, title) = if round % 2 == 0 { ("4", "┌ Bindings") } else { ("3", "┌ Orders") };
        let width = 80 + round % 7;
        if round % 4 < 2 {
            demo.resize(width, 24);
            demo.keys(pane);
        } else {
            demo.keys(pane);
            demo.resize(width, 24);
        }
        demo.wait_until(title, |screen| {
            let frame = screen.lines().find(|line| line.starts_with(title));
            frame.is_some_and(|line| line.chars().count() == usize::from(width) && line.ends_with('┐'))
        });
    }
    demo.keys("q");
    assert_eq!(demo.wait_exit(), 0);
}

#[test]
fn started_in_a_large_terminal_it_fills_it_at_once_without_a_resize_a2() {
    let mut demo = Pty::sized(&[env!("CARGO_BIN_EXE_certdeck"), "demo"], &[], 160, 45);
    demo.wait_for("shop-2026");
    demo.keys("4z");
    // More rows than a list of 24 lines has, and the detail beside it.
    demo.wait_until("more rows", |screen| {
        screen.lines().filter(|line| line.contains("contoso") && line.starts_with('│')).count() > 22
    });
    demo.wait_for("HTTPS only");
    demo.keys("q");
    assert_eq!(demo.wait_exit(), 0);
}

#[test]
fn suspended_it_gives_the_terminal_to_the_shell_and_paints_again_after_fg() {
    let mut demo = Pty::shell(
        "set -m; \"$CERTDECK\" demo; echo in the shell; read line; fg >/dev/null; echo back in the shell",
    );
    demo.wait_for("shop");
    demo.keys("<C-z>");
    demo.wait_for("in the shell");
    demo.assert_given_back();
    demo.keys("<Enter>");
    demo.wait_for("shop");
    demo.keys("q");
    demo.wait_for("back in the shell");
    demo.assert_given_back();
}

#[test]
fn each_frame_is_one_whole_update_and_the_terminal_is_never_asked_anything() {
    let mut demo = Pty::demo();
    demo.wait_for("shop");
    demo.keys("jjjkkk<C-l>");
    demo.wait_for("shop");
    demo.keys("q");
    demo.wait_exit();
    let wire = demo.wire();
    for question in ["\x1b[6n", "\x1b[c", "\x1b[?u", "\x1b]11;?"] {
        assert!(!wire.contains(question), "asked {question:?}");
    }
    assert_eq!(
        wire.matches("\x1b[?2026h").count(),
        wire.matches("\x1b[?2026l").count() - 1,
        "each frame is one whole update"
    );
}

#[test]
fn without_a_terminal_the_screen_says_what_to_use_instead() {
    let output = Command::new(env!("CARGO_BIN_EXE_certdeck")).arg("demo").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("certdeck list"));
    assert!(output.stdout.is_empty());
}

#[test]
fn a_terminal_that_cannot_show_a_screen_is_refused_with_the_commands_that_need_none() {
    let mut dumb = Pty::start(&[env!("CARGO_BIN_EXE_certdeck"), "demo"], &[("TERM", "dumb".to_owned())]);
    assert_eq!(dumb.wait_exit(), 2);
    let said = dumb.wire();
    assert!(
        said.contains("TERM is dumb") && said.contains("certdeck list, report, check, run and doctor"),
        "{said}"
    );
    assert!(!said.contains('\u{1b}'), "{said:?}");
}

#[test]
fn borders_are_ascii_where_the_locale_is_not_utf_8_unless_the_settings_say_otherwise() {
    let settings = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(settings.path(), "[ui]\nascii = false\n").unwrap();
    let path = settings.path().to_str().unwrap();
    let program = env!("CARGO_BIN_EXE_certdeck");
    for (locale, command, is_ascii) in [
        ("C", &[program, "demo"][..], true),
        ("POSIX", &[program, "demo"], true),
        ("de_DE.UTF-8", &[program, "demo"], false),
        ("C", &[program, "demo", "--config", path], false),
    ] {
        let mut demo = Pty::start(command, &[("LC_ALL", locale.to_owned())]);
        demo.wait_for("shop");
        let screen = demo.screen();
        assert_eq!(
            (screen.contains("+-"), screen.contains('─')),
            (is_ascii, !is_ascii),
            "{locale} {command:?}:\n{screen}"
        );
        demo.keys("q");
        assert_eq!(demo.wait_exit(), 0);
    }
}

#[test]
fn a_terminal_of_any_name_but_dumb_shows_the_screen() {
    let program = env!("CARGO_BIN_EXE_certdeck");
    for name in ["xterm-265color", "", "vt100", "linux", "screen-256color"] {
        let mut demo = Pty::start(&[program, "demo"], &[("TERM", name.to_owned())]);
        demo.wait_for("Private Key Certificates");
        demo.keys("q");
        assert_eq!(demo.wait_exit(), 0, "{name}");
        demo.assert_given_back();
    }
}

#[test]
fn no_size_of_a_terminal_ends_the_program() {
    let mut demo = Pty::demo();
    demo.wait_for("shop");
    for (columns, rows) in [(40, 10), (1, 1), (10, 1), (1, 10), (300, 2)] {
        demo.resize(columns, rows);
    }
    demo.resize(80, 24);
    demo.wait_until("the panes again", |screen| PANES.iter().all(|pane| screen.contains(pane)));
    demo.keys("q");
    assert_eq!(demo.wait_exit(), 0);
}

/// `q` would not quit with a dialog or a question on the screen.
#[test]
fn a_paste_into_a_list_and_keys_of_the_kitty_keyboard_change_nothing_but_the_cursor() {
    for sent in [
        "\u{1b}[200~delete shop-2026\rd\ry\r\u{1b}[201~",
        "\u{1b}[106u\u{1b}[106;1:3u\u{1b}[1;1B\u{1b}OB\u{1b}[57441;2u",
    ] {
        let mut demo = Pty::demo();
        demo.wait_for("shop");
        demo.send(sent);
        demo.keys("q");
        assert_eq!(demo.wait_exit(), 0, "{sent:?}");
    }
}
