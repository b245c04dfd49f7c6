//! `vrrp.bring_back`: a director that was taken out of service takes part again.

use super::merged::merged;
use super::{Measured, all_locks, of_instance};
use crate::ids::NodeId;
use crate::operation::Operation;
use crate::phrase::Phrase;
use crate::plan::{Draft, Interlock, Prediction};
use crate::time::Timestamp;
use crate::vrrp::demote::{HeldBy, RestoreInput, is_vacant, restored, takes_over};
use crate::vrrp::election::Outcome;
use crate::vrrp::facts::{ClientFacts, DirectorFacts};
use crate::vrrp::interlock::{Finding, interlock, of_holder, of_services};
use crate::vrrp::plan::{Pair, PlanError, millis};
use crate::vrrp::{prediction, timers};

#[derive(Debug, Clone)]
pub struct BringBackInput {
    /// The director that is out of service.
    pub node: NodeId,
    pub name: String,
    /// Of each instance that it has, with the director that holds it.
    pub parts: Vec<(RestoreInput, NodeId)>,
    pub client: Option<ClientFacts>,
}

/// One instance that it is out of.
struct Returning<'a> {
    input: &'a RestoreInput,
    target: &'a DirectorFacts,
    holder: &'a DirectorFacts,
    /// Whether it takes the addresses from the holder.
    takes_over: bool,
    /// Nobody holds the addresses, nor can the other director.
    vacant: bool,
    draft: Draft,
}

pub fn bring_back(input: &BringBackInput, now: Timestamp) -> Result<Draft, PlanError> {
    let name = &input.name;
    let returning: Vec<Returning<'_>> = input
        .parts
        .iter()
        .filter_map(|(part, holder)| Returning::of(input.node, part, *holder, now).transpose())
        .collect::<Result<_, PlanError>>()?;
    let first = returning.first().ok_or_else(|| PlanError::NotOut { director: name.clone() })?;
    let locks =
        all_locks(returning.iter().map(|r| (&r.input.instance, [r.target.node, r.holder.node])));
    // There is nothing to lose where nobody answers.
    let vacant = returning.iter().any(|part| part.vacant);
    let client = input.client.as_ref().filter(|_| !vacant);
    let measured = Measured::of(client, first.holder);
    let both: Vec<&DirectorFacts> =
        returning.iter().flat_map(|part| [part.target, part.holder]).collect();
    let of_parts = returning.iter().flat_map(|part| {
        part.draft.steps.iter().map(|step| of_instance(step.clone(), &part.input.instance))
    });
    let steps = of_parts.collect();
    let mut verification: Vec<_> =
        returning.iter().flat_map(|part| part.draft.verification.clone()).collect();
    verification.extend(measured.as_ref().map(Measured::answered));
    Ok(Draft {
        operation: Operation::VrrpBringBack { node: input.node },
        title: Phrase::new(
            format!("Bring {name} back into service"),
            format!("恢复 {name} 的服务"),
        ),
        run_label: Phrase::new(format!("Bring {name} back"), format!("恢复 {name} 的服务")),
        interlocks: conditions(&returning, now),
        steps: match &measured {
            Some(measured) => measured.around(&both, steps),
            None => steps,
        },
        verification,
        rolled_back: returning.iter().flat_map(|part| part.draft.rolled_back.clone()).collect(),
        prediction: Some(foretold(&returning)),
        way_back: Phrase::new(
            format!("Take {name} out of service again"),
            format!("再次使 {name} 停止服务"),
        ),
        locks,
    })
}

impl<'a> Returning<'a> {
    /// `None` where it is not out.
    fn of(
        node: NodeId,
        input: &'a RestoreInput,
        holder: NodeId,
        now: Timestamp,
    ) -> Result<Option<Self>, PlanError> {
        let instance = || input.instance.0.clone();
        let director = |node| input.directors.iter().find(|director| director.node == node);
        let target = director(node)
            .ok_or_else(|| PlanError::NotADirector { instance: instance(), to: node })?;
        if !target.is_out {
            return Ok(None);
        }
        let holder =
            director(holder).ok_or_else(|| PlanError::OneDirector { instance: instance() })?;
        let number = target.number.as_ref().map_or(0, |fact| fact.value);
        let held_by = HeldBy::Out(number);
        let takes_over = takes_over(target, holder, &held_by);
        let vacant = is_vacant(input, &held_by, now);
        let draft = restored(input, target, &held_by, now)?;
        Ok(Some(Returning { input, target, holder, takes_over, vacant, draft }))
    }

    fn conditions(&self, now: Timestamp) -> Vec<Interlock> {
        let pair = Pair { from: self.holder, to: self.target, others: Vec::new() };
        let mut all = self.draft.interlocks.clone();
        let known: Vec<String> = all.iter().map(|row| row.id.clone()).collect();
        let more = of_holder(&pair, now).into_iter().chain(of_services(&pair, now));
        // What a restore asks under other names.
        let more = more.filter(|row| !known.contains(&row.id) && row.id != "one_holder");
        // A director whose keepalived does not run has nothing to be compared with.
        let of_both = ["keepalived_runs", "ipvs_equal"];
        all.extend(more.filter(|row| !self.vacant || !of_both.contains(&row.id.as_str())));
        all.push(interlock(
            "holder_after",
            Phrase::new("Who holds what afterwards is known", "之后的持有者已知"),
            Ok(Finding::pass(self.outcome(), self.target.conf.observed_at)),
        ));
        all
    }

    /// Who holds it afterwards, and why.
    fn outcome(&self) -> Phrase {
        let (name, holder) = (&self.target.name, &self.holder.name);
        let (instance, own) = (&self.input.instance.0, self.priority());
        let theirs = self.holder.candidate().effective;
        if self.vacant {
            let within_ms = self.within_ms();
            return Phrase::new(
                format!("{name} takes {instance} within {within_ms} ms: nobody holds it"),
                format!("{name} 在 {within_ms} 毫秒内接管 {instance}：目前无人持有"),
            );
        }
        if self.takes_over {
            let within_ms = self.within_ms();
            return Phrase::new(
                format!(
                    "{instance} moves to {name} within {within_ms} ms: it preempts, {own} over {theirs}"
                ),
                format!(
                    "{instance} 在 {within_ms} 毫秒内移到 {name}：抢占，优先级 {own} 高于 {theirs}"
                ),
            );
        }
        if own > theirs {
            return Phrase::new(
                format!(
                    "{instance} stays on {holder}: {name} has {own} over {theirs}, but nopreempt"
                ),
                format!(
                    "{instance} 留在 {holder}：{name} 的优先级 {own} 高于 {theirs}，但配置了 nopreempt"
                ),
            );
        }
        Phrase::new(
            format!("{instance} stays on {holder}: {theirs} over {own}"),
            format!("{instance} 留在 {holder}：优先级 {theirs} 不低于 {own}"),
        )
    }

    /// Until it takes the addresses.
    fn within_ms(&self) -> u64 {
        let conf = &self.target.conf.value;
        millis(timers::preemption(conf, conf.priority))
    }

    /// Without what its track file takes away.
    fn priority(&self) -> i32 {
        match self.target.candidate().with_number(0) {
            Outcome::Priority(priority) => priority,
            Outcome::Fault => 0,
        }
    }
}

fn conditions(returning: &[Returning<'_>], now: Timestamp) -> Vec<Interlock> {
    merged(returning.iter().map(|part| (&part.input.instance, part.conditions(now))).collect())
}

fn foretold(returning: &[Returning<'_>]) -> Prediction {
    let moves = returning.iter().filter(|part| part.takes_over);
    let conf = |part: &Returning<'_>| part.target.conf.value.advert_ms;
    let high_ms = moves.map(|part| prediction::outranked_ms(conf(part))).max().unwrap_or(0);
    let (en, zh): (Vec<String>, Vec<String>) =
        returning.iter().map(|part| part.outcome()).map(|phrase| (phrase.en, phrase.zh)).unzip();
    if let Some(high_ms) = returning.iter().filter(|p| p.vacant).map(Returning::within_ms).max() {
        return Prediction {
            label: Phrase::new("Clients get answers again within", "客户端恢复得到应答的时间约为"),
            low_ms: 0,
            high_ms,
            basis: Phrase::new(en.join(". "), zh.join("。")),
            parts: Vec::new(),
        };
    }
    Prediction {
        label: Phrase::new("Clients will get no answer for about", "客户端得不到应答的时间约为"),
        low_ms: 0,
        high_ms,
        basis: Phrase::new(
            format!("{}. The old holder answers until the new one has taken over", en.join(". ")),
            format!("{}。旧持有者在新持有者接管之前一直应答", zh.join("。")),
        ),
        parts: Vec::new(),
    }
}
