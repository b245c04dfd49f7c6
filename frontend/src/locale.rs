//! The reader's language, theme and time zone.
//!
//! A page has one language for its whole life: the toggle stores the choice and loads the page
//! again. Texts are constants with both languages side by side, in `locales/<slug>.rs`.

use std::fmt::Display;

use serde::{Deserialize, Serialize};
use signalbox_domain::phrase::{Language, Phrase};

use crate::boot::with_boot;

/// One text in both languages. `{0}`, `{1}` … stand for values, in the order each language wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text {
    pub en: &'static str,
    pub zh: &'static str,
}

pub const fn text(en: &'static str, zh: &'static str) -> Text {
    Text { en, zh }
}

impl Text {
    pub fn get(self, language: Language) -> &'static str {
        match language {
            Language::En => self.en,
            Language::Zh => self.zh,
        }
    }

    /// Puts values in the places of `{0}`, `{1}` …
    pub fn fill(self, language: Language, values: &[&dyn Display]) -> String {
        let mut filled = String::new();
        let mut rest = self.get(language);
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            let (place, after) = after.split_once('}').unwrap_or((after, ""));
            if let Some(value) = place.parse().ok().and_then(|n: usize| values.get(n)) {
                filled.push_str(&value.to_string());
            }
            rest = after;
        }
        filled.push_str(rest);
        filled
    }
}

/// The text in the page's language.
pub fn t(text: Text) -> &'static str {
    text.get(language())
}

/// The text in the page's language with values in its places.
pub fn t_with(text: Text, values: &[&dyn Display]) -> String {
    text.fill(language(), values)
}

/// The words that the server sent, in the page's language.
pub fn say(phrase: &Phrase) -> String {
    phrase.get(language()).to_owned()
}

#[cfg(feature = "hydrate")]
static OF_THE_PAGE: std::sync::OnceLock<Language> = std::sync::OnceLock::new();

/// The page's language.
pub fn language() -> Language {
    // Event handlers and timers in the browser run outside every component.
    #[cfg(feature = "hydrate")]
    if let Some(language) = OF_THE_PAGE.get() {
        return *language;
    }
    with_boot(|boot| boot.language).unwrap_or_default()
}

/// Makes the page's language known to code that runs outside of components.
#[cfg(feature = "hydrate")]
pub(crate) fn set_language(language: Language) {
    // A page that is hydrated twice keeps the language of the first time: they are the same.
    let _ = OF_THE_PAGE.set(language);
}

/// For `<html lang>`.
pub fn html_lang(language: Language) -> &'static str {
    match language {
        Language::En => "en",
        Language::Zh => "zh-CN",
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    #[default]
    Dark,
    Light,
}

impl Theme {
    pub fn name(self) -> &'static str {
        match self {
            Theme::Dark => "dark",
            Theme::Light => "light",
        }
    }

    pub fn other(self) -> Theme {
        match self {
            Theme::Dark => Theme::Light,
            Theme::Light => Theme::Dark,
        }
    }
}

/// What the reader chose, from the cookies `lang`, `theme`, `offset`, `nav` and `keys`, else from what the
/// browser asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Preferences {
    pub language: Language,
    pub theme: Theme,
    /// Minutes that the reader's clock is ahead of UTC. The browser tells it after the first visit.
    pub utc_offset_min: i32,
    /// The navigation shows icons only.
    pub narrow: bool,
    /// Single keys do nothing, for those whose tools or hands press them by chance.
    pub without_shortcuts: bool,
}

impl Preferences {
    /// Reads the values of a request's `Cookie` and `Accept-Language` headers.
    pub fn read(cookie: &str, accept_language: &str) -> Preferences {
        let value = |name: &str| {
            cookie
                .split(';')
                .filter_map(|pair| pair.trim().split_once('='))
                .find_map(|(key, value)| (key == name).then_some(value))
        };
        Preferences {
            language: match value("lang") {
                Some("zh") => Language::Zh,
                Some("en") => Language::En,
                _ => preferred(accept_language),
            },
            theme: if value("theme") == Some("light") { Theme::Light } else { Theme::Dark },
            utc_offset_min: value("offset")
                .and_then(|minutes| minutes.parse().ok())
                .filter(|minutes: &i32| minutes.abs() <= 16 * 60)
                .unwrap_or(0),
            narrow: value("nav") == Some("narrow"),
            without_shortcuts: value("keys") == Some("off"),
        }
    }
}

/// The first of the languages in `Accept-Language` that the console has. Browsers list them in the
/// order of their weights (RFC 9110 §12.5.4).
fn preferred(accept_language: &str) -> Language {
    accept_language
        .split(',')
        .filter_map(|range| match range.trim().get(..2)?.to_ascii_lowercase().as_str() {
            "zh" => Some(Language::Zh),
            "en" => Some(Language::En),
            _ => None,
        })
        .next()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_go_where_each_language_wants_them() {
        const BEHIND: Text = text("{0} is {1} s behind", "延迟 {1} 秒：{0}");
        assert_eq!(BEHIND.fill(Language::En, &[&"db-3", &148]), "db-3 is 148 s behind");
        assert_eq!(BEHIND.fill(Language::Zh, &[&"db-3", &148]), "延迟 148 秒：db-3");
    }

    #[test]
    fn a_value_with_braces_is_not_a_place() {
        assert_eq!(text("{0}", "").fill(Language::En, &[&"{1}"]), "{1}");
    }

    #[test]
    fn the_cookie_wins_over_the_browser() {
        let read = |cookie, accept| Preferences::read(cookie, accept);
        assert_eq!(read("", "zh-CN,zh;q=0.9,en;q=0.8").language, Language::Zh);
        assert_eq!(read("", "fr,en;q=0.5").language, Language::En);
        assert_eq!(read("lang=en", "zh").language, Language::En);
        let chosen = read("a=b; theme=light; nav=narrow; offset=480; keys=off", "");
        assert_eq!((chosen.theme, chosen.narrow), (Theme::Light, true));
        assert_eq!((chosen.without_shortcuts, read("", "").without_shortcuts), (true, false));
        assert_eq!(chosen.utc_offset_min, 480);
        assert_eq!(read("offset=99999", "").utc_offset_min, 0);
    }
}
