use std::time::Duration;

use signalbox_domain::ids::NodeId;
use signalbox_domain::phrase::Phrase;

/// Why a node gave no answer. These are the node's or the line's faults, never the console's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SshError {
    #[error("no node {0}")]
    NoSuchNode(NodeId),
    #[error("cannot connect to {host} port {port}: {reason}")]
    Unreachable { host: String, port: u16, reason: String },
    #[error(
        "{host} shows host key {found}; pinned is {pinned}. Nothing was sent. If the machine was reinstalled, an admin pins the new key"
    )]
    HostKeyChanged { host: String, pinned: String, found: String },
    #[error("{host} refuses the credential for {user}")]
    AccessDenied { host: String, user: String },
    #[error("{user} may not use sudo without a password on {host}")]
    SudoRefused { host: String, user: String },
    #[error("no answer within {0:?}")]
    TimedOut(Duration),
    #[error("the connection was cut: {0}")]
    Cut(String),
    #[error("{host} refuses a channel: {reason}")]
    ChannelRefused { host: String, reason: String },
    #[error("{host} printed over {limit_bytes} bytes; the command was ended")]
    TooMuchOutput { host: String, limit_bytes: usize },
    #[error("the private key cannot be read: {0}")]
    BadKey(String),
    #[error("{host} is reached through a chain of over {limit} jump hosts")]
    TooManyJumps { host: String, limit: usize },
    #[error("the local socket of a forward cannot be made: {0}")]
    LocalSocket(String),
    #[error("the node's address and credential cannot be read: {0}")]
    Directory(String),
}

impl SshError {
    /// The API's name for it. All are the node's or its line's.
    pub fn code(&self) -> &'static str {
        match self {
            SshError::NoSuchNode(_) => "node_unknown",
            SshError::Unreachable { .. } => "node_unreachable",
            SshError::HostKeyChanged { .. } => "node_host_key_changed",
            SshError::AccessDenied { .. } => "node_access_denied",
            SshError::SudoRefused { .. } => "node_sudo_refused",
            SshError::TimedOut(_) => "node_timed_out",
            SshError::Cut(_) => "node_cut",
            SshError::ChannelRefused { .. } => "node_channel_refused",
            SshError::TooMuchOutput { .. } => "node_too_much_output",
            SshError::BadKey(_) => "node_bad_key",
            SshError::TooManyJumps { .. } => "node_too_many_jumps",
            SshError::LocalSocket(_) | SshError::Directory(_) => "internal",
        }
    }

    /// What happened and what to do about it.
    pub fn phrase(&self) -> Phrase {
        match self {
            SshError::NoSuchNode(node) => {
                Phrase::new(format!("There is no node {node}."), format!("没有节点 {node}。"))
            }
            SshError::Unreachable { host, port, reason } => Phrase::new(
                format!(
                    "{host} port {port} does not answer: {reason}. See that the machine runs and its sshd listens there."
                ),
                format!(
                    "{host} 端口 {port} 没有应答：{reason}。请确认机器在运行，且 sshd 在该端口监听。"
                ),
            ),
            SshError::HostKeyChanged { host, pinned, found } => Phrase::new(
                format!(
                    "{host} shows host key {found}; pinned is {pinned}. Nothing was sent. If the machine was reinstalled, an admin compares and pins the new key; if not, something else answers at this address."
                ),
                format!(
                    "{host} 出示的主机密钥为 {found}，已固定的是 {pinned}。未发送任何内容。若机器重装过，请管理员核对后固定新密钥；否则是别的机器在此地址应答。"
                ),
            ),
            SshError::AccessDenied { host, user } => Phrase::new(
                format!(
                    "{host} refuses the credential for {user}. See authorized_keys or the password there, and PermitRootLogin for root."
                ),
                format!(
                    "{host} 拒绝 {user} 的凭据。请检查其 authorized_keys 或密码；root 还需检查 PermitRootLogin。"
                ),
            ),
            SshError::SudoRefused { host, user } => Phrase::new(
                format!(
                    "{user} may not use sudo without a password on {host}. GET /api/v1/nodes/sudoers gives a file for /etc/sudoers.d."
                ),
                format!(
                    "{user} 在 {host} 上不能免密使用 sudo。GET /api/v1/nodes/sudoers 给出可放入 /etc/sudoers.d 的文件。"
                ),
            ),
            SshError::TimedOut(limit) => Phrase::new(
                format!("The node gave no answer within {limit:?}."),
                format!("节点在 {limit:?} 内没有应答。"),
            ),
            SshError::Cut(reason) => Phrase::new(
                format!("The connection to the node was cut: {reason}."),
                format!("与节点的连接中断：{reason}。"),
            ),
            SshError::ChannelRefused { host, reason } => Phrase::new(
                format!(
                    "{host} refuses a channel: {reason}. See MaxSessions and AllowStreamLocalForwarding in its sshd_config."
                ),
                format!(
                    "{host} 拒绝打开通道：{reason}。请检查其 sshd_config 的 MaxSessions 与 AllowStreamLocalForwarding。"
                ),
            ),
            SshError::TooMuchOutput { host, limit_bytes } => Phrase::new(
                format!("A command on {host} printed over {limit_bytes} bytes and was ended."),
                format!("{host} 上的命令输出超过 {limit_bytes} 字节，已终止。"),
            ),
            SshError::BadKey(reason) => Phrase::new(
                format!(
                    "The private key cannot be read: {reason}. Expected OpenSSH or PEM text and the right passphrase."
                ),
                format!("私钥无法读取：{reason}。应为 OpenSSH 或 PEM 文本，且口令正确。"),
            ),
            SshError::TooManyJumps { host, limit } => Phrase::new(
                format!("{host} is reached through over {limit} jump hosts, or in a circle."),
                format!("到 {host} 的跳板超过 {limit} 级，或形成环路。"),
            ),
            SshError::LocalSocket(_) | SshError::Directory(_) => {
                Phrase::new("The console failed.", "控制台出错。")
            }
        }
    }
}
