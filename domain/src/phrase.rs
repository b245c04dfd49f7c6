//! What people read, in the two languages of the console.

use serde::{Deserialize, Serialize};

/// The language of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Language {
    #[default]
    En,
    Zh,
}

/// One sentence or name in both languages. Plans, interlocks, faults and log lines carry their
/// words with them, so that what was approved reads the same years later in the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Phrase {
    pub en: String,
    pub zh: String,
}

impl Phrase {
    pub fn new(en: impl Into<String>, zh: impl Into<String>) -> Phrase {
        Phrase { en: en.into(), zh: zh.into() }
    }

    /// A name or a value that is written the same in every language.
    pub fn same(text: impl Into<String>) -> Phrase {
        let text = text.into();
        Phrase { zh: text.clone(), en: text }
    }

    pub fn get(&self, language: Language) -> &str {
        match language {
            Language::En => &self.en,
            Language::Zh => &self.zh,
        }
    }
}
