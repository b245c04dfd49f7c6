//! The arithmetic of who becomes MASTER, and which numbers in the generated track files move it.
//! Seen with keepalived 2.2.7: number × weight is added to the priority and the sum kept within
//! 1–254; −254 and below, or with weight 0 any number but 0, means FAULT; `nopreempt` is dropped
//! where the instance starts as MASTER; an address owner (255) may only track with weight 0.

use super::{InstanceConf, InstanceState, TrackFile};
use crate::values::InvalidValue;

const FAULT_AT: i32 = -254;

/// What one director brings into the election.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    base: i32,
    /// As keepalived says it is now.
    pub effective: i32,
    /// Whether it takes the addresses from a master that it outranks.
    pub preempts: bool,
    pub lever: Option<Lever<'a>>,
}

/// The track file that the console may write, and the number that it holds now.
#[derive(Debug, Clone, Copy)]
pub struct Lever<'a> {
    pub file: &'a TrackFile,
    pub number: i32,
}

/// What a number in the track file makes of a director.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Priority(i32),
    Fault,
}

/// The file for this instance that Signalbox writes; other track files belong to somebody else.
pub fn own_track_file(conf: &InstanceConf) -> Option<&TrackFile> {
    let name = own_name(conf);
    conf.track_files.iter().find(|file| file.name == name)
}

/// The track file as `vrrp-track-file install` makes it.
pub fn track_file_to_install(conf: &InstanceConf) -> Result<TrackFile, InvalidValue> {
    let path = format!("/etc/keepalived/signalbox/{}.priority", conf.name).parse()?;
    Ok(TrackFile { name: own_name(conf), path, weight: 1 })
}

fn own_name(conf: &InstanceConf) -> String {
    format!("signalbox_{}", conf.name)
}

pub fn preempts(conf: &InstanceConf) -> bool {
    !conf.nopreempt || conf.starts_as_master
}

impl<'a> Candidate<'a> {
    /// `said` and `number` may be missing when a node was not seen; such a plan is blocked, and
    /// the figures are what the configuration alone says. `to_install`: the track file that it
    /// will have when the job comes to it.
    pub fn new(
        conf: &'a InstanceConf,
        said: Option<&InstanceState>,
        number: Option<i32>,
        to_install: Option<&'a TrackFile>,
    ) -> Candidate<'a> {
        let base = i32::from(said.map_or(conf.priority, |state| state.base_priority));
        let lever = own_track_file(conf)
            .or(to_install)
            .map(|file| Lever { file, number: number.unwrap_or(0) });
        let by_formula = lever.map_or(base, |lever| within(base, lever.shift(lever.number)));
        let effective = said.map_or(by_formula, |state| i32::from(state.effective_priority));
        Candidate { base, effective, preempts: preempts(conf), lever }
    }

    pub fn with_number(&self, number: i32) -> Outcome {
        let Some(lever) = self.lever else { return Outcome::Priority(self.effective) };
        if lever.is_fault(number) {
            return Outcome::Fault;
        }
        Outcome::Priority(within(self.base + self.other_trackers(), lever.shift(number)))
    }

    /// The number that puts this director just below `priority`, if one does.
    pub fn number_below(&self, priority: i32) -> Option<i32> {
        let lever = self.lever?;
        let weight = i32::from(lever.file.weight);
        let wanted = priority - 1 - self.base - self.other_trackers();
        let number = match weight {
            0 => return None,
            1.. => wanted.div_euclid(weight),
            _ => -wanted.div_euclid(-weight),
        };
        match self.with_number(number) {
            Outcome::Priority(reached) if reached < priority => Some(number),
            _ => None,
        }
    }

    /// The number that puts this director into FAULT.
    pub fn fault_number(&self) -> Option<i32> {
        let weight = i32::from(self.lever?.file.weight);
        let steps = |weight: i32| (-FAULT_AT + weight - 1) / weight;
        Some(match weight {
            0 => 1,
            1.. => -steps(weight),
            _ => steps(-weight),
        })
    }

    /// What trackers that are not ours add now. Where the sum was cut to 1–254 this cannot be
    /// told, nor in FAULT, where keepalived leaves the priority as it last was; then nothing is
    /// assumed that the formula explains without them.
    fn other_trackers(&self) -> i32 {
        if self.lever.is_some_and(|lever| lever.is_fault(lever.number)) {
            return 0;
        }
        let ours = self.lever.map_or(0, |lever| lever.shift(lever.number));
        if within(self.base, ours) == self.effective {
            0
        } else {
            self.effective - self.base - ours
        }
    }
}

impl Lever<'_> {
    /// What a number adds to the priority.
    fn shift(&self, number: i32) -> i32 {
        number.saturating_mul(i32::from(self.file.weight))
    }

    pub fn is_fault(&self, number: i32) -> bool {
        if self.file.weight == 0 { number != 0 } else { self.shift(number) <= FAULT_AT }
    }

    /// Whether the number now in the file keeps its director back.
    pub fn holds_back(&self) -> bool {
        self.is_fault(self.number) || self.shift(self.number) < 0
    }
}

fn within(base: i32, shift: i32) -> i32 {
    if base >= 255 { 255 } else { base.saturating_add(shift).clamp(1, 254) }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{conf, track_file};
    use super::*;

    fn conf_with_weight(priority: u8, weight: i16) -> InstanceConf {
        let mut conf = conf("VI_WEB", priority);
        conf.track_files = vec![track_file("VI_WEB", weight)];
        conf
    }

    #[test]
    fn eleven_below_takes_100_under_90() {
        let conf = conf_with_weight(100, 1);
        let candidate = Candidate::new(&conf, None, Some(0), None);
        assert_eq!(candidate.number_below(90), Some(-11));
        assert_eq!(candidate.with_number(-11), Outcome::Priority(89));
    }

    #[test]
    fn a_weight_other_than_one_is_rounded_to_the_safe_side() {
        let conf = conf_with_weight(100, 4);
        assert_eq!(Candidate::new(&conf, None, Some(0), None).number_below(90), Some(-3));
        let conf = conf_with_weight(100, -4);
        assert_eq!(Candidate::new(&conf, None, Some(0), None).number_below(90), Some(3));
    }

    #[test]
    fn nothing_is_below_the_lowest_priority() {
        let conf = conf_with_weight(3, 1);
        assert_eq!(Candidate::new(&conf, None, Some(0), None).number_below(1), None);
    }

    #[test]
    fn fault_is_reached_exactly() {
        for (weight, number) in [(1, -254), (2, -127), (100, -3), (-254, 1), (0, 1)] {
            let conf = conf_with_weight(100, weight);
            let candidate = Candidate::new(&conf, None, Some(0), None);
            assert_eq!(candidate.fault_number(), Some(number), "weight {weight}");
            assert_eq!(candidate.with_number(number), Outcome::Fault);
            assert_eq!(candidate.with_number(0), Outcome::Priority(100));
        }
    }
}
