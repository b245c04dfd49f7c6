//! Messages of netfilter's netlink: those that tell how a packet goes, and the few that ask for it
//! (linux/netfilter/nf_tables.h, linux/netfilter/nfnetlink_log.h).

use std::os::fd::OwnedFd;

use rustix::net::netlink::{self, SocketAddrNetlink};
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, bind, recv, sendto, socket_with,
    sockopt,
};

pub(crate) struct Netlink(OwnedFd);

/// The type of a message and its attributes.
pub(crate) struct Message {
    pub(crate) kind: u16,
    attributes: Vec<(u16, Vec<u8>)>,
}

pub(crate) const NFTABLES_TRACE: u16 = 10 << 8 | 17;
pub(crate) const LOG_PACKET: u16 = 4 << 8;
const LOG_CONFIG: u16 = 4 << 8 | 1;
const CONNECTIONS_DELETE: u16 = 1 << 8 | 2;
/// The bit of the group NFNLGRP_NFTRACE.
const TRACE_GROUP: u32 = 1 << 8;
const REQUEST_AND_ACKNOWLEDGE: u16 = 5;

impl Netlink {
    /// Opens a socket in the namespace of the thread, which hears of traced packets of nftables.
    pub(crate) fn open() -> Netlink {
        let (family, kind) = (AddressFamily::NETLINK, SocketType::RAW);
        let socket =
            socket_with(family, kind, SocketFlags::CLOEXEC, Some(netlink::NETFILTER)).unwrap();
        sockopt::set_socket_recv_buffer_size_force(&socket, 64 << 20).unwrap();
        bind(&socket, &SocketAddrNetlink::new(0, TRACE_GROUP)).unwrap();
        Netlink(socket)
    }

    pub(crate) fn is_there() -> bool {
        let (family, kind) = (AddressFamily::NETLINK, SocketType::RAW);
        socket_with(family, kind, SocketFlags::CLOEXEC, Some(netlink::NETFILTER)).is_ok()
    }

    pub(crate) fn forget_connections(&self) {
        self.ask(CONNECTIONS_DELETE, &[2, 0, 0, 0], &[]);
    }

    /// Has the packets that are logged to group 0 sent here, each at once.
    pub(crate) fn hear_of_logs(&self) {
        let bind = attribute(1, &[1]);
        let whole_packets = attribute(2, &[0, 0, 1, 0, 2, 0]);
        let one_at_a_time = attribute(5, &[0, 0, 0, 1]);
        for wish in [bind, whole_packets, one_at_a_time] {
            self.ask(LOG_CONFIG, &[0, 0, 0, 0], &wish);
        }
    }

    fn ask(&self, kind: u16, header: &[u8], attributes: &[u8]) {
        let length = u32::try_from(16 + header.len() + attributes.len()).unwrap();
        let mut bytes = length.to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(REQUEST_AND_ACKNOWLEDGE.to_ne_bytes());
        bytes.extend([0; 8]);
        bytes.extend(header);
        bytes.extend(attributes);
        sendto(&self.0, &bytes, SendFlags::empty(), &SocketAddrNetlink::new(0, 0)).unwrap();
        let mut answer = [0; 4096];
        loop {
            let (_, length) = recv(&self.0, &mut answer, RecvFlags::empty()).unwrap();
            const ERROR: u16 = 2;
            if u16::from_ne_bytes([answer[4], answer[5]]) == ERROR {
                let error = i32::from_ne_bytes(answer[16..20].try_into().unwrap());
                assert_eq!(error, 0, "netlink refused message {kind:#x} ({length} bytes)");
                return;
            }
        }
    }

    /// The messages that have come.
    pub(crate) fn messages(&self) -> Vec<Message> {
        let mut found = Vec::new();
        let mut bytes = vec![0; 1 << 16];
        loop {
            match recv(&self.0, &mut bytes, RecvFlags::DONTWAIT) {
                Ok((_, length)) => split(&bytes[..length], &mut found),
                Err(rustix::io::Errno::AGAIN) => return found,
                Err(error) => panic!("traces were lost: {error}"),
            }
        }
    }
}

fn split(mut bytes: &[u8], found: &mut Vec<Message>) {
    while bytes.len() >= 20 {
        let length = usize::try_from(u32::from_ne_bytes(bytes[..4].try_into().unwrap())).unwrap();
        let kind = u16::from_ne_bytes([bytes[4], bytes[5]]);
        found.push(Message { kind, attributes: attributes(&bytes[20..length]) });
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
}

fn attributes(mut bytes: &[u8]) -> Vec<(u16, Vec<u8>)> {
    const NESTED_OR_ORDERED: u16 = 0xc000;
    let mut found = Vec::new();
    while bytes.len() >= 4 {
        let length = usize::from(u16::from_ne_bytes([bytes[0], bytes[1]]));
        let kind = u16::from_ne_bytes([bytes[2], bytes[3]]) & !NESTED_OR_ORDERED;
        found.push((kind, bytes[4..length].to_vec()));
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    found
}

fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let mut bytes = u16::try_from(4 + value.len()).unwrap().to_ne_bytes().to_vec();
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

impl Message {
    pub(crate) fn bytes(&self, kind: u16) -> Option<&[u8]> {
        self.attributes.iter().find(|(its, _)| *its == kind).map(|(_, value)| value.as_slice())
    }

    pub(crate) fn text(&self, kind: u16) -> Option<String> {
        let bytes = self.bytes(kind)?;
        Some(String::from_utf8_lossy(bytes).trim_end_matches('\0').to_owned())
    }

    pub(crate) fn number(&self, kind: u16) -> Option<u64> {
        let bytes = self.bytes(kind)?;
        Some(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    pub(crate) fn nested(&self, kind: u16) -> Option<Message> {
        Some(Message { kind, attributes: attributes(self.bytes(kind)?) })
    }
}
