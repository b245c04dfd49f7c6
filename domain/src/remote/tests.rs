use std::process::Command;

use proptest::prelude::*;

use super::*;

/// What a real `sh` hands to a program for this line.
fn argv_after_sh(line: &str) -> Vec<String> {
    let output = Command::new("sh").arg("-c").arg(line).output().unwrap();
    assert!(output.status.success(), "sh refused {line:?}");
    let mut words: Vec<String> =
        output.stdout.split(|b| *b == 0).map(|w| String::from_utf8(w.to_vec()).unwrap()).collect();
    words.pop();
    words
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn arguments_survive_a_real_sh(args in prop::collection::vec("[^\0]{0,40}", 1..5)) {
        let mut command = RemoteCommand::new("printf").words(&["%s\\0"]);
        command.args.extend(args.iter().cloned());
        prop_assert_eq!(argv_after_sh(&command.line(Elevation::None)), args);
    }
}

#[test]
fn a_script_takes_its_values_as_positional_arguments() {
    let script = Script { name: "show", text: "printf '%s\\0' \"$0\" \"$@\"" };
    let mut command = RemoteCommand::script(&script);
    command.args = vec!["$(reboot)".into(), "'; rm -rf /; '".into(), "two\nlines".into()];
    assert_eq!(
        argv_after_sh(&command.line(Elevation::None)),
        ["show", "$(reboot)", "'; rm -rf /; '", "two\nlines"],
    );
}

#[test]
fn sudo_never_asks() {
    let line = RemoteCommand::new("ipvsadm").words(&["-Ln"]).line(Elevation::Sudo);
    assert!(line.starts_with("LC_ALL=C sudo -n -- env "), "{line}");
    assert!(line.ends_with(" ipvsadm -Ln"), "{line}");
}
