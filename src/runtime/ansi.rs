//! The picture as bytes: a ratatui backend that collects a frame and sends it in one `write(2)`, inside a
//! synchronized update (DEC 2026), so that a frame is seen whole or not at all.
//!
//! It never asks the terminal anything, so a mute or slow one cannot stall the program; it writes the sixteen
//! colours as themselves and not as palette indices, and nothing of colours where the look has none.

use std::fmt::Write as _;
use std::io::{self, Write};

use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use ratatui::style::{Color, Modifier};

const BEGIN: &str = "\x1b[?2026h";
const END: &str = "\x1b[?2026l";

/// How text looks now, as the terminal knows it.
type Pen = (Color, Color, Modifier);
const PLAIN: Pen = (Color::Reset, Color::Reset, Modifier::empty());

/// `size` is asked at every draw; it must not block.
pub(crate) struct Ansi<W> {
    out: W,
    size: fn() -> Size,
    frame: String,
    pen: Pen,
    cursor_shown: bool,
    /// Where the terminal's cursor is, if that is known.
    cursor: Option<Position>,
}

impl<W> std::fmt::Debug for Ansi<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ansi").field("pending", &self.frame.len()).finish_non_exhaustive()
    }
}

impl<W: Write> Ansi<W> {
    /// For a terminal whose cursor was hidden and whose pen is plain, as `terminal::MODES` leave it.
    pub(crate) fn new(out: W, size: fn() -> Size) -> Self {
        Self {
            out,
            size,
            frame: String::with_capacity(16 * 1024),
            pen: PLAIN,
            cursor_shown: false,
            cursor: None,
        }
    }

    /// Sends something that is no part of the picture, such as a text for the clipboard.
    pub(crate) fn send(&mut self, sequence: &str) -> io::Result<()> {
        self.out.write_all(sequence.as_bytes())?;
        self.out.flush()
    }

    /// Forgets what the terminal was told: after a suspension another program wrote to it.
    pub(crate) fn forget(&mut self) {
        self.frame.clear();
        (self.pen, self.cursor_shown, self.cursor) = (PLAIN, false, None);
    }

    fn move_to(&mut self, to: Position) {
        if self.cursor != Some(to) {
            // Writing to a String cannot fail.
            let _ = match self.cursor {
                Some(at) if at.y == to.y && to.x == at.x + 1 => write!(self.frame, "\x1b[C"),
                Some(at) if at.y == to.y && to.x > at.x => write!(self.frame, "\x1b[{}C", to.x - at.x),
                _ => write!(self.frame, "\x1b[{};{}H", to.y + 1, to.x + 1),
            };
            self.cursor = Some(to);
        }
    }

    /// Always from plain: a few bytes more than a difference now and then, and never a colour left behind.
    fn take_pen(&mut self, pen: Pen) {
        if self.pen == pen {
            return;
        }
        self.pen = pen;
        let (foreground, background, modifier) = pen;
        self.frame.push_str("\x1b[");
        for (flag, code) in MODIFIERS {
            if modifier.contains(flag) {
                let _ = write!(self.frame, ";{code}");
            }
        }
        push_color(&mut self.frame, foreground, 30);
        push_color(&mut self.frame, background, 40);
        self.frame.push('m');
    }
}

const MODIFIERS: [(Modifier, u8); 8] = [
    (Modifier::BOLD, 1),
    (Modifier::DIM, 2),
    (Modifier::ITALIC, 3),
    (Modifier::UNDERLINED, 4),
    (Modifier::SLOW_BLINK, 5),
    (Modifier::REVERSED, 7),
    (Modifier::HIDDEN, 8),
    (Modifier::CROSSED_OUT, 9),
];

/// `base` is 30 for the foreground and 40 for the background.
fn push_color(frame: &mut String, color: Color, base: u8) {
    let (bright, number) = match color {
        Color::Reset => return,
        Color::Black => (0, 0),
        Color::Red => (0, 1),
        Color::Green => (0, 2),
        Color::Yellow => (0, 3),
        Color::Blue => (0, 4),
        Color::Magenta => (0, 5),
        Color::Cyan => (0, 6),
        Color::Gray => (0, 7),
        Color::DarkGray => (60, 0),
        Color::LightRed => (60, 1),
        Color::LightGreen => (60, 2),
        Color::LightYellow => (60, 3),
        Color::LightBlue => (60, 4),
        Color::LightMagenta => (60, 5),
        Color::LightCyan => (60, 6),
        Color::White => (60, 7),
        Color::Indexed(index) => {
            let _ = write!(frame, ";{};5;{index}", base + 8);
            return;
        }
        Color::Rgb(red, green, blue) => {
            let _ = write!(frame, ";{};2;{red};{green};{blue}", base + 8);
            return;
        }
    };
    let _ = write!(frame, ";{}", base + bright + number);
}

impl<W: Write> Backend for Ansi<W> {
    type Error = io::Error;

    fn draw<'a, I: Iterator<Item = (u16, u16, &'a Cell)>>(&mut self, content: I) -> io::Result<()> {
        let width = (self.size)().width;
        for (x, y, cell) in content {
            self.move_to(Position { x, y });
            self.take_pen((cell.fg, cell.bg, cell.modifier));
            self.frame.push_str(cell.symbol());
            // A wide character moves the cursor by two, and the last column not at all: only the plain case
            // is counted on.
            let plain = cell.symbol().len() == 1 && x + 1 < width;
            self.cursor = plain.then_some(Position { x: x + 1, y });
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        if self.cursor_shown {
            self.cursor_shown = false;
            self.frame.push_str("\x1b[?25l");
        }
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        if !self.cursor_shown {
            self.cursor_shown = true;
            self.frame.push_str("\x1b[?25h");
        }
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.cursor.unwrap_or_default())
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.move_to(position.into());
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, clear: ClearType) -> io::Result<()> {
        self.take_pen(PLAIN);
        self.frame.push_str(match clear {
            ClearType::All => "\x1b[2J",
            ClearType::AfterCursor => "\x1b[J",
            ClearType::BeforeCursor => "\x1b[1J",
            ClearType::CurrentLine => "\x1b[2K",
            ClearType::UntilNewLine => "\x1b[K",
        });
        Ok(())
    }

    fn size(&self) -> io::Result<Size> {
        Ok((self.size)())
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: (self.size)(), pixels: Size::default() })
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.frame.is_empty() {
            return Ok(());
        }
        self.frame.insert_str(0, BEGIN);
        self.frame.push_str(END);
        let sent = self.out.write_all(self.frame.as_bytes()).and_then(|()| self.out.flush());
        self.frame.clear();
        sent
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use ratatui::Terminal;
    use ratatui::style::Stylize;
    use ratatui::text::Line;

    use super::*;

    /// Counts what a frame costs: each call is one `write(2)`.
    #[derive(Default)]
    struct Wire(Vec<String>);

    impl Write for &mut Wire {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.push(String::from_utf8_lossy(bytes).into_owned());
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn small() -> Size {
        Size::new(20, 2)
    }

    fn wire_of(frames: &[Line<'_>]) -> Vec<String> {
        let mut wire = Wire::default();
        let mut terminal = Terminal::new(Ansi::new(&mut wire, small)).unwrap();
        for line in frames {
            terminal.draw(|frame| frame.render_widget(line, frame.area())).unwrap();
        }
        drop(terminal);
        wire.0
    }

    #[test]
    fn a_frame_is_one_write_inside_a_synchronized_update() {
        let wire = wire_of(&[Line::from(vec!["shop".bold(), " is ".into(), "expired".red()])]);
        assert_eq!(wire, ["\x1b[?2026h\x1b[1;1H\x1b[;1mshop\x1b[C\x1b[mis\x1b[C\x1b[;31mexpired\x1b[?2026l"]);
    }

    #[test]
    fn an_unchanged_picture_sends_nothing() {
        assert_eq!(wire_of(&["same".into(), "same".into(), "same".into()]).len(), 1);
    }

    #[test]
    fn a_look_without_colours_sends_no_colours() {
        let wire = wire_of(&[Line::from("shop".reversed())]);
        assert!(wire[0].contains("\x1b[;7mshop\x1b[?2026l"), "{wire:?}");
    }

    #[test]
    fn what_is_drawn_is_what_a_terminal_shows() {
        let mut screen = vt100::Parser::new(2.try_into().unwrap(), 20.try_into().unwrap(), 0);
        for write in wire_of(&[
            "Grüße 日本 e\u{301}x".into(),
            "Größe 日本語 yz  w".into(),
            "a         b        c".into(),
        ]) {
            screen.process(write.as_bytes());
        }
        assert_eq!(screen.screen().contents(), "a         b        c");
    }
}
