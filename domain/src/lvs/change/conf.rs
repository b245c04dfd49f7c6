//! A real server's weight in keepalived.conf: one line, and nothing else changes its meaning.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use crate::lvs::{Forwarding, Target, describe};
use crate::values::RemotePath;
use crate::vrrp::conf::{
    self, Configuration, Document, EditError, Effective, NewStatement, Place, Statement,
};
use crate::vrrp::deploy::{ConfReading, FileChange};

/// Why keepalived.conf is not edited. Each is for a person to do on the configuration's own page.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfEditError {
    #[error("expected one virtual_server {service} with one real_server {server}; found {found}")]
    NotOne { service: String, server: SocketAddr, found: usize },
    #[error("the place of real_server {server} is not in the files that were read")]
    NoPlace { server: SocketAddr },
    #[error("{0}")]
    Edit(#[from] EditError),
    #[error("the path of the file: {0}")]
    Path(#[from] crate::values::InvalidValue),
    #[error(
        "expected only the weight of {server} to change; the line means more, by a definition, an include or a condition"
    )]
    MeansMore { server: SocketAddr },
}

/// The file with the new weight; `None` where it is there already.
pub fn reweighed(
    reading: &ConfReading,
    target: &Target,
    server: SocketAddr,
    weight: u32,
) -> Result<Option<FileChange>, ConfEditError> {
    let (configuration, mut wanted) = reading.with(&BTreeMap::new());
    let (place, was) = found(&mut wanted, target, server, weight)?;
    if was == weight {
        return Ok(None);
    }
    let no_place = || ConfEditError::NoPlace { server };
    let block = at(&configuration.statements, place, "real_server").ok_or_else(no_place)?;
    let line = block.last(&["weight"]);
    let place = line.map_or(place, |line| line.place);
    let path = file(&configuration, place).ok_or_else(no_place)?;
    let mut document = Document::parse(reading.files.get(path).ok_or_else(no_place)?);
    let value = weight.to_string();
    match line {
        Some(_) => document.set_argument(place.line, place.column, 1, &value)?,
        None => {
            let words = vec!["weight".to_owned(), value];
            document.add_to_block(
                place.line,
                place.column,
                &NewStatement { words, block: None },
            )?;
        }
    }
    let (_, is) = reading.with(&BTreeMap::from([(path, document.render())]));
    if !means_the_same(&is, &wanted) {
        return Err(ConfEditError::MeansMore { server });
    }
    Ok(Some(FileChange {
        path: path.parse::<RemotePath>()?,
        base: reading.digests.get(path).cloned(),
        text: document.render().to_owned(),
        remove: false,
    }))
}

/// Sets the weight in what the files mean; where its block begins, and what the weight was.
fn found(
    effective: &mut Effective,
    target: &Target,
    server: SocketAddr,
    weight: u32,
) -> Result<(Place, u32), ConfEditError> {
    let mut found: Vec<_> = effective
        .virtual_servers
        .iter_mut()
        .filter(|service| is_same(&service.target, target))
        .flat_map(|service| &mut service.real_servers)
        .filter(|real| SocketAddr::new(real.address, port(target, real)) == server)
        .collect();
    match found.as_mut_slice() {
        [real] => {
            let was = std::mem::replace(&mut real.weight, weight);
            Ok((real.place, was))
        }
        other => {
            Err(ConfEditError::NotOne { service: describe(target), server, found: other.len() })
        }
    }
}

pub(in crate::lvs) fn is_same(written: &conf::Target, target: &Target) -> bool {
    match (written, target) {
        (
            conf::Target::Address { protocol, address, port },
            Target::Address { protocol: wanted, address: socket },
        ) => protocol == wanted && SocketAddr::new(*address, *port) == *socket,
        (
            conf::Target::FirewallMark { mark, ipv6 },
            Target::FirewallMark { mark: wanted, ipv6: wanted_ipv6 },
        ) => (mark, ipv6) == (wanted, wanted_ipv6),
        _ => false,
    }
}

/// With DR and TUN keepalived takes the service's port.
pub(in crate::lvs) fn port(target: &Target, real: &conf::RealServer) -> u16 {
    match (target, real.forwarding) {
        (Target::Address { address, .. }, Forwarding::Dr | Forwarding::Tun) => address.port(),
        _ => real.port,
    }
}

pub(in crate::lvs) fn at<'s>(
    statements: &'s [Statement],
    place: Place,
    keyword: &str,
) -> Option<&'s Statement> {
    statements.iter().find_map(|statement| {
        let is_it = statement.place == place && statement.keyword() == keyword;
        if is_it { Some(statement) } else { at(statement.statements(), place, keyword) }
    })
}

pub(in crate::lvs) fn file(configuration: &Configuration, place: Place) -> Option<&str> {
    let index = usize::try_from(place.file).ok()?;
    configuration.files.get(index).map(String::as_str)
}

/// Places differ by the lines that were added; passwords are not edited here.
pub(in crate::lvs) fn means_the_same(a: &Effective, b: &Effective) -> bool {
    let unread = |effective: &Effective| effective.unread.len();
    let text = |effective: &Effective| serde_json::to_string(effective).ok();
    text(a).is_some_and(|a| Some(a) == text(b)) && unread(a) == unread(b)
}
