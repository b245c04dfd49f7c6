use serde::{Deserialize, Serialize};

/// The key by which a machine proves that it is itself (RFC 4253 section 8).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HostKey {
    /// `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa` …
    pub algorithm: String,
    /// `SHA256:` and 43 characters of base64, as `ssh-keygen -lf` prints it.
    pub fingerprint: String,
    /// The fingerprint's 43 characters in groups of four, for reading aloud.
    pub groups: Vec<String>,
    /// The picture that `ssh-keygen -lv` draws.
    pub randomart: String,
}

impl HostKey {
    pub fn new(
        algorithm: impl Into<String>,
        fingerprint: impl Into<String>,
        randomart: impl Into<String>,
    ) -> HostKey {
        let fingerprint = fingerprint.into();
        let groups = groups_of_four(&fingerprint);
        HostKey { algorithm: algorithm.into(), groups, randomart: randomart.into(), fingerprint }
    }
}

fn groups_of_four(fingerprint: &str) -> Vec<String> {
    let digest = fingerprint.strip_prefix("SHA256:").unwrap_or(fingerprint);
    let chars: Vec<char> = digest.chars().collect();
    chars.chunks(4).map(|group| group.iter().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_in_groups_of_four() {
        let key = HostKey::new(
            "ssh-ed25519",
            "SHA256:HwkWmJ8dlMkxpmdj9SVyYVo7BmrxVRzrS0vJ0DbjHQA",
            String::new(),
        );
        insta::assert_snapshot!(key.groups.join(" "), @"HwkW mJ8d lMkx pmdj 9SVy YVo7 Bmrx VRzr S0vJ 0Dbj HQA");
    }
}
