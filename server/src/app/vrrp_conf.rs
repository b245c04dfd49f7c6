//! keepalived's files: read for whoever edits them, and deployed.

use std::net::IpAddr;

use futures::future::try_join_all;
use sha2::{Digest, Sha256};
use signalbox_domain::fact::Fact;
use signalbox_domain::ids::NodeId;
use signalbox_domain::lvs::Table;
use signalbox_domain::nodes::{LinkState, NodeRecord, Observed};
use signalbox_domain::plan::Draft;
use signalbox_domain::vrrp::InstanceConf;
use signalbox_domain::vrrp::client::Question;
use signalbox_domain::vrrp::deploy::{
    ChangeError, ConfReading, ConfView, DeployInput, Director, FileChange, NodeChange, Trial,
    deploy, scripts,
};
use signalbox_domain::vrrp::facts::ClientFacts;

use crate::app::asked::Asked;
use crate::app::vrrp::{Nodes, VrrpError, client, ipvs, running};
use crate::clock;
use crate::secret::Secret;
use crate::state::App;

/// What a password's word is made with, so that nobody who reads it can try passwords.
const PURPOSE: &str = "vrrp/kept-passwords";
/// Two passwords of a fleet with the same word are as good as excluded.
const WORD_BYTES: usize = 6;

/// The files of a node, read now, without their passwords.
pub async fn view(app: &App, node: NodeId) -> Result<ConfView, VrrpError> {
    let nodes = app.fleet.nodes();
    let (record, _) = nodes.get(&node).ok_or(VrrpError::NoSuchNode(node))?;
    let reading = read(app, record).await?;
    Ok(reading.value.view(node, record.name.to_string(), reading.observed_at))
}

/// Plans a deployment from what is seen now.
pub async fn draft(app: &App, changes: &[NodeChange]) -> Result<Draft, VrrpError> {
    Ok(deploy(&input(app, changes).await?, clock::now())?)
}

/// What a deployment is decided from, as it is seen now.
pub(super) async fn input(app: &App, changes: &[NodeChange]) -> Result<DeployInput, VrrpError> {
    let nodes = app.fleet.nodes();
    for (at, change) in changes.iter().enumerate() {
        let (record, _) = nodes.get(&change.node).ok_or(VrrpError::NoSuchNode(change.node))?;
        if changes.iter().take(at).any(|other| other.node == change.node) {
            return Err(ChangeError::NodeTwice { node: record.name.to_string() }.into());
        }
    }
    let (peers, unseen) = peers(&nodes, changes);
    let mut asked = Vec::new();
    for NodeChange { node, files } in changes {
        asked.push(ask(app, &nodes, *node, files));
    }
    for node in peers {
        asked.push(ask(app, &nodes, node, &[]));
    }
    let answers = try_join_all(asked).await?;
    let client = measurer(app, &nodes, &answers).await;
    // That took seconds on a slow node, in which the probes told more.
    let nodes = app.fleet.nodes();
    let directors: Vec<Director> =
        answers.into_iter().filter_map(|answer| answer.director(&nodes)).collect();
    let taken = addresses_of_others(&nodes, &directors);
    Ok(DeployInput { directors, unseen, taken, client, running: running(app).await? })
}

/// Real servers have the virtual addresses where they answer nobody for them: on `lo` and `tunl0`.
fn addresses_of_others(nodes: &Nodes, directors: &[Director]) -> Vec<(String, IpAddr)> {
    let others = nodes.iter().filter(|(id, _)| directors.iter().all(|own| own.node != **id));
    let of_node = |(_, (record, observed)): (&NodeId, &(NodeRecord, Observed))| {
        let seen = observed.addresses.iter().flat_map(|fact| &fact.value);
        let answering = seen.filter(|own| !matches!(own.interface.as_str(), "lo" | "tunl0"));
        answering.map(|own| (record.name.to_string(), own.address)).collect::<Vec<_>>()
    };
    others.flat_map(of_node).collect()
}

/// The other directors of the changed nodes' instances: those that can be asked, and the names of
/// those that cannot.
fn peers(nodes: &Nodes, changes: &[NodeChange]) -> (Vec<NodeId>, Vec<String>) {
    let is_changed = |id: NodeId| changes.iter().any(|change| change.node == id);
    let own: Vec<&InstanceConf> = nodes
        .iter()
        .filter(|(id, _)| is_changed(**id))
        .flat_map(|(_, (_, observed))| observed.vrrp_conf.iter().flat_map(|fact| &fact.value))
        .collect();
    let shares = |observed: &Observed| {
        let confs = observed.vrrp_conf.iter().flat_map(|fact| &fact.value);
        confs.into_iter().any(|conf| own.iter().any(|own| share_an_address(own, conf)))
    };
    let (mut seen, mut unseen) = (Vec::new(), Vec::new());
    for (id, (record, observed)) in nodes.iter().filter(|(id, _)| !is_changed(**id)) {
        if shares(observed) && observed.link.state == LinkState::Up {
            seen.push(*id);
        } else if shares(observed) {
            unseen.push(record.name.to_string());
        }
    }
    (seen, unseen)
}

fn share_an_address(a: &InstanceConf, b: &InstanceConf) -> bool {
    let in_a = |address: IpAddr| a.virtual_addresses.iter().any(|v| v.address == address);
    b.virtual_addresses.iter().any(|v| in_a(v.address))
}

/// What a director says of its files when it is asked.
struct Answer {
    node: NodeId,
    files: Vec<FileChange>,
    reading: Fact<ConfReading>,
    json_signal: Option<Fact<u8>>,
    trial: Option<Result<Fact<Trial>, String>>,
}

async fn ask(
    app: &App,
    nodes: &Nodes,
    node: NodeId,
    files: &[FileChange],
) -> Result<Answer, VrrpError> {
    let (record, _) = nodes.get(&node).ok_or(VrrpError::NoSuchNode(node))?;
    let reading = read(app, record).await?;
    let asked = Asked { app, node };
    let json_signal = asked.json_signal().await;
    let trial = match files {
        [] => None,
        files => Some(try_out(&asked, &reading.value, files).await),
    };
    Ok(Answer { node, files: files.to_vec(), reading, json_signal, trial })
}

impl Answer {
    fn director(self, nodes: &Nodes) -> Option<Director> {
        let (record, observed) = nodes.get(&self.node)?;
        Some(Director {
            node: self.node,
            name: record.name.to_string(),
            link: observed.link.clone(),
            reading: self.reading,
            files: self.files,
            trial: self.trial,
            said: observed.vrrp_state.clone(),
            addresses: observed.addresses.clone(),
            ipvs: ipvs(observed),
            json_signal: self.json_signal,
        })
    }
}

async fn try_out(
    asked: &Asked<'_>,
    reading: &ConfReading,
    files: &[FileChange],
) -> Result<Fact<Trial>, String> {
    let printed = asked.stdout(scripts::trial(reading, files)).await?;
    let trial = Trial::parse(&printed.value).ok_or("the node did not come to an end")?;
    Ok(Fact::new(trial, printed.observed_at, printed.source))
}

pub(super) async fn read(app: &App, record: &NodeRecord) -> Result<Fact<ConfReading>, VrrpError> {
    let unreadable = |why: String| VrrpError::Unreadable { node: record.name.to_string(), why };
    let asked = Asked { app, node: record.id };
    let printed = asked.stdout(scripts::read()).await.map_err(unreadable)?;
    let key = app.sealer.derive(PURPOSE);
    let reading = ConfReading::parse(&printed.value, &|password| word(&key, password))
        .map_err(|error| unreadable(error.to_string()))?;
    Ok(Fact::new(reading, printed.observed_at, printed.source))
}

fn word(key: &Secret<[u8; 32]>, password: &str) -> String {
    let digest = Sha256::new().chain_update(key.reveal()).chain_update(password).finalize();
    digest.iter().take(WORD_BYTES).map(|byte| format!("{byte:02x}")).collect()
}

/// A node that measures what clients lose, of the first instance that answers.
async fn measurer(app: &App, nodes: &Nodes, answers: &[Answer]) -> Option<(ClientFacts, Question)> {
    let observed: Vec<&Observed> =
        answers.iter().filter_map(|answer| Some(&nodes.get(&answer.node)?.1)).collect();
    let tables: Vec<Table> = observed.iter().filter_map(|o| Some(ipvs(o)?.value)).collect();
    // What a client may ask of each director's first instance.
    let questions = observed.iter().filter_map(|observed| {
        let conf = observed.vrrp_conf.as_ref()?.value.first()?;
        Question::choose(conf, &ipvs(observed)?.value)
    });
    for question in questions {
        if let Some(client) = client(app, nodes, question, &tables).await {
            return Some((client, question));
        }
    }
    None
}
