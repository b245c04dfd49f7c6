//! Since when rules are there that no packet matched.

use leptos::prelude::*;
use signalbox_domain::firewall::history::SinceByChain;
use signalbox_domain::time::Timestamp;

use super::board::Board;
use crate::format;
use crate::live::use_live;
use crate::locale::{language, t_with};
use crate::locales::firewall as texts;
use crate::shell::use_chosen;

#[derive(Clone, Copy)]
pub(super) struct Ages {
    /// Since when the ruleset is there, and the idle rules that are older.
    known: Memo<Option<(Timestamp, SinceByChain)>>,
    /// Which day it is now decides, not which second.
    today: Memo<Timestamp>,
    utc_offset_min: RwSignal<i32>,
}

impl Ages {
    pub(super) fn new(board: Board) -> Ages {
        let live = use_live();
        let known = Memo::new(move |_| {
            let tool = board.tool.get()?;
            board.view.with(|view| {
                let rules = view.as_ref()?.rulesets.get(&tool)?;
                Some((rules.since?, rules.unchanged_since.clone()))
            })
        });
        let today = Memo::new(move |_| Timestamp(live.now().0.div_euclid(60_000) * 60_000));
        Ages { known, today, utc_offset_min: use_chosen().utc_offset_min }
    }

    /// That the live rule with this number counted nothing although it has been in the chain,
    /// `filter/INPUT`, for so long. `None` where it is not known since when.
    pub(super) fn idle(self, chain: &str, number: usize) -> Option<String> {
        let since = self.known.with(|known| {
            let (since, older) = known.as_ref()?;
            let own = older.get(chain).and_then(|chain| chain.get(&number));
            Some(*own.unwrap_or(since))
        })?;
        let (today, offset_min) = (self.today.get(), self.utc_offset_min.get());
        let since = format::moment(since, today, offset_min, language());
        Some(t_with(texts::NO_PACKET_SINCE, &[&since]))
    }
}
