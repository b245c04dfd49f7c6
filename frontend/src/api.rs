//! The one client of the REST API. While the server renders a page, [`crate::boot`] asks through
//! the console's own router; in the browser this module asks by `fetch`.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
pub use signalbox_domain::problem::ProblemDetails as Problem;

/// The console did not answer, or not as agreed: `why` is shown as it is.
pub fn unanswered(why: impl Into<String>) -> Problem {
    Problem {
        kind: "about:blank".to_owned(),
        title: String::new(),
        status: 0,
        code: "unanswered".to_owned(),
        detail: why.into(),
        correlation_id: String::new(),
        extra: Map::new(),
    }
}

/// A part of an answer that its code brings with it, e.g. `plan` with `plan_changed`.
pub fn part<T: DeserializeOwned>(problem: &Problem, member: &str) -> Option<T> {
    T::deserialize(problem.extra.get(member)?).ok()
}

/// Turns a JSON answer into what was asked for. Everywhere from a reference to a [`Value`]: each other
/// way to read would bring the code for all types once more.
pub fn read<T: DeserializeOwned>(answer: &Value) -> Result<T, Problem> {
    T::deserialize(answer).map_err(|error| unanswered(error.to_string()))
}

pub async fn get<T: DeserializeOwned>(path: &str) -> Result<T, Problem> {
    read(&fetch::send("GET", path, None, &[]).await?)
}

pub async fn post<T: DeserializeOwned>(path: &str, body: &impl Serialize) -> Result<T, Problem> {
    read(&fetch::send("POST", path, Some(to_json(body)?), &[]).await?)
}

pub async fn put<T: DeserializeOwned>(path: &str, body: &impl Serialize) -> Result<T, Problem> {
    read(&fetch::send("PUT", path, Some(to_json(body)?), &[]).await?)
}

pub async fn delete(path: &str) -> Result<(), Problem> {
    fetch::send("DELETE", path, None, &[]).await.map(|_| ())
}

/// A request with headers of its own, such as `If-Match` or `Idempotency-Key`.
pub async fn send_with<T: DeserializeOwned>(
    method: &str,
    path: &str,
    body: &impl Serialize,
    headers: &[(&str, String)],
) -> Result<T, Problem> {
    read(&fetch::send(method, path, Some(to_json(body)?), headers).await?)
}

/// A path with its query: pairs without a value are left out.
pub fn with_query(path: &str, pairs: &[(&str, &str)]) -> String {
    let given = pairs.iter().filter(|(_, value)| !value.is_empty());
    let query: Vec<String> =
        given.map(|(name, value)| format!("{name}={}", percent_encoded(value))).collect();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) }
}

/// RFC 3986 section 2: everything but the unreserved characters.
fn percent_encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

fn to_json(body: &impl Serialize) -> Result<String, Problem> {
    serde_json::to_string(body).map_err(|error| unanswered(error.to_string()))
}

#[cfg(feature = "hydrate")]
mod fetch {
    use serde::Deserialize;
    use serde_json::Value;
    use wasm_bindgen::{JsCast, JsValue};
    use wasm_bindgen_futures::JsFuture;
    use web_sys::{Headers, Request, RequestInit, Response};

    use super::{Problem, unanswered};
    use crate::locale::{html_lang, language};

    pub(super) async fn send(
        method: &str,
        path: &str,
        body: Option<String>,
        headers: &[(&str, String)],
    ) -> Result<Value, Problem> {
        let (status, text) = exchange(method, path, body, headers)
            .await
            .map_err(|error| unanswered(reason(&error)))?;
        // 204 has no body.
        let answer = if text.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&text).map_err(|error| unanswered(error.to_string()))?
        };
        if status < 400 {
            return Ok(answer);
        }
        Err(Problem::deserialize(&answer).unwrap_or_else(|_| unanswered(format!("HTTP {status}"))))
    }

    async fn exchange(
        method: &str,
        path: &str,
        body: Option<String>,
        headers: &[(&str, String)],
    ) -> Result<(u16, String), JsValue> {
        let init = RequestInit::new();
        init.set_method(method);
        let sent = Headers::new()?;
        sent.set("accept", "application/json")?;
        sent.set("accept-language", html_lang(language()))?;
        if let Some(body) = body {
            sent.set("content-type", "application/json")?;
            init.set_body(&JsValue::from_str(&body));
        }
        for (name, value) in headers {
            sent.set(name, value)?;
        }
        init.set_headers(&sent);
        let request = Request::new_with_str_and_init(path, &init)?;
        let window = web_sys::window().ok_or("no window")?;
        let response: Response =
            JsFuture::from(window.fetch_with_request(&request)).await?.dyn_into()?;
        let text = JsFuture::from(response.text()?).await?;
        Ok((response.status(), text.as_string().unwrap_or_default()))
    }

    fn reason(error: &JsValue) -> String {
        error
            .dyn_ref::<js_sys::Error>()
            .map(|error| String::from(error.message()))
            .or_else(|| error.as_string())
            .unwrap_or_default()
    }
}

/// Nothing is sent while a page is rendered on the server: what it shows was fetched before.
#[cfg(not(feature = "hydrate"))]
mod fetch {
    use serde_json::Value;

    use super::{Problem, unanswered};

    pub(super) async fn send(
        method: &str,
        path: &str,
        _body: Option<String>,
        _headers: &[(&str, String)],
    ) -> Result<Value, Problem> {
        Err(unanswered(format!("{method} {path}: only a browser sends requests")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_carries_any_text_and_leaves_out_what_is_empty() {
        assert_eq!(with_query("/a", &[("x", ""), ("y", "")]), "/a");
        assert_eq!(
            with_query("/a", &[("x", "1"), ("y", ""), ("z", "a&b 主")]),
            "/a?x=1&z=a%26b%20%E4%B8%BB"
        );
    }
}
