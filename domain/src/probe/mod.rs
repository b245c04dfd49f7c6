//! The probe that runs on every node, and the frames that it sends.
//!
//! It is one perl program with nothing but perl-base, which every Debian has, because on a slow
//! machine each process costs more than a second's budget. To observe one more thing, write its
//! section in a file of its own beside the others and add it to [`PROBE`] before the loop.

mod frame;

pub use frame::{Decoder, Frame, FrameError, FrameKind};

use crate::remote::Script;

/// Its one argument is the salt of the passwords' digests.
pub const PROBE: Script = Script {
    name: "signalbox-probe",
    text: concat!(
        include_str!("without_perl.sh"),
        "exec perl -e '",
        include_str!("frame.pl"),
        include_str!("netlink.pl"),
        include_str!("addresses.pl"),
        include_str!("lvs.pl"),
        include_str!("lvs_counters.pl"),
        include_str!("vitals.pl"),
        include_str!("services.pl"),
        include_str!("vrrp.pl"),
        include_str!("adverts.pl"),
        include_str!("daemon.pl"),
        include_str!("engines.pl"),
        include_str!("platform.pl"),
        include_str!("loop.pl"),
        "' \"$@\"\n",
    ),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_perl_text_holds_no_quote_that_would_end_it() {
        let (_, perl) = PROBE.text.split_once("perl -e '").unwrap();
        assert_eq!(perl.matches('\'').count(), 1);
        assert!(perl.ends_with("' \"$@\"\n"));
    }
}
