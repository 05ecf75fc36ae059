//! The only code of the screen that cuts and wraps text to columns.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Columns that a text takes on screen.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text in at most `room` columns, cut at the end with a sign that there is more.
pub fn cut(text: &str, room: usize, more: &str) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let mut kept = take(text, room.saturating_sub(width(more)));
    if room >= width(more) {
        kept.push_str(more);
    }
    kept
}

/// The text in at most `room` columns, cut in the middle: names tell each other apart at both ends.
pub fn cut_middle(text: &str, room: usize, more: &str) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    if room < 6 {
        return cut(text, room, more);
    }
    // The head says more: names of one kind often end alike, such as in their webspace.
    let tail_room = (room - width(more)) / 3;
    let head = take(text, room - width(more) - tail_room);
    let graphemes: Vec<&str> = text.graphemes(true).collect();
    let mut tail = String::new();
    for grapheme in graphemes.iter().rev() {
        if width(&tail) + width(grapheme) > tail_room {
            break;
        }
        tail.insert_str(0, grapheme);
    }
    head + more + &tail
}

/// The text in at most `room` columns; where it has to be cut, what it shares with its neighbours goes first.
pub fn cut_known(text: &str, prefix: &str, room: usize, more: &str) -> String {
    match text.strip_prefix(prefix) {
        Some(own) if width(text) > room && !prefix.is_empty() && !own.is_empty() && room > width(more) => {
            format!("{more}{}", cut_middle(own, room - width(more), more))
        }
        _ => cut_middle(text, room, more),
    }
}

fn take(text: &str, room: usize) -> String {
    let mut kept = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        used += width(grapheme);
        if used > room {
            break;
        }
        kept.push_str(grapheme);
    }
    kept
}

/// The text cut or filled with blanks to exactly `room` columns.
pub fn fit(text: &str, room: usize, more: &str) -> String {
    let mut fitted = cut(text, room, more);
    fitted.push_str(&" ".repeat(room.saturating_sub(width(&fitted))));
    fitted
}

/// The text broken into lines of at most `room` columns, at blanks where there are any; words that are too
/// long, such as resource ids, are broken after a slash or anywhere.
pub fn wrap(text: &str, room: usize) -> Vec<String> {
    let room = room.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let gap = usize::from(!line.is_empty());
        if width(&line) + gap + width(word) <= room {
            if gap == 1 {
                line.push(' ');
            }
            line.push_str(word);
            continue;
        }
        let mut rest = word;
        // A path begins on the line it belongs to, such as the one with its method.
        let left = room.saturating_sub(width(&line) + 1);
        let start = take(rest, left).rfind('/').filter(|slash| *slash > 0 && width(word) > room);
        if let Some(slash) = start.filter(|_| !line.is_empty()) {
            line.push(' ');
            line.push_str(&rest[..=slash]);
            rest = &rest[slash + 1..];
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        while width(rest) > room {
            let piece = take(rest, room);
            let end = piece.rfind('/').map_or(piece.len(), |slash| slash + 1);
            let end = if end < piece.len() / 2 || end == 0 { piece.len().max(1) } else { end };
            lines.push(rest[..end].to_owned());
            rest = &rest[end..];
        }
        rest.clone_into(&mut line);
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// The part of a typed text that is on screen, and the column of the cursor in it: the cursor is always
/// visible.
pub fn scroll(before: &str, after: &str, room: usize) -> (String, usize) {
    let room = room.max(1);
    let mut shown = before.to_owned();
    while width(&shown) >= room {
        let first = shown.graphemes(true).next().map_or(1, str::len);
        shown.drain(..first);
    }
    let column = width(&shown);
    shown.push_str(&take(after, room - column));
    (shown, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_cut_in_the_middle() {
        assert_eq!(cut_middle("shop.contoso.com", 10, "…"), "shop.c…com");
        assert_eq!(cut("shop.contoso.com", 6, "…"), "shop.…");
        assert_eq!(width(&cut("日本語日本語", 5, "…")), 5);
    }

    #[test]
    fn long_ids_break_after_a_slash() {
        let lines = wrap("see /subscriptions/aaaa/resourceGroups/web", 20);
        assert_eq!(lines, ["see /subscriptions/", "aaaa/resourceGroups/", "web"]);
        assert!(wrap("日本語日本語日本語", 5).iter().all(|line| width(line) <= 5));
    }

    #[test]
    fn the_cursor_of_a_long_field_stays_on_screen() {
        let (shown, column) = scroll("www.contoso", ".com", 8);
        assert_eq!((shown.as_str(), column), ("contoso.", 7));
    }
}
