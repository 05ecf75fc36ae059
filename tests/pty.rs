//! The real binary on a real terminal: it paints, gives the terminal back whatever ends it, and does the whole job by keys.
//! Nothing here sleeps: every wait is for something to be seen, and bounded.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/pty.rs"]
mod pty;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use pty::Pty;

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
        .args(["--ignored", "--exact", "holds_a_terminal_until_it_is_killed", "--nocapture"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(holder.stdout.take().unwrap()).lines().map_while(Result::ok);
    let id = said.find_map(|line| line.split_once("holding ")?.1.trim().parse().ok()).expect("the holder started");
    holder.kill().unwrap();
    holder.wait().unwrap();
    pty::wait_gone(id);
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
fn suspended_it_gives_the_terminal_to_the_shell_and_paints_again_after_fg() {
    let mut demo = Pty::shell("set -m; \"$CERTDECK\" demo; echo in the shell; read line; fg >/dev/null; echo back in the shell");
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
    assert_eq!(wire.matches("\x1b[?2026h").count(), wire.matches("\x1b[?2026l").count() - 1, "each frame is one whole update");
}

#[test]
fn without_a_terminal_the_screen_says_what_to_use_instead() {
    let output = Command::new(env!("CARGO_BIN_EXE_certdeck")).arg("demo").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("certdeck list"));
    assert!(output.stdout.is_empty());
}
