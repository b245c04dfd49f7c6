//! Real packets through real kernels: what the kernel tells beside what was foretold, and nothing
//! left behind.

use serde_json::{Value, json};
use signalbox_domain::firewall::history::PastRuleset;
use signalbox_domain::firewall::kernel_trace::{Comparison, StepVerdict, Traced, TracedStep};
use signalbox_domain::firewall::{FirewallView, Tool};
use signalbox_domain::jobs::JobState;
use signalbox_domain::plan::{Plan, Verdict};

use crate::console::Console;
use crate::directors::{Afterwards, Directors, VIP};

const NODE: &str = "web-3";
const OWN: &str = "192.168.1.104";
const CLIENT: &str = "10.0.0.12";
const FLEET: [&str; 2] = [NODE, "client"];
const LOGGER: &str = "cat /proc/sys/net/netfilter/nf_log/2";

fn save(tool: Tool) -> String {
    format!("{tool}-save 2> /dev/null | sed '/^#/d; s/ \\[.*//'")
}

fn clean(tool: Tool) -> String {
    let nft = "nft delete table ip raw 2> /dev/null; nft delete table ip filter 2> /dev/null; true";
    let undo = "for undo in /run/signalbox/trace-*/undo; do [ ! -e $undo ] || sh $undo \
        ${undo%/undo} ${undo#/run/signalbox/trace-} /proc/sys/net/netfilter/nf_log/2; done";
    format!("{undo}; {tool} -F; {tool} -X; {tool} -t raw -F; {nft}")
}

/// A console, and a node with a chain of people's own: TCP comes back from it, UDP is dropped there.
fn lab(directors: &Directors, tool: Tool) -> (Console, Afterwards<'_>) {
    let rules = format!(
        "{tool} -N OURS; {tool} -A INPUT -s 203.0.113.9 -j DROP; {tool} -A INPUT -s {CLIENT} -j OURS; \
         {tool} -A OURS -p icmp -j RETURN; {tool} -A OURS -p udp -j DROP; \
         {tool} -A OUTPUT -d {CLIENT} -p udp -j ACCEPT; \
         {tool} -t raw -A PREROUTING -s {CLIENT} -p tcp -m comment --comment 'a rule of raw'"
    );
    directors.sh(NODE, &format!("{}; {rules}", clean(tool)));
    let afterwards = directors.afterwards(NODE, clean(tool));
    let console = Console::over(&directors.lab, &FLEET);
    FLEET.iter().for_each(|node| drop(console.await_observed(node)));
    (console, afterwards)
}

fn operation(console: &Console, tool: Tool, direction: &str, carries: &Value) -> Value {
    let (source, destination) = if direction == "out" { (OWN, CLIENT) } else { (CLIENT, OWN) };
    json!({
        "operation": "firewall.trace", "node": console.nodes[NODE], "tool": tool,
        "packet": {
            "direction": direction, "source": source, "destination": destination,
            "carries": carries,
        },
    })
}

fn tcp(port: u16) -> Value {
    json!({ "protocol": "tcp", "port": port })
}

fn blocks(plan: &Plan) -> Vec<(&str, &str)> {
    let blocks = plan.draft.interlocks.iter().filter(|i| i.verdict == Verdict::Block);
    blocks.map(|interlock| (interlock.id.as_str(), interlock.detail.en.as_str())).collect()
}

/// The kernel's steps in few words: `filter OURS 2 Drop`.
fn told(traced: &Traced) -> Vec<String> {
    let words = |step: &TracedStep| {
        let place = step.rule.map_or("policy".to_owned(), |rule| rule.to_string());
        let verdict = match &step.verdict {
            Some(StepVerdict::Jump { chain }) => format!("to {chain}"),
            verdict => format!("{:?}", verdict.as_ref().unwrap()),
        };
        format!("{} {} {place} {verdict}", step.table, step.chain)
    };
    traced.rows.iter().filter_map(|row| row.kernel.as_ref()).map(words).collect()
}

fn trace(console: &Console, operation: &Value) -> Traced {
    let job = console.run(&console.plan_of_that_may_run(operation));
    let ended = console.finish_well(job);
    ended.traced.unwrap_or_else(|| panic!("{}", console.log(job)))
}

fn history(console: &Console, tool: Tool) -> usize {
    let path = format!("/firewall/{}/history", console.nodes[NODE]);
    let all: Vec<PastRuleset> = serde_json::from_value(console.get(&path).unwrap()).unwrap();
    all.into_iter().filter(|past| past.tool == tool).count()
}

fn view(console: &Console) -> FirewallView {
    let view = console.get(&format!("/firewall/{}", console.nodes[NODE])).unwrap();
    serde_json::from_value(view).unwrap()
}

#[test]
fn a_real_packets_kernel_steps_are_those_that_were_foretold_by_both_backends() {
    let Some(directors) = Directors::of_the_lab() else { return };
    for tool in [Tool::IptablesLegacy, Tool::IptablesNft] {
        let (console, _clean) = lab(&directors, tool);
        let (before, logger) = (directors.sh(NODE, &save(tool)), directors.sh(NODE, LOGGER));
        let raw = ["raw PREROUTING 1 Continue", "raw PREROUTING policy Accept"];
        let jump = "filter INPUT 2 to OURS";
        for (direction, carries, expected) in [
            ("in", tcp(8443), [&raw[..], &[jump, "filter INPUT policy Accept"]].concat()),
            (
                "in",
                json!({ "protocol": "udp", "port": 514, "source_port": 5514 }),
                vec![raw[1], jump, "filter OURS 2 Drop"],
            ),
            (
                "in",
                json!({ "protocol": "icmp" }),
                vec![raw[1], jump, "filter OURS 1 Return", "filter INPUT policy Accept"],
            ),
            ("out", json!({ "protocol": "udp", "port": 514 }), vec!["filter OUTPUT 1 Accept"]),
        ] {
            let traced = trace(&console, &operation(&console, tool, direction, &carries));
            assert_eq!(traced.comparison, Comparison::Agrees, "{tool} {carries}: {traced:#?}");
            assert_eq!(told(&traced), expected, "{tool} {carries}");
        }
        assert_eq!(directors.sh(NODE, &save(tool)), before, "{tool}: the rules are as they were");
        assert_eq!(directors.sh(NODE, LOGGER), logger);
        let left = directors.sh(NODE, "ls /run/signalbox; pgrep -fc '[f]irewall-trace' || true");
        assert_eq!(left.trim(), "0", "{left}");
        let timers = directors.sh(NODE, "systemctl list-units --all --plain 'signalbox-*'");
        assert!(!timers.contains("signalbox-trace"), "{timers}");
    }
}

#[test]
fn a_packet_that_never_comes_and_a_doubt_of_the_simulation_are_told() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let tool = Tool::IptablesLegacy;
    let (console, _clean) = lab(&directors, tool);
    let drops = format!("OUTPUT -d {OWN} -p tcp --dport 7 -j DROP");
    directors.sh("client", &format!("iptables-legacy -A {drops}"));
    let _opened = directors.afterwards("client", "iptables-legacy -F OUTPUT");
    let traced = trace(&console, &operation(&console, tool, "in", &tcp(7)));
    assert_eq!(traced.comparison, Comparison::Nothing, "{traced:#?}");
    assert!(traced.why[0].en.contains("the sender's own rules"), "{:?}", traced.why);
    directors.sh("client", "iptables-legacy -F OUTPUT");
    // A limit may be reached: the simulation cannot know.
    directors.sh(NODE, "iptables-legacy -I INPUT -p tcp -m limit --limit 1/hour -j DROP");
    let traced = trace(&console, &operation(&console, tool, "in", &tcp(7)));
    assert_eq!(traced.comparison, Comparison::AgreesSoFar, "{traced:#?}");
}

#[test]
fn a_packet_that_something_beside_iptables_drops_is_where_the_two_differ() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let tool = Tool::IptablesNft;
    let (console, _clean) = lab(&directors, tool);
    let own = "nft add table inet own && \
        nft add chain inet own input '{ type filter hook input priority 10; }' && \
        nft add rule inet own input tcp dport 7 drop";
    directors.sh(NODE, own);
    let _without = directors.afterwards(NODE, "nft delete table inet own");
    let traced = trace(&console, &operation(&console, tool, "in", &tcp(7)));
    assert!(matches!(traced.comparison, Comparison::Differs { .. }), "{traced:#?}");
    assert_eq!(told(&traced).last().unwrap(), "inet own input 1 Drop");
    assert!(traced.why[0].en.contains("beside iptables"), "{:?}", traced.why);
}

#[test]
fn a_packet_from_an_address_that_nobody_has_is_not_sent() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let tool = Tool::IptablesLegacy;
    let (console, _clean) = lab(&directors, tool);
    let mut wanted = operation(&console, tool, "in", &tcp(8443));
    wanted["packet"]["source"] = json!("203.0.113.9");
    let plan = console.plan_of(&wanted).unwrap();
    let found = blocks(&plan);
    assert_eq!(found[0].0, "sender", "{found:?}");
    assert!(found[0].1.contains("nothing is sent under a false address"), "{found:?}");
    let approval = json!({ "plan": plan.id, "hash": plan.hash });
    let refused = console.post("/jobs", &approval).unwrap_err();
    assert!(refused.contains("interlocked"), "{refused}");
    let refused = console.plan_of(&operation(&console, Tool::Ip6tablesLegacy, "in", &tcp(1)));
    assert!(refused.unwrap_err().contains("family"));
}

/// A kernel of another age, which loads the module that tells; and IPVS, which takes a packet on
/// behind INPUT, so that it leaves by OUTPUT.
#[test]
fn a_packet_that_ipvs_takes_on_is_followed_to_where_it_leaves() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let rule = format!("OUTPUT -d {VIP} -p tcp --dport 80 -j ACCEPT");
    directors.sh("dir-a", &format!("iptables-legacy -A {rule}"));
    let _clean = directors.afterwards("dir-a", format!("iptables-legacy -D {rule}"));
    let console = Console::over(&directors.lab, &["dir-a", "client"]);
    ["dir-a", "client"].iter().for_each(|node| drop(console.await_observed(node)));
    let traced = trace(
        &console,
        &json!({
            "operation": "firewall.trace", "node": console.nodes["dir-a"], "tool": "iptables-legacy",
            "packet": {
                "direction": "in", "source": CLIENT, "destination": VIP, "carries": tcp(80),
            },
        }),
    );
    assert_eq!(traced.comparison, Comparison::Agrees, "{traced:#?}");
    assert_eq!(told(&traced), ["filter OUTPUT 1 Accept"]);
    assert!(traced.why[0].en.contains("IPVS"), "{:?}", traced.why);
    let state = directors.sh("dir-a", "iptables-legacy-save -t raw; ls /run/signalbox");
    assert!(!state.contains("signalbox trace") && !state.contains("trace-"), "{state}");
}

#[test]
fn a_console_killed_while_the_rule_is_in_leaves_a_node_that_takes_it_out_itself() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let tool = Tool::IptablesLegacy;
    let (mut console, _clean) = lab(&directors, tool);
    let entries = {
        view(&console);
        history(&console, tool)
    };
    let digest = view(&console).rulesets[&tool].digest.clone();
    let (before, logger) = (directors.sh(NODE, &save(tool)), directors.sh(NODE, LOGGER));
    let is_traced =
        || directors.sh(NODE, "iptables-legacy-save -t raw").contains("signalbox trace");
    // UDP that nobody answers takes the longest to send.
    let udp = json!({ "protocol": "udp", "port": 514 });
    let plan = console.plan_of_that_may_run(&operation(&console, tool, "in", &udp));
    let job = console.run(&plan);
    assert!(console.await_step(job, "send"), "{}", console.log(job));
    console.kill();
    assert!(is_traced(), "the rule is in");
    assert_eq!(directors.sh(NODE, LOGGER).trim(), "nfnetlink_log");
    directors.until("the node has taken the rule out", || !is_traced());
    assert_eq!(directors.sh(NODE, &save(tool)), before);
    directors.until("and the rest", || directors.sh(NODE, "ls /run/signalbox").is_empty());
    assert_eq!(directors.sh(NODE, LOGGER), logger);
    console.start_again();
    let ended = console.finish(job);
    assert_eq!(ended.summary.state, JobState::RolledBack, "{}", console.log(job));

    // And at once, with the rule still in: the job takes it out, and nobody takes it for a change.
    let job = console.run(&console.plan_of_that_may_run(&operation(&console, tool, "in", &udp)));
    assert!(console.await_step(job, "send"), "{}", console.log(job));
    console.kill();
    console.start_again();
    console.await_observed(NODE);
    assert_eq!(view(&console).rulesets[&tool].digest, digest, "the rule of a trace is no change");
    let ended = console.finish(job);
    assert_eq!(ended.summary.state, JobState::RolledBack, "{}", console.log(job));
    assert!(!is_traced());
    assert_eq!(directors.sh(NODE, &save(tool)), before);
    assert_eq!(directors.sh(NODE, LOGGER), logger);
    assert_eq!(history(&console, tool), entries);
}

#[test]
fn two_at_a_time_on_the_same_rules_are_refused() {
    let Some(directors) = Directors::of_the_lab() else { return };
    let tool = Tool::IptablesLegacy;
    let (console, _clean) = lab(&directors, tool);
    let udp = json!({ "protocol": "udp", "port": 514 });
    let wanted = operation(&console, tool, "in", &udp);
    let job = console.run(&console.plan_of_that_may_run(&wanted));
    let plan = console.plan_of(&wanted).unwrap();
    let found = blocks(&plan);
    assert_eq!(found.first().map(|(id, _)| *id), Some("no_other_job"), "{found:?}");
    console.finish_well(job);
}
