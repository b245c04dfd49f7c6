//! Faults, and their undoing. Each may be asked for again: what is so already stays so.

use crate::error::LabError;
use crate::lab::{Lab, NodeState, find};
use crate::state::{Cut, LabNode};
use crate::wire;

/// How [`Lab::slow`] slows a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slowness {
    /// Every frame to the node arrives late.
    Frames,
    /// This machine's kernel has no `sch_netem`: the node gets 1 ms of processor time in each
    /// period instead.
    Processor,
}

impl Lab {
    /// Drops every frame between two nodes on the segments that they share. One way, `b` no longer
    /// hears `a`, and `a` still hears `b`. The console keeps its own line to both.
    pub fn cut(&self, a: &str, b: &str, one_way: bool) -> Result<(), LabError> {
        self.update(|state| {
            let (first, second) = (find(state, a)?, find(state, b)?);
            if wire::shared_ports(&state.nodes, a, b).is_empty() {
                let hint =
                    format!("{} is on {}, {} on {}", a, segments(first), b, segments(second));
                return Err(LabError::NoSharedSegment { a: a.to_owned(), b: b.to_owned(), hint });
            }
            let ways = [(a, b), (b, a)];
            for (from, to) in ways.iter().take(if one_way { 1 } else { 2 }) {
                let cut = Cut { from: (*from).to_owned(), to: (*to).to_owned() };
                if !state.cuts.contains(&cut) {
                    state.cuts.push(cut);
                }
            }
            Ok(self.site.set_cuts(&state.nodes, &state.cuts)?)
        })
    }

    /// Mends every cut, thaws who is frozen and switches on who is off.
    pub fn mend(&self) -> Result<(), LabError> {
        self.heal()?;
        for node in self.status() {
            match node.state {
                NodeState::Off => self.boot(&node.name)?,
                NodeState::Frozen => self.thaw(&node.name)?,
                NodeState::Running | NodeState::Silent => {}
            }
        }
        Ok(())
    }

    /// Mends every cut.
    pub fn heal(&self) -> Result<(), LabError> {
        self.update(|state| {
            state.cuts.clear();
            Ok(self.site.set_cuts(&state.nodes, &[])?)
        })
    }

    /// The cuts that are in force.
    pub fn cuts(&self) -> Result<Vec<Cut>, LabError> {
        Ok(self.fresh()?.cuts)
    }

    /// Stops a node in the middle of whatever it does; its addresses stay on its interfaces.
    pub fn freeze(&self, node: &str) -> Result<(), LabError> {
        self.with_running(node, |node| Ok(self.machine(node).freeze()?))
    }

    /// Lets a frozen node go on.
    pub fn thaw(&self, node: &str) -> Result<(), LabError> {
        self.with_running(node, |node| Ok(self.machine(node).thaw()?))
    }

    /// A power cut. What the node wrote to its disk is there when it boots.
    pub fn kill(&self, node: &str) -> Result<(), LabError> {
        self.update(|state| {
            let node = find(state, node)?;
            self.machine(node).cut_power()?;
            // Its interfaces go with it, as the link of a machine without power does.
            Ok(self.site.unplug(node)?)
        })
    }

    /// Switches a node on and waits until its sshd answers.
    pub fn boot(&self, node: &str) -> Result<(), LabError> {
        let booted = self.update(|state| {
            let mut booted = find(state, node)?.clone();
            if !self.machine(&booted).running() {
                self.site.plug(&booted)?;
                booted.process = Some(self.machine(&booted).launch()?);
            }
            if let Some(entry) = state.nodes.iter_mut().find(|entry| entry.name == booted.name) {
                *entry = booted.clone();
            }
            Ok(booted)
        })?;
        self.wait_for_node(&booted)
    }

    /// Leaves the node's disk no free block.
    pub fn fill_disk(&self, node: &str) -> Result<(), LabError> {
        Ok(self.machine(self.node(node)?).fill_disk()?)
    }

    /// Gives the node's disk its room again.
    pub fn free_disk(&self, node: &str) -> Result<(), LabError> {
        Ok(self.machine(self.node(node)?).free_disk()?)
    }

    /// Makes the node answer late, by some `delay_ms`; 0 makes it as fast as it was.
    pub fn slow(&self, node: &str, delay_ms: u32) -> Result<Slowness, LabError> {
        self.with_running(node, |node| {
            if delay_ms == 0 {
                self.site.delay(node, 0)?;
                self.machine(node).starve(0)?;
                return Ok(Slowness::Frames);
            }
            if self.site.delay(node, delay_ms)? {
                return Ok(Slowness::Frames);
            }
            self.machine(node).starve(delay_ms)?;
            Ok(Slowness::Processor)
        })
    }

    fn with_running<T>(
        &self,
        name: &str,
        act: impl FnOnce(&LabNode) -> Result<T, LabError>,
    ) -> Result<T, LabError> {
        let state = self.fresh()?;
        let node = find(&state, name)?;
        if !self.machine(node).running() {
            return Err(LabError::NodeOff { node: name.to_owned() });
        }
        act(node)
    }
}

fn segments(node: &LabNode) -> String {
    let names: Vec<&str> = node.links.iter().map(|link| link.segment.as_str()).collect();
    names.join(" and ")
}
