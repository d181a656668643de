//! Tables whose keys are ids that this server has made.

use std::hash::BuildHasherDefault;

use greenroom_storage::AsItIs;
pub(crate) use greenroom_storage::ById;
use indexmap::IndexMap;

/// The same, in the order in which they came.
pub(crate) type ListById<K, V> = IndexMap<K, V, BuildHasherDefault<AsItIs>>;
