//! Causes that stand in the configurations, with the counters that go with them.

use super::{Cause, CauseKind, Evidence, Row, Scene, Side};
use crate::phrase::Phrase;
use crate::signal::Signal;
use crate::vrrp::{Auth, InstanceConf, InstanceState};

pub(super) const ROWS: &[Row] = &[
    vrid_differs,
    version_differs,
    auth_missing,
    auth_type_differs,
    auth_pass_differs,
    addresses_differ,
    advert_interval_differs,
    unicast_differs,
];

fn vrid_differs(_: &Scene<'_>, a: &Side<'_>, b: &Side<'_>) -> Option<Cause> {
    let differs = a.conf.vrid != b.conf.vrid;
    let word = |conf: &InstanceConf| format!("virtual_router_id {}", conf.vrid);
    differs.then(|| {
        cause(CauseKind::VridDiffers, ("virtual_router_id", "virtual_router_id"), [a, b], word)
    })
}

fn version_differs(_: &Scene<'_>, a: &Side<'_>, b: &Side<'_>) -> Option<Cause> {
    let differs = a.conf.version != b.conf.version;
    let word = |conf: &InstanceConf| format!("VRRPv{}", conf.version);
    differs.then(|| {
        let mut cause =
            cause(CauseKind::VersionDiffers, ("VRRP version", "VRRP 版本"), [a, b], word);
        cause.evidence.extend(logged(a, b));
        cause
    })
}

/// Version 3 has no authentication: keepalived leaves it out there.
fn both_authenticate(a: &Side<'_>, b: &Side<'_>) -> bool {
    a.conf.version == 2 && b.conf.version == 2
}

fn auth_missing(_: &Scene<'_>, a: &Side<'_>, b: &Side<'_>) -> Option<Cause> {
    let one_without = (a.conf.auth == Auth::None) != (b.conf.auth == Auth::None);
    (both_authenticate(a, b) && one_without).then(|| {
        let mut cause =
            cause(CauseKind::AuthMissing, ("authentication", "认证"), [a, b], auth_word);
        cause.evidence.extend(refused(a, b, |state| state.auth_type_mismatches, TYPE_REFUSED));
        cause
    })
}

fn auth_type_differs(_: &Scene<'_>, a: &Side<'_>, b: &Side<'_>) -> Option<Cause> {
    let mixed = matches!(
        (&a.conf.auth, &b.conf.auth),
        (Auth::Pass { .. }, Auth::Ah { .. }) | (Auth::Ah { .. }, Auth::Pass { .. })
    );
    (both_authenticate(a, b) && mixed)
        .then(|| cause(CauseKind::AuthTypeDiffers, ("auth_type", "auth_type"), [a, b], auth_word))
}

fn auth_pass_differs(_: &Scene<'_>, a: &Side<'_>, b: &Side<'_>) -> Option<Cause> {
    let differs = match (&a.conf.auth, &b.conf.auth) {
        (Auth::Pass { digest: one }, Auth::Pass { digest: other })
        | (Auth::Ah { digest: one }, Auth::Ah { digest: other }) => one != other,
        _ => false,
    };
    (both_authenticate(a, b) && differs).then(|| {
        let word = |conf: &InstanceConf| format!("{}, another auth_pass", auth_word(conf));
        let mut cause = cause(CauseKind::AuthPassDiffers, ("auth_pass", "auth_pass"), [a, b], word);
        for (evidence, side) in cause.evidence.iter_mut().zip([a, b]) {
            evidence.fact = Phrase::new(
                format!("{}: the first 8 bytes of auth_pass are others", side.name),
                format!("{}：auth_pass 的前 8 个字节不同", side.name),
            );
        }
        cause.evidence.extend(refused(a, b, |state| state.auth_failures, PASS_REFUSED));
        cause
    })
}

fn addresses_differ(_: &Scene<'_>, a: &Side<'_>, b: &Side<'_>) -> Option<Cause> {
    let of = |conf: &InstanceConf| {
        let mut all: Vec<String> =
            conf.virtual_addresses.iter().map(|v| v.address.to_string()).collect();
        all.sort();
        all.join(", ")
    };
    (of(a.conf) != of(b.conf)).then(|| {
        let names = ("virtual_ipaddress", "virtual_ipaddress");
        let mut cause = cause(CauseKind::AddressesDiffer, names, [a, b], of);
        cause.evidence.extend(refused(a, b, |state| state.address_list_errors, LIST_REFUSED));
        cause
    })
}

/// Version 3 takes the master's interval; version 2 refuses another.
fn advert_interval_differs(_: &Scene<'_>, a: &Side<'_>, b: &Side<'_>) -> Option<Cause> {
    let both_v2 = a.conf.version == 2 && b.conf.version == 2;
    let word = |conf: &InstanceConf| format!("advert_int {} ms", conf.advert_ms);
    (both_v2 && a.conf.advert_ms != b.conf.advert_ms).then(|| {
        let names = ("advert_int", "advert_int");
        let mut cause = cause(CauseKind::AdvertIntervalDiffers, names, [a, b], word);
        cause.evidence.extend(logged(a, b));
        cause
    })
}

fn unicast_differs(_: &Scene<'_>, a: &Side<'_>, b: &Side<'_>) -> Option<Cause> {
    let word = |conf: &InstanceConf| match conf.unicast_peers.as_slice() {
        [] => "multicast".to_owned(),
        peers => {
            let peers: Vec<String> = peers.iter().map(ToString::to_string).collect();
            format!("unicast_peer {}", peers.join(", "))
        }
    };
    let differs = a.conf.unicast_peers.is_empty() != b.conf.unicast_peers.is_empty();
    differs
        .then(|| cause(CauseKind::UnicastDiffers, ("unicast_peer", "unicast_peer"), [a, b], word))
}

pub(super) fn auth_word(conf: &InstanceConf) -> String {
    match conf.auth {
        Auth::None => "no authentication",
        Auth::Pass { .. } => "auth_type PASS",
        Auth::Ah { .. } => "auth_type AH",
    }
    .to_owned()
}

fn cause(
    kind: CauseKind,
    (en, zh): (&str, &str),
    sides: [&Side<'_>; 2],
    word: impl Fn(&InstanceConf) -> String,
) -> Cause {
    let [a, b] = sides.map(|side| side.name);
    let evidence = sides.map(|side| {
        let fact = Phrase::new(
            format!("{}: {}", side.name, word(side.conf)),
            format!("{}：{}", side.name, word(side.conf)),
        );
        Evidence::new(Signal::Danger, fact, "keepalived.conf", side.conf_at())
    });
    Cause {
        kind,
        title: Phrase::new(
            format!("{en} differs on {a} and {b}"),
            format!("{a} 与 {b} 的 {zh} 不同"),
        ),
        evidence: evidence.to_vec(),
        remedy: Phrase::new(
            format!("Make {en} equal in keepalived.conf on both, and reload"),
            format!("在两台的 keepalived.conf 中统一 {zh} 并重新加载"),
        ),
    }
}

const PASS_REFUSED: (&str, &str) = ("for their password", "密码错误");
const TYPE_REFUSED: (&str, &str) = ("for their kind of authentication", "认证方式不符");
const LIST_REFUSED: (&str, &str) = ("for their addresses", "地址列表不符");

/// A counter that has grown since the split was found, or is not 0 before it can have grown.
fn refused<'a>(
    a: &'a Side<'a>,
    b: &'a Side<'a>,
    counter: fn(&InstanceState) -> u64,
    (en, zh): (&'static str, &'static str),
) -> impl Iterator<Item = Evidence> + 'a {
    [a, b].into_iter().filter_map(move |side| {
        let said = side.said?;
        let count = counter(&said.value);
        let grown = side.before.map_or(0, |before| count.saturating_sub(counter(before)));
        let name = side.name;
        let fact = match (count, grown) {
            (0, _) => return None,
            (count, 0) => Phrase::new(
                format!("{name} refused {count} adverts {en} since keepalived began"),
                format!("keepalived 启动以来 {name} 因{zh}拒绝了 {count} 个通告"),
            ),
            (_, grown) => Phrase::new(
                format!("{name} refused {grown} adverts {en} since this was found"),
                format!("发现以来 {name} 因{zh}拒绝了 {grown} 个通告"),
            ),
        };
        Some(Evidence::new(Signal::Danger, fact, said.source.clone(), said.observed_at))
    })
}

/// The last words of each keepalived that are about adverts it refused.
fn logged<'a>(a: &'a Side<'a>, b: &'a Side<'a>) -> impl Iterator<Item = Evidence> + 'a {
    [a, b].into_iter().filter_map(|side| {
        let log = side.gathered?.log.as_ref()?;
        let line = log.value.last()?;
        let fact = Phrase::new(
            format!("{} logs: {line}", side.name),
            format!("{} 的日志：{line}", side.name),
        );
        Some(Evidence::new(Signal::Danger, fact, log.source.clone(), log.observed_at))
    })
}

/// That the configurations are alike, where they are.
pub(super) fn told(scene: &Scene<'_>) -> Option<Evidence> {
    let alike =
        scene.pairs().into_iter().all(|(a, b)| ROWS.iter().all(|row| row(scene, a, b).is_none()));
    let at = scene.sides.iter().filter_map(Side::conf_at).min();
    alike.then(|| {
        let fact = Phrase::new(
            "VRID, version, authentication, interval, addresses and peers are alike",
            "VRID、版本、认证、间隔、地址和对端配置一致",
        );
        Evidence::new(Signal::Clear, fact, "keepalived.conf", at)
    })
}
