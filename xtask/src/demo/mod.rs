//! `cargo xtask demo`: the console over the lab's fleet, ready to be looked at.
//!
//! What was started is written to `target/demo.json` as it happens, so that an end at any moment,
//! in this process or by `--stop` in another, finds all of it.

pub(crate) mod console;
pub(crate) mod process;
pub(crate) mod record;

use std::{fs, path::Path, thread, time::Duration};

use signalbox_lab::{Lab, UpOptions};

use self::{
    console::Console,
    record::{Node, Record},
};
use crate::{
    build,
    exec::{catch_interrupts, is_interrupted, step},
    failure::Failure,
    places::Places,
    setup,
};

/// Where the console over the usual lab listens, so that a browser's bookmark stays good. The one
/// over lab N listens N further on.
const PORT: u16 = 8480;

#[derive(clap::Args, Default)]
pub(crate) struct Args {
    /// Return when the console answers and leave it running; target/demo.json says where.
    #[arg(long)]
    detach: bool,
    /// End a demo and everything that it started.
    #[arg(long, conflicts_with = "detach")]
    stop: bool,
    /// Print a fresh one-time sign-in link to the demo that is running.
    #[arg(long, conflicts_with_all = ["detach", "stop"])]
    link: bool,
    /// Start the console alone, with no nodes.
    #[arg(long)]
    no_lab: bool,
    /// Which fleet to bring up: `ha` or `nat`.
    #[arg(long, default_value = "ha")]
    topology: String,
    /// Build for speed: takes minutes longer.
    #[arg(long)]
    release: bool,
}

pub(crate) fn demo(places: &Places, args: &Args) -> Result<(), Failure> {
    if args.stop {
        return stop(places);
    }
    if args.link {
        return link(places);
    }
    catch_interrupts()?;
    setup::setup(places, &setup::Args::default())?;
    let built = build::build(places, build::Args { release: args.release, site_only: false })?;
    let topology = (!args.no_lab).then_some(args.topology.as_str());
    let record = start(places, built, topology)?;
    let link = Console::of(&record).sign_in_link("demo")?;
    println!("\n  Signalbox is at   {}", record.url);
    println!("  Sign in once at   {link}");
    if args.detach {
        println!("  End it with       cargo xtask demo --stop");
        return Ok(());
    }
    println!("  End it with       Ctrl-C");
    wait(&record);
    stop(places)
}

pub(crate) fn is_running(places: &Places) -> Result<bool, Failure> {
    Ok(Record::load(places)?.is_some_and(|record| record.is_running()))
}

/// Brings up the lab, if a topology is given, and the console over it. Undone if a part fails.
pub(crate) fn start(
    places: &Places,
    built: build::Built,
    topology: Option<&str>,
) -> Result<Record, Failure> {
    if let Some(running) = Record::load(places)?.filter(Record::is_running) {
        return Err(Failure::Missing {
            what: format!("a demo is running already, at {}", running.url),
            advice: "end it first: cargo xtask demo --stop".into(),
        });
    }
    start_parts(places, built, topology).inspect_err(|_| {
        if let Err(failure) = stop(places) {
            eprintln!("{failure}");
        }
    })
}

fn start_parts(
    places: &Places,
    built: build::Built,
    topology: Option<&str>,
) -> Result<Record, Failure> {
    let listen = format!("127.0.0.1:{}", PORT + u16::from(signalbox_lab::lab_id()?));
    let mut record = Record::new(&listen, built, places.target.join("demo"));
    record.save(places)?;
    let lab = match topology {
        Some(topology) => Some(lab(places, &mut record, topology)?),
        None => None,
    };

    step("Starting the console");
    fresh_directory(&record.data)?;
    let process = Console::of(&record).serve(&listen)?;
    record.console = Some(process.clone());
    record.save(places)?;
    Console::of(&record).wait_until_it_answers(&process)?;
    record.token = Console::of(&record).create_token("demo-script")?;
    record.save(places)?;

    if let Some(lab) = lab {
        step("Adding the nodes");
        let credential = Console::of(&record).add_credential(lab.private_key())?;
        record.private_key = Some(lab.private_key().to_owned());
        for node in lab.nodes() {
            Console::of(&record).add_node(node, &credential)?;
            println!("  {:<10} {}", node.name, node.management);
            record.nodes.push(node.into());
        }
        record.save(places)?;
    }
    Ok(record)
}

fn lab(places: &Places, record: &mut Record, topology: &str) -> Result<Lab, Failure> {
    step("Bringing the lab up");
    // A lab that somebody has up already is used, and left to them.
    record.started_lab = Lab::attach().is_err();
    record.save(places)?;
    let options = UpOptions { topology: topology.to_owned(), with: Vec::new() };
    let lab = Lab::up(&options, &mut |line| println!("  {line}"))?;
    for missing in lab.missing() {
        println!("  missing here: {missing}");
    }
    Ok(lab)
}

/// Ends what the record says was started, and nothing else.
pub(crate) fn stop(places: &Places) -> Result<(), Failure> {
    let Some(record) = Record::load(places)? else {
        println!("No demo is running.");
        return Ok(());
    };
    step("Ending the demo");
    if let Some(console) = &record.console {
        console.end()?;
    }
    if record.started_lab {
        signalbox_lab::down_all(&mut |line| println!("  {line}"))?;
    }
    Record::remove(places)
}

fn link(places: &Places) -> Result<(), Failure> {
    let Some(record) = Record::load(places)?.filter(Record::is_running) else {
        return Err(Failure::Missing {
            what: "no demo is running".into(),
            advice: "start one: cargo xtask demo".into(),
        });
    };
    println!("{}", Console::of(&record).sign_in_link("demo")?);
    Ok(())
}

/// Returns when the user asks for the end, or when the console has ended by itself.
fn wait(record: &Record) {
    while !is_interrupted() {
        if !record.is_running() {
            eprintln!("The console has ended; its last words are in {}", record.log().display());
            return;
        }
        thread::sleep(Duration::from_millis(200));
    }
}

fn fresh_directory(dir: &Path) -> Result<(), Failure> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(Failure::file("clear", dir)(error));
        }
        _ => {}
    }
    fs::create_dir_all(dir).map_err(Failure::file("create", dir))
}

impl From<&signalbox_lab::LabNode> for Node {
    fn from(node: &signalbox_lab::LabNode) -> Self {
        Self {
            name: node.name.clone(),
            role: node.role.to_string(),
            address: node.management.to_string(),
        }
    }
}
