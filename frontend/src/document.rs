//! A document of the API that is not live: fetched when its page opens and when asked again.

use leptos::prelude::*;
use serde::de::DeserializeOwned;

use crate::api::{self, Problem};
use crate::boot::with_boot;

/// `None` while it is on the way.
pub type Answer<T> = Option<Result<T, Problem>>;

pub struct Document<T: Send + Sync + 'static> {
    answer: RwSignal<Answer<T>>,
    path: StoredValue<String>,
}

impl<T: Send + Sync + 'static> Clone for Document<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Document<T> {}

/// The document at an API path: from the page's first documents, else fetched once hydrated.
pub fn use_document<T>(path: impl Into<String>) -> Document<T>
where
    T: DeserializeOwned + Send + Sync + 'static,
{
    let path = path.into();
    let first = with_boot(|boot| {
        let answer = boot.documents.get(&path)?;
        Some(answer.as_ref().map_err(Clone::clone).and_then(api::read))
    });
    let first = first.flatten();
    let missing = first.is_none();
    let document = Document { answer: RwSignal::new(first), path: StoredValue::new(path) };
    Effect::new(move |_| {
        if missing {
            document.reload();
        }
    });
    document
}

impl<T: DeserializeOwned + Send + Sync + 'static> Document<T> {
    pub fn answer(self) -> RwSignal<Answer<T>> {
        self.answer
    }

    /// Fetches it again; the old one stays shown meanwhile.
    pub fn reload(self) {
        leptos::task::spawn_local(async move {
            let Some(path) = self.path.try_get_value() else { return };
            let fetched = api::get(&path).await;
            // The page may have been left meanwhile, or have turned to another document.
            if self.path.try_get_value() == Some(path) {
                let _ = self.answer.try_set(Some(fetched));
            }
        });
    }

    /// From now on the document at another path, such as the next page of a list.
    pub fn turn_to(self, path: String) {
        self.path.set_value(path);
        self.reload();
    }
}
