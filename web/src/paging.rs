//! Lists that are told a page at a time.

use serde::Deserialize;
use utoipa::IntoParams;

use crate::problem::{FieldErrors, Problem};

/// Which page of a list is asked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// What its rows begin with.
    #[serde(default)]
    #[param(required = false, example = "an")]
    pub(crate) query: String,
    /// The last row of the page before.
    #[param(example = "ana")]
    after: Option<String>,
}

impl Which {
    /// The row behind which the page begins.
    pub(crate) fn after<T, E: ToString>(&self, parse: impl FnOnce(&str) -> Result<T, E>) -> Result<Option<T>, Problem> {
        let wrong = |error: E| Problem::invalid(FieldErrors::from([("after".to_owned(), error.to_string())]));
        self.after.as_deref().map(parse).transpose().map_err(wrong)
    }
}
