//! `cargo xtask bench NAME`: measurements, as JSON on standard output. They are not tests: a figure
//! of a shared machine proves nothing, so each says what it was compared with.

mod page;

use crate::{failure::Failure, places::Places};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// What to measure.
    #[arg(value_enum)]
    name: Name,
}

#[derive(clap::ValueEnum, Clone, Copy)]
enum Name {
    /// The bytes that a browser fetches for the first page.
    Page,
}

pub(crate) fn bench(places: &Places, args: &Args) -> Result<(), Failure> {
    let figures = match args.name {
        Name::Page => page::measure(places)?,
    };
    println!("{figures:#}");
    Ok(())
}
