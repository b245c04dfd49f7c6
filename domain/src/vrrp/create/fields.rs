//! The fields of the form, one by one: what belongs there, and what was found instead.

use std::fmt;
use std::net::IpAddr;

use super::{Entry, InstanceForm, SeatForm, Wrong};
use crate::phrase::Phrase;
use crate::values::{ConfName, InterfaceName};

/// What all directors have in common.
#[derive(Debug, Clone)]
pub(super) struct Common {
    pub(super) name: String,
    pub(super) vrid: u8,
    pub(super) version: u8,
    pub(super) advert_ms: u32,
    pub(super) preempts: bool,
    pub(super) password: Option<String>,
    pub(super) unicast: bool,
    pub(super) addresses: Vec<Cidr>,
    pub(super) mail: Option<Mail>,
}

#[derive(Debug, Clone)]
pub(super) struct Mail {
    pub(super) to: String,
    pub(super) from: String,
    pub(super) server: String,
}

#[derive(Debug, Clone)]
pub(super) struct Seat {
    pub(super) router_id: String,
    pub(super) interface: String,
    pub(super) own_address: Option<IpAddr>,
    pub(super) priority: u8,
}

/// An address with the length of its prefix, `/32` or `/128` where none was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cidr {
    pub(super) address: IpAddr,
    prefix: u8,
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl Common {
    /// keepalived counts in seconds, of which VRRP 3 takes hundredths.
    pub(super) fn advert_s(&self) -> String {
        let (whole, rest) = (self.advert_ms / 1000, self.advert_ms % 1000);
        match rest {
            0 => whole.to_string(),
            _ => format!("{whole}.{:02}", rest / 10),
        }
    }
}

/// Collects what is wrong; a field that is right gives its value.
pub(super) fn note<T>(wrong: &mut Vec<Wrong>, entry: Entry, read: Result<T, Phrase>) -> Option<T> {
    read.map_err(|says| wrong.push(Wrong { entry, says })).ok()
}

pub(super) fn common(form: &InstanceForm, wrong: &mut Vec<Wrong>) -> Option<Common> {
    let addresses = note(wrong, Entry::Addresses, addresses(form));
    let name = note(wrong, Entry::Name, name(&form.name));
    let vrid = note(wrong, Entry::Vrid, number(&form.vrid, 1, 255));
    let advert_ms = note(wrong, Entry::Advert, advert_ms(form));
    let password = note(wrong, Entry::Password, password(form));
    let mail = note(wrong, Entry::Mail, mail(form));
    Some(Common {
        name: name?,
        vrid: vrid?,
        version: form.version,
        advert_ms: advert_ms?,
        preempts: form.preempts,
        password: password?,
        unicast: form.unicast,
        addresses: addresses?,
        mail: mail?,
    })
}

pub(super) fn seats(form: &InstanceForm, wrong: &mut Vec<Wrong>) -> Vec<Seat> {
    if form.seats.len() < 2 {
        let says = Phrase::new(
            "Choose two directors: one alone takes nothing over.",
            "请选择两台调度器：只有一台时无人接管。",
        );
        wrong.push(Wrong { entry: Entry::Seat(0), says });
    }
    let mut seats: Vec<Seat> = Vec::new();
    for (at, typed) in form.seats.iter().enumerate() {
        let read = seat(form, typed, &seats);
        seats.extend(note(wrong, Entry::Seat(at), read));
    }
    seats
}

fn seat(form: &InstanceForm, typed: &SeatForm, before: &[Seat]) -> Result<Seat, Phrase> {
    let priority = number(&typed.priority, 1, 254)?;
    if let Some(other) = before.iter().find(|other| other.priority == priority) {
        let other = &other.router_id;
        return Err(Phrase::new(
            format!("{other} has priority {priority}, too: expected different ones."),
            format!("{other} 的优先级也是 {priority}：两者应当不同。"),
        ));
    }
    let interface: InterfaceName = typed.interface.parse().map_err(|_| {
        Phrase::new("Choose the interface that adverts go through.", "请选择收发通告的网络接口。")
    })?;
    if form.unicast && typed.own_address.is_none() {
        return Err(Phrase::new(
            format!("{interface} has no address that unicast adverts could come from."),
            format!("{interface} 上没有可用于单播通告的地址。"),
        ));
    }
    Ok(Seat {
        router_id: typed.router_id.clone(),
        interface: interface.to_string(),
        own_address: typed.own_address,
        priority,
    })
}

fn name(typed: &str) -> Result<String, Phrase> {
    let name: Result<ConfName, _> = typed.trim().parse();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    name.ok().map(|name| name.to_string()).filter(|name| name.chars().all(is_plain)).ok_or_else(
        || {
            Phrase::new(
                "Expected a name of letters, digits, _, - and ., such as VI_WEB.",
                "名称应由字母、数字、_、- 和 . 组成，例如 VI_WEB。",
            )
        },
    )
}

pub(super) fn number<T>(typed: &str, least: T, most: T) -> Result<T, Phrase>
where
    T: std::str::FromStr + PartialOrd + fmt::Display + Copy,
{
    let typed = typed.trim();
    typed.parse().ok().filter(|number| (least..=most).contains(number)).ok_or_else(|| {
        Phrase::new(
            format!("Expected a number from {least} to {most}; found “{typed}”."),
            format!("应为 {least} 到 {most} 的数字；当前为“{typed}”。"),
        )
    })
}

/// VRRP 2 counts whole seconds in 8 bits, VRRP 3 hundredths in 12 (RFC 3768 §5.3.7, RFC 5798 §5.2.7).
fn advert_ms(form: &InstanceForm) -> Result<u32, Phrase> {
    let (least, most, unit) = match form.version {
        3 => (10, 40_950, 10),
        _ => (1_000, 255_000, 1_000),
    };
    let ms: u32 = number(&form.advert_ms, least, most)?;
    match ms % unit {
        0 => Ok(ms),
        _ => Err(Phrase::new(
            format!("VRRP {} counts in steps of {unit} ms; found {ms}.", form.version),
            format!("VRRP {} 以 {unit} 毫秒为单位；当前为 {ms}。", form.version),
        )),
    }
}

/// keepalived cuts what is longer than eight bytes.
fn password(form: &InstanceForm) -> Result<Option<String>, Phrase> {
    let password = &form.password;
    if password.is_empty() {
        return Ok(None);
    }
    if form.version == 3 {
        return Err(Phrase::new(
            "VRRP 3 has no passwords (RFC 5798): leave it empty, or choose VRRP 2.",
            "VRRP 3 没有密码（RFC 5798）：请留空，或选择 VRRP 2。",
        ));
    }
    let is_plain = |c: char| c.is_ascii_graphic() && !"\"'\\{}#!$~".contains(c);
    if password.len() > 8 || !password.chars().all(is_plain) || password.starts_with("kept-") {
        return Err(Phrase::new(
            "Expected at most eight letters, digits or signs other than \" ' \\ { } # ! $ ~: keepalived cuts what is longer.",
            "最多八个字母、数字或符号（不含 \" ' \\ { } # ! $ ~）：更长的部分会被 keepalived 截断。",
        ));
    }
    Ok(Some(password.clone()))
}

pub(super) fn words(typed: &str) -> impl Iterator<Item = &str> {
    typed
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | '，' | ';'))
        .filter(|w| !w.is_empty())
}

fn addresses(form: &InstanceForm) -> Result<Vec<Cidr>, Phrase> {
    let mut found: Vec<Cidr> = Vec::new();
    for word in words(&form.addresses) {
        let cidr = cidr(word).ok_or_else(|| {
            Phrase::new(
                format!("Expected an address such as 192.168.1.200/24; found “{word}”."),
                format!("应为类似 192.168.1.200/24 的地址；当前为“{word}”。"),
            )
        })?;
        let own = form.seats.iter().find(|seat| seat.own_address == Some(cidr.address));
        if let Some(seat) = own {
            let name = &seat.router_id;
            return Err(Phrase::new(
                format!("{word} is {name}'s own address: expected one that moves."),
                format!("{word} 是 {name} 自己的地址：应填可漂移的地址。"),
            ));
        }
        if found.iter().any(|other| other.address == cidr.address) {
            return Err(Phrase::new(format!("{word} is there twice."), format!("{word} 重复。")));
        }
        found.push(cidr);
    }
    let v6 = found.iter().filter(|cidr| cidr.address.is_ipv6()).count();
    match found.len() {
        0 => Err(Phrase::new(
            "Expected at least one address that moves, such as 192.168.1.200/24.",
            "至少需要一个可漂移的地址，例如 192.168.1.200/24。",
        )),
        all if v6 > 0 && v6 < all => Err(Phrase::new(
            "An instance has addresses of one family: make another for the others.",
            "一个实例只能有同一地址族的地址：请为其余地址另建实例。",
        )),
        _ if v6 > 0 && form.version != 3 => {
            Err(Phrase::new("IPv6 needs VRRP 3 (RFC 5798).", "IPv6 需要 VRRP 3（RFC 5798）。"))
        }
        _ => Ok(found),
    }
}

fn cidr(word: &str) -> Option<Cidr> {
    let (address, prefix) = match word.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix.parse::<u8>().ok()?)),
        None => (word, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let whole = if address.is_ipv6() { 128 } else { 32 };
    let prefix = prefix.unwrap_or(whole);
    let may_move = !address.is_unspecified() && !address.is_multicast() && !address.is_loopback();
    (may_move && (1..=whole).contains(&prefix)).then_some(Cidr { address, prefix })
}

fn mail(form: &InstanceForm) -> Result<Option<Mail>, Phrase> {
    let [to, from, server] =
        [&form.mail.to, &form.mail.from, &form.mail.server].map(|field| field.trim().to_owned());
    if to.is_empty() && from.is_empty() && server.is_empty() {
        return Ok(None);
    }
    let is_plain =
        |text: &str| text.chars().all(|c| c.is_ascii_graphic() && !"\"'\\{}#!$~".contains(c));
    let is_mail = |text: &str| text.contains('@') && is_plain(text);
    if is_mail(&to) && is_mail(&from) && !server.is_empty() && is_plain(&server) {
        Ok(Some(Mail { to, from, server }))
    } else {
        Err(Phrase::new(
            "Expected two mail addresses and a server's address or name; or leave all three empty.",
            "应填写两个邮件地址和服务器的地址或名称；或三项都留空。",
        ))
    }
}
