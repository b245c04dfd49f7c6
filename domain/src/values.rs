//! Values that may reach a node's command line. Each is parsed once, where it enters, and can
//! from then on neither be taken for an option nor carry a line break or control character.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A value that [`crate::remote::RemoteCommand::value`] accepts.
pub trait Argument {
    fn as_argument(&self) -> String;
}

impl Argument for IpAddr {
    fn as_argument(&self) -> String {
        self.to_string()
    }
}

impl Argument for SocketAddr {
    fn as_argument(&self) -> String {
        self.to_string()
    }
}

macro_rules! number_arguments {
    ($($number:ty),*) => {
        $(impl Argument for $number {
            fn as_argument(&self) -> String {
                self.to_string()
            }
        })*
    };
}
number_arguments!(u8, u16, u32, u64);

/// Why a text was not accepted as a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}; found {found:?}")]
pub struct InvalidValue {
    pub expected: &'static str,
    pub found: String,
}

macro_rules! value {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String))]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidValue;

            fn try_from(text: String) -> Result<Self, InvalidValue> {
                let valid: fn(&str) -> bool = $valid;
                if valid(&text) {
                    Ok(Self(text))
                } else {
                    Err(InvalidValue {
                        expected: $expected,
                        found: text.chars().take(80).collect(),
                    })
                }
            }
        }

        impl FromStr for $name {
            type Err = InvalidValue;

            fn from_str(text: &str) -> Result<Self, InvalidValue> {
                text.to_owned().try_into()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> String {
                value.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Argument for $name {
            fn as_argument(&self) -> String {
                self.0.clone()
            }
        }
    };
}

value!(
    /// What people call a node. Any script, but one line and not like an option.
    NodeName,
    "1 to 63 characters without control characters or slashes, not beginning with - or a space",
    |text| is_label(text, 63) && !text.contains('/')
);
value!(
    /// A word by which nodes are grouped.
    Tag,
    "1 to 40 characters without control characters, spaces or commas, not beginning with -",
    |text| is_label(text, 40) && !text.contains([' ', ','])
);
value!(
    /// The account to sign in with on a node.
    UserName,
    "a login name of letters, digits, _ . and -, at most 32, not beginning with -",
    |text| {
        is_label(text, 32)
            && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
    }
);
value!(
    /// A network interface (kernel: `dev_valid_name`, at most 15 bytes).
    InterfaceName,
    "an interface name of at most 15 bytes without spaces, slashes or control characters",
    |text| is_label(text, 15) && text.len() <= 15 && !text.contains(['/', ' ', ':'])
);
value!(
    /// A file on a node.
    RemotePath,
    "an absolute path without control characters or .. components",
    |text| {
        text.starts_with('/')
            && text.len() <= 1024
            && !text.chars().any(char::is_control)
            && !text.split('/').any(|part| part == "..")
    }
);
value!(
    /// A systemd unit.
    UnitName,
    "a systemd unit name such as keepalived.service",
    |text| {
        is_label(text, 255)
            && text.contains('.')
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '@' | ':' | '\\'))
    }
);
value!(
    /// A name of something in keepalived.conf.
    ConfName,
    "a name of 1 to 80 visible characters without spaces, quotes or braces, not beginning with -",
    |text| is_label(text, 80) && !text.contains([' ', '"', '\'', '{', '}', '\\'])
);
value!(
    /// A host name or an address to connect to.
    Host,
    "a host name or an IP address",
    |text| {
        is_label(text, 253)
            && (text.parse::<IpAddr>().is_ok()
                || text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-')))
    }
);

value!(
    /// Random hexadecimal digits that go before a password when it is digested.
    Salt,
    "8 to 64 hexadecimal digits",
    |text| (8..=64).contains(&text.len()) && text.chars().all(|c| c.is_ascii_hexdigit())
);

value!(
    /// A SHA-256 digest.
    Sha256Hex,
    "64 hexadecimal digits",
    |text| text.len() == 64 && text.chars().all(|c| c.is_ascii_hexdigit())
);

impl Sha256Hex {
    /// As `sha256sum` prints it of these bytes.
    pub fn of(bytes: impl AsRef<[u8]>) -> Sha256Hex {
        Self(Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// One line of visible text that no program takes for an option.
fn is_label(text: &str, max_chars: usize) -> bool {
    !text.is_empty()
        && text.chars().count() <= max_chars
        && !text.starts_with(['-', ' '])
        && !text.ends_with(' ')
        && !text.chars().any(|c| c.is_control() || is_invisible(c))
}

/// Line separators and direction marks: they make one name look like another.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_never_an_option_or_two_lines() {
        for text in ["", "-rf", "a\nb", "a\0b", " a", "a\u{202e}b", "a\u{2028}b"] {
            assert!(text.parse::<NodeName>().is_err(), "{text:?}");
            assert!(text.parse::<Tag>().is_err(), "{text:?}");
        }
        assert_eq!("前端-1".parse::<NodeName>().unwrap().as_str(), "前端-1");
        assert!("$(reboot)'\"".parse::<NodeName>().is_ok(), "odd, but only ever an argument");
    }

    #[test]
    fn an_error_says_what_was_expected_and_found() {
        let error = "--help".parse::<NodeName>().unwrap_err().to_string();
        insta::assert_snapshot!(error, @r#"expected 1 to 63 characters without control characters or slashes, not beginning with - or a space; found "--help""#);
    }

    #[test]
    fn paths_stay_where_they_point() {
        assert!("/etc/keepalived/keepalived.conf".parse::<RemotePath>().is_ok());
        assert!("/var/../etc/shadow".parse::<RemotePath>().is_err());
        assert!("etc/passwd".parse::<RemotePath>().is_err());
    }
}
