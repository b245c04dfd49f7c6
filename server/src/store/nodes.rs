//! Managed machines and their credentials.

use signalbox_domain::ids::{CredentialId, NodeId};
use signalbox_domain::nodes::{CredentialKind, CredentialRecord, NodeRecord};
use signalbox_domain::time::Timestamp;
use sqlx::{FromRow, Sqlite, Transaction};

use super::word::{from_word, word};
use super::{Store, StoreError};

/// A node with what only the SSH line needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredNode {
    pub record: NodeRecord,
    pub host_key_algorithm: String,
}

/// A credential to be stored.
#[derive(Debug, Clone)]
pub struct CredentialEntry {
    pub name: String,
    pub kind: CredentialKind,
    pub fingerprint: Option<String>,
    /// For several nodes; one that is not goes with the last node that has it.
    pub shared: bool,
    pub created_at: Timestamp,
}

/// Why a node or a credential stayed as it was.
#[derive(Debug, thiserror::Error)]
pub enum NodeChangeError {
    #[error("there is no such node")]
    Missing,
    #[error("there is a node {0} already")]
    NameTaken(String),
    #[error("the node has been changed meanwhile: it is at version {found}")]
    Stale { found: i64 },
    #[error("other nodes are reached through it")]
    IsJumpHost,
    #[error("nodes are signed in to with it")]
    CredentialInUse,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for NodeChangeError {
    fn from(error: sqlx::Error) -> NodeChangeError {
        NodeChangeError::Store(error.into())
    }
}

impl Store {
    pub async fn nodes(&self) -> Result<Vec<NodeRecord>, StoreError> {
        let rows: Vec<Row> =
            sqlx::query_as("SELECT * FROM nodes ORDER BY name").fetch_all(&self.pool).await?;
        rows.into_iter().map(|row| Ok(StoredNode::try_from(row)?.record)).collect()
    }

    pub async fn node(&self, id: NodeId) -> Result<Option<StoredNode>, StoreError> {
        let row: Option<Row> = sqlx::query_as("SELECT * FROM nodes WHERE id = ?")
            .bind(id.0)
            .fetch_optional(&self.pool)
            .await?;
        row.map(StoredNode::try_from).transpose()
    }

    /// Stores the node under an id of its own, whatever `node` says.
    pub async fn add_node(&self, node: &StoredNode) -> Result<NodeRecord, NodeChangeError> {
        let NodeRecord { name, host, port, user, elevation, credential, jump, .. } = &node.record;
        let id: Option<i64> = sqlx::query_scalar(
            "INSERT INTO nodes (name, host, port, user, elevation, credential, jump, tags,
                                host_key, host_key_algorithm, added_at, version)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)
             ON CONFLICT (name) DO NOTHING RETURNING id",
        )
        .bind(name.as_str())
        .bind(host.as_str())
        .bind(port)
        .bind(user.as_str())
        .bind(word(elevation)?)
        .bind(credential.0)
        .bind(jump.map(|jump| jump.0))
        .bind(tags_text(&node.record)?)
        .bind(&node.record.host_key)
        .bind(&node.host_key_algorithm)
        .bind(node.record.added_at.0)
        .fetch_optional(&self.pool)
        .await?;
        let id = id.ok_or_else(|| NodeChangeError::NameTaken(name.to_string()))?;
        Ok(NodeRecord { id: NodeId(id), version: 1, ..node.record.clone() })
    }

    /// Stores the node as it is now, when its stored version is still `node.record.version`.
    pub async fn change_node(&self, node: &StoredNode) -> Result<NodeRecord, NodeChangeError> {
        let NodeRecord { id, name, host, port, user, elevation, credential, jump, .. } =
            &node.record;
        let mut transaction = self.write().await?;
        let stored: Option<(i64, i64)> =
            sqlx::query_as("SELECT version, credential FROM nodes WHERE id = ?")
                .bind(id.0)
                .fetch_optional(&mut *transaction)
                .await?;
        let (version, credential_before) = stored.ok_or(NodeChangeError::Missing)?;
        if version != node.record.version {
            return Err(NodeChangeError::Stale { found: version });
        }
        let changed = sqlx::query(
            "UPDATE OR IGNORE nodes SET name = ?, host = ?, port = ?, user = ?, elevation = ?,
                    credential = ?, jump = ?, tags = ?, host_key = ?, host_key_algorithm = ?,
                    version = version + 1
             WHERE id = ?",
        )
        .bind(name.as_str())
        .bind(host.as_str())
        .bind(port)
        .bind(user.as_str())
        .bind(word(elevation)?)
        .bind(credential.0)
        .bind(jump.map(|jump| jump.0))
        .bind(tags_text(&node.record)?)
        .bind(&node.record.host_key)
        .bind(&node.host_key_algorithm)
        .bind(id.0)
        .execute(&mut *transaction)
        .await?;
        if changed.rows_affected() == 0 {
            return Err(NodeChangeError::NameTaken(name.to_string()));
        }
        drop_orphan(&mut transaction, credential_before).await?;
        transaction.commit().await?;
        Ok(NodeRecord { version: version + 1, ..node.record.clone() })
    }

    /// Removes the node, and its credential when that was entered with it.
    pub async fn remove_node(&self, id: NodeId) -> Result<(), NodeChangeError> {
        let mut transaction = self.write().await?;
        let behind: i64 = sqlx::query_scalar("SELECT count(*) FROM nodes WHERE jump = ?")
            .bind(id.0)
            .fetch_one(&mut *transaction)
            .await?;
        if behind > 0 {
            return Err(NodeChangeError::IsJumpHost);
        }
        let credential: Option<i64> =
            sqlx::query_scalar("DELETE FROM nodes WHERE id = ? RETURNING credential")
                .bind(id.0)
                .fetch_optional(&mut *transaction)
                .await?;
        drop_orphan(&mut transaction, credential.ok_or(NodeChangeError::Missing)?).await?;
        transaction.commit().await?;
        Ok(())
    }

    pub async fn node_credentials(&self) -> Result<Vec<CredentialRecord>, StoreError> {
        let rows: Vec<CredentialRow> = sqlx::query_as(
            "SELECT id, name, kind, fingerprint, created_at,
                    (SELECT count(*) FROM nodes WHERE credential = credentials.id) AS nodes
             FROM credentials ORDER BY name, id",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(CredentialRecord::try_from).collect()
    }

    /// `seal` encrypts the secret for the id that the credential gets.
    pub async fn add_credential<E: From<StoreError>>(
        &self,
        entry: &CredentialEntry,
        seal: impl FnOnce(CredentialId) -> Result<Vec<u8>, E>,
    ) -> Result<CredentialRecord, E> {
        let mut transaction = self.write().await?;
        let id: i64 = sqlx::query_scalar(
            "INSERT INTO credentials (name, kind, sealed, fingerprint, shared, created_at)
             VALUES (?, ?, x'', ?, ?, ?) RETURNING id",
        )
        .bind(&entry.name)
        .bind(word(&entry.kind)?)
        .bind(&entry.fingerprint)
        .bind(entry.shared)
        .bind(entry.created_at.0)
        .fetch_one(&mut *transaction)
        .await
        .map_err(StoreError::from)?;
        let sealed = seal(CredentialId(id))?;
        sqlx::query("UPDATE credentials SET sealed = ? WHERE id = ?")
            .bind(sealed)
            .bind(id)
            .execute(&mut *transaction)
            .await
            .map_err(StoreError::from)?;
        transaction.commit().await.map_err(StoreError::from)?;
        Ok(CredentialRecord {
            id: CredentialId(id),
            name: entry.name.clone(),
            kind: entry.kind,
            fingerprint: entry.fingerprint.clone(),
            created_at: entry.created_at,
            nodes: 0,
        })
    }

    /// The encrypted secret.
    pub async fn sealed_credential(&self, id: CredentialId) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(sqlx::query_scalar("SELECT sealed FROM credentials WHERE id = ?")
            .bind(id.0)
            .fetch_optional(&self.pool)
            .await?)
    }

    pub async fn remove_credential(&self, id: CredentialId) -> Result<(), NodeChangeError> {
        let mut transaction = self.write().await?;
        let nodes: i64 = sqlx::query_scalar("SELECT count(*) FROM nodes WHERE credential = ?")
            .bind(id.0)
            .fetch_one(&mut *transaction)
            .await?;
        if nodes > 0 {
            return Err(NodeChangeError::CredentialInUse);
        }
        let removed = sqlx::query("DELETE FROM credentials WHERE id = ?")
            .bind(id.0)
            .execute(&mut *transaction)
            .await?;
        if removed.rows_affected() == 0 {
            return Err(NodeChangeError::Missing);
        }
        transaction.commit().await?;
        Ok(())
    }
}

/// A credential that was entered with a node and that no node has any more.
async fn drop_orphan(
    transaction: &mut Transaction<'static, Sqlite>,
    credential: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "DELETE FROM credentials WHERE id = ? AND shared = 0
         AND NOT EXISTS (SELECT 1 FROM nodes WHERE credential = credentials.id)",
    )
    .bind(credential)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

fn tags_text(record: &NodeRecord) -> Result<String, StoreError> {
    Ok(serde_json::to_string(&record.tags)?)
}

#[derive(FromRow)]
struct Row {
    id: i64,
    name: String,
    host: String,
    port: u16,
    user: String,
    elevation: String,
    credential: i64,
    jump: Option<i64>,
    tags: String,
    host_key: String,
    host_key_algorithm: String,
    added_at: i64,
    version: i64,
}

impl TryFrom<Row> for StoredNode {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<StoredNode, StoreError> {
        let record = NodeRecord {
            id: NodeId(row.id),
            name: from_word("nodes.name", row.name)?,
            host: from_word("nodes.host", row.host)?,
            port: row.port,
            user: from_word("nodes.user", row.user)?,
            elevation: from_word("nodes.elevation", row.elevation)?,
            credential: CredentialId(row.credential),
            jump: row.jump.map(NodeId),
            tags: serde_json::from_str(&row.tags)?,
            host_key: row.host_key,
            added_at: Timestamp(row.added_at),
            version: row.version,
        };
        Ok(StoredNode { record, host_key_algorithm: row.host_key_algorithm })
    }
}

#[derive(FromRow)]
struct CredentialRow {
    id: i64,
    name: String,
    kind: String,
    fingerprint: Option<String>,
    created_at: i64,
    nodes: u32,
}

impl TryFrom<CredentialRow> for CredentialRecord {
    type Error = StoreError;

    fn try_from(row: CredentialRow) -> Result<CredentialRecord, StoreError> {
        Ok(CredentialRecord {
            id: CredentialId(row.id),
            name: row.name,
            kind: from_word("credentials.kind", row.kind)?,
            fingerprint: row.fingerprint,
            created_at: Timestamp(row.created_at),
            nodes: row.nodes,
        })
    }
}
