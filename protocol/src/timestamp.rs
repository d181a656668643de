//! When something happened.

use std::fmt;
use std::str::FromStr;

use jiff::fmt::StdFmtWrite;
use jiff::fmt::temporal::DateTimePrinter;
use serde::{Deserialize, Serialize, Serializer};

/// A point in time: milliseconds since 1970, written as RFC 3339 in UTC with milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[cfg_attr(feature = "schemas", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schemas", schema(value_type = String, format = DateTime))]
#[serde(try_from = "String")]
pub struct Timestamp(jiff::Timestamp);

/// Why a text or a number is no time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a time is written as RFC 3339, for example 2026-11-20T09:30:00.000Z")]
pub struct TimestampError;

impl Timestamp {
    /// Bytes of a time as text.
    pub(crate) const TEXT: usize = "2026-11-20T09:30:00.000Z".len();

    /// The time `millis` milliseconds after the start of 1970; a time that no calendar has becomes the nearest.
    #[must_use]
    pub fn from_millis(millis: i64) -> Self {
        let (first, last) = (jiff::Timestamp::MIN, jiff::Timestamp::MAX);
        let millis = millis.clamp(first.as_millisecond(), last.as_millisecond());
        Self(jiff::Timestamp::from_millisecond(millis).unwrap_or(last))
    }

    /// Milliseconds since the start of 1970.
    #[must_use]
    pub fn as_millis(self) -> i64 {
        self.0.as_millisecond()
    }

    /// Writes it as text: a time is in nearly every frame. Nothing where the year has a sign.
    pub(crate) fn write(self, to: &mut [u8; Self::TEXT]) -> Option<&str> {
        let time = jiff::tz::Offset::UTC.to_datetime(self.0);
        let year = u32::try_from(time.year()).ok()?;
        let small = |number: i8| u32::from(number.unsigned_abs());
        *to = *b"0000-00-00T00:00:00.000Z";
        digits(&mut to[..4], year);
        digits(&mut to[5..7], small(time.month()));
        digits(&mut to[8..10], small(time.day()));
        digits(&mut to[11..13], small(time.hour()));
        digits(&mut to[14..16], small(time.minute()));
        digits(&mut to[17..19], small(time.second()));
        digits(&mut to[20..23], u32::from(time.millisecond().unsigned_abs()));
        std::str::from_utf8(to).ok()
    }
}

fn digits(to: &mut [u8], mut number: u32) {
    for digit in to.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(3));
        PRINTER.print_timestamp(&self.0, StdFmtWrite(f)).map_err(|_| fmt::Error)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed: jiff::Timestamp = text.parse().map_err(|_| TimestampError)?;
        Ok(Self::from_millis(parsed.as_millisecond()))
    }
}

impl TryFrom<String> for Timestamp {
    type Error = TimestampError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.write(&mut [0; Self::TEXT]) {
            Some(text) => serializer.serialize_str(text),
            None => serializer.collect_str(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_time_has_milliseconds_even_when_they_are_zero() {
        assert_eq!(Timestamp::from_millis(1_790_000_000_000).to_string(), "2026-09-21T14:13:20.000Z");
        assert_eq!(Timestamp::from_millis(7).to_string(), "1970-01-01T00:00:00.007Z");
    }

    proptest! {
        #[test]
        fn a_time_survives_a_round_trip(millis in any::<i64>()) {
            let at = Timestamp::from_millis(millis);
            prop_assert_eq!(at.to_string().parse(), Ok(at));
        }

        #[test]
        fn a_time_is_written_the_same_by_all_means(millis in -70_000_000_000_000_i64..300_000_000_000_000) {
            let at = Timestamp::from_millis(millis);
            prop_assert_eq!(serde_json::to_string(&at).unwrap(), format!("\"{at}\""));
        }
    }
}
