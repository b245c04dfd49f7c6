//! The commands that whoever owns the console's machine runs beside the console: who may write its
//! data directory lets people in.

use std::path::Path;

use signalbox_domain::access::{AccountName, Role};

use crate::app::access::{self, AccessError, TokenRequest};
use crate::cli::{LinkArgs, TokenCommand};
use crate::data_dir::{DataDir, DataDirError};
use crate::secret::Secret;
use crate::store::{Store, StoreError};

#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Access(#[from] AccessError),
    #[error(
        "set up is done: there are accounts. To get back in: signalbox sign-in-link --account NAME"
    )]
    SetUpDone,
}

pub async fn set_up_link(args: &LinkArgs) -> Result<(), LocalError> {
    let store = open(&args.data).await?;
    if !store.needs_set_up().await? {
        return Err(LocalError::SetUpDone);
    }
    print(&access::new_set_up_link(&store, &args.url).await?);
    Ok(())
}

pub async fn sign_in_link(
    args: &LinkArgs,
    account: &AccountName,
    role: Role,
) -> Result<(), LocalError> {
    let store = open(&args.data).await?;
    print(&access::new_sign_in_link(&store, &args.url, account, role).await?);
    Ok(())
}

pub async fn create_token(command: &TokenCommand) -> Result<(), LocalError> {
    let TokenCommand::Create { data, name, role, expires_days } = command;
    let store = open(data).await?;
    let request = TokenRequest {
        name: name.to_string(),
        role: *role,
        permissions: None,
        expires_days: *expires_days,
    };
    print(&access::issue_script_token(&store, name, &request).await?.secret);
    Ok(())
}

async fn open(data: &Path) -> Result<Store, LocalError> {
    Ok(Store::open(&DataDir::open(data)?.database()).await?)
}

/// The secret alone on a line, so that scripts can read it.
#[allow(clippy::print_stdout)]
fn print(secret: &Secret<String>) {
    println!("{}", secret.reveal());
}
