//! Direct questions to a node, for what the probes do not tell.

use std::net::{IpAddr, SocketAddr};

use futures::future::{join3, join5};
use signalbox_domain::fact::Fact;
use signalbox_domain::ids::NodeId;
use signalbox_domain::remote::RemoteCommand;
use signalbox_domain::values::{ConfName, InvalidValue};
use signalbox_domain::vrrp::election::{own_track_file, track_file_to_install};
use signalbox_domain::vrrp::facts::{AdvertCount, KernelSettings, Reach};
use signalbox_domain::vrrp::packet_filter::{
    FilterFinding, advert_protocol, read_iptables, read_nftables,
};
use signalbox_domain::vrrp::{InstanceConf, TrackFile, scripts};

use crate::clock;
use crate::ssh::SshError;
use crate::state::App;

/// A reading of the advert counter each quarter of a second; at most this many.
const MAX_READINGS: u64 = 60;

/// A node that is asked.
pub(super) struct Asked<'a> {
    pub(super) app: &'a App,
    pub(super) node: NodeId,
}

/// What a director says of itself when it is asked.
pub(super) struct Answers {
    pub(super) json_signal: Option<Fact<u8>>,
    pub(super) adverts: Option<Fact<AdvertCount>>,
    pub(super) number: Option<Fact<i32>>,
    pub(super) is_out: bool,
    pub(super) to_install: Option<Result<Fact<TrackFile>, String>>,
    pub(super) filter: Result<Fact<FilterFinding>, String>,
    pub(super) reach: Option<Fact<Vec<Reach>>>,
    pub(super) kernel: Option<Fact<KernelSettings>>,
}

/// Of one that came to be seen while the others were asked.
impl Default for Answers {
    fn default() -> Answers {
        Answers {
            json_signal: None,
            adverts: None,
            number: None,
            is_out: false,
            to_install: None,
            filter: Err("it was not asked yet".into()),
            reach: None,
            kernel: None,
        }
    }
}

impl Asked<'_> {
    /// `servers`: the real servers that one which takes over must reach; it must hear adverts too.
    pub(super) async fn answers(
        &self,
        conf: &InstanceConf,
        servers: Option<&[SocketAddr]>,
    ) -> Answers {
        let signal = async {
            let signal = self.json_signal().await;
            let adverts = match (&signal, servers) {
                (Some(signal), Some(_)) => self.adverts(conf, signal.value).await,
                _ => None,
            };
            (signal, adverts)
        };
        let reach = async {
            match servers {
                Some(servers) => self.reach(servers).await,
                None => None,
            }
        };
        let ((json_signal, adverts), (lever, to_install), filter, reach, kernel) =
            join5(signal, self.lever(conf), self.filter(conf), reach, self.kernel_settings()).await;
        let is_out = lever.as_ref().is_some_and(|lever| lever.value.1);
        let number = lever.map(|lever| Fact::new(lever.value.0, lever.observed_at, lever.source));
        Answers { json_signal, adverts, number, is_out, to_install, filter, reach, kernel }
    }

    /// What the command printed, where it ended well.
    pub(super) async fn stdout(&self, command: RemoteCommand) -> Result<Fact<String>, String> {
        let source = command.readable();
        let output =
            self.app.remote.run(self.node, &command).await.map_err(|e: SshError| e.to_string())?;
        if output.exit_status == 0 {
            Ok(Fact::new(output.stdout, clock::now(), source))
        } else {
            let stderr = output.stderr.trim();
            Err(format!("{source}: exit status {}. {stderr}", output.exit_status))
        }
    }

    pub(super) async fn json_signal(&self) -> Option<Fact<u8>> {
        let printed = self.stdout(scripts::json_signal()).await.ok()?;
        let signal = printed.value.trim().parse().ok()?;
        Some(Fact::new(signal, printed.observed_at, printed.source))
    }

    async fn kernel_settings(&self) -> Option<Fact<KernelSettings>> {
        let printed = self.stdout(scripts::kernel_settings()).await.ok()?;
        let settings = KernelSettings::read(&printed.value);
        Some(Fact::new(settings, printed.observed_at, printed.source))
    }

    async fn adverts(&self, conf: &InstanceConf, signal: u8) -> Option<Fact<AdvertCount>> {
        let name: ConfName = conf.name.parse().ok()?;
        let readings = (3 * conf.advert_ms / 250 + 2).min(MAX_READINGS);
        let readings = u32::try_from(readings).ok()?;
        let printed = self.stdout(scripts::heard(&name, signal, readings)).await.ok()?;
        let (before, after) = printed.value.trim().split_once(' ')?;
        let count = AdvertCount { before: before.parse().ok()?, after: after.parse().ok()? };
        Some(Fact::new(count, printed.observed_at, printed.source))
    }

    /// What the generated track file says or, where there is none, whether one can be installed.
    async fn lever(
        &self,
        conf: &InstanceConf,
    ) -> (Option<Fact<(i32, bool)>>, Option<Result<Fact<TrackFile>, String>>) {
        match own_track_file(conf) {
            Some(_) => (self.number(conf).await, None),
            None => (None, Some(self.to_install(conf).await)),
        }
    }

    async fn to_install(&self, conf: &InstanceConf) -> Result<Fact<TrackFile>, String> {
        let name: ConfName = conf.name.parse().map_err(|e: InvalidValue| e.to_string())?;
        let file = track_file_to_install(conf).map_err(|e| e.to_string())?;
        let tried = self.stdout(scripts::try_track_file(&name)).await?;
        Ok(Fact::new(file, tried.observed_at, tried.source))
    }

    /// The number, and whether it is marked as that of a director out of service.
    async fn number(&self, conf: &InstanceConf) -> Option<Fact<(i32, bool)>> {
        let file = own_track_file(conf)?;
        let printed = self.stdout(scripts::read_priority(&file.path)).await.ok()?;
        let mut words = printed.value.split_whitespace();
        let number = words.next()?.parse().ok()?;
        let is_out = words.next() == Some(scripts::OUT);
        Some(Fact::new((number, is_out), printed.observed_at, printed.source))
    }

    pub(super) async fn reach(&self, servers: &[SocketAddr]) -> Option<Fact<Vec<Reach>>> {
        if servers.is_empty() {
            return Some(Fact::new(Vec::new(), clock::now(), "no real server in use"));
        }
        let asked: Vec<(IpAddr, u16)> = servers.iter().map(|s| (s.ip(), s.port())).collect();
        let printed = self.stdout(scripts::reach(&asked)).await.ok()?;
        let reached = |server: &SocketAddr| {
            let line = format!("{} {} reached", server.ip(), server.port());
            printed.value.lines().any(|printed| printed == line)
        };
        let reach = servers.iter().map(|s| Reach { server: *s, reached: reached(s) }).collect();
        Some(Fact::new(reach, printed.observed_at, printed.source))
    }

    /// What the packet filters do to adverts. A node may have rules of both kinds of iptables and
    /// of nft, and neither iptables shows the other's; a tool that is not there has no rules.
    async fn filter(&self, conf: &InstanceConf) -> Result<Fact<FilterFinding>, String> {
        let v6 = conf.virtual_addresses.first().is_some_and(|v| v.address.is_ipv6());
        let (save, legacy) = match v6 {
            false => ("iptables-save", "iptables-legacy-save"),
            true => ("ip6tables-save", "ip6tables-legacy-save"),
        };
        let (saved, legacy, listed) = join3(
            self.stdout(RemoteCommand::new(save)),
            self.stdout(RemoteCommand::new(legacy)),
            self.stdout(RemoteCommand::new("nft").words(&["list", "ruleset"])),
        )
        .await;
        let protocol = advert_protocol(conf);
        let iptables = |text: Fact<String>| {
            Fact::new(read_iptables(&text.value, protocol), text.observed_at, text.source)
        };
        let nftables = |text: Fact<String>| {
            Fact::new(read_nftables(&text.value), text.observed_at, text.source)
        };
        let read = [saved.map(iptables), legacy.map(iptables), listed.map(nftables)];
        let why = read.iter().filter_map(|read| read.as_ref().err().cloned()).collect::<Vec<_>>();
        read.into_iter()
            .flatten()
            .reduce(|a, b| Fact::new(a.value.worse(b.value), b.observed_at, b.source))
            .ok_or_else(|| why.join("; "))
    }
}
