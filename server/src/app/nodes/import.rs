//! Several nodes at once: their host keys side by side, to be confirmed.

use futures::{StreamExt, stream};
use signalbox_domain::nodes::{
    IMPORT_MOST_LINES, ImportEntry, ImportError, ImportRequest, ImportRow, parse_import,
};

use super::NodesError;
use crate::state::App;

/// How many machines are asked at the same time.
const AT_ONCE: usize = 16;

/// Reads the lines and asks each machine for its host key. A line that cannot be read and a machine
/// that does not answer are rows with a problem, not an error.
pub async fn scan_import(app: &App, request: &ImportRequest) -> Result<Vec<ImportRow>, NodesError> {
    let lines = parse_import(&request.lines);
    if lines.len() > IMPORT_MOST_LINES {
        return Err(NodesError::TooManyLines { most: IMPORT_MOST_LINES, found: lines.len() });
    }
    let rows = lines.into_iter().map(|(line, entry)| row(app, request, line, entry));
    Ok(stream::iter(rows).buffered(AT_ONCE).collect().await)
}

async fn row(
    app: &App,
    request: &ImportRequest,
    line: u32,
    entry: Result<ImportEntry, ImportError>,
) -> ImportRow {
    let entry = match entry {
        Ok(entry) => entry,
        Err(error) => {
            return ImportRow { line, entry: None, host_key: None, problem: Some(error.phrase()) };
        }
    };
    let (host_key, problem) = match app.lines.scan(&entry.host, entry.port, request.jump).await {
        Ok(host_key) => (Some(host_key), None),
        Err(error) => (None, Some(error.phrase())),
    };
    ImportRow { line, entry: Some(entry), host_key, problem }
}
