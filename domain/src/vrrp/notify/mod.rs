//! Who is told of transitions: mail by keepalived's own settings, and a hook that writes each of them
//! into the node's journal. The form, and what it writes into keepalived.conf.

#[cfg(test)]
mod tests;
mod write;

use super::conf::Effective;
use super::protect::WriteError;
use crate::phrase::Phrase;

/// What keepalived runs at each transition, on every director the same.
pub const HOOK_PATH: &str = "/etc/keepalived/signalbox/notify.sh";
pub const HOOK: &str = include_str!("notify.sh");

/// What the form holds, as it was typed. Without a receiver nobody gets mail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NotifyForm {
    /// Between commas, spaces or line ends.
    pub to: String,
    pub from: String,
    /// Address or name, and a port if it is not 25.
    pub server: String,
    /// `smtp_alert`: mail for transitions, too; for real servers keepalived sends it unasked.
    pub transitions: bool,
    /// The hook.
    pub journal: bool,
}

/// A field of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    To,
    From,
    Server,
    RouterId,
}

/// What is wrong in a field, and what belongs there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    pub entry: Entry,
    pub says: Phrase,
}

/// The form as it was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    mail: Option<Mail>,
    transitions: bool,
    journal: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Mail {
    to: Vec<String>,
    from: String,
    server: Vec<String>,
}

impl Notification {
    pub fn of(form: &NotifyForm) -> Result<Notification, Vec<Wrong>> {
        let mut wrong = Vec::new();
        let words = |typed: &str| {
            let words = typed.split(|c: char| c.is_whitespace() || matches!(c, ',' | '，' | ';'));
            words.filter(|word| !word.is_empty()).map(str::to_owned).collect::<Vec<_>>()
        };
        let (to, from, server) = (words(&form.to), words(&form.from), words(&form.server));
        if to.is_empty() && from.is_empty() && server.is_empty() {
            if form.transitions {
                wrong.push(Wrong { entry: Entry::To, says: nobody() });
            }
            let journal = form.journal;
            return match wrong.is_empty() {
                true => Ok(Notification { mail: None, transitions: false, journal }),
                false => Err(wrong),
            };
        }
        if to.is_empty() {
            wrong.push(Wrong { entry: Entry::To, says: nobody() });
        }
        for (entry, words) in [(Entry::To, &to), (Entry::From, &from)] {
            if let Some(word) = words.iter().find(|word| !is_address(word)) {
                wrong.push(Wrong { entry, says: no_address(word) });
            }
        }
        if from.len() != 1 {
            let says = Phrase::new(
                "Expected one address that mail comes from, such as keepalived@example.org.",
                "应为一个发件地址，例如 keepalived@example.org。",
            );
            wrong.push(Wrong { entry: Entry::From, says });
        }
        let port = server.get(1).is_none_or(|port| port.parse::<u16>().is_ok_and(|p| p > 0));
        if !(1..=2).contains(&server.len()) || !port || !server.iter().all(|word| is_host(word)) {
            let says = Phrase::new(
                "Expected a mail server such as 192.0.2.25 or mail.example.org, and a port if it is not 25.",
                "应为邮件服务器，例如 192.0.2.25 或 mail.example.org；端口不是 25 时写在其后。",
            );
            wrong.push(Wrong { entry: Entry::Server, says });
        }
        let mail = from.into_iter().next().map(|from| Mail { to, from, server });
        match wrong.is_empty() {
            true => Ok(Notification { mail, transitions: form.transitions, journal: form.journal }),
            false => Err(wrong),
        }
    }

    /// Whether the hook's file shall be there.
    pub fn has_hook(&self) -> bool {
        self.journal
    }

    /// keepalived.conf so that it does this and no more; `router_id` is what messages call the node.
    pub fn put_into(&self, text: &str, router_id: &str) -> Result<String, WriteError> {
        write::put_into(text, self, router_id)
    }
}

/// What messages call a node.
pub fn check_router_id(typed: &str) -> Result<(), Wrong> {
    if !typed.is_empty() && typed.len() <= 64 && is_host(typed) {
        return Ok(());
    }
    let says = Phrase::new(
        format!("Expected a name of letters, digits, _, - and ., such as dir-a; found “{typed}”."),
        format!("名称应由字母、数字、_、- 和 . 组成，例如 dir-a；当前为“{typed}”。"),
    );
    Err(Wrong { entry: Entry::RouterId, says })
}

impl NotifyForm {
    /// What a director does now.
    pub fn found(effective: &Effective) -> NotifyForm {
        let global = &effective.global;
        let every = |is: &dyn Fn(&super::conf::Instance) -> bool| {
            !effective.instances.is_empty() && effective.instances.iter().all(is)
        };
        let has = |keyword: &'static str| {
            move |instance: &super::conf::Instance| {
                instance.others.iter().any(|other| other.keyword == keyword)
            }
        };
        let hooked = |instance: &super::conf::Instance| {
            let mut all = instance.others.iter().filter(|other| other.keyword == "notify");
            all.any(|hook| hook.arguments.first().is_some_and(|word| word.contains(HOOK_PATH)))
        };
        NotifyForm {
            to: global.notification_email.join(", "),
            from: global.notification_email_from.clone().unwrap_or_default(),
            server: global.smtp_server.join(" "),
            transitions: every(&has("smtp_alert")),
            journal: every(&hooked),
        }
    }
}

fn nobody() -> Phrase {
    Phrase::new("Expected at least one address that mail goes to.", "请至少填写一个收件地址。")
}

fn no_address(word: &str) -> Phrase {
    Phrase::new(
        format!("Expected an address such as ops@example.org; found “{word}”."),
        format!("应为类似 ops@example.org 的地址；当前为“{word}”。"),
    )
}

fn is_address(word: &str) -> bool {
    word.split_once('@').is_some_and(|(user, host)| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-+".contains(c);
        !user.is_empty() && user.chars().all(plain) && is_host(host)
    })
}

fn is_host(word: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-:".contains(c);
    !word.is_empty() && word.chars().all(plain)
}
