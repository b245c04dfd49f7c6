//! That an undo restores what was there, on a model of ipvsadm.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::SERVICE;
use crate::lvs::edit::{commands, state, state::ServiceState};
use crate::lvs::{Forwarding, Scheduler, ServiceId, Target};

/// The commands on a model of ipvsadm: what the table is afterwards.
#[derive(Debug, Clone, Default, PartialEq)]
struct Kernel(Option<(String, BTreeMap<String, String>)>);

impl Kernel {
    fn of(state: Option<&ServiceState>, target: &Target) -> Kernel {
        let mut kernel = Kernel::default();
        let commands = state.map(|state| commands::forth(target, None, Some(state)));
        for command in commands.into_iter().flatten() {
            kernel.run(&command.args, false).unwrap();
        }
        kernel
    }

    /// `Err`: ipvsadm refuses.
    fn run(&mut self, args: &[String], twice: bool) -> Result<(), ()> {
        let words: Vec<&str> = args.iter().map(String::as_str).collect();
        let at = |word: &str| words.iter().position(|other| *other == word);
        let after = |word: &str| at(word).map(|at| words[at + 1..].join(" "));
        let server = at("-r").map(|at| words[at + 1].to_owned());
        match words[0] {
            "-A" if self.0.is_some() && !twice => return Err(()),
            "-E" if self.0.is_none() => return Err(()),
            "-A" | "-E" | "service" => {
                let servers = self.0.take().map(|(_, servers)| servers).unwrap_or_default();
                self.0 = Some((after("-s").unwrap(), servers));
            }
            "-D" => drop(self.0.take().ok_or(())?),
            "no-service" => self.0 = None,
            "-a" | "-e" | "server" => {
                let (_, servers) = self.0.as_mut().ok_or(())?;
                let (server, all) = (server.unwrap(), after("-r").unwrap());
                let is_there = servers.contains_key(&server);
                if (words[0] == "-a" && is_there) || (words[0] == "-e" && !is_there) {
                    return Err(());
                }
                servers.insert(server, all);
            }
            "-d" => {
                let (_, servers) = self.0.as_mut().ok_or(())?;
                servers.remove(&server.unwrap()).ok_or(())?;
            }
            "no-server" => {
                if let Some((_, servers)) = &mut self.0 {
                    servers.remove(words[1]);
                }
            }
            other => panic!("{other}"),
        }
        Ok(())
    }
}

fn any_state() -> impl Strategy<Value = Option<ServiceState>> {
    let server = (0_usize..4, 0_usize..3, 0_u32..4, 0_u32..3);
    let servers = prop::collection::vec(server, 0..4);
    prop::option::of((0_usize..14, any::<bool>(), servers)).prop_map(|state| {
        let (scheduler, one_packet, servers) = state?;
        let server = |(last, way, weight, upper)| {
            let socket =
                std::net::SocketAddr::from(([192, 168, 1, 100 + u8::try_from(last).unwrap()], 80));
            let forwarding = [Forwarding::Nat, Forwarding::Dr, Forwarding::Tun][way];
            let limits = (upper, 0);
            let state = state::ServerState {
                forwarding,
                weight,
                upper_threshold: limits.0,
                lower_threshold: limits.1,
            };
            (socket, state)
        };
        Some(ServiceState {
            options: state::Options {
                scheduler: Scheduler::ALL[scheduler],
                flags: Default::default(),
                persistence: None,
                one_packet,
            },
            servers: servers.into_iter().map(server).collect(),
        })
    })
}

proptest! {
    #[test]
    fn an_undo_restores_what_was_there_however_far_the_step_came(
        before in any_state(),
        after in any_state(),
        came in 0_usize..10,
        undone_twice: bool,
    ) {
        prop_assume!(before != after);
        let target = ServiceId(SERVICE.into()).target().unwrap();
        let (before, after) = (before.as_ref(), after.as_ref());
        let (was, shall) = (Kernel::of(before, &target), Kernel::of(after, &target));
        let forth = commands::forth(&target, before, after);
        let mut whole = was.clone();
        for command in &forth {
            prop_assert!(whole.run(&command.args, false).is_ok(), "{command:?} on {whole:?}");
        }
        prop_assert_eq!(&whole, &shall);
        let mut kernel = was.clone();
        for command in forth.iter().take(came) {
            kernel.run(&command.args, false).ok();
        }
        for _ in 0..=usize::from(undone_twice) {
            for command in commands::back(&target, before, after) {
                prop_assert!(kernel.run(&command.args, true).is_ok(), "{command:?} on {kernel:?}");
            }
        }
        prop_assert_eq!(kernel, was);
    }
}
