//! [`Problem`]: how a handler says that it did not do what was asked.

use std::any::Any;
use std::error::Error;

use axum::Json;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};
use signalbox_domain::phrase::Phrase;
use signalbox_domain::problem::ProblemDetails;

use crate::http::request;
use crate::store::StoreError;

/// Answered as `application/problem+json`, in the language that the request accepts. Each app
/// error implements `From<…> for Problem` beside its handlers.
#[derive(Debug, Clone)]
pub struct Problem {
    pub status: StatusCode,
    /// Stable: scripts and the frontend tell problems apart by it.
    pub code: &'static str,
    /// What happened and what to do about it.
    pub detail: Phrase,
    retry_after_s: Option<u64>,
    extra: Map<String, Value>,
}

impl Problem {
    pub fn new(status: StatusCode, code: &'static str, detail: Phrase) -> Problem {
        Problem { status, code, detail, retry_after_s: None, extra: Map::new() }
    }

    /// The console's own fault: it goes to the log with its causes, and the answer tells only the
    /// correlation id.
    pub fn internal(error: &dyn Error) -> Problem {
        let causes = std::iter::successors(error.source(), |&cause| cause.source());
        let chain = causes.fold(error.to_string(), |chain, cause| format!("{chain}: {cause}"));
        tracing::error!(error = chain, "request failed");
        Problem::concealed()
    }

    fn concealed() -> Problem {
        let id = request::correlation_id();
        Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            Phrase::new(
                format!("The console failed. Its log has the cause under {id}."),
                format!("控制台出错。原因见其日志，编号 {id}。"),
            ),
        )
    }

    /// There is no such thing as the path names, e.g. `Problem::not_found("Job 12", "任务 12")`.
    pub fn not_found(what_en: &str, what_zh: &str) -> Problem {
        Problem::new(
            StatusCode::NOT_FOUND,
            "not_found",
            Phrase::new(format!("{what_en} does not exist."), format!("{what_zh}不存在。")),
        )
    }

    /// A value in the request is not acceptable.
    pub fn invalid(detail: Phrase) -> Problem {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail)
    }

    /// Adds a member to the body, e.g. the new plan to `plan_changed`.
    #[must_use]
    pub fn with(mut self, member: &str, value: &impl Serialize) -> Problem {
        match serde_json::to_value(value) {
            Ok(value) => {
                self.extra.insert(member.to_owned(), value);
                self
            }
            Err(error) => Problem::internal(&error),
        }
    }

    #[must_use]
    pub fn retry_after_s(mut self, seconds: u64) -> Problem {
        self.retry_after_s = Some(seconds);
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let details = ProblemDetails {
            kind: "about:blank".to_owned(),
            title: self.status.canonical_reason().unwrap_or_default().to_owned(),
            status: self.status.as_u16(),
            code: self.code.to_owned(),
            detail: self.detail.get(request::accepted_language()).to_owned(),
            correlation_id: request::correlation_id(),
            extra: self.extra,
        };
        let mut response = (self.status, Json(details)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        Problem::internal(&error)
    }
}

/// Turns what axum itself answers, e.g. to a body that is no JSON, into a problem.
pub async fn as_problem(response: Response) -> Response {
    let status = response.status();
    let is_text = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/plain"));
    if !status.is_client_error() || !is_text {
        return response;
    }
    let body = axum::body::to_bytes(response.into_body(), REJECTION_BYTES).await;
    let text = body.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    Problem::new(status, rejection_code(status), Phrase::same(text)).into_response()
}

const REJECTION_BYTES: usize = 4096;

fn rejection_code(status: StatusCode) -> &'static str {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => "too_large",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "not_json",
        _ => "invalid",
    }
}

/// What a caught panic is answered with.
#[allow(clippy::needless_pass_by_value)] // as tower-http hands it over
pub fn from_panic(panic: Box<dyn Any + Send + 'static>) -> Response {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    tracing::error!(message, "a handler panicked");
    Problem::concealed().into_response()
}
