//! What IPVS is set to on a director: timeouts, synchronisation, and the settings that decide what
//! happens to connections.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::fact::Fact;
use crate::phrase::Phrase;

/// As the kernel has them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Settings {
    pub timeouts: Timeouts,
    /// Of the connection table's hash; not a limit.
    pub buckets: u32,
    pub daemons: Vec<SyncDaemon>,
    /// `net.ipv4.vs.*` by their last name.
    pub values: BTreeMap<String, String>,
    /// `None` where the kernel does not tell.
    pub origins: Option<Origins>,
}

/// After how long without a packet a connection is forgotten, s.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Timeouts {
    pub tcp_s: u32,
    /// After a FIN.
    pub tcp_fin_s: u32,
    pub udp_s: u32,
}

/// A sync daemon: one sends what connections there are, one receives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SyncDaemon {
    pub role: SyncRole,
    pub interface: String,
    pub sync_id: u32,
    pub group: Option<String>,
    pub port: Option<u16>,
    pub ttl: Option<u8>,
    pub max_bytes: Option<u16>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum SyncRole {
    /// Sends.
    Master,
    /// Receives.
    Backup,
}

/// Where the entries of the connection table were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Origins {
    pub local: u64,
    pub synced: u64,
    /// Only the beginning of the table was counted.
    pub cut: bool,
}

/// One of the settings that matter, with what its value means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Setting {
    /// E.g. `expire_nodest_conn` for `net.ipv4.vs.expire_nodest_conn`.
    pub name: String,
    pub value: String,
    pub meaning: Phrase,
}

/// `GET /api/v1/lvs/{node}/settings`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DirectorSettings {
    pub read: Fact<Settings>,
    /// Those that decide what becomes of connections.
    pub meanings: Vec<Setting>,
    /// What was seen of the synchronisation with other directors.
    pub synchronisation: Vec<Phrase>,
}

impl DirectorSettings {
    pub fn of(read: Fact<Settings>) -> DirectorSettings {
        let (meanings, synchronisation) = (read.value.that_matter(), read.value.synchronisation());
        DirectorSettings { read, meanings, synchronisation }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the settings of IPVS: expected {expected}; found {found:?}")]
pub struct SettingsError {
    pub expected: &'static str,
    pub found: String,
}

impl Settings {
    /// What [`super::scripts::settings`] prints.
    pub fn parse(text: &str) -> Result<Settings, SettingsError> {
        let mut settings = Settings::default();
        for line in text.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            let taken = settings.take(&words);
            taken.ok_or_else(|| SettingsError {
                expected: "a line of lvs-settings",
                found: line.chars().take(120).collect(),
            })?;
        }
        Ok(settings)
    }

    fn take(&mut self, words: &[&str]) -> Option<()> {
        match words {
            ["timeouts", tcp, tcp_fin, udp] => {
                self.timeouts = Timeouts {
                    tcp_s: tcp.parse().ok()?,
                    tcp_fin_s: tcp_fin.parse().ok()?,
                    udp_s: udp.parse().ok()?,
                };
            }
            ["buckets", buckets] => self.buckets = buckets.parse().ok()?,
            ["daemon", role, interface, sync_id, group, port, ttl, max_bytes] => {
                self.daemons.push(SyncDaemon {
                    role: match *role {
                        "master" => SyncRole::Master,
                        "backup" => SyncRole::Backup,
                        _ => return None,
                    },
                    interface: (*interface).to_owned(),
                    sync_id: sync_id.parse().ok()?,
                    group: told(group),
                    port: told(port),
                    ttl: told(ttl),
                    max_bytes: told(max_bytes),
                });
            }
            ["setting", name, value @ ..] => {
                self.values.insert((*name).to_owned(), value.join(" "));
            }
            ["origins", local, synced, cut] => {
                self.origins = Some(Origins {
                    local: local.parse().ok()?,
                    synced: synced.parse().ok()?,
                    cut: *cut == "cut",
                });
            }
            _ => return None,
        }
        Some(())
    }

    /// Those that decide what becomes of connections, in the order in which one would ask.
    pub fn that_matter(&self) -> Vec<Setting> {
        let known = MEANINGS.iter().filter_map(|meaning| {
            let value = self.values.get(meaning.name)?;
            let is_off = value.split(' ').all(|number| number == "0");
            let [en, zh] = if is_off { meaning.off } else { meaning.on };
            Some(Setting {
                name: meaning.name.to_owned(),
                value: value.clone(),
                meaning: Phrase::new(en, zh),
            })
        });
        known.collect()
    }

    /// What was seen of the synchronisation with other directors, and nothing that was not.
    pub fn synchronisation(&self) -> Vec<Phrase> {
        let mut said: Vec<Phrase> = self.daemons.iter().map(runs).collect();
        if said.is_empty() {
            said.push(Phrase::new(
                "No sync daemon runs: another director knows nothing of these connections.",
                "没有同步守护进程：其他调度器不知道这些连接。",
            ));
        }
        let receives = self.daemons.iter().any(|daemon| daemon.role == SyncRole::Backup);
        match self.origins {
            Some(Origins { local, synced, cut }) if synced > 0 => {
                let all = local + synced;
                let (en, zh) = if cut { ("the first ", "前 ") } else { ("", "") };
                said.push(Phrase::new(
                    format!("{synced} of {en}{all} entries came from another director."),
                    format!("{zh}{all} 个条目中有 {synced} 个来自其他调度器。"),
                ));
            }
            Some(Origins { local, cut: false, .. }) if receives => said.push(Phrase::new(
                format!(
                    "None of the {local} entries came from another director: either nothing was \
                     sent, or it does not arrive. Short flows are never sent (sync_threshold)."
                ),
                format!(
                    "{local} 个条目中没有一个来自其他调度器：要么没有发送，要么没有到达。\
                     短连接从不发送（sync_threshold）。"
                ),
            )),
            _ => {}
        }
        said
    }
}

fn told<T: FromStr>(word: &str) -> Option<T> {
    if word == "-" { None } else { word.parse().ok() }
}

fn runs(daemon: &SyncDaemon) -> Phrase {
    let SyncDaemon { interface, sync_id, .. } = daemon;
    let group = daemon.group.clone().unwrap_or_else(|| "?".to_owned());
    match daemon.role {
        SyncRole::Master => Phrase::new(
            format!("Sends its connections to {group} by {interface}, sync id {sync_id}."),
            format!("通过 {interface} 向 {group} 发送自己的连接，同步 ID {sync_id}。"),
        ),
        SyncRole::Backup => Phrase::new(
            format!("Listens for connections at {group} on {interface}, sync id {sync_id}."),
            format!("在 {interface} 上监听 {group} 的连接，同步 ID {sync_id}。"),
        ),
    }
}

struct Meaning {
    name: &'static str,
    /// English and Chinese.
    off: [&'static str; 2],
    on: [&'static str; 2],
}

/// From the kernel's `Documentation/networking/ipvs-sysctl.rst`.
const MEANINGS: [Meaning; 8] = [
    Meaning {
        name: "expire_nodest_conn",
        off: [
            "Packets of a connection whose real server was removed are dropped without a word until it times out.",
            "真实服务器被移除后，其连接的数据包会被静默丢弃，直到超时。",
        ],
        on: [
            "A connection whose real server was removed ends with its next packet, and its client is told.",
            "真实服务器被移除后，其连接在下一个数据包到来时结束，并通知客户端。",
        ],
    },
    Meaning {
        name: "expire_quiescent_template",
        off: [
            "With weight 0, clients that persistence remembers still go to that server.",
            "权重为 0 时，被会话保持记住的客户端仍会去往该服务器。",
        ],
        on: [
            "With weight 0, persistence is forgotten: clients go elsewhere at their next connection.",
            "权重为 0 时，会话保持随即失效：客户端的下一个连接会去往别处。",
        ],
    },
    Meaning {
        name: "conn_reuse_mode",
        off: [
            "A client that uses a port again stays with the server of the old connection, even at weight 0.",
            "客户端重用端口时沿用旧连接的服务器，即使其权重为 0。",
        ],
        on: [
            "A client that uses a port again is scheduled anew. Before Linux 5.9 that can cost a second with conntrack.",
            "客户端重用端口时重新调度。Linux 5.9 之前配合 conntrack 可能耗时一秒。",
        ],
    },
    Meaning {
        name: "conntrack",
        off: [
            "IPVS does not keep conntrack entries: NAT rules of iptables do not see its connections.",
            "IPVS 不维护 conntrack 条目：iptables 的 NAT 规则看不到它的连接。",
        ],
        on: [
            "IPVS keeps conntrack entries, which MASQUERADE of its traffic needs. It costs speed.",
            "IPVS 维护 conntrack 条目，对其流量做 MASQUERADE 时需要。会降低速度。",
        ],
    },
    Meaning {
        name: "backup_only",
        off: [
            "It schedules packets also while it only receives: directors that are real servers, too, may loop.",
            "仅接收同步时也会调度数据包：兼任真实服务器的调度器可能形成环路。",
        ],
        on: [
            "While its sync daemon only receives, it schedules nothing: needed where directors are real servers, too.",
            "同步守护进程仅接收时不做调度：调度器兼任真实服务器时需要。",
        ],
    },
    Meaning {
        name: "sync_threshold",
        off: [
            "Each packet of a connection is a reason to send it.",
            "连接的每个数据包都会触发同步。",
        ],
        on: [
            "A connection is sent from its first number of packets on, then once in the second number. Shorter ones never are.",
            "连接达到第一个数字的包数后开始同步，此后每第二个数字的包数同步一次。更短的连接从不同步。",
        ],
    },
    Meaning {
        name: "sloppy_tcp",
        off: [
            "A TCP connection begins with its SYN: after a hand-over, one that was not sent is refused.",
            "TCP 连接必须以 SYN 开始：切换后，未同步的连接会被拒绝。",
        ],
        on: [
            "Any TCP packet may begin a connection: after a hand-over, one goes on if the scheduler chooses the same server.",
            "任何 TCP 数据包都可开始连接：切换后，若调度算法选中同一服务器，连接可继续。",
        ],
    },
    Meaning {
        name: "snat_reroute",
        off: [
            "Answers that NAT rewrote leave by the route of their real server's address.",
            "NAT 改写后的应答按真实服务器地址的路由发出。",
        ],
        on: [
            "Answers that NAT rewrote are routed anew, as if the director itself had sent them.",
            "NAT 改写后的应答会重新路由，如同调度器自己发出。",
        ],
    },
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn real() -> Settings {
        Settings::parse(include_str!("fixtures/settings")).unwrap()
    }

    #[test]
    fn a_real_directors_settings() {
        let settings = real();
        let Timeouts { tcp_s, tcp_fin_s, udp_s } = settings.timeouts;
        assert_eq!((tcp_s, tcp_fin_s, udp_s, settings.buckets), (900, 120, 300, 4096));
        let daemon = &settings.daemons[0];
        assert_eq!((daemon.role, daemon.sync_id, daemon.port), (SyncRole::Master, 77, Some(8848)));
        assert_eq!(settings.that_matter().len(), MEANINGS.len());
        assert_eq!(settings.origins, Some(Origins { local: 7, synced: 0, cut: false }));
    }

    #[test]
    fn of_synchronisation_only_what_was_seen_is_said() {
        let words = |settings: &Settings| -> Vec<String> {
            settings.synchronisation().into_iter().map(|phrase| phrase.en).collect()
        };
        let sends = "Sends its connections to 224.0.0.81 by eth0, sync id 77.";
        assert_eq!(words(&real()), [sends], "whether anybody receives is not seen here");
        let mut receives = real();
        receives.daemons[0].role = SyncRole::Backup;
        assert!(words(&receives)[1].starts_with("None of the 7 entries"));
        receives.origins = Some(Origins { local: 4, synced: 3, cut: true });
        assert_eq!(words(&receives)[1], "3 of the first 7 entries came from another director.");
        receives.daemons.clear();
        assert!(words(&receives)[0].starts_with("No sync daemon"));
    }

    #[test]
    fn the_meaning_is_that_of_the_value() {
        let mut settings = real();
        let first = |settings: &Settings| settings.that_matter().remove(0).meaning.en;
        assert!(first(&settings).contains("dropped"));
        settings.values.insert("expire_nodest_conn".into(), "1".into());
        assert!(first(&settings).contains("is told"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(timeouts |daemon |master |setting |origins |[0-9a-z ]{0,9}|\n){0,40}") {
            let _ = Settings::parse(&text).map(|s| (s.that_matter(), s.synchronisation()));
        }
    }
}
