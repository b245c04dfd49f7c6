//! A service's real servers moved to one forwarding method.

use std::net::IpAddr;

use futures::future::{join, join_all};
use signalbox_domain::fact::Fact;
use signalbox_domain::lvs::edit::EditInput;
use signalbox_domain::lvs::explain::{Read, Scene, ServerScene};
use signalbox_domain::lvs::mode::{
    MoveError, MoveInput, Readiness, ServerFacts, Wish, check, move_mode, moving, on_directors,
    readiness, server_facts, uses,
};
use signalbox_domain::lvs::{Forwarding, ServiceId, Target};
use signalbox_domain::plan::Draft;

use super::asked::Asked;
use super::lvs_edit::{self, LvsEditError};
use super::lvs_explain::{self, ExplainError};
use crate::clock;
use crate::state::App;

#[derive(Debug, thiserror::Error)]
pub enum LvsMoveError {
    #[error(transparent)]
    Move(#[from] MoveError),
    #[error(transparent)]
    Edit(#[from] LvsEditError),
    #[error(transparent)]
    Explain(#[from] ExplainError),
}

/// Plans the move from what is seen now.
pub async fn draft(app: &App, wish: &Wish) -> Result<Draft, LvsMoveError> {
    let target = check(wish)?;
    let edit = on_directors(wish);
    let (edit, path) =
        join(lvs_edit::input(app, &edit), lvs_explain::scene(app, &wish.service, None, false))
            .await;
    let input = whole(app, &target, edit?, path?).await;
    Ok(move_mode(&input, wish, clock::now())?)
}

/// Looks at each real server of the service, for each method.
pub async fn look(app: &App, service: &ServiceId) -> Result<Readiness, LvsMoveError> {
    let wish = Wish { service: service.clone(), forwarding: Forwarding::Dr, keep_old: false };
    let target = check(&wish)?;
    let path = lvs_explain::scene(app, service, None, false).await?;
    let mut services = app.fleet.lvs().services.into_iter();
    let edit = EditInput {
        service: services.find(|seen| seen.id == *service),
        directors: Vec::new(),
        others: Vec::new(),
        deploy: None,
        running: Vec::new(),
    };
    let input = whole(app, &target, edit, path).await;
    Ok(readiness(&input, service)?)
}

async fn whole(app: &App, target: &Target, edit: EditInput, path: Scene) -> MoveInput {
    let asked: Vec<_> = path.servers.iter().map(|server| facts(app, &path, server)).collect();
    let facts = join_all(asked).await.into_iter().collect();
    let nodes = app.fleet.nodes();
    let (moving, uses) = (moving(&nodes, &path), uses(&nodes, target));
    MoveInput { edit, path, facts, moving, uses }
}

async fn facts(app: &App, path: &Scene, server: &ServerScene) -> (IpAddr, Read<ServerFacts>) {
    let read = async {
        let node = server.seen.as_ref().ok_or("it is no node of this fleet")?.node;
        let printed = Asked { app, node }.stdout(server_facts(path.address.ip())).await?;
        let facts = ServerFacts::parse(&printed.value);
        Ok(Fact::new(facts, printed.observed_at, printed.source))
    };
    (server.server.address, read.await)
}
