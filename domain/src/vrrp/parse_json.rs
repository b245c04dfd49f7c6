//! Reads keepalived's JSON dump (keepalived ≥ 2.0, `--enable-json`): VRRP instances only.

use serde::Deserialize;

use super::{InstanceState, VrrpState};
use crate::time::Timestamp;

#[derive(Debug, thiserror::Error)]
#[error("expected keepalived's JSON dump")]
pub struct ParseError(#[from] serde_json::Error);

/// The instances of a dump. Newer versions (2.3 and up) wrap the list in an object under `vrrp`.
pub fn parse(text: &str) -> Result<Vec<InstanceState>, ParseError> {
    let dump: Dump = serde_json::from_str(text)?;
    let instances = match dump {
        Dump::List(instances) | Dump::Wrapped { vrrp: instances } => instances,
    };
    Ok(instances.into_iter().map(InstanceState::from).collect())
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Dump {
    List(Vec<Instance>),
    Wrapped { vrrp: Vec<Instance> },
}

#[derive(Deserialize)]
struct Instance {
    data: Data,
    stats: Stats,
}

#[derive(Deserialize)]
struct Data {
    iname: String,
    vrid: u8,
    state: i64,
    base_priority: u8,
    effective_priority: u8,
    /// Seconds since the epoch by the node's clock.
    #[serde(default)]
    last_transition: f64,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Stats {
    advert_rcvd: u64,
    advert_sent: u64,
    become_master: u64,
    auth_failure: u64,
    authtype_mismatch: u64,
    addr_list_err: u64,
}

impl From<Instance> for InstanceState {
    fn from(Instance { data, stats }: Instance) -> InstanceState {
        InstanceState {
            name: data.iname,
            vrid: data.vrid,
            state: match data.state {
                1 => VrrpState::Backup,
                2 => VrrpState::Master,
                3 => VrrpState::Fault,
                // 0, and 97 for an instance that is being deleted.
                _ => VrrpState::Init,
            },
            base_priority: data.base_priority,
            effective_priority: data.effective_priority,
            last_transition: (data.last_transition > 0.0)
                .then_some(Timestamp((data.last_transition * 1_000.0) as i64)),
            adverts_sent: stats.advert_sent,
            adverts_received: stats.advert_rcvd,
            became_master: stats.become_master,
            auth_failures: stats.auth_failure,
            auth_type_mismatches: stats.authtype_mismatch,
            address_list_errors: stats.addr_list_err,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_real_dump() {
        insta::assert_json_snapshot!(parse(include_str!("fixtures/keepalived.json")).unwrap());
    }

    #[test]
    fn a_dump_cut_short_is_refused() {
        let text = include_str!("fixtures/keepalived.json");
        assert!(parse(&text[..text.len() / 2]).is_err());
        assert!(parse("").is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(cut in 0..2_000_usize, junk in ".{0,20}") {
            let text = include_str!("fixtures/keepalived.json");
            let _ = parse(&format!("{}{junk}", text.get(..cut).unwrap_or(text)));
        }
    }
}
