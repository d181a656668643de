//! What an observer is told of something that they were told before: the fields that are otherwise, as JSON.

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::value::{RawValue, to_raw_value};

use super::board::{Row, Tiles};

/// Something as it is now, and as it was told before; nothing where it was not told.
pub(super) struct Change<'a, T> {
    pub(super) before: Option<&'a T>,
    pub(super) now: &'a T,
}

impl<T> Change<'_, T>
where
    Self: Serialize,
{
    pub(super) fn in_json(&self) -> Box<RawValue> {
        in_json(self)
    }
}

/// As JSON, to be put into a frame as it is.
pub(super) fn in_json(value: &impl Serialize) -> Box<RawValue> {
    // Nothing that is told has keys that JSON doesn't.
    to_raw_value(value).unwrap_or_default()
}

/// Writes the fields that are always told, and of the others those that have changed. There is a look twice a second, and
/// to make values of all fields and compare those cost more than the look.
macro_rules! told_by_field {
    ($kind:ident { $($always:ident)*; $($field:ident)+ }) => {
        impl Serialize for Change<'_, $kind> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let Self { before, now } = self;
                // So that none is forgotten.
                let $kind { $($always: _,)* $($field: _,)+ } = now;
                let mut map = serializer.serialize_map(None)?;
                $(map.serialize_entry(stringify!($always), &now.$always)?;)*
                $(if before.is_none_or(|before| before.$field != now.$field) {
                    map.serialize_entry(stringify!($field), &now.$field)?;
                })+
                map.end()
            }
        }
    };
}

told_by_field!(Row {
    name;
    kind parent state mailbox high capacity in_s p99_us slowest_us wait_p99_us restarts in_window limit window_s born_ms
    stuck_ms until_ms
});

told_by_field!(Tiles {
    ;
    uptime_ms actors rooms sessions people messages_s handled_s wait_p99_us restarts_minute crashes dead_letters
    imbalances memory_bytes observers
});

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn whoever_was_not_told_is_told_all_and_whoever_was_what_has_changed() {
        let before = Tiles { rooms: 2, messages_s: 1.5, memory_bytes: Some(3), ..Tiles::default() };
        let told = |before, now: &Tiles| serde_json::to_value(Change { before, now }).unwrap();
        assert_eq!(told(None, &before), serde_json::to_value(&before).unwrap());
        assert_eq!(told(Some(&before), &before), json!({}));
        let now = Tiles { rooms: 3, memory_bytes: None, ..before.clone() };
        assert_eq!(told(Some(&before), &now), json!({ "rooms": 3, "memory_bytes": null }));
    }
}
