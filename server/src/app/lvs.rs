//! What is read of a director only while somebody looks at it.

use signalbox_domain::fact::Fact;
use signalbox_domain::ids::NodeId;
use signalbox_domain::lvs::connections::ConnectionsError;
use signalbox_domain::lvs::{ConnectionFilter, Connections, Settings, SettingsError, scripts};
use signalbox_domain::remote::RemoteCommand;

use crate::app::firewall::shortened;
use crate::clock;
use crate::ssh::SshError;
use crate::state::App;

#[derive(Debug, thiserror::Error)]
pub enum LvsError {
    #[error("node {0} does not exist")]
    NoSuchNode(NodeId),
    #[error("IPVS of node {node} cannot be read: {source}")]
    Unreachable {
        node: NodeId,
        #[source]
        source: SshError,
    },
    #[error("IPVS of node {node} cannot be read: exit status {exit_status}. {stderr}")]
    Refused { node: NodeId, exit_status: u32, stderr: String },
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Connections(#[from] ConnectionsError),
}

/// Timeouts, sync daemons and the kernel's settings, read now.
pub async fn settings(app: &App, node: NodeId) -> Result<Fact<Settings>, LvsError> {
    let command = scripts::settings();
    let printed = run(app, node, &command).await?;
    Ok(Fact::new(Settings::parse(&printed)?, clock::now(), command.readable()))
}

/// The connection table, counted on the node, and a sample of it.
pub async fn connections(
    app: &App,
    node: NodeId,
    filter: &ConnectionFilter,
    rows: u16,
) -> Result<Fact<Connections>, LvsError> {
    let command = scripts::connections(filter, rows);
    let printed = run(app, node, &command).await?;
    Ok(Fact::new(Connections::parse(&printed)?, clock::now(), command.readable()))
}

async fn run(app: &App, node: NodeId, command: &RemoteCommand) -> Result<String, LvsError> {
    if app.fleet.observed(node).is_none() {
        return Err(LvsError::NoSuchNode(node));
    }
    let output = app.remote.run(node, command).await;
    let output = output.map_err(|source| LvsError::Unreachable { node, source })?;
    if output.exit_status != 0 {
        let stderr = shortened(&output.stderr);
        return Err(LvsError::Refused { node, exit_status: output.exit_status, stderr });
    }
    Ok(output.stdout)
}
