//! A service that keepalived owns, in keepalived.conf: a few lines, and nothing else changes its
//! meaning.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::wish::{Persistence, ServiceChange, WantedOptions, WantedServer, WishError};
use crate::lvs::change::conf::{ConfEditError, at, file, is_same, means_the_same, port};
use crate::lvs::{Forwarding, Scheduler, SchedulerFlag, Target, describe};
use crate::values::RemotePath;
use crate::vrrp::conf::{
    Configuration, Document, Effective, NewStatement, RealServer, Setting, Statement, VirtualServer,
};
use crate::vrrp::deploy::{ConfReading, FileChange};

const SCHEDULER: &[&str] = &["lvs_sched", "lb_algo"];
const METHOD: &[&str] = &["lvs_method", "lb_kind"];
const FLAGS: [&str; 6] = ["sh-fallback", "sh-port", "mh-fallback", "mh-port", "flag-1", "flag-2"];

/// Why keepalived.conf is not edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OwnedError {
    #[error(transparent)]
    Conf(#[from] ConfEditError),
    #[error(transparent)]
    Wish(#[from] WishError),
    #[error("expected one virtual_server {service}; found {found}")]
    NotOne { service: String, found: usize },
    #[error("{server} is in virtual_server {service} already: edit it")]
    ServerExists { service: String, server: SocketAddr },
    #[error("{0} is there already: edit it, or choose another address, port or protocol")]
    Exists(String),
    #[error(
        "expected only {0} to change; its lines mean more, by a definition, an include or a condition"
    )]
    MeansMore(String),
}

/// One edit of the service's block, or of one of its real servers'.
enum Edit {
    /// The last line of these keywords, or a new one by the first.
    Set {
        server: Option<SocketAddr>,
        keywords: &'static [&'static str],
        value: Option<String>,
    },
    /// Every line of this keyword.
    Drop {
        keyword: &'static str,
    },
    Remove {
        server: Option<SocketAddr>,
    },
    Add {
        server: NewStatement,
    },
}

/// The file with the change; `None` where it is so already.
pub fn rewritten(
    reading: &ConfReading,
    target: &Target,
    change: &ServiceChange,
) -> Result<Option<FileChange>, OwnedError> {
    let (configuration, mut wanted) = reading.with(&BTreeMap::new());
    let block = block(&configuration, &wanted, target, None)?.clone();
    let edits = edits(&block, service(&mut wanted, target)?, target, change)?;
    if matches!(change, ServiceChange::DeleteService {}) {
        wanted.virtual_servers.retain(|service| !is_same(&service.target, target));
    }
    let mut editor = Editor { reading, target, changed: None };
    for edit in edits {
        editor.apply(&edit)?;
    }
    let Some((path, text)) = editor.changed else { return Ok(None) };
    if reading.files.get(&path) == Some(&text) {
        return Ok(None);
    }
    let (_, mut is) = reading.with(&BTreeMap::from([(path.as_str(), text.as_str())]));
    for effective in [&mut is, &mut wanted] {
        in_order(effective, target);
    }
    if !means_the_same(&is, &wanted) {
        return Err(OwnedError::MeansMore(describe(target)));
    }
    let base = reading.digests.get(&path).cloned();
    let path = path.parse::<RemotePath>().map_err(ConfEditError::from)?;
    Ok(Some(FileChange { path, base, text, remove: false }))
}

/// What keepalived does not read in its order.
fn in_order(effective: &mut Effective, target: &Target) {
    let services = effective.virtual_servers.iter_mut();
    for service in services.filter(|service| is_same(&service.target, target)) {
        service.others.sort();
        service.real_servers.iter_mut().for_each(|server| server.others.sort());
    }
}

fn service<'e>(
    effective: &'e mut Effective,
    target: &Target,
) -> Result<&'e mut VirtualServer, OwnedError> {
    let services = effective.virtual_servers.iter_mut();
    let mut found: Vec<_> = services.filter(|service| is_same(&service.target, target)).collect();
    match (found.len(), found.pop()) {
        (1, Some(service)) => Ok(service),
        (found, _) => Err(OwnedError::NotOne { service: describe(target), found }),
    }
}

fn is_it(target: &Target, server: &RealServer, socket: SocketAddr) -> bool {
    SocketAddr::new(server.address, port(target, server)) == socket
}

/// The block of the service, or of one of its real servers.
fn block<'c>(
    configuration: &'c Configuration,
    effective: &Effective,
    target: &Target,
    server: Option<SocketAddr>,
) -> Result<&'c Statement, OwnedError> {
    let mut services = effective.virtual_servers.iter().filter(|s| is_same(&s.target, target));
    let not_one = |found| OwnedError::NotOne { service: describe(target), found };
    let service = services.next().ok_or_else(|| not_one(0))?;
    let (place, keyword) = match server {
        None => (service.place, "virtual_server"),
        Some(socket) => {
            let mut found = service.real_servers.iter().filter(|s| is_it(target, s, socket));
            let of = || (describe(target), socket);
            let server = match (found.next(), found.next()) {
                (Some(server), None) => server,
                (first, _) => {
                    let ((service, server), found) = (of(), 2 * usize::from(first.is_some()));
                    return Err(ConfEditError::NotOne { service, server, found }.into());
                }
            };
            (server.place, "real_server")
        }
    };
    let found = at(&configuration.statements, place, keyword);
    found.ok_or_else(|| OwnedError::MeansMore(describe(target)))
}

struct Editor<'a> {
    reading: &'a ConfReading,
    target: &'a Target,
    /// The one file that changes, with its text.
    changed: Option<(String, String)>,
}

impl Editor<'_> {
    /// Places move with each edit, so the files are read anew for it.
    fn apply(&mut self, edit: &Edit) -> Result<(), OwnedError> {
        let changed = self.changed.iter().map(|(path, text)| (path.as_str(), text.as_str()));
        let (configuration, effective) = self.reading.with(&changed.collect());
        let server = match edit {
            Edit::Set { server, .. } | Edit::Remove { server } => *server,
            Edit::Drop { .. } | Edit::Add { .. } => None,
        };
        let block = block(&configuration, &effective, self.target, server)?;
        let line = match edit {
            Edit::Set { keywords, .. } => block.last(keywords),
            Edit::Drop { keyword } => block.last(&[*keyword]),
            Edit::Remove { .. } | Edit::Add { .. } => None,
        };
        let place = line.map_or(block.place, |line| line.place);
        let more = || OwnedError::MeansMore(describe(self.target));
        let path = file(&configuration, place).ok_or_else(more)?;
        if self.changed.as_ref().is_some_and(|(changed, _)| changed != path) {
            return Err(more());
        }
        let text = self.changed.as_ref().map(|(_, text)| text);
        let text = text.or_else(|| self.reading.files.get(path)).ok_or_else(more)?;
        let mut document = Document::parse(text);
        let (at_line, column) = (place.line, place.column);
        let done = match (edit, line) {
            (Edit::Set { value: Some(value), .. }, Some(_)) => {
                document.set_argument(at_line, column, 1, value)
            }
            (Edit::Set { keywords, value, .. }, None) => {
                let keyword = keywords.first().copied().unwrap_or_default();
                let words = std::iter::once(keyword.to_owned()).chain(value.clone()).collect();
                document.add_to_block(at_line, column, &NewStatement { words, block: None })
            }
            (Edit::Set { value: None, .. }, Some(_)) | (Edit::Drop { .. }, None) => Ok(()),
            (Edit::Drop { .. } | Edit::Remove { .. }, _) => document.remove(at_line, column),
            (Edit::Add { server }, _) => document.add_to_block(at_line, column, server),
        };
        done.map_err(ConfEditError::from)?;
        self.changed = Some((path.to_owned(), document.render().to_owned()));
        Ok(())
    }
}

/// The edits, which are made in what the files mean, too.
fn edits(
    block: &Statement,
    service: &mut VirtualServer,
    target: &Target,
    change: &ServiceChange,
) -> Result<Vec<Edit>, OwnedError> {
    match change {
        ServiceChange::AddService { .. } => Err(OwnedError::Exists(describe(target))),
        ServiceChange::DeleteService {} => Ok(vec![Edit::Remove { server: None }]),
        ServiceChange::EditService { options } => Ok(of_options(block, service, options)),
        ServiceChange::AddServer { server } => {
            if service.real_servers.iter().any(|s| is_it(target, s, server.server)) {
                let (service, server) = (describe(target), server.server);
                return Err(OwnedError::ServerExists { service, server });
            }
            Ok(vec![Edit::Add { server: added(block, service, server) }])
        }
        ServiceChange::DeleteServer { server } => {
            service.real_servers.retain(|s| !is_it(target, s, *server));
            Ok(vec![Edit::Remove { server: Some(*server) }])
        }
        ServiceChange::EditServer {
            server,
            forwarding,
            weight,
            upper_threshold,
            lower_threshold,
        } => {
            let found = service.real_servers.iter_mut().find(|s| is_it(target, s, *server));
            let not_one = || {
                let service = describe(target);
                ConfEditError::NotOne { service, server: *server, found: 0 }
            };
            let found = found.ok_or_else(not_one)?;
            let old = |keyword: &str| limit(&found.others, keyword);
            let wanted = WantedServer {
                server: *server,
                forwarding: forwarding.unwrap_or(found.forwarding),
                weight: weight.unwrap_or(found.weight),
                upper_threshold: upper_threshold.unwrap_or_else(|| old("uthreshold")),
                lower_threshold: lower_threshold.unwrap_or_else(|| old("lthreshold")),
            };
            wanted.check(target)?;
            Ok(of_server(found, &wanted))
        }
        ServiceChange::Forward { forwarding } => forwarded(block, service, target, *forwarding),
    }
}

/// The service's line, and those of real servers that have one of their own.
fn forwarded(
    block: &Statement,
    service: &mut VirtualServer,
    target: &Target,
    wanted: Forwarding,
) -> Result<Vec<Edit>, OwnedError> {
    let value = || Some(method(wanted).to_owned());
    let mut edits = Vec::new();
    for server in &mut service.real_servers {
        let socket = SocketAddr::new(server.address, port(target, server));
        // Its line may say another port, which only NAT goes by.
        if server.port != socket.port() {
            return Err(OwnedError::MeansMore(describe(target)));
        }
        let like = WantedServer {
            server: socket,
            forwarding: wanted,
            weight: server.weight,
            upper_threshold: 0,
            lower_threshold: 0,
        };
        like.check(target)?;
        server.forwarding = wanted;
        let is_own = |line: &&Statement| line.place == server.place && line.last(METHOD).is_some();
        if block.statements().iter().any(|line| is_own(&line)) {
            edits.push(Edit::Set { server: Some(socket), keywords: METHOD, value: value() });
        }
    }
    if service.forwarding != wanted {
        service.forwarding = wanted;
        edits.push(Edit::Set { server: None, keywords: METHOD, value: value() });
    }
    Ok(edits)
}

fn limit(others: &[Setting], keyword: &str) -> u32 {
    let lines = others.iter().filter(|setting| setting.keyword == keyword);
    lines.filter_map(|setting| setting.arguments.first()?.parse().ok()).next_back().unwrap_or(0)
}

/// Puts a line in the place of all of its keyword; returns whether that is a change.
fn put(others: &mut Vec<Setting>, keyword: &str, value: Option<String>) -> bool {
    let arguments: Vec<String> = value.into_iter().collect();
    let setting = Setting { keyword: keyword.to_owned(), arguments, block: Vec::new() };
    let lines: Vec<&Setting> = others.iter().filter(|other| other.keyword == keyword).collect();
    if lines.as_slice() == [&setting] {
        return false;
    }
    others.retain(|other| other.keyword != keyword);
    others.push(setting);
    true
}

fn of_options(block: &Statement, service: &mut VirtualServer, wanted: &WantedOptions) -> Vec<Edit> {
    let set = |keywords, value| Edit::Set { server: None, keywords, value };
    let mut edits = Vec::new();
    if service.scheduler != wanted.scheduler.name() {
        service.scheduler = wanted.scheduler.name().to_owned();
        edits.push(set(SCHEDULER, Some(wanted.scheduler.to_string())));
    }
    let keywords: Vec<&'static str> =
        wanted.flags.iter().filter_map(|flag| keyword(wanted.scheduler, *flag)).collect();
    let stale = FLAGS.into_iter().filter(|flag| !keywords.contains(flag));
    let mut dropped: Vec<&'static str> = stale.collect();
    for flag in keywords {
        if put(&mut service.others, flag, None) {
            edits.push(set(flag_line(flag), None));
        }
    }
    match wanted.persistence {
        None => {
            service.persistence_s = None;
            dropped.extend(["persistence_timeout", "persistence_granularity"]);
        }
        Some(Persistence { timeout_s, netmask }) => {
            if service.persistence_s != Some(timeout_s) {
                service.persistence_s = Some(timeout_s);
                edits.push(set(&["persistence_timeout"], Some(timeout_s.to_string())));
            }
            match netmask.filter(|mask| !mask.is_whole()).map(|mask| mask.to_string()) {
                None => dropped.push("persistence_granularity"),
                Some(mask) => {
                    if put(&mut service.others, "persistence_granularity", Some(mask.clone())) {
                        edits.push(set(&["persistence_granularity"], Some(mask)));
                    }
                }
            }
        }
    }
    for keyword in dropped {
        service.others.retain(|other| other.keyword != keyword);
        edits.extend(block.all(&[keyword]).map(|_| Edit::Drop { keyword }));
    }
    edits
}

fn keyword(scheduler: Scheduler, flag: SchedulerFlag) -> Option<&'static str> {
    match (scheduler, flag) {
        (Scheduler::Sh, SchedulerFlag::Fallback) => Some("sh-fallback"),
        (Scheduler::Sh, SchedulerFlag::Port) => Some("sh-port"),
        (Scheduler::Mh, SchedulerFlag::Fallback) => Some("mh-fallback"),
        (Scheduler::Mh, SchedulerFlag::Port) => Some("mh-port"),
        _ => None,
    }
}

fn flag_line(keyword: &'static str) -> &'static [&'static str] {
    match keyword {
        "sh-fallback" => &["sh-fallback"],
        "sh-port" => &["sh-port"],
        "mh-fallback" => &["mh-fallback"],
        _ => &["mh-port"],
    }
}

fn of_server(server: &mut RealServer, wanted: &WantedServer) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut set = |keywords, value: String| {
        edits.push(Edit::Set { server: Some(wanted.server), keywords, value: Some(value) });
    };
    if server.forwarding != wanted.forwarding {
        server.forwarding = wanted.forwarding;
        set(METHOD, method(wanted.forwarding).to_owned());
    }
    if server.weight != wanted.weight {
        server.weight = wanted.weight;
        set(&["weight"], wanted.weight.to_string());
    }
    let limits: [(&'static [&'static str], u32); 2] =
        [(&["uthreshold"], wanted.upper_threshold), (&["lthreshold"], wanted.lower_threshold)];
    for (keywords, value) in limits {
        let keyword = keywords.first().copied().unwrap_or_default();
        if limit(&server.others, keyword) != value
            && put(&mut server.others, keyword, Some(value.to_string()))
        {
            set(keywords, value.to_string());
        }
    }
    edits
}

/// With the checks of the service's first real server: one that nobody looks at would get clients
/// while it is down.
fn added(block: &Statement, service: &mut VirtualServer, wanted: &WantedServer) -> NewStatement {
    let line = |keyword: &str, value: String| NewStatement {
        words: vec![keyword.to_owned(), value],
        block: None,
    };
    let mut others = Vec::new();
    let mut inside = vec![line("weight", wanted.weight.to_string())];
    if wanted.forwarding != service.forwarding {
        inside.push(line("lvs_method", method(wanted.forwarding).to_owned()));
    }
    for (keyword, value) in
        [("uthreshold", wanted.upper_threshold), ("lthreshold", wanted.lower_threshold)]
    {
        if value > 0 {
            put(&mut others, keyword, Some(value.to_string()));
            inside.push(line(keyword, value.to_string()));
        }
    }
    let sibling = block.statements().iter().find(|line| line.keyword() == "real_server");
    let checks = sibling.into_iter().flat_map(Statement::statements);
    let is_check = |line: &&Statement| {
        line.keyword().ends_with("_CHECK") || matches!(line.keyword(), "HTTP_GET" | "SSL_GET")
    };
    inside.extend(checks.filter(is_check).map(copy));
    let checkers = service.real_servers.first().map(|first| first.checkers.clone());
    let (address, port) = (wanted.server.ip(), wanted.server.port());
    service.real_servers.push(RealServer {
        address,
        port,
        weight: wanted.weight,
        forwarding: wanted.forwarding,
        checkers: checkers.unwrap_or_default(),
        others,
        place: Default::default(),
    });
    let words = vec!["real_server".to_owned(), address.to_string(), port.to_string()];
    NewStatement { words, block: Some(inside) }
}

fn copy(statement: &Statement) -> NewStatement {
    let inside = statement.block.as_ref().map(|block| block.iter().map(copy).collect());
    NewStatement { words: statement.words.clone(), block: inside }
}

fn method(forwarding: Forwarding) -> &'static str {
    match forwarding {
        Forwarding::Nat => "NAT",
        Forwarding::Tun => "TUN",
        Forwarding::Dr | Forwarding::Local => "DR",
    }
}
