//! A picture (SVG) of what a terminal shows, drawn from the program's own buffer.

use std::fmt::Write;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

/// A cell, in pixels.
const WIDE: usize = 9;
const HIGH: usize = 19;

/// The classic 16 colours as a terminal of today shows them, for a dark and for a light background.
fn colour(colour: Color, is_light: bool, otherwise: &str) -> String {
    let shown = match colour {
        Color::Black => "#000000",
        Color::Red if is_light => "#b00020",
        Color::Red => "#e06c75",
        Color::Green if is_light => "#1b6e2a",
        Color::Green => "#98c379",
        Color::Yellow if is_light => "#7a5a00",
        Color::Yellow => "#e5c07b",
        Color::Blue if is_light => "#1746a2",
        Color::Blue => "#61afef",
        Color::Magenta if is_light => "#7b2d8b",
        Color::Magenta => "#c678dd",
        Color::Cyan if is_light => "#0b6e75",
        Color::Cyan => "#56b6c2",
        Color::Gray => "#abb2bf",
        Color::DarkGray => "#7f848e",
        Color::LightRed => "#ff7b86",
        Color::LightGreen => "#b5e890",
        Color::LightYellow => "#ffd88a",
        Color::LightBlue => "#8ac7ff",
        Color::LightMagenta => "#e29bff",
        Color::LightCyan => "#7fdbe6",
        Color::White => "#ffffff",
        Color::Reset | Color::Rgb(..) | Color::Indexed(_) => otherwise,
    };
    shown.to_owned()
}

pub(crate) fn picture(buffer: &Buffer, background: &str, is_light: bool) -> String {
    let text = if is_light { "#202124" } else { "#d7dae0" };
    let (width, height) = (usize::from(buffer.area.width), usize::from(buffer.area.height));
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" font-family=\"monospace\" font-size=\"15\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"{background}\"/>\n",
        width * WIDE,
        height * HIGH
    );
    for (row, cells) in buffer.content.chunks(width).enumerate() {
        let mut at = 0;
        while at < width {
            let run = cells[at..].iter().take_while(|cell| is_alike(cell, &cells[at])).count();
            let words: String = cells[at..at + run].iter().map(Cell::symbol).collect();
            draw(&mut svg, row, at, run, &words, &cells[at], (text, background, is_light));
            at += run;
        }
    }
    svg.push_str("</svg>\n");
    svg
}

fn is_alike(one: &Cell, other: &Cell) -> bool {
    (one.fg, one.bg, one.modifier) == (other.fg, other.bg, other.modifier)
}

fn draw(
    svg: &mut String,
    row: usize,
    at: usize,
    run: usize,
    words: &str,
    cell: &Cell,
    (text, background, is_light): (&str, &str, bool),
) {
    let (mut front, mut back) = (colour(cell.fg, is_light, text), colour(cell.bg, is_light, background));
    if cell.modifier.contains(Modifier::REVERSED) {
        (front, back) = (back, front);
    }
    let (x, y, long) = (at * WIDE, row * HIGH, run * WIDE);
    if back != background {
        let _ =
            writeln!(svg, "<rect x=\"{x}\" y=\"{y}\" width=\"{long}\" height=\"{HIGH}\" fill=\"{back}\"/>");
    }
    if words.trim().is_empty() {
        return;
    }
    let mut style = String::new();
    for (modifier, attribute) in [
        (Modifier::BOLD, " font-weight=\"bold\""),
        (Modifier::DIM, " opacity=\"0.6\""),
        (Modifier::UNDERLINED, " text-decoration=\"underline\""),
    ] {
        if cell.modifier.contains(modifier) {
            style.push_str(attribute);
        }
    }
    let words = words.replace('&', "&amp;").replace('<', "&lt;").replace(' ', "\u{a0}");
    let _ = writeln!(
        svg,
        "<text x=\"{x}\" y=\"{}\" fill=\"{front}\"{style} textLength=\"{long}\">{words}</text>",
        y + HIGH - 5
    );
}
