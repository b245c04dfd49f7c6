//! From the tree to what it means.

use super::model::{
    Effective, Global, Script, ServerGroup, Setting, SyncGroup, TrackedFile, Unread,
};
use super::tree::Statement;

mod instance;
mod service;

/// Keywords whose value is a password.
pub(super) const SECRET: [&str; 4] = ["auth_pass", "auth_hmac", "auth_key", "password"];

/// What a node does. What is wrong within is left out or takes its default, as the daemon has it;
/// the lint tells of it.
pub(super) fn effective(statements: &[Statement]) -> Effective {
    let mut effective = Effective { global: global(statements), ..Effective::default() };
    for statement in statements {
        match statement.keyword() {
            "global_defs" => {}
            "vrrp_instance" => {
                let instance = instance::instance(statement, &effective.global);
                // A second one of the same name is not taken.
                match effective.instances.iter().any(|known| known.name == instance.name) {
                    true => effective.unread.push(Unread {
                        place: statement.place,
                        why: format!("vrrp_instance {} is there twice", instance.name),
                    }),
                    false => effective.instances.push(instance),
                }
            }
            "vrrp_script" => effective.scripts.push(script(statement)),
            "track_file" | "vrrp_track_file" => effective.track_files.push(track_file(statement)),
            "vrrp_sync_group" => effective.sync_groups.push(sync_group(statement)),
            "virtual_server_group" => effective.server_groups.push(server_group(statement)),
            "virtual_server" => match service::virtual_server(statement) {
                Ok(server) => effective.virtual_servers.push(server),
                Err(what) => effective.unread.push(Unread {
                    place: statement.place,
                    why: format!(
                        "virtual_server {}: {what} cannot be read",
                        statement.arguments().join(" ")
                    ),
                }),
            },
            _ => effective.others.push(setting(statement)),
        }
    }
    effective
}

fn global(statements: &[Statement]) -> Global {
    const READ: [&str; 10] = [
        "router_id",
        "notification_email",
        "notification_email_from",
        "smtp_server",
        "smtp_connect_timeout",
        "vrrp_version",
        "vrrp_strict",
        "reload_check_config",
        "enable_script_security",
        "script_user",
    ];
    // Several blocks are one.
    let blocks = statements.iter().filter(|statement| statement.keyword() == "global_defs");
    let block: Vec<Statement> = blocks.flat_map(|block| block.statements()).cloned().collect();
    let block = Statement { block: Some(block), ..Statement::default() };
    let text = |keyword: &str| block.argument(keyword).map(str::to_owned);
    Global {
        router_id: text("router_id"),
        notification_email: words(&block, "notification_email"),
        notification_email_from: text("notification_email_from"),
        smtp_server: block
            .last(&["smtp_server"])
            .map(|statement| statement.arguments().to_vec())
            .unwrap_or_default(),
        smtp_connect_timeout_ms: milliseconds(&block, "smtp_connect_timeout"),
        vrrp_version: number(&block, "vrrp_version", 2, 3),
        strict: block.last(&["vrrp_strict"]).is_some(),
        reload_check_config: block.last(&["reload_check_config"]).is_some(),
        script_security: block.last(&["enable_script_security"]).is_some(),
        script_user: text("script_user"),
        others: others(&block, &READ),
    }
}

fn script(statement: &Statement) -> Script {
    Script {
        name: statement.word(1).to_owned(),
        command: statement
            .last(&["script"])
            .map(|line| line.arguments().join(" "))
            .unwrap_or_default(),
        interval_ms: milliseconds(statement, "interval").filter(|ms| *ms > 0).unwrap_or(1_000),
        weight: number(statement, "weight", -253, 253).unwrap_or(0),
        others: others(statement, &["script", "interval", "weight"]),
        place: statement.place,
    }
}

fn track_file(statement: &Statement) -> TrackedFile {
    TrackedFile {
        name: statement.word(1).to_owned(),
        path: statement.argument("file").map(str::to_owned),
        weight: number(statement, "weight", -254, 254).unwrap_or(1),
        others: others(statement, &["file", "weight"]),
        place: statement.place,
    }
}

fn sync_group(statement: &Statement) -> SyncGroup {
    SyncGroup {
        name: statement.word(1).to_owned(),
        instances: words(statement, "group"),
        others: others(statement, &["group"]),
        place: statement.place,
    }
}

fn server_group(statement: &Statement) -> ServerGroup {
    ServerGroup {
        name: statement.word(1).to_owned(),
        members: statement.statements().iter().map(|line| line.words.join(" ")).collect(),
        place: statement.place,
    }
}

/// All words of the blocks of a keyword.
fn words(block: &Statement, keyword: &str) -> Vec<String> {
    block
        .all(&[keyword])
        .flat_map(|list| list.statements())
        .flat_map(|line| line.words.clone())
        .collect()
}

/// The statements that are not among those that have a field of their own.
fn others(block: &Statement, read: &[&str]) -> Vec<Setting> {
    let mut others = Vec::new();
    for statement in block.statements() {
        if !read.contains(&statement.keyword()) {
            others.push(setting(statement));
        }
    }
    others
}

fn setting(statement: &Statement) -> Setting {
    let is_secret = SECRET.contains(&statement.keyword());
    let mut block = Vec::new();
    for inner in statement.statements() {
        block.push(setting(inner));
    }
    Setting {
        keyword: statement.keyword().to_owned(),
        arguments: match is_secret {
            true => statement.arguments().iter().map(|_| "***".to_owned()).collect(),
            false => statement.arguments().to_vec(),
        },
        block,
    }
}

/// The last number of a keyword that the daemon takes; it ignores the others.
fn number<N>(block: &Statement, keyword: &str, least: N, most: N) -> Option<N>
where
    N: std::str::FromStr + PartialOrd + Copy,
{
    let all = block.statements().iter().rev().filter(|line| line.keyword() == keyword);
    all.filter_map(|line| line.word(1).parse().ok()).find(|n| (&least..=&most).contains(&n))
}

/// Seconds, with a fraction, as milliseconds.
fn milliseconds(block: &Statement, keyword: &str) -> Option<u64> {
    let all = block.statements().iter().rev().filter(|line| line.keyword() == keyword);
    all.filter_map(|line| as_milliseconds(line.word(1))).next()
}

pub(super) fn as_milliseconds(word: &str) -> Option<u64> {
    let seconds: f64 = word.parse().ok()?;
    (0.0..=10_000_000.0).contains(&seconds).then_some((seconds * 1_000.0).round() as u64)
}

/// `on` where nothing is given, as the daemon has it.
fn is_on(block: &Statement, keyword: &str) -> Option<bool> {
    let statement = block.last(&[keyword])?;
    Some(!matches!(statement.word(1), "off" | "false" | "no"))
}
