//! A service's real servers moved to one forwarding method.

use std::net::{IpAddr, SocketAddr};

use futures::future::{join, join_all};
use signalbox_domain::fact::Fact;
use signalbox_domain::lvs::edit::{self, EditInput, ServiceChange};
use signalbox_domain::lvs::explain::{Read, Scene, ServerScene};
use signalbox_domain::lvs::mode::{
    self, Leaving, MoveError, MoveInput, Readiness, ServerFacts, Wish, check, move_mode, moving,
    on_directors, readiness, server_facts, uses,
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
    let (moving, uses) = (moving(&nodes, &path), uses(&nodes, target, None));
    MoveInput { edit, path, facts, moving, uses }
}

async fn facts(app: &App, path: &Scene, server: &ServerScene) -> (IpAddr, Read<ServerFacts>) {
    let read = async {
        let node = server.seen.as_ref().ok_or("it is no node of this fleet")?.node;
        Ok(parsed(Asked { app, node }.stdout(server_facts(path.address.ip())).await?))
    };
    (server.server.address, read.await)
}

/// Adds to the deletion of a service or a real server that what was prepared for it goes.
pub(super) async fn clean_up(app: &App, wish: &edit::Wish, draft: &mut Draft) {
    let Some(target @ Target::Address { address, .. }) = wish.service.target() else { return };
    let server = match &wish.change {
        ServiceChange::DeleteServer { server } => Some(*server),
        ServiceChange::DeleteService {} => None,
        _ => return,
    };
    let services = app.fleet.lvs().services.into_iter();
    let servers = services.filter(|seen| seen.id == wish.service).flat_map(|seen| seen.servers);
    let gone = servers.map(|seen| seen.socket()).filter(|seen| server.is_none_or(|s| s == *seen));
    let nodes = app.fleet.nodes();
    let ask = |server: SocketAddr| {
        let found = nodes.values().find(|(_, observed)| observed.answers_for(server.ip()));
        async move {
            let (record, observed) = found?;
            let own = observed.addresses.iter().flat_map(|fact| &fact.value);
            let asked = Asked { app, node: record.id };
            let printed = asked.stdout(server_facts(address.ip())).await;
            Some(Leaving {
                node: record.id,
                name: record.name.to_string(),
                server,
                own: own.map(|own| own.address).collect(),
                facts: printed.map(parsed),
            })
        }
    };
    let asked: Vec<_> = gone.map(ask).collect();
    let leaving: Vec<Leaving> = join_all(asked).await.into_iter().flatten().collect();
    let uses = uses(&nodes, &target, server);
    mode::clean_up(draft, &target, &leaving, &uses, clock::now());
}

fn parsed(printed: Fact<String>) -> Fact<ServerFacts> {
    Fact::new(ServerFacts::parse(&printed.value), printed.observed_at, printed.source)
}
