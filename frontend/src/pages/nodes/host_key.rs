//! Is this really my machine? A host key, and the proof that a person gives for it.

use leptos::prelude::*;
use signalbox_domain::nodes::HostKey;
use signalbox_domain::signal::Signal as Aspect;

use crate::locale::{t, t_with};
use crate::locales::nodes as texts;
use crate::ui::{CopyButton, Field, Icon, IconView, Lamp};

const PREFIX: &str = "SHA256:";
/// Characters of a SHA-256 digest in base64 without padding.
const DIGEST_CHARACTERS: usize = 43;
/// A reason shorter than this says nothing.
const LEAST_REASON_CHARACTERS: usize = 10;

/// A fingerprint in blocks of four.
#[component]
pub(super) fn Groups(#[prop(into)] fingerprint: String) -> impl IntoView {
    let chars: Vec<char> = digest_of(&fingerprint).chars().collect();
    let groups = chars
        .chunks(4)
        .map(|group| view! { <span>{group.iter().collect::<String>()}</span> })
        .collect_view();
    view! {
        <span class="key-groups mono" role="img" aria-label=fingerprint>
            {groups}
        </span>
    }
}

/// A key as a machine offers it, with how to read it on the machine itself.
#[component]
pub(super) fn KeyCard(key: HostKey, #[prop(into)] offered_by: String) -> impl IntoView {
    let command = format!("ssh-keygen -lf {}", public_key_file(&key.algorithm));
    let copied = key.fingerprint.clone();
    view! {
        <div class="key-card">
            <div class="row">
                <b class="mono">{key.algorithm}</b>
                <span class="i3 t12">{t_with(texts::OFFERED_BY, &[&offered_by])}</span>
                <span class="sp"></span>
                <CopyButton text=copied />
            </div>
            <div class="key-body">
                <div class="col g12">
                    <Groups fingerprint=key.fingerprint />
                    <p class="t12 i3">{t(texts::GROUPS_HELP)}</p>
                </div>
                <pre class="code key-art" aria-hidden="true">
                    {key.randomart}
                </pre>
            </div>
            <p class="row wrap t12 i2 key-command">
                <IconView icon=Icon::SquareTerminal small=true />
                {t(texts::READ_IT)}
                <code class="i1">{command}</code>
            </p>
        </div>
    }
}

/// What a person gives so that a key is trusted: the fingerprint as the machine itself tells it, or
/// why that is not needed.
#[derive(Clone, Copy)]
pub(super) struct Proof {
    pasted: RwSignal<String>,
    reason: RwSignal<String>,
}

impl Proof {
    pub(super) fn new() -> Proof {
        Proof { pasted: RwSignal::new(String::new()), reason: RwSignal::new(String::new()) }
    }

    /// Why the key may not be trusted yet.
    pub(super) fn missing(self, fingerprint: &str) -> Option<String> {
        match self.pasted.with(|pasted| compare(pasted, fingerprint)) {
            Comparison::Same => None,
            Comparison::Differs { .. } => Some(t(texts::DIFFERENT_KEY).to_owned()),
            Comparison::Nothing | Comparison::Part { .. } => self
                .reason
                .with(|reason| !is_reason(reason))
                .then(|| t_with(texts::NEEDS_PROOF, &[&LEAST_REASON_CHARACTERS])),
        }
    }

    /// For the audit log; nothing when the fingerprint was compared.
    pub(super) fn because(self, fingerprint: &str) -> Option<String> {
        let compared = self.pasted.with_untracked(|pasted| compare(pasted, fingerprint));
        let reason = self.reason.get_untracked().trim().to_owned();
        (compared != Comparison::Same && is_reason(&reason)).then_some(reason)
    }
}

fn is_reason(text: &str) -> bool {
    text.trim().chars().count() >= LEAST_REASON_CHARACTERS
}

/// The field for the pasted fingerprint, what came of it, and the field for a reason.
#[component]
pub(super) fn ProofFields(proof: Proof, #[prop(into)] fingerprint: String) -> impl IntoView {
    let compared = Memo::new(move |_| proof.pasted.with(|pasted| compare(pasted, &fingerprint)));
    view! {
        <Field label=t(texts::PASTE) name="pasted-fingerprint" value=proof.pasted mono=true />
        <p class="row key-verdict" role="status">
            {move || verdict(compared.get())}
        </p>
        <Field
            label=t(texts::WITHOUT)
            name="trust-reason"
            value=proof.reason
            help=t(texts::WITHOUT_HELP)
        />
    }
}

fn verdict(compared: Comparison) -> impl IntoView {
    let all = DIGEST_CHARACTERS;
    let (aspect, text, count) = match compared {
        Comparison::Nothing => (Aspect::Unknown, texts::NOT_PASTED, String::new()),
        Comparison::Part { same } => {
            (Aspect::Unknown, texts::PART, t_with(texts::PART_COUNT, &[&same, &all]))
        }
        Comparison::Same => (Aspect::Clear, texts::SAME, t_with(texts::SAME_COUNT, &[&all])),
        Comparison::Differs { at } => {
            (Aspect::Danger, texts::DIFFERS, t_with(texts::DIFFERS_AT, &[&at]))
        }
    };
    view! {
        <Lamp aspect=aspect />
        <span>{t(text)}</span>
        <span class="sp"></span>
        <span class="i3 t12">{count}</span>
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Nothing,
    /// The beginning is the same.
    Part {
        same: usize,
    },
    Same,
    /// The first character that is another one, from 1.
    Differs {
        at: usize,
    },
}

/// Compares what was pasted with a fingerprint: a line of `ssh-keygen -lf` (of several keys, any
/// may match), the fingerprint itself, or its blocks of four as somebody read them aloud.
pub(super) fn compare(pasted: &str, fingerprint: &str) -> Comparison {
    let expected = digest_of(fingerprint);
    let printed: Vec<&str> =
        pasted.split_whitespace().filter_map(|word| word.strip_prefix(PREFIX)).collect();
    if printed.len() > 1 {
        let results = printed.iter().map(|digest| compare_digest(digest, expected));
        return results
            .min_by_key(|result| *result != Comparison::Same)
            .unwrap_or(Comparison::Nothing);
    }
    match printed.first() {
        Some(digest) => compare_digest(digest, expected),
        None => {
            let together: String = pasted.split_whitespace().collect();
            compare_digest(&together, expected)
        }
    }
}

fn compare_digest(digest: &str, expected: &str) -> Comparison {
    let digest = digest.trim_end_matches('=');
    if digest.is_empty() {
        return Comparison::Nothing;
    }
    if digest == expected {
        return Comparison::Same;
    }
    let same = digest.chars().zip(expected.chars()).take_while(|(a, b)| a == b).count();
    if expected.starts_with(digest) {
        Comparison::Part { same }
    } else {
        Comparison::Differs { at: same + 1 }
    }
}

fn digest_of(fingerprint: &str) -> &str {
    fingerprint.strip_prefix(PREFIX).unwrap_or(fingerprint)
}

/// Where sshd keeps the public half of a host key.
fn public_key_file(algorithm: &str) -> String {
    let kind = match algorithm {
        "ssh-ed25519" => "ed25519",
        other if other.starts_with("ecdsa-") => "ecdsa",
        _ => "rsa",
    };
    format!("/etc/ssh/ssh_host_{kind}_key.pub")
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "SHA256:HwkWmJ8dlMkxpmdj9SVyYVo7BmrxVRzrS0vJ0DbjHQA";

    #[test]
    fn a_fingerprint_is_the_same_in_each_form_one_reads_it() {
        for pasted in [
            KEY,
            "HwkWmJ8dlMkxpmdj9SVyYVo7BmrxVRzrS0vJ0DbjHQA",
            "HwkW mJ8d lMkx pmdj 9SVy YVo7 Bmrx VRzr S0vJ 0Dbj HQA",
            "256 SHA256:HwkWmJ8dlMkxpmdj9SVyYVo7BmrxVRzrS0vJ0DbjHQA root@db-1 (ED25519)\n",
            "3072 SHA256:aaaa root@db-1 (RSA)\n256 SHA256:HwkWmJ8dlMkxpmdj9SVyYVo7BmrxVRzrS0vJ0DbjHQA x (ED25519)",
        ] {
            assert_eq!(compare(pasted, KEY), Comparison::Same, "{pasted:?}");
        }
    }

    #[test]
    fn one_other_character_is_found() {
        let other = KEY.replace("9SVy", "9SVx");
        assert_eq!(compare(&other, KEY), Comparison::Differs { at: 20 });
        assert_eq!(compare(&format!("{KEY}x"), KEY), Comparison::Differs { at: 44 });
        assert_eq!(compare("SHA256:HwkW", KEY), Comparison::Part { same: 4 });
        assert_eq!(compare(&KEY.to_lowercase(), KEY), Comparison::Differs { at: 1 });
        assert_eq!(compare("  \n", KEY), Comparison::Nothing);
    }

    #[test]
    fn a_reason_does_not_outweigh_a_fingerprint_that_differs() {
        Owner::new().with(|| {
            let proof = Proof::new();
            assert!(proof.missing(KEY).is_some());
            proof.reason.set("too short".into());
            assert!(proof.missing(KEY).is_some());
            proof.reason.set("installed today on this desk".into());
            assert_eq!(proof.missing(KEY), None);
            assert!(proof.because(KEY).is_some());
            proof.pasted.set(KEY.replace("9SVy", "9SVx"));
            assert!(proof.missing(KEY).is_some());
            proof.pasted.set(KEY.into());
            assert_eq!(proof.missing(KEY), None);
            assert_eq!(proof.because(KEY), None, "it was compared");
        });
    }
}
