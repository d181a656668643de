//! What commands are called for observers.

/// A command that can be told by its kind and its size, and without its contents.
pub trait Told {
    /// The names of the kinds, by their numbers.
    const KINDS: &'static [&'static str];

    /// Whether each incarnation is measured from its birth. Of sessions there are too many.
    const MEASURED: bool = true;

    /// The number of its kind.
    fn kind(&self) -> u8;

    /// About how many bytes somebody has said in it; 0 for one without contents.
    fn bytes(&self) -> usize;
}

impl Told for () {
    const KINDS: &'static [&'static str] = &["nothing"];
    const MEASURED: bool = false;

    fn kind(&self) -> u8 {
        0
    }

    fn bytes(&self) -> usize {
        0
    }
}

/// Names the kinds of an actor's commands, and says of those that have contents how long they are.
macro_rules! kinds {
    ($command:ty $(, measured = $measured:literal)? { $($name:ident $([$bytes:expr])? = $pattern:pat),* $(,)? }) => {
        impl $crate::observatory::Told for $command {
            const KINDS: &'static [&'static str] = &[$(stringify!($name)),*];
            $(const MEASURED: bool = $measured;)?

            fn kind(&self) -> u8 {
                #[allow(non_camel_case_types, reason = "they are called as they are shown")]
                #[repr(u8)]
                enum Kind { $($name),* }
                #[allow(unused_variables, reason = "some are for the size")]
                let kind = match self { $($pattern => Kind::$name),* };
                kind as u8
            }

            fn bytes(&self) -> usize {
                #[allow(unused_variables, reason = "only some have contents")]
                match self { $($pattern => 0 $(+ $bytes)?),* }
            }
        }
    };
}

pub(crate) use kinds;
