//! Whether keepalived's processes run, as the probe reads it of `/proc`.

use serde::{Deserialize, Serialize};

/// The kernel's word on keepalived's processes. None: it does not run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Daemon {
    pub processes: Vec<DaemonProcess>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DaemonProcess {
    pub role: DaemonRole,
    /// Stopped by a signal or a debugger (`T`, `t` of proc(5)): it does nothing until it goes on.
    pub stopped: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DaemonRole {
    /// It starts the others again.
    Parent,
    /// It sends and hears adverts.
    Vrrp,
    /// The checkers, or one of which it is not known what it does.
    Child,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("keepalived's processes: expected a role and a state; found {found:?}")]
pub struct ParseError {
    pub found: String,
}

pub fn parse(text: &str) -> Result<Daemon, ParseError> {
    let processes = text.lines().map(|line| {
        let wrong = || ParseError { found: line.chars().take(80).collect() };
        let (role, state) = line.split_once(' ').ok_or_else(wrong)?;
        let role = match role {
            "parent" => DaemonRole::Parent,
            "vrrp" => DaemonRole::Vrrp,
            "child" => DaemonRole::Child,
            _ => return Err(wrong()),
        };
        let stopped = matches!(state, "T" | "t");
        Ok(DaemonProcess { role, stopped })
    });
    Ok(Daemon { processes: processes.collect::<Result<_, _>>()? })
}

impl Daemon {
    pub fn runs(&self) -> bool {
        !self.processes.is_empty()
    }

    /// Adverts are neither sent nor heard: the process for them is stopped, or, where it is not
    /// known which that is, any of them.
    pub fn is_frozen(&self) -> bool {
        let known = self.processes.iter().any(|process| process.role == DaemonRole::Vrrp);
        let mut stopped = self.processes.iter().filter(|process| process.stopped);
        stopped.any(|process| !known || process.role == DaemonRole::Vrrp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_process_that_adverts_counts_where_it_is_known() {
        let frozen = |text| parse(text).unwrap().is_frozen();
        assert!(!frozen("parent R\nchild R\nvrrp R\n"));
        assert!(frozen("parent R\nchild R\nvrrp T\n"));
        assert!(!frozen("parent T\nchild T\nvrrp R\n"));
        assert!(frozen("parent R\nchild T\n"));
        assert!(!parse("").unwrap().runs());
    }

    #[test]
    fn another_text_is_refused() {
        assert!(parse("nobody R\n").is_err());
        assert!(parse("parent\n").is_err());
    }
}
