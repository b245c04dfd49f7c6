//! What a page begins with: who reads it and the documents that it shows first.
//!
//! The server fetches them before it renders, writes them into the page, and the browser starts
//! from the same values: so the first paint has data and hydration finds what was rendered.

use std::collections::BTreeMap;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use signalbox_domain::access::{Permission, SessionView};
use signalbox_domain::phrase::Language;
use signalbox_domain::time::Timestamp;

use crate::api::Problem;
use crate::locale::Preferences;
use crate::pages;

/// The element that carries the boot document.
pub const ELEMENT_ID: &str = "boot";

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Boot {
    pub now: Timestamp,
    pub language: Language,
    pub preferences: Preferences,
    /// Who is signed in; absent on pages that one sees before.
    pub session: Option<SessionView>,
    /// By the API path that each was fetched from.
    pub documents: BTreeMap<String, Result<Value, Problem>>,
}

impl Boot {
    /// Fetches what the page at `path` shows first. `get` sends one GET through the console's own
    /// router as the reader; documents that it refuses are shown as problems in their places.
    pub async fn load<F>(
        path: &str,
        now: Timestamp,
        preferences: Preferences,
        session: Option<SessionView>,
        get: impl Fn(String) -> F,
    ) -> Boot
    where
        F: Future<Output = Result<Value, Problem>>,
    {
        let mut documents = BTreeMap::new();
        if session.is_some() {
            for document in pages::first_documents(path) {
                let answer = get(document.clone()).await;
                documents.insert(document, answer);
            }
        }
        Boot { now, language: preferences.language, preferences, session, documents }
    }

    /// JSON that may stand in a script element: no `<` can end it early.
    pub fn to_html_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default().replace('<', "\\u003c")
    }

    /// Reads what the server wrote into the page.
    #[cfg(feature = "hydrate")]
    pub fn from_page() -> Boot {
        let text = document()
            .get_element_by_id(ELEMENT_ID)
            .and_then(|element| element.text_content())
            .unwrap_or_default();
        let written: Value = serde_json::from_str(&text).unwrap_or_default();
        crate::api::read(&written).unwrap_or_default()
    }

    pub fn may(&self, permission: Permission) -> bool {
        self.session.as_ref().is_some_and(|session| session.permissions.contains(&permission))
    }
}

/// Reads the page's boot document. It may carry the whole fleet: hundreds of readers a page must not
/// each copy it.
pub fn with_boot<T>(read: impl FnOnce(&Boot) -> T) -> Option<T> {
    with_context::<Boot, T>(read)
}

/// Who is signed in.
pub fn session() -> Option<SessionView> {
    with_boot(|boot| boot.session.clone())?
}

/// Whether the reader's role allows this.
pub fn may(permission: Permission) -> bool {
    with_boot(|boot| boot.may(permission)).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_document_ends_its_script_element() {
        let mut boot = Boot::default();
        boot.documents.insert("/x".into(), Ok(Value::String("</script><b>".into())));
        let json = boot.to_html_json();
        assert!(!json.contains('<'), "{json}");
        let read: Boot = serde_json::from_str(&json).unwrap();
        assert_eq!(read.documents["/x"], Ok(Value::String("</script><b>".into())));
    }
}
