//! A folder a feature, a file a page.

pub mod access;
pub mod audit;
pub mod backups;
pub mod drills;
pub mod firewall;
pub mod jobs;
pub mod lazy;
pub mod lvs;
pub mod nodes;
pub mod not_found;
pub mod overview;
pub mod settings;
pub mod vrrp;

use signalbox_domain::live::Topic;

use crate::live::path_of;

/// The API documents that the page at `path` shows first; the server fetches them before it
/// renders. The frame itself needs the fleet.
pub fn first_documents(path: &str) -> Vec<String> {
    let mut documents = vec![path_of(Topic::Fleet)];
    let mut parts = path.trim_matches('/').split('/');
    match (parts.next().unwrap_or_default(), parts.next()) {
        ("backups", None) => documents.push(path_of(Topic::Backups)),
        ("lvs", None) => {
            documents.push(path_of(Topic::Lvs));
            documents.push("/api/v1/lvs/history".to_owned());
        }
        ("vrrp", None) => {
            documents.push(path_of(Topic::Vrrp));
            documents.push("/api/v1/vrrp/holders".to_owned());
            documents.push("/api/v1/vrrp/policy".to_owned());
        }
        ("vrrp", Some("conf")) => documents.push(path_of(Topic::Vrrp)),
        ("firewall", Some(id)) => {
            if let Ok(id) = id.parse() {
                documents.push(path_of(Topic::Firewall(id)));
            }
        }
        ("nodes", Some("add")) => documents.push("/api/v1/nodes/credentials".to_owned()),
        ("nodes", Some(id)) => {
            if let Ok(id) = id.parse() {
                documents.push(path_of(Topic::Node(id)));
                documents.push(format!("/api/v1/nodes/{id}/history"));
            }
        }
        ("audit", None) => {
            documents.push("/api/v1/audit".to_owned());
            documents.push("/api/v1/audit/verify".to_owned());
        }
        ("drills", None) => {
            documents.push("/api/v1/drills".to_owned());
            documents.push("/api/v1/drills/reports".to_owned());
        }
        ("settings", None) => {
            documents.push("/api/v1/access/browsers".to_owned());
            documents.push("/api/v1/access/tokens".to_owned());
        }
        ("jobs", None) => documents.push(path_of(Topic::Jobs)),
        ("jobs", Some(id)) => {
            if let Ok(id) = id.parse() {
                documents.push(path_of(Topic::Job(id)));
            }
        }
        _ => {}
    }
    documents
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_begins_with_its_documents() {
        assert_eq!(first_documents("/"), ["/api/v1/fleet"]);
        assert!(first_documents("/nodes/7").contains(&"/api/v1/nodes/7".to_owned()));
        assert!(first_documents("/firewall/7").contains(&"/api/v1/firewall/7".to_owned()));
        assert!(first_documents("/nodes/add").contains(&"/api/v1/nodes/credentials".to_owned()));
        assert!(first_documents("/jobs/12").contains(&"/api/v1/jobs/12".to_owned()));
        assert_eq!(first_documents("/jobs/../../x"), ["/api/v1/fleet"]);
    }
}
