//! The dialog that asks a person to sign in: address, code in large letters, and what is left of the time; or
//! the command of another program.

use jiff::Timestamp;
use ratatui::text::{Line, Span};

use super::dialogs::{Content, keys};
use super::look::{Look, Role};
use super::text::wrap;
use crate::app::App;
use crate::app::dialog::SignInDialog;
use crate::model::{BrowserPage, DeviceCode, SignInAsk, ToolCommand};

pub(super) fn lines(app: &App, asked: &SignInDialog, room: usize, look: &Look) -> Content {
    match &asked.0 {
        SignInAsk::Code(code) => code_lines(app, code, room, look),
        SignInAsk::Browser(page) => page_lines(app, page, room, look),
        SignInAsk::Tool(tool) => tool_lines(tool, room, look),
    }
}

fn page_lines(app: &App, page: &BrowserPage, room: usize, look: &Look) -> Content {
    let mut lines: Vec<Line<'static>> = Vec::new();
    let mut say = |text: &str, role| {
        lines.extend(wrap(text, room).into_iter().map(|line| Line::styled(line, look.style(role))));
    };
    say(&format!("Asked because {}.", page.why.trim_end_matches('.')), Role::Dim);
    say("", Role::Text);
    let here = "Sign in on the page below: it comes back here by itself. If no browser opened, open it in one of this machine.";
    say(here, Role::Text);
    say("", Role::Text);
    let elsewhere = format!(
        "With a browser on another machine, paste the address at which it ends (http://localhost:{port}/…) here; or carry the \
         port there first: ssh -L {port}:localhost:{port} HOST",
        port = page.port
    );
    say(&elsewhere, Role::Text);
    say("", Role::Text);
    say(&format!("{} left", left(app, page.expires)), Role::Text);
    say("", Role::Text);
    // Last, because it is longer than a small screen has room for; it is copied whole.
    say(&page.address, Role::Key);
    let foot =
        vec![keys(&[("a", "copy the address"), ("d", "sign in by code"), ("Esc", "do not sign in")], look)];
    Content { title: "Sign in".to_owned(), lines, at: 0, foot, cursor: None }
}

/// `14:32`
fn left(app: &App, expires: Timestamp) -> String {
    let left = (expires.as_second() - app.clock.machine.as_second()).max(0);
    format!("{}:{:02}", left / 60, left % 60)
}

fn tool_lines(tool: &ToolCommand, room: usize, look: &Look) -> Content {
    let mut lines: Vec<Line<'static>> = Vec::new();
    let mut say = |text: &str, role| {
        lines.extend(wrap(text, room).into_iter().map(|line| Line::styled(line, look.style(role))));
    };
    say(&format!("Asked because {}.", tool.why.trim_end_matches('.')), Role::Dim);
    say("", Role::Text);
    say(&format!("The sign-in is that of the {}. Run this in another terminal:", tool.tool), Role::Text);
    say("", Role::Text);
    tool.lines.iter().for_each(|line| say(line, Role::Key));
    say("", Role::Text);
    say("Then go on here: nothing that was typed is lost.", Role::Text);
    say("", Role::Text);
    let foot = vec![keys(
        &[("Enter", "it was run, go on"), ("c", "copy the command"), ("Esc", "do not sign in")],
        look,
    )];
    Content { title: "Sign in again".to_owned(), lines, at: 0, foot, cursor: None }
}

fn code_lines(app: &App, code: &DeviceCode, room: usize, look: &Look) -> Content {
    let mut lines: Vec<Line<'static>> = Vec::new();
    let mut say = |text: &str, role| {
        lines.extend(wrap(text, room).into_iter().map(|line| Line::styled(line, look.style(role))));
    };
    say(&format!("Asked because {}.", code.why.trim_end_matches('.')), Role::Dim);
    say("", Role::Text);
    say("Open this page on any machine with a browser:", Role::Text);
    say(&format!("    {}", code.address), Role::Key);
    say("", Role::Text);
    say("and type this code:", Role::Text);
    say("", Role::Text);
    for row in large(&code.code, look) {
        lines.push(Line::from(vec![Span::raw("    "), Span::styled(row, look.style(Role::Title))]));
    }
    lines.push(Line::raw(""));
    lines.push(Line::from(vec![
        Span::raw("    "),
        Span::styled(code.code.clone(), look.style(Role::Key)),
        Span::raw(format!("    {} left", left(app, code.expires))),
    ]));
    lines.push(Line::raw(""));
    let foot = vec![keys(
        &[("c", "copy the code"), ("a", "copy the address"), ("b", "by browser"), ("Esc", "not now")],
        look,
    )];
    Content { title: "Sign in".to_owned(), lines, at: 0, foot, cursor: None }
}

/// Letters of three by five points, two rows of points a line where the terminal has half blocks.
fn large(code: &str, look: &Look) -> Vec<String> {
    let glyphs: Vec<[u8; 5]> = code.chars().map(points).collect();
    let point = |row: usize, glyph: &[u8; 5], column: usize| row < 5 && glyph[row] & (4 >> column) != 0;
    let row = |draw: &dyn Fn(&[u8; 5], usize) -> char| {
        let letters = glyphs.iter().map(|glyph| (0..3).map(|column| draw(glyph, column)).collect::<String>());
        letters.collect::<Vec<_>>().join(" ").trim_end().to_owned()
    };
    if look.glyphs.rule == "-" {
        return (0..5)
            .map(|y| row(&|glyph, column| if point(y, glyph, column) { '#' } else { ' ' }))
            .collect();
    }
    let halves = |y: usize| {
        row(&|glyph, column| match (point(y, glyph, column), point(y + 1, glyph, column)) {
            (true, true) => '█',
            (true, false) => '▀',
            (false, true) => '▄',
            (false, false) => ' ',
        })
    };
    [0, 2, 4].map(halves).to_vec()
}

/// Five rows of three bits; what has no letter here is shown by the code in ordinary type below.
fn points(letter: char) -> [u8; 5] {
    match letter.to_ascii_uppercase() {
        'A' => [2, 5, 7, 5, 5],
        'B' => [6, 5, 6, 5, 6],
        'C' => [3, 4, 4, 4, 3],
        'D' => [6, 5, 5, 5, 6],
        'E' => [7, 4, 6, 4, 7],
        'F' => [7, 4, 6, 4, 4],
        'G' => [3, 4, 5, 5, 3],
        'H' => [5, 5, 7, 5, 5],
        'I' => [7, 2, 2, 2, 7],
        'J' => [1, 1, 1, 5, 2],
        'K' => [5, 5, 6, 5, 5],
        'L' => [4, 4, 4, 4, 7],
        'M' => [5, 7, 7, 5, 5],
        'N' => [6, 5, 5, 5, 5],
        'O' => [2, 5, 5, 5, 2],
        'P' => [6, 5, 6, 4, 4],
        'Q' => [2, 5, 5, 6, 3],
        'R' => [6, 5, 6, 5, 5],
        'S' => [3, 4, 2, 1, 6],
        'T' => [7, 2, 2, 2, 2],
        'U' => [5, 5, 5, 5, 7],
        'V' => [5, 5, 5, 5, 2],
        'W' => [5, 5, 7, 7, 5],
        'X' => [5, 5, 2, 5, 5],
        'Y' => [5, 5, 2, 2, 2],
        'Z' => [7, 1, 2, 4, 7],
        '0' => [7, 5, 5, 5, 7],
        '1' => [2, 6, 2, 2, 7],
        '2' => [6, 1, 2, 4, 7],
        '3' => [6, 1, 2, 1, 6],
        '4' => [5, 5, 7, 1, 1],
        '5' => [7, 4, 6, 1, 6],
        '6' => [3, 4, 7, 5, 7],
        '7' => [7, 1, 2, 2, 2],
        '8' => [7, 5, 7, 5, 7],
        '9' => [7, 5, 7, 1, 6],
        '-' => [0, 0, 7, 0, 0],
        _ => [0; 5],
    }
}
