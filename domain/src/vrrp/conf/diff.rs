//! What two directors do differently: what matters, not how it is written.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::model::{Effective, Password};

/// One thing that is not the same on both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// From the outside in: `vrrp_instance VI`, `priority`.
    pub path: Vec<String>,
    /// As it is on the first; absent: it has none. A password is `***`.
    pub first: Option<String>,
    pub second: Option<String>,
    /// Directors of a pair are meant to differ in it.
    pub expected: bool,
}

/// In these a pair is meant to differ.
const EXPECTED: [&str; 9] = [
    "priority",
    "starts_as_master",
    "unicast_src_ip",
    "unicast_peers",
    "mcast_src_ip",
    "router_id",
    "notification_email_from",
    "smtp_helo_name",
    "interface",
];

/// Compares what two directors do, block by block and keyword by keyword, in the order of the
/// first.
pub fn differences(first: &Effective, second: &Effective) -> Vec<Difference> {
    let (ours, theirs) = (named(first), named(second));
    let mut found = Vec::new();
    for (name, block) in &ours.in_order {
        match theirs.by_name.get(name) {
            Some(at) => {
                let twin = theirs.in_order.get(*at).map(|(_, block)| block);
                values(&mut vec![name.clone()], Some(block), twin, &mut found);
            }
            None => found.push(one_sided(name, Some("there"), None)),
        }
    }
    for (name, _) in &theirs.in_order {
        if !ours.by_name.contains_key(name) {
            found.push(one_sided(name, None, Some("there")));
        }
    }
    passwords(first, second, &mut found);
    found
}

fn one_sided(name: &str, first: Option<&str>, second: Option<&str>) -> Difference {
    Difference {
        path: vec![name.to_owned()],
        first: first.map(str::to_owned),
        second: second.map(str::to_owned),
        expected: false,
    }
}

#[derive(Default)]
struct Named {
    in_order: Vec<(String, Value)>,
    by_name: BTreeMap<String, usize>,
}

impl Named {
    fn add(&mut self, name: String, block: &impl Serialize) {
        // What is serialized here has string keys only, so it cannot fail.
        let value = serde_json::to_value(block).unwrap_or_default();
        // Of two with one name the daemon takes the first.
        if self.by_name.insert(name.clone(), self.in_order.len()).is_none() {
            self.in_order.push((name, value));
        }
    }
}

/// Each block by what it is called.
fn named(effective: &Effective) -> Named {
    let mut named = Named::default();
    named.add("global_defs".to_owned(), &effective.global);
    for script in &effective.scripts {
        named.add(format!("vrrp_script {}", script.name), script);
    }
    for file in &effective.track_files {
        named.add(format!("track_file {}", file.name), file);
    }
    for group in &effective.sync_groups {
        named.add(format!("vrrp_sync_group {}", group.name), group);
    }
    for instance in &effective.instances {
        named.add(format!("vrrp_instance {}", instance.name), instance);
    }
    for group in &effective.server_groups {
        named.add(format!("virtual_server_group {}", group.name), group);
    }
    for server in &effective.virtual_servers {
        named.add(format!("virtual_server {}", server.target), server);
    }
    for other in &effective.others {
        let words = std::iter::once(&other.keyword).chain(&other.arguments);
        named.add(words.cloned().collect::<Vec<String>>().join(" "), &other.block);
    }
    named
}

/// Goes down as deep as blocks do.
fn values(
    path: &mut Vec<String>,
    first: Option<&Value>,
    second: Option<&Value>,
    found: &mut Vec<Difference>,
) {
    if first == second {
        return;
    }
    match (first, second) {
        (Some(Value::Object(ours)), Some(Value::Object(theirs))) => {
            let more = theirs.keys().filter(|key| !ours.contains_key(*key));
            for key in ours.keys().chain(more) {
                let own_name = key != "arguments";
                if own_name {
                    path.push(key.clone());
                }
                values(path, ours.get(key), theirs.get(key), found);
                if own_name {
                    path.pop();
                }
            }
        }
        (Some(Value::Array(ours)), Some(Value::Array(theirs)))
            if ours.iter().chain(theirs).all(|item| key(item).is_some()) =>
        {
            let is_flat = path.last().is_some_and(|name| name == "others");
            if is_flat {
                path.pop();
            }
            lists(path, ours, theirs, found);
            if is_flat {
                path.push("others".to_owned());
            }
        }
        _ => {
            let is_expected = |name: &String| EXPECTED.contains(&name.as_str());
            found.push(Difference {
                path: path.clone(),
                first: first.and_then(text),
                second: second.and_then(text),
                expected: path.last().is_some_and(is_expected),
            });
        }
    }
}

/// Items are matched by what they are called; several of one name by their order.
fn lists(path: &mut Vec<String>, ours: &[Value], theirs: &[Value], found: &mut Vec<Difference>) {
    let numbered = |items: &[Value]| {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        let mut all: Vec<((String, usize), Value)> = Vec::new();
        for item in items {
            let name = key(item).unwrap_or_default();
            let count = counts.entry(name.clone()).or_default();
            *count += 1;
            all.push(((name, *count), item.clone()));
        }
        all
    };
    let (ours, theirs) = (numbered(ours), numbered(theirs));
    let by_name: BTreeMap<_, _> = theirs.iter().map(|(name, item)| (name, item)).collect();
    let own: BTreeMap<_, _> = ours.iter().map(|(name, item)| (name, item)).collect();
    let before = found.len();
    for (name, item) in &ours {
        path.push(name.0.clone());
        values(path, Some(item), by_name.get(name).copied(), found);
        path.pop();
    }
    for (name, item) in theirs.iter().filter(|(name, _)| !own.contains_key(name)) {
        path.push(name.0.clone());
        values(path, None, Some(item), found);
        path.pop();
    }
    if found.len() == before {
        let names = |items: &[((String, usize), Value)]| {
            items.iter().map(|(name, _)| name.0.clone()).collect::<Vec<String>>().join(", ")
        };
        found.push(Difference {
            path: path.iter().cloned().chain(["order".to_owned()]).collect(),
            first: Some(names(&ours)),
            second: Some(names(&theirs)),
            expected: false,
        });
    }
}

/// By what an item of a list is known; `None`: it has no name.
fn key(item: &Value) -> Option<String> {
    let field = |name: &str| item.get(name).and_then(Value::as_str);
    if let (Some(address), Some(port)) = (field("address"), item.get("port")) {
        return Some(format!("{address} {port}"));
    }
    field("address").or(field("keyword")).or(field("kind")).or(field("name")).map(str::to_owned)
}

/// A value as people read it.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(items) => {
            Some(items.iter().filter_map(text).collect::<Vec<String>>().join(", "))
        }
        Value::Object(fields) => {
            let arguments = fields.get("arguments").and_then(text);
            Some(arguments.filter(|words| !words.is_empty()).unwrap_or("there".to_owned()))
        }
        other => Some(other.to_string()),
    }
}

/// They are all `***` in a value; that they differ is said all the same.
fn passwords(first: &Effective, second: &Effective, found: &mut Vec<Difference>) {
    for instance in &first.instances {
        let twin = second.instances.iter().find(|twin| twin.name == instance.name);
        let (Some(ours), Some(theirs)) =
            (&instance.authentication, twin.and_then(|twin| twin.authentication.as_ref()))
        else {
            continue;
        };
        let is_same = |a: &Password, b: &Password| a == b;
        if !is_same(&ours.password, &theirs.password) {
            found.push(Difference {
                path: vec![
                    format!("vrrp_instance {}", instance.name),
                    "authentication".to_owned(),
                    "password".to_owned(),
                ],
                first: Some("***".to_owned()),
                second: Some("*** (another)".to_owned()),
                expected: false,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Configuration, Files};
    use super::*;

    fn effective(text: &str) -> Effective {
        let files = Files::from([("k".to_owned(), text.to_owned())]);
        Configuration::read(&files, "k", "h").effective()
    }

    const ONE: &str = "global_defs {\n router_id a\n}\nvrrp_instance VI {\n interface eth0\n \
        virtual_router_id 51\n priority 100\n state MASTER\n authentication {\n auth_type PASS\n \
        auth_pass abc\n }\n garp_master_delay 5\n virtual_ipaddress {\n 10.0.0.1\n 10.0.0.2\n }\n}\n\
        virtual_server 10.0.0.1 80 {\n protocol TCP\n real_server 10.0.1.1 80 {\n TCP_CHECK {\n }\n }\n \
        real_server 10.0.1.2 80 {\n weight 3\n }\n}\n";

    #[test]
    fn layout_order_of_keywords_and_defaults_are_no_difference() {
        let two = ONE
            .replace(
                " priority 100\n state MASTER\n",
                "\tstate MASTER # first\n  priority \"100\"\n",
            )
            .replace("TCP_CHECK {\n }", "TCP_CHECK\n{ connect_timeout 5\nretry 1 }");
        assert_eq!(differences(&effective(ONE), &effective(&two)), []);
    }

    #[test]
    fn what_matters_is_told_and_what_is_meant_to_differ_marked() {
        let two = ONE
            .replace("router_id a", "router_id b")
            .replace("priority 100", "priority 90")
            .replace("MASTER", "BACKUP")
            .replace("auth_pass abc", "auth_pass xyz")
            .replace("garp_master_delay 5", "garp_master_delay 7\n nopreempt")
            .replace(" 10.0.0.1\n 10.0.0.2\n", " 10.0.0.2\n 10.0.0.1\n")
            .replace("weight 3", "weight 4")
            .replace("TCP_CHECK {\n }", "PING_CHECK {\n }")
            + "vrrp_script s {\n script x\n}\n";
        let found = differences(&effective(ONE), &effective(&two));
        let text = format!("{found:?}");
        assert!(!text.contains("abc") && !text.contains("xyz"), "{text}");
        insta::assert_json_snapshot!(found);
    }

    #[test]
    fn each_service_of_a_thousand_finds_its_twin() {
        let services = |weight: u32| -> String {
            let one = |n: u32| {
                format!(
                    "virtual_server 10.1.{}.{} 80 {{\n protocol TCP\n real_server 10.0.0.1 80 {{\n weight {weight}\n }}\n}}\n",
                    n / 250,
                    n % 250
                )
            };
            (0..1_000).map(one).collect()
        };
        assert_eq!(differences(&effective(&services(1)), &effective(&services(2))).len(), 1_000);
    }
}
