//! What clients will notice of a fault.

use std::time::Duration;

use super::fault::{master_down, priority};
use crate::drills::VrrpCase;
use crate::phrase::Phrase;
use crate::plan::{PredictedPart, Prediction};
use crate::vrrp::course::{Course, Way};
use crate::vrrp::plan::{Pair, millis};
use crate::vrrp::{prediction, timers};

pub(super) fn of(case: VrrpCase, pair: &Pair<'_>, returns: bool) -> Prediction {
    match case {
        VrrpCase::HandOver => prediction::of(pair, &Course::choose(pair.from, pair.to)),
        VrrpCase::DaemonStopped => prediction::of(pair, &stop()),
        VrrpCase::FailBack => fail_back(pair, returns),
        VrrpCase::PowerCut | VrrpCase::LinkCut => silence(pair),
        VrrpCase::DaemonKilled | VrrpCase::DaemonFrozen | VrrpCase::AdvertsFiltered => both(pair),
    }
}

/// The holder resigns when it is stopped.
fn stop() -> Course {
    let way = Way::Stop { start_again: true };
    Course { install: false, release: None, way, returns_by_itself: true }
}

fn label() -> Phrase {
    Phrase::new("Clients will get no answer for about", "客户端得不到应答的时间约为")
}

/// It is gone without a word.
fn silence(pair: &Pair<'_>) -> Prediction {
    let conf = &pair.to.conf.value;
    let (to, priority) = (&pair.to.name, priority(pair));
    let (most, advert) = (master_down(pair), timers::advert_interval(conf));
    let (adverts, advert_ms) = (conf.down_timer_adverts, conf.advert_ms);
    let skew = timers::skew(conf, priority);
    let part = |en: &str, zh: &str, low: Duration, high: Duration| PredictedPart {
        label: Phrase::new(en, zh),
        low_ms: millis(low),
        high_ms: millis(high),
    };
    let waited = most.saturating_sub(skew);
    Prediction {
        label: label(),
        low_ms: millis(most.saturating_sub(advert)),
        high_ms: millis(most + prediction::ARP),
        basis: Phrase::new(
            format!(
                "{to} waits {adverts} advert intervals of {advert_ms} ms and its skew from the last advert that it heard, which was up to one interval before"
            ),
            format!(
                "{to} 从最后收到的通告起等待 {adverts} 个通告间隔（{advert_ms} 毫秒）加偏移时间；该通告最多早一个间隔"
            ),
        ),
        parts: vec![
            part("missed adverts", "缺失的通告", waited.saturating_sub(advert), waited),
            part("skew", "偏移时间", skew, skew),
            part("gratuitous ARP", "免费 ARP", Duration::ZERO, prediction::ARP),
        ],
    }
}

/// While clients turn from the one to the other: the longest of ten with a killed daemon, of which seven
/// lost nothing (`cargo xtask bench vrrp-outage`).
const BOTH_ANSWER: Duration = Duration::from_millis(75);

/// Both have the addresses and the services for a while.
fn both(pair: &Pair<'_>) -> Prediction {
    let (from, to) = (&pair.from.name, &pair.to.name);
    Prediction {
        label: label(),
        low_ms: 0,
        high_ms: millis(BOTH_ANSWER),
        basis: Phrase::new(
            format!(
                "{from} keeps its addresses and its IPVS table and answers until {to} has taken over, {} ms after the last advert",
                millis(master_down(pair))
            ),
            format!(
                "{from} 保留地址和 IPVS 表并继续应答，直到 {to} 在最后一个通告之后 {} 毫秒接管",
                millis(master_down(pair))
            ),
        ),
        parts: Vec::new(),
    }
}

fn fail_back(pair: &Pair<'_>, returns: bool) -> Prediction {
    let (from, to) = (&pair.from.name, &pair.to.name);
    let conf = &pair.from.conf.value;
    let basis = if returns {
        let within_ms = millis(timers::preemption(conf, conf.priority));
        Phrase::new(
            format!(
                "{from} preempts within {within_ms} ms of its start; {to} answers until it has taken over"
            ),
            format!("{from} 启动后 {within_ms} 毫秒内抢占；在它接管之前 {to} 一直应答"),
        )
    } else {
        Phrase::new(
            format!("{from} does not preempt: the addresses stay on {to}"),
            format!("{from} 不抢占：地址留在 {to}"),
        )
    };
    let high_ms = if returns { prediction::outranked_ms(conf.advert_ms) } else { 0 };
    Prediction { label: label(), low_ms: 0, high_ms, basis, parts: Vec::new() }
}
