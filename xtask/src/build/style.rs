//! One style sheet from `assets/css/app.css`, with its imports in their places and the names of
//! fonts replaced by those that they are served under.

use std::{collections::BTreeMap, fs, path::Path};

use crate::failure::Failure;

/// Reads `entry` and puts each `@import "file.css";` line's file in its place.
pub(crate) fn bundle(entry: &Path) -> Result<String, Failure> {
    let text = fs::read_to_string(entry).map_err(Failure::file("read", entry))?;
    let mut bundled = String::with_capacity(text.len());
    for line in text.lines() {
        match imported(line) {
            Some(name) => bundled.push_str(&bundle(&entry.with_file_name(name))?),
            None => {
                bundled.push_str(line);
                bundled.push('\n');
            }
        }
    }
    Ok(bundled)
}

fn imported(line: &str) -> Option<&str> {
    line.trim().strip_prefix("@import \"")?.strip_suffix("\";")
}

/// Replaces each `url("../NAME")` by the address that `served` gives for NAME, a path below assets/.
pub(crate) fn with_served_names(css: &str, served: &BTreeMap<String, String>) -> String {
    served.iter().fold(css.to_owned(), |css, (name, url)| {
        css.replace(&format!("url(\"../{name}\")"), &format!("url(\"{url}\")"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_put_in_their_places() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
        write("app.css", "@import \"a.css\";\nb {}\n");
        write("a.css", "@import \"c.css\";\na {}\n");
        write("c.css", "c {}\n");
        assert_eq!(bundle(&dir.path().join("app.css")).unwrap(), "c {}\na {}\nb {}\n");
    }

    #[test]
    fn a_missing_import_is_named() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("app.css"), "@import \"gone.css\";\n").unwrap();
        let message = bundle(&dir.path().join("app.css")).unwrap_err().to_string();
        assert!(message.contains("gone.css"), "{message}");
    }

    #[test]
    fn fonts_get_the_names_that_they_are_served_under() {
        let served =
            BTreeMap::from([("fonts/a.woff2".to_owned(), "/assets/a.12.woff2".to_owned())]);
        let css = "src: url(\"../fonts/a.woff2\") format(\"woff2\");";
        assert_eq!(
            with_served_names(css, &served),
            "src: url(\"/assets/a.12.woff2\") format(\"woff2\");"
        );
    }
}
