use signalbox_domain::ids::NodeId;

use super::{NodesError, credentials, target};
use crate::sealing::Sealer;
use crate::ssh::{Asked, SshError, Target, TargetDirectory};
use crate::store::Store;

/// Where the lines find out how to reach a node: the store, with the credential decrypted.
pub struct Directory {
    pub store: Store,
    pub sealer: Sealer,
}

impl TargetDirectory for Directory {
    fn target(&self, node: NodeId) -> Asked<'_, Target> {
        Box::pin(async move {
            self.read(node).await.map_err(|error| match error {
                NodesError::NoSuchNode => SshError::NoSuchNode(node),
                other => SshError::Directory(other.to_string()),
            })
        })
    }
}

impl Directory {
    async fn read(&self, node: NodeId) -> Result<Target, NodesError> {
        let stored = self.store.node(node).await?.ok_or(NodesError::NoSuchNode)?;
        let credential =
            credentials::open(&self.store, &self.sealer, stored.record.credential).await?;
        Ok(target(&stored, credential))
    }
}
