//! The addresses: held by one, and where they will be.

use std::net::IpAddr;
use std::time::Duration;

use super::{changed, none_of, told};
use crate::phrase::Phrase;
use crate::time::Timestamp;
use crate::values::ConfName;
use crate::vrrp::deploy::plan::DeployInput;
use crate::vrrp::deploy::reading::Daemon;
use crate::vrrp::deploy::sequel::{Holds, Sequel};
use crate::vrrp::interlock::Finding;
use crate::vrrp::timers;

/// Two reloads one after the other, over SSH, on a busy machine.
const RELOADS: Duration = Duration::from_secs(2);

pub(super) fn held_once(sequels: &[Sequel<'_>], now: Timestamp) -> Finding {
    let mut found = Vec::new();
    for sequel in sequels {
        let name = sequel.name;
        if sequel.seats.iter().any(|seat| {
            seat.before.or(seat.after).is_some_and(|conf| conf.name.parse::<ConfName>().is_err())
        }) {
            found.push((
                format!("{name} is a name that cannot be asked for: rename the instance"),
                format!("无法用名称 {name} 查询：请重命名该实例"),
            ));
        }
        match sequel.holder_now {
            Holds::One(_) | Holds::New => {}
            Holds::Nobody
                if sequel
                    .seats
                    .iter()
                    .all(|s| s.director.reading.value.daemon != Daemon::Running) => {}
            Holds::Nobody => found.push((
                format!("Nobody holds {name}: find out why first"),
                format!("没有调度器持有 {name}：请先查明原因"),
            )),
            Holds::Several => found.push((
                format!("Several directors hold {name}: end the split brain first"),
                format!("多台调度器持有 {name}：请先结束脑裂"),
            )),
            Holds::Unknown => found.push((
                format!("Who holds {name} is not seen"),
                format!("无法观测 {name} 的持有者"),
            )),
        }
    }
    none_of(found, Phrase::new("yes", "是"), now)
}

pub(super) fn free(input: &DeployInput, sequels: &[Sequel<'_>], now: Timestamp) -> Finding {
    let mut found = Vec::new();
    for seat in sequels.iter().flat_map(|sequel| &sequel.seats) {
        let before = addresses(seat.before);
        let new = addresses(seat.after).into_iter().filter(|address| !before.contains(address));
        for address in new {
            let whose = input.taken.iter().find(|(_, taken)| *taken == address);
            found.extend(whose.map(|(name, _)| {
                (
                    format!("{name} has {address} already: both would answer for it"),
                    format!("{name} 已有 {address}：两者都会应答"),
                )
            }));
        }
    }
    found.sort();
    found.dedup();
    none_of(found, Phrase::new("of the nodes that are seen, none", "可见的节点中没有"), now)
}

pub(super) fn no_move(sequels: &[Sequel<'_>], now: Timestamp) -> Finding {
    let mut found = Vec::new();
    for sequel in sequels {
        for seat in &sequel.seats {
            let kept: Vec<IpAddr> = addresses(seat.after);
            for gone in addresses(seat.before).into_iter().filter(|a| !kept.contains(a)) {
                let others = sequels.iter().filter(|other| other.name != sequel.name);
                let mut takes = others.filter(|other| {
                    let mine = other.seats.iter().find(|s| s.director.node == seat.director.node);
                    mine.is_some_and(|mine| addresses(mine.after).contains(&gone))
                });
                if let Some(other) = takes.next() {
                    let (from, to) = (sequel.name, other.name);
                    found.push((
                        format!("{gone} goes from {from} to {to}, which one reload cannot do: deploy without it first, then add it"),
                        format!("{gone} 从 {from} 换到 {to}，一次重新加载无法完成：请先部署去掉它的版本，再添加"),
                    ));
                }
            }
        }
    }
    none_of(found, Phrase::new("none does", "没有"), now)
}

/// Only where the adverts of old and new files do not go together.
pub(super) fn in_time(input: &DeployInput, sequels: &[Sequel<'_>], now: Timestamp) -> Finding {
    let mut found = Vec::new();
    let several = changed(input).count() > 1;
    for sequel in sequels.iter().filter(|sequel| sequel.adverts_change && several) {
        let confs = sequel.seats.iter().filter_map(|seat| seat.before);
        let shortest = confs.map(|conf| timers::master_down(conf, 255)).min().unwrap_or_default();
        if shortest < RELOADS {
            let (name, ms) = (sequel.name, shortest.as_millis());
            found.push((
                format!("A backup of {name} takes over after {ms} ms without adverts, which is less than two reloads need: raise advert_int first, or stop the backup"),
                format!("{name} 的备机在 {ms} 毫秒收不到通告后接管，短于两次重新加载所需：请先调大 advert_int，或停止备机"),
            ));
        }
    }
    none_of(found, Phrase::new("yes", "是"), now)
}

pub(super) fn holders_stay(sequels: &[Sequel<'_>], now: Timestamp) -> Finding {
    let mut found = Vec::new();
    for sequel in sequels {
        let name = sequel.name;
        match (sequel.holder_now, sequel.holder_then) {
            (Holds::One(now), Some(then)) if now != then => {
                let (now, then) = (sequel.name_of(now), sequel.name_of(then));
                found.push((
                    format!("{name} moves from {now} to {then}"),
                    format!("{name} 从 {now} 移到 {then}"),
                ));
            }
            (Holds::One(now), None) => {
                let now = sequel.name_of(now);
                found.push((
                    format!("{now} gives up {name}, and nobody takes it"),
                    format!("{now} 放弃 {name}，且无人接管"),
                ));
            }
            _ => {}
        }
        let new_vrid = sequel.seats.iter().any(|seat| {
            seat.before
                .zip(seat.after)
                .is_some_and(|(old, new)| (old.vrid, old.version) != (new.vrid, new.version))
        });
        if new_vrid {
            let confs = sequel.after().map(|(_, conf)| timers::master_down(conf, conf.priority));
            let ms = confs.max().unwrap_or_default().as_millis();
            found.push((
                format!("{name} begins anew with its new VRID or version: nobody holds its addresses for up to {ms} ms"),
                format!("{name} 因新的 VRID 或版本重新开始：最长 {ms} 毫秒内无人持有其地址"),
            ));
        }
    }
    match told(found) {
        None => Finding::pass(Phrase::new("they do", "是"), now),
        Some(moves) => Finding::warn(moves, Some(now)),
    }
}

fn addresses(conf: Option<&crate::vrrp::InstanceConf>) -> Vec<IpAddr> {
    conf.iter().flat_map(|conf| &conf.virtual_addresses).map(|v| v.address).collect()
}
