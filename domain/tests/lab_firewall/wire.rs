//! A router between two wires, each in a network namespace of its own, and packets put on them.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, Command, Stdio};
use std::thread;

use rustix::net::{
    AddressFamily, SendFlags, SocketFlags, SocketType, ipproto, sendto, socket_with,
};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// Where a packet begins its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    West,
    East,
    Router,
}

pub(crate) struct Site {
    /// They keep the namespaces, as long as their input is open.
    router: Child,
    outside: [Child; 2],
    sockets: [OwnedFd; 3],
}

/// Bits of the packets' IP headers by which they are told from what the router answers.
pub(crate) const TTL: u8 = 61;

pub(crate) const ROUTER: [Ipv4Addr; 3] =
    [Ipv4Addr::new(10, 1, 0, 1), Ipv4Addr::new(10, 2, 0, 1), Ipv4Addr::new(192, 0, 2, 1)];
pub(crate) const CLIENTS: [Ipv4Addr; 4] = around(1);
pub(crate) const SERVERS: [Ipv4Addr; 4] = around(2);

const fn around(wire: u8) -> [Ipv4Addr; 4] {
    [
        Ipv4Addr::new(10, wire, 0, 10),
        Ipv4Addr::new(10, wire, 0, 11),
        Ipv4Addr::new(10, wire, 0, 12),
        Ipv4Addr::new(10, wire, 0, 13),
    ]
}

impl Site {
    pub(crate) fn build() -> Site {
        let (router, west, east) = (holder(), holder(), holder());
        let batch = router_links(west.id(), east.id());
        within(&router, || {
            ip(&batch);
            let settings =
                ["ip_forward=1", "conf/all/send_redirects=0", "conf/default/send_redirects=0"];
            settings.into_iter().for_each(set);
            for device in ["all", "default", "west", "east", "lo"] {
                set(&format!("conf/{device}/rp_filter=0"));
            }
        });
        for (number, outside) in [(1, &west), (2, &east)] {
            within(outside, || {
                set("ip_forward=0");
                ip(&outside_links(number));
            });
        }
        let sockets = [&west, &east, &router].map(|at| within(at, raw_socket));
        Site { router, outside: [west, east], sockets }
    }

    /// Runs something as a process of the router would.
    pub(crate) fn on_router<T: Send>(&self, run: impl FnOnce() -> T + Send) -> T {
        within(&self.router, run)
    }

    pub(crate) fn send(&self, from: From, bytes: &[u8]) {
        let socket = match from {
            From::West => &self.sockets[0],
            From::East => &self.sockets[1],
            From::Router => &self.sockets[2],
        };
        let to = Ipv4Addr::new(bytes[16], bytes[17], bytes[18], bytes[19]);
        let to = SocketAddrV4::new(to, 0);
        // What the router itself sends and its rules drop is an error to it, and no mistake.
        let sent = sendto(socket, bytes, SendFlags::empty(), &to);
        assert!(sent.is_ok() || from == From::Router, "{sent:?} from {from:?}");
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let [west, east] = &mut self.outside;
        for child in [&mut self.router, west, east] {
            child.stdin.take();
            let _ = child.wait();
        }
    }
}

/// A process in a network namespace that it made.
fn holder() -> Child {
    let mut child = Command::new("unshare")
        .args(["--net", "sh", "-c", "echo there; exec cat"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("unshare(1), of the package util-linux, makes a network namespace");
    let mut said = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
    assert_eq!(said, "there\n", "no network namespace could be made: is this root?");
    child
}

fn within<T: Send>(holder: &Child, run: impl FnOnce() -> T + Send) -> T {
    let namespace = File::open(format!("/proc/{}/ns/net", holder.id())).unwrap();
    thread::scope(|scope| {
        let inside = scope.spawn(move || {
            move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network)).unwrap();
            run()
        });
        inside.join().unwrap()
    })
}

fn raw_socket() -> OwnedFd {
    let (family, kind) = (AddressFamily::INET, SocketType::RAW);
    socket_with(family, kind, SocketFlags::CLOEXEC, Some(ipproto::RAW)).unwrap()
}

fn set(setting: &str) {
    let (path, value) = setting.split_once('=').unwrap();
    fs::write(format!("/proc/sys/net/ipv4/{path}"), value).unwrap();
}

fn ip(batch: &str) {
    use std::io::Write as _;
    let mut child = Command::new("ip").args(["-batch", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(batch.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success(), "ip -batch:\n{batch}");
}

fn router_links(west: u32, east: u32) -> String {
    let mut batch = "link set lo up\naddr add 192.0.2.1/32 dev lo\n".to_owned();
    for (number, name, outside) in [(1, "west", west), (2, "east", east)] {
        batch += &format!(
            "link add {name} address 02:00:00:00:0{number}:01 type veth \
             peer name wire address 02:00:00:00:0{number}:02 netns {outside}\n\
             addr add 10.{number}.0.1/24 dev {name}\nlink set {name} up\n"
        );
        for host in 10..14 {
            batch += &format!(
                "neigh add 10.{number}.0.{host} dev {name} lladdr 02:00:00:00:0{number}:02 nud permanent\n"
            );
        }
    }
    batch
}

/// One link, and everything behind the router.
fn outside_links(number: u8) -> String {
    format!(
        "link set lo up\naddr add 10.255.{number}.2/32 dev wire\nlink set wire up\n\
         neigh add 10.{number}.0.1 dev wire lladdr 02:00:00:00:0{number}:01 nud permanent\n\
         route add default via 10.{number}.0.1 dev wire onlink\n"
    )
}
