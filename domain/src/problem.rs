//! How the API says that it did not do what was asked (RFC 9457).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Body of every answer with a status of 400 or above, as `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProblemDetails {
    /// Always `about:blank`: `code` names the kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// The status in words.
    pub title: String,
    pub status: u16,
    /// Stable name of the kind of problem, e.g. `not_found`.
    pub code: String,
    /// What happened and what to do, in the language that the request accepts.
    pub detail: String,
    /// Finds this request in the console's log.
    pub correlation_id: String,
    /// What the code brings with it, e.g. `plan` with `plan_changed`.
    #[serde(flatten)]
    #[cfg_attr(feature = "openapi", schema(value_type = Object, additional_properties))]
    pub extra: Map<String, Value>,
}
