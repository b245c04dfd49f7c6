//! A new VRRP instance, with the services behind its addresses, as statements for the end of each
//! director's keepalived.conf. What was typed comes in as text; what is wrong with it comes back with
//! the field that it stands in.

mod fields;
mod services;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use self::fields::{Cidr, Common, Seat};
pub use self::services::{CheckKind, SCHEDULERS, ServiceForm};
use super::conf::{Document, EditError, NewStatement};
use crate::phrase::Phrase;

/// What the form holds, as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceForm {
    pub name: String,
    pub vrid: String,
    /// VRRP 2 or 3.
    pub version: u8,
    /// Between two adverts.
    pub advert_ms: String,
    /// Whether the one with the highest priority takes the addresses back when it returns.
    pub preempts: bool,
    /// For `auth_type PASS`, which only VRRP 2 has; empty: none.
    pub password: String,
    /// Adverts go to each peer's address instead of the multicast group.
    pub unicast: bool,
    /// `ADDRESS` or `ADDRESS/PREFIX`, between commas, spaces or line ends.
    pub addresses: String,
    pub seats: Vec<SeatForm>,
    pub mail: MailForm,
    pub services: Vec<ServiceForm>,
}

/// A director's own part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SeatForm {
    /// What messages call it, e.g. the node's name.
    pub router_id: String,
    pub interface: String,
    /// Its address on that interface, from which unicast adverts come.
    pub own_address: Option<IpAddr>,
    pub priority: String,
}

/// Who is told of transitions. All empty: nobody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MailForm {
    pub to: String,
    pub from: String,
    pub server: String,
}

/// A field of the form, or of one of its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    Name,
    Vrid,
    Advert,
    Password,
    Addresses,
    Seat(usize),
    Mail,
    Service(usize),
}

/// What is wrong in a field, and what belongs there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    pub entry: Entry,
    pub says: Phrase,
}

impl Default for InstanceForm {
    fn default() -> InstanceForm {
        InstanceForm {
            name: String::new(),
            vrid: String::new(),
            version: 2,
            advert_ms: "1000".to_owned(),
            preempts: true,
            password: String::new(),
            unicast: false,
            addresses: String::new(),
            seats: Vec::new(),
            mail: MailForm::default(),
            services: Vec::new(),
        }
    }
}

/// What is put at the end of one director's file. `Err`: every field that is wrong.
pub struct Created {
    common: Common,
    seats: Vec<Seat>,
    services: Vec<NewStatement>,
}

impl Created {
    pub fn of(form: &InstanceForm) -> Result<Created, Vec<Wrong>> {
        let mut wrong = Vec::new();
        let common = fields::common(form, &mut wrong);
        let seats = fields::seats(form, &mut wrong);
        let addresses = common.as_ref().map_or(&[][..], |common| &common.addresses);
        let services = services::statements(&form.services, addresses, &mut wrong);
        match common {
            Some(common) if wrong.is_empty() => Ok(Created { common, seats, services }),
            _ => Err(wrong),
        }
    }

    /// The director's file with the new instance at its end. A file that is empty gets the settings
    /// for the whole of keepalived, too; one that has them keeps its own.
    pub fn append(&self, seat: usize, text: &str, has_globals: bool) -> Result<String, EditError> {
        let mut document = Document::parse(text);
        let mut all: Vec<NewStatement> = Vec::new();
        if !has_globals {
            all.extend(self.seats.get(seat).map(|seat| self.globals(seat)));
        }
        all.push(self.track_file());
        all.extend(self.seats.get(seat).map(|seat| self.instance(seat)));
        all.extend(self.services.iter().cloned());
        for statement in &all {
            document.add_section(statement)?;
        }
        Ok(document.render().to_owned())
    }

    /// The file by whose number the console moves the priority.
    pub fn priority_file(&self) -> String {
        format!("/etc/keepalived/signalbox/{}.priority", self.common.name)
    }

    fn globals(&self, seat: &Seat) -> NewStatement {
        let mut inside = vec![
            line(&["router_id", &seat.router_id]),
            line(&["enable_script_security"]),
            // Else it looks for a user keepalived_script and drops the scripts where there is none.
            line(&["script_user", "root"]),
            line(&["reload_check_config"]),
        ];
        if let Some(mail) = &self.common.mail {
            inside.extend([
                block(&["notification_email"], vec![line(&[&mail.to])]),
                line(&["notification_email_from", &mail.from]),
                line(&["smtp_server", &mail.server]),
                line(&["smtp_connect_timeout", "5"]),
            ]);
        }
        block(&["global_defs"], inside)
    }

    fn track_file_name(&self) -> String {
        format!("signalbox_{}", self.common.name)
    }

    fn track_file(&self) -> NewStatement {
        let inside = vec![
            line(&["file", &self.priority_file()]),
            line(&["weight", "1"]),
            line(&["init_file", "0"]),
        ];
        block(&["track_file", &self.track_file_name()], inside)
    }

    fn instance(&self, seat: &Seat) -> NewStatement {
        let common = &self.common;
        let highest = self.seats.iter().all(|other| other.priority <= seat.priority);
        let state = if common.preempts && highest { "MASTER" } else { "BACKUP" };
        let mut inside = vec![line(&["state", state])];
        if !common.preempts {
            inside.push(line(&["nopreempt"]));
        }
        inside.extend([
            line(&["interface", &seat.interface]),
            line(&["virtual_router_id", &common.vrid.to_string()]),
            line(&["priority", &seat.priority.to_string()]),
            line(&["advert_int", &common.advert_s()]),
        ]);
        if common.version == 3 {
            inside.push(line(&["version", "3"]));
        }
        if common.mail.is_some() {
            inside.push(line(&["smtp_alert"]));
        }
        if let Some(password) = &common.password {
            let inside_it = vec![line(&["auth_type", "PASS"]), line(&["auth_pass", password])];
            inside.push(block(&["authentication"], inside_it));
        }
        if common.unicast {
            inside.extend(self.unicast(seat));
        }
        let address = |cidr: &Cidr| line(&[&cidr.to_string(), "dev", &seat.interface]);
        inside.push(block(&["virtual_ipaddress"], common.addresses.iter().map(address).collect()));
        let tracked = line(&[&self.track_file_name(), "weight", "1"]);
        inside.push(block(&["track_file"], vec![tracked]));
        block(&["vrrp_instance", &common.name], inside)
    }

    fn unicast(&self, seat: &Seat) -> Vec<NewStatement> {
        let own = seat.own_address;
        let others = self.seats.iter().filter(|other| other.own_address != own);
        let peers = others.filter_map(|other| Some(line(&[&other.own_address?.to_string()])));
        let source = own.map(|own| line(&["unicast_src_ip", &own.to_string()]));
        source.into_iter().chain([block(&["unicast_peer"], peers.collect())]).collect()
    }
}

fn line(words: &[&str]) -> NewStatement {
    NewStatement { words: words.iter().map(|word| (*word).to_owned()).collect(), block: None }
}

fn block(words: &[&str], inside: Vec<NewStatement>) -> NewStatement {
    NewStatement { block: Some(inside), ..line(words) }
}
