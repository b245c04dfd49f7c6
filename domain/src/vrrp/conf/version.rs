//! Versions of keepalived, and the keywords that came with them.

/// The first version of keepalived that knows a keyword (its ChangeLog).
pub(super) const SINCE: [(&str, Version); 9] = [
    ("PING_CHECK", Version(2, 0, 20)),
    ("UDP_CHECK", Version(2, 0, 20)),
    ("FILE_CHECK", Version(2, 1, 0)),
    ("reload_check_config", Version(2, 2, 0)),
    ("down_timer_adverts", Version(2, 2, 3)),
    ("vrrp_down_timer_adverts", Version(2, 2, 3)),
    ("json_version", Version(2, 2, 8)),
    ("auth_hmac", Version(2, 4, 0)),
    ("auth_hmac_key", Version(2, 4, 0)),
];

/// Keywords of the manual page that 2.2.7 does not know, by the block they are in; which version was
/// their first is not told.
pub(super) const AFTER_2_2_7: [(&str, &str); 14] = [
    ("global_defs", "state_dump_file"),
    ("global_defs", "stats_dump_file"),
    ("global_defs", "json_dump_file"),
    ("global_defs", "vrrp_delay_after_boot"),
    ("global_defs", "use_symlink_paths"),
    ("global_defs", "set_supplementary_groups"),
    ("global_defs", "vrrp_owner_ignore_adverts"),
    ("vrrp_instance", "v3_checksum_as_v2"),
    ("HTTP_GET", "tls_compliant"),
    ("SSL_GET", "tls_compliant"),
    ("url", "tls_compliant"),
    ("FILE_CHECK", "dynamic"),
    ("global_defs", "json_version"),
    ("vrrp_instance", "auth_hmac"),
];

/// A version of keepalived: `2.2.7`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32, pub u32, pub u32);

impl std::str::FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Version, String> {
        let wrong = || format!("expected a version such as 2.2.7; found {text:?}");
        let numbers: Result<Vec<u32>, _> =
            text.trim_start_matches('v').split('.').map(str::parse).collect();
        match numbers.map_err(|_| wrong())?.as_slice() {
            [major, minor] => Ok(Version(*major, *minor, 0)),
            [major, minor, patch] => Ok(Version(*major, *minor, *patch)),
            _ => Err(wrong()),
        }
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}
