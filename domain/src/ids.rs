//! Numbers by which the console's own records are known.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = std::num::ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

id!(
    /// A managed machine.
    NodeId
);
id!(
    /// A plan that was made and shown; it may or may not have become a job.
    PlanId
);
id!(
    /// One run of a plan.
    JobId
);
id!(
    /// A backup in the catalogue.
    BackupId
);
id!(
    /// A ruleset in the history of a node's rules.
    RulesetId
);
id!(
    /// A person's or a script's account.
    AccountId
);
id!(
    /// A stored SSH key or password.
    CredentialId
);
id!(
    /// A script's bearer token.
    TokenId
);
