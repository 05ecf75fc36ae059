//! What each role looks like: a file of roles for each look, which a person's settings may override. Styles
//! are made of the 16 colours of the terminal's own palette and of modifiers; others cannot be named.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};
use strum::{EnumCount as _, VariantArray as _};

use super::look::Role;
use crate::model::quoted;

/// The looks that come with the program, the usual one first.
const LOOKS: [(&str, &str); 4] = [
    ("default", include_str!("../../assets/looks/default.toml")),
    ("light", include_str!("../../assets/looks/light.toml")),
    ("high-contrast", include_str!("../../assets/looks/high-contrast.toml")),
    ("mono", include_str!("../../assets/looks/mono.toml")),
];

/// One style a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Roles([Style; Role::COUNT]);

impl Roles {
    /// The look of this name with what a person wants otherwise; the error says what there is.
    pub fn of(look: &str, own: &BTreeMap<String, String>) -> Result<Self, String> {
        let found = LOOKS.iter().find(|(name, _)| *name == look);
        let (_, file) = found.ok_or_else(|| {
            format!("there is no look '{}': {}", quoted(look), LOOKS.map(|(name, _)| name).join(", "))
        })?;
        let mut roles = Self::default();
        let file: BTreeMap<String, String> = toml::from_str(file).map_err(|error| error.to_string())?;
        for (role, words) in file.iter().chain(own) {
            let known = || Role::VARIANTS.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(", ");
            let found = Role::VARIANTS.iter().find(|one| one.as_str() == role);
            let found = found.ok_or_else(|| format!("there is no role '{}': {}", quoted(role), known()))?;
            roles.0[*found as usize] = style(words).map_err(|why| format!("{}: {why}", quoted(role)))?;
        }
        Ok(roles)
    }

    pub fn style(&self, role: Role) -> Style {
        self.0[role as usize]
    }

    /// The same without any colour: a colour that the terminal library switches off takes the modifiers of its
    /// cell along.
    #[must_use]
    pub fn without_colours(self) -> Self {
        Self(self.0.map(|style| Style { fg: None, ..style }))
    }
}

impl Default for Roles {
    /// No style at all.
    fn default() -> Self {
        Self([Style::new(); Role::COUNT])
    }
}

fn style(words: &str) -> Result<Style, String> {
    let mut style = Style::new();
    for word in words.split_whitespace() {
        style = match word {
            "bold" => style.add_modifier(Modifier::BOLD),
            "dim" => style.add_modifier(Modifier::DIM),
            "underlined" => style.add_modifier(Modifier::UNDERLINED),
            "reversed" => style.add_modifier(Modifier::REVERSED),
            word => style.fg(colour(word).ok_or_else(|| {
                format!(
                    "'{}' is neither bold, dim, underlined nor reversed, nor a colour: black, red, green, \
                     yellow, blue, magenta, cyan, white, each also as bright-…",
                    quoted(word)
                )
            })?),
        };
    }
    Ok(style)
}

fn colour(word: &str) -> Option<Color> {
    Some(match word {
        "black" => Color::Black,
        "red" => Color::Red,
        "green" => Color::Green,
        "yellow" => Color::Yellow,
        "blue" => Color::Blue,
        "magenta" => Color::Magenta,
        "cyan" => Color::Cyan,
        "white" => Color::Gray,
        "bright-black" => Color::DarkGray,
        "bright-red" => Color::LightRed,
        "bright-green" => Color::LightGreen,
        "bright-yellow" => Color::LightYellow,
        "bright-blue" => Color::LightBlue,
        "bright-magenta" => Color::LightMagenta,
        "bright-cyan" => Color::LightCyan,
        "bright-white" => Color::White,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(role: &str, words: &str) -> BTreeMap<String, String> {
        BTreeMap::from([(role.to_owned(), words.to_owned())])
    }

    #[test]
    fn every_look_says_every_role_and_no_other() {
        for (name, file) in LOOKS {
            let roles: BTreeMap<String, String> = toml::from_str(file).unwrap_or_default();
            let mut said: Vec<&str> = roles.keys().map(String::as_str).collect();
            let mut wanted: Vec<&str> = Role::VARIANTS.iter().map(|role| role.as_str()).collect();
            said.sort_unstable();
            wanted.sort_unstable();
            assert_eq!(said, wanted, "{name}");
            assert!(Roles::of(name, &BTreeMap::new()).is_ok(), "{name}");
        }
    }

    #[test]
    fn a_role_can_look_otherwise_and_a_mistake_says_what_there_is() {
        let of = |look, own| Roles::of(look, &own).map(|roles| roles.style(Role::Soon));
        assert_eq!(
            of("mono", own("soon", "bold bright-blue")),
            Ok(Style::new().fg(Color::LightBlue).add_modifier(Modifier::BOLD))
        );
        assert!(of("dark", BTreeMap::new()).is_err_and(|why| why.contains("high-contrast")));
        assert!(of("mono", own("warning", "bold")).is_err_and(|why| why.contains("urgent")));
        assert!(of("mono", own("soon", "#ff8800")).is_err_and(|why| why.contains("bright-")));
    }
}
