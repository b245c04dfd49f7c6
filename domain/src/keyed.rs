//! Lists of named things, written as an object by their names.
//!
//! A merge patch (RFC 7396) replaces a list whole; of an object it carries what changed.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(crate) trait Named {
    /// Unlike that of every other member.
    fn name(&self) -> String;

    /// The order of the list, which an object does not keep.
    fn compare(&self, other: &Self) -> Ordering;
}

pub(crate) fn serialize<T: Named + Serialize, S: Serializer>(
    list: &[T],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(list.iter().map(|member| (member.name(), member)))
}

pub(crate) fn deserialize<'de, T: Named + Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let members = BTreeMap::<String, T>::deserialize(deserializer)?;
    let mut list: Vec<T> = members.into_values().collect();
    list.sort_by(T::compare);
    Ok(list)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::live::{apply_patch, patch_between};

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Member {
        name: String,
        place: u32,
    }

    impl Named for Member {
        fn name(&self) -> String {
            self.name.clone()
        }

        fn compare(&self, other: &Member) -> Ordering {
            self.place.cmp(&other.place)
        }
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Document {
        #[serde(with = "super")]
        members: Vec<Member>,
    }

    fn document(members: &[(&str, u32)]) -> Document {
        let member = |(name, place): &(&str, u32)| Member { name: (*name).into(), place: *place };
        Document { members: members.iter().map(member).collect() }
    }

    #[test]
    fn a_change_of_one_member_is_a_patch_of_that_one_and_the_order_stays() {
        let (before, after) =
            (document(&[("b", 1), ("a", 2), ("c", 3)]), document(&[("b", 1), ("c", 3), ("a", 4)]));
        let (mut old, new) =
            (serde_json::to_value(&before).unwrap(), serde_json::to_value(&after).unwrap());
        let patch = patch_between(&old, &new).unwrap();
        assert_eq!(patch, json!({ "members": { "a": { "place": 4 } } }));
        apply_patch(&mut old, &patch);
        assert_eq!(serde_json::from_value::<Document>(old).unwrap(), after);
    }
}
