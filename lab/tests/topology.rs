//! Topologies are data that people edit: what is wrong in one is said with what was expected and
//! what was found.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use signalbox_lab::topology::{Topology, TopologyError};

fn error(text: &str) -> String {
    Topology::parse("mine", text).unwrap_err().to_string()
}

/// `ha.toml` with one thing changed.
fn changed(from: &str, to: &str) -> String {
    let text = include_str!("../topologies/ha.toml");
    assert!(text.contains(from), "{from:?} is not in ha.toml");
    text.replacen(from, to, 1)
}

#[test]
fn the_built_in_ones_are_valid() {
    for name in Topology::names() {
        let topology = Topology::named(name).unwrap();
        assert_eq!(topology.name, name);
        assert!(topology.nodes.iter().any(|node| node.name == "client"), "{name} has no client");
    }
}

#[test]
fn ha_has_the_addresses_that_the_field_teaches_with() {
    let ha = Topology::named("ha").unwrap();
    let address = |node: &str| ha.node(node).unwrap().links["service"].to_string();
    assert_eq!(address("dir-a"), "192.168.1.100");
    assert_eq!(address("dir-b"), "192.168.1.101");
    assert_eq!(address("web-2"), "192.168.1.103");
    assert_eq!(
        ha.direct_routing_addresses("web-1"),
        ["192.168.1.200".parse::<std::net::Ipv4Addr>().unwrap()]
    );
    assert_eq!(ha.direct_routing_addresses("db-2"), Vec::<std::net::Ipv4Addr>::new());
}

#[test]
fn an_unknown_name_lists_those_there_are() {
    let error = Topology::named("hq").unwrap_err();
    assert_eq!(
        error,
        TopologyError::Unknown { name: "hq".to_owned(), known: "ha, nat".to_owned() }
    );
}

#[test]
fn an_address_outside_its_segment_is_refused() {
    let text = changed(
        r#"links = { service = "192.168.1.103" }"#,
        r#"links = { service = "192.168.2.103" }"#,
    );
    assert_eq!(
        error(&text),
        "topology mine: node web-2: expected an address in 192.168.1.0/24 (service), \
         found 192.168.2.103"
    );
}

#[test]
fn a_real_server_must_be_one() {
    assert_eq!(
        error(&changed(r#"node = "web-3""#, r#"node = "router""#)),
        "topology mine: virtual_server 192.168.1.200:80: expected the name of a real server or \
         database, found router, a router"
    );
    assert_eq!(
        error(&changed(r#"replica_of = "db-2""#, r#"replica_of = "db-9""#)),
        "topology mine: node db-3: expected the name of a database, found db-9, which is no node"
    );
}

#[test]
fn names_and_numbers_must_fit_and_be_used_once() {
    let long = error(&changed(r#"name = "web-3""#, r#"name = "web-server-number-3""#));
    assert!(long.contains("at most 12 characters, found web-server-number-3"), "{long}");
    let option = error(&changed(r#"name = "web-3""#, r#"name = "-rf""#));
    assert!(option.contains("expected a name of a-z, 0-9 and '-'"), "{option}");
    let twice = error(&changed("management = 101", "management = 100"));
    assert!(twice.contains("that no other node has, found 100"), "{twice}");
    let console = error(&changed("management = 101", "management = 1"));
    assert!(console.contains("expected a management number from 2 to 254"), "{console}");
}

#[test]
fn an_unknown_key_or_a_bad_subnet_is_named() {
    let key = error(&changed("gateway =", "gatway ="));
    assert!(key.contains("unknown field `gatway`"), "{key}");
    let subnet = error(&changed("10.0.0.0/24", "10.0.0.0/240"));
    assert!(
        subnet.contains(r#"expected a subnet such as 192.168.1.0/24, found "10.0.0.0/240""#),
        "{subnet}"
    );
}

#[test]
fn an_extra_adds_its_nodes_where_the_topology_has_their_segment() {
    let ha = Topology::named("ha").unwrap().with("mysql").unwrap();
    assert_eq!(ha.node("my-1").unwrap().links["service"].to_string(), "192.168.1.121");
    assert_eq!(
        Topology::named("nat").unwrap().with("mysql").unwrap_err().to_string(),
        "topology nat: node my-1: expected a segment of inside, outside, found service"
    );
    assert_eq!(
        Topology::named("ha").unwrap().with("oracle").unwrap_err().to_string(),
        "there is nothing called \"oracle\" to bring up with a topology; there is: mysql"
    );
}
