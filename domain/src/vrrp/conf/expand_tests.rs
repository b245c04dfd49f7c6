use super::super::Configuration;
use super::*;

fn files(texts: &[(&str, &str)]) -> Files {
    texts.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

fn read(text: &str) -> (Vec<String>, Vec<Trap>) {
    let files = files(&[("/etc/k.conf", text)]);
    let done = expand(&files, "/etc/k.conf", "dir-a");
    let lines = done.lines.iter().map(|line| line.text.to_string()).collect();
    (lines, done.problems.into_iter().map(|problem| problem.trap).collect())
}

/// What `keepalived -t -i dir-a` 2.2.7 named as the keyword of each line.
#[test]
fn lines_are_those_that_the_daemon_reads() {
    for (text, expected) in [
        ("@dir-a yes\n@dir-b no\n@^dir-a no2\n@^dir-b yes2", &["yes", "yes2"][..]),
        (
            "@dir-a @^dir-b yes3\n  @dir-a   yes4\n@dir-a\nx @dir-a",
            &["@^dir-b yes3", "yes4", "x @dir-a"],
        ),
        ("$A=${B}1\n$B=q\n$A\n$B=r\n$A", &["q1", "r1"]),
        (
            "$M=one \\\n  two \\\n\n three\n$M\nz $M\n$M z",
            &["three", "one", "two", "z one", "two", "$M z"],
        ),
        ("~SEQ(a,1,2) ~SEQ(b,1,2) x${a}${b}", &["x11", "x12", "x21", "x22"]),
        ("$S=~SEQ(c,1,2) z$c\n$S", &["z1", "z2"]),
        ("@dir-a ~SEQ(a,1,2) k$a\n~SEQ(a,1,2) @dir-a kk$a", &["k1", "k2", "kk1", "kk2"]),
        ("~SEQ(a,1,3) $D${a}=v\nx$D2", &["xv"]),
        ("~LST({a,b},{1,2},{3,4}) q${a}-${b}", &["q1-2", "q3-4"]),
        (
            "~LST({IP, IP1}, {10,1},{20,4}) ~SEQ(IP2,168,2,170) 192.${IP2}.${IP}.${IP1}",
            &["192.168.10.1", "192.170.10.1", "192.168.20.4", "192.170.20.4"],
        ),
        ("${_PWD}\n${_INSTANCE}\n${_HASH}x ${_BANG}\n${_PWD}x", &["/etc", "dir-a", "/etcx"]),
        ("$I=@dir-a\n$I yes\n$J=@dir-b\n$J no", &["yes"]),
        ("x\\\ny z", &["x\\", "y z"]),
        ("a\r\nb \r\n", &["a", "b"]),
    ] {
        assert_eq!(read(text).0, expected, "{text}");
    }
}

#[test]
fn a_definition_within_a_definition_goes_before_its_rest() {
    let text = "$RS= \\\n real ${N} { \\\n }\n$VS= \\\n virtual { \\\n $N=1 \\\n $RS \\\n $N=2 \\\n $RS \\\n }\n$VS";
    assert_eq!(read(text).0, ["virtual {", "real 1 {", "}", "real 2 {", "}", "}"]);
}

#[test]
fn includes_are_relative_and_in_order() {
    let files = files(&[
        ("/e/k.conf", "include d/a.conf\nend $Q"),
        ("/e/d/a.conf", "a1\ninclude sub*.conf\na2"),
        ("/e/d/sub1.conf", "s1 ${_PWD}\n$Q=fromsub"),
        ("/e/d/sub2.conf", "s2"),
        ("/e/d/.sub3.conf", "hidden"),
    ]);
    let done = expand(&files, "/e/k.conf", "x");
    let lines: Vec<String> = done
        .lines
        .iter()
        .map(|line| {
            format!("{}:{} {}", done.files[line.place.file as usize], line.place.line, line.text)
        })
        .collect();
    assert_eq!(
        lines,
        [
            "/e/d/a.conf:1 a1",
            "/e/d/sub1.conf:1 s1 /e/d",
            "/e/d/sub2.conf:1 s2",
            "/e/d/a.conf:3 a2",
            "/e/k.conf:2 end fromsub"
        ]
    );
}

#[test]
fn a_circle_of_includes_is_a_problem_with_its_place() {
    let files = files(&[("/a", "x\ninclude b"), ("/b", "y\n include /a\ninclude \"/c\"\nz")]);
    let done = expand(&files, "/a", "x");
    let lines: Vec<&str> = done.lines.iter().map(|line| line.text.as_ref()).collect();
    assert_eq!(lines, ["x", "y", "z"]);
    insta::assert_debug_snapshot!(done.problems);
}

#[test]
fn bombs_end() {
    let doubled: String = (0..60).map(|n| format!("$A{n}=${{A{0}}}${{A{0}}}\n", n + 1)).collect();
    assert!(read(&format!("{doubled}$A60=x\n$A0")).1.contains(&Trap::Grown));
    assert!(read("$M=x \\\n$M\n$M").1.contains(&Trap::Endless));
    assert!(read("$A=$A\n$A").1.contains(&Trap::Endless));
    let seq = files(&[("k", "~SEQ(a,1,9223372036854775807) x${a}")]);
    let many = expand_in(&seq, "k", "h", 20_000);
    assert!(many.problems.iter().any(|problem| problem.trap == Trap::TooMuch));
    assert!(many.lines.len() <= 20_000);
    let text = "include *.conf\n".repeat(50);
    let paths: Vec<String> = (0..50).map(|n| format!("{n}.conf")).collect();
    let files = files(&paths.iter().map(|path| (path.as_str(), text.as_str())).collect::<Vec<_>>());
    let done = expand_in(&files, "0.conf", "x", 20_000);
    assert!(done.problems.iter().any(|problem| problem.trap == Trap::TooMuch));
}

#[test]
fn what_is_lost_is_said() {
    let text =
        "auth_pass ab!cd\npath \"x\nnotify a\\\n@x ~SEQ(q)\n~SEQ(q) z\npriority ${_RANDOM 1 2}";
    insta::assert_debug_snapshot!(read(text).1);
}

#[test]
fn braces_that_do_not_match_are_placed() {
    let files = files(&[("/k", "{ x\n}\na {\nb { }\n}\n}\nc {\n d {\n")]);
    let configuration = Configuration::read(&files, "/k", "h");
    let found: Vec<(u32, &Trap)> =
        configuration.problems.iter().map(|problem| (problem.place.line, &problem.trap)).collect();
    assert_eq!(
        found,
        [(1, &Trap::StrayOpen), (6, &Trap::StrayClose), (8, &Trap::Unclosed), (7, &Trap::Unclosed)]
    );
}

fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            (_, true) => match chars.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some('v') => out.push('\u{b}'),
                other => out.extend(other),
            },
            (c, false) => out.push(c),
        }
    }
    out
}

fn keywords(block: &[super::super::Statement], found: &mut Vec<String>) {
    for statement in block {
        found.push(format!("{} {}", statement.place.line, statement.keyword()));
        keywords(statement.statements(), found);
    }
}

#[test]
fn a_real_daemon_read_the_same() {
    let facts = include_str!("../fixtures/daemon-reads");
    let facts: Vec<&str> = facts.lines().filter(|line| !line.starts_with("# ")).collect();
    assert!(facts.len() > 50, "{}", facts.len());
    for fact in facts {
        let mut fields = fact.split('\t');
        let text = unescaped(fields.next().unwrap()) + "\n";
        // It takes a stray brace for a keyword; to us it is a problem.
        let expected: Vec<&str> = fields.filter(|field| !field.ends_with(" }")).collect();
        let files = files(&[("/tmp/k.conf", &text)]);
        let mut found = Vec::new();
        keywords(&Configuration::read(&files, "/tmp/k.conf", "dir-a").statements, &mut found);
        assert_eq!(found, expected, "{fact}");
    }
}
