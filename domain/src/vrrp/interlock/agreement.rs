//! Both directors are configured alike.

use super::Finding;
use crate::phrase::Phrase;
use crate::time::Timestamp;
use crate::vrrp::facts::{Missing, fresh};
use crate::vrrp::plan::Pair;
use crate::vrrp::{Auth, InstanceConf};

/// Both directors' configurations, and when the older one was observed.
fn confs<'a>(
    pair: &Pair<'a>,
    now: Timestamp,
) -> Result<(&'a InstanceConf, &'a InstanceConf, Timestamp), Missing> {
    let (from, a) = fresh(Some(&pair.from.conf), now)?;
    let (to, b) = fresh(Some(&pair.to.conf), now)?;
    Ok((from, to, a.min(b)))
}

/// Passes when both sides are alike, and says both otherwise.
fn alike(pair: &Pair<'_>, from: &str, to: &str, at: Timestamp) -> Finding {
    if from == to {
        return Finding::pass(Phrase::same(from), at);
    }
    let (a, b) = (&pair.from.name, &pair.to.name);
    Finding::block(
        Phrase::new(
            format!("{a} has {from}, {b} has {to}. Make them equal in keepalived.conf"),
            format!("{a} 为 {from}，{b} 为 {to}。须在 keepalived.conf 中改为一致"),
        ),
        at,
    )
}

pub(super) fn same_vrid(pair: &Pair<'_>, now: Timestamp) -> Result<Finding, Missing> {
    let (from, to, at) = confs(pair, now)?;
    let text = |conf: &InstanceConf| format!("VRID {}, VRRPv{}", conf.vrid, conf.version);
    Ok(alike(pair, &text(from), &text(to), at))
}

pub(super) fn same_auth(pair: &Pair<'_>, now: Timestamp) -> Result<Finding, Missing> {
    let (from, to, at) = confs(pair, now)?;
    let kind = |auth: &Auth| match auth {
        Auth::None => "no auth_type",
        Auth::Pass { .. } => "PASS",
        Auth::Ah { .. } => "AH",
    };
    if from.auth != to.auth && kind(&from.auth) == kind(&to.auth) {
        return Ok(Finding::block(
            Phrase::new(
                "The first 8 bytes of auth_pass differ. Make them equal in keepalived.conf",
                "auth_pass 的前 8 个字节不同。须在 keepalived.conf 中改为一致",
            ),
            at,
        ));
    }
    Ok(alike(pair, kind(&from.auth), kind(&to.auth), at))
}

pub(super) fn same_interval(pair: &Pair<'_>, now: Timestamp) -> Result<Finding, Missing> {
    let (from, to, at) = confs(pair, now)?;
    Ok(alike(pair, &format!("{} ms", from.advert_ms), &format!("{} ms", to.advert_ms), at))
}

pub(super) fn same_addresses(pair: &Pair<'_>, now: Timestamp) -> Result<Finding, Missing> {
    let (from, to, at) = confs(pair, now)?;
    let text = |conf: &InstanceConf| {
        let mut all: Vec<String> = conf
            .virtual_addresses
            .iter()
            .map(|v| format!("{}/{}", v.address, v.prefix_len))
            .collect();
        all.sort();
        all.join(", ")
    };
    Ok(alike(pair, &text(from), &text(to), at))
}
