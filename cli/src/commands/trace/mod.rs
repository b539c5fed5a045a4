//! `trace`: questions across all resources. Answers are rows, one object or ways; some can be drawn.
//!
//! Rows are printed as they come. A picture is made of the whole answer, which is held for it.

mod builds;
mod impact;
mod infrastructure;
mod lineage;
mod neighbors;
mod path;
mod pictures;
mod provenance;
pub(super) mod rows;

use clap::ArgMatches;

use rows::request;

use crate::args::trace::TRACES;
use crate::error::{Error, Result};
use crate::output::shape::json_cell;
use crate::session::Session;

impl Session {
    pub(super) async fn trace(&mut self, verb: &str, matches: &ArgMatches) -> Result<()> {
        let question = TRACES.iter().find(|trace| trace.verb == verb);
        let question = question.ok_or_else(|| Error::Usage(format!("unknown command `trace {verb}`")))?;
        let request = request(question, matches)?;
        let limit = if question.is_limited() { matches.get_one::<i64>("limit").copied() } else { None };
        let picture = question.pictures.iter().copied().find(|picture| matches.get_flag(picture.flag()));
        match (verb, picture) {
            ("impact", Some(picture)) => self.draw_impact(request, picture).await,
            ("impact", None) => self.impact_rows(question, request, limit).await,
            ("infrastructure", Some(picture)) => self.draw_infrastructure(request, picture).await,
            ("neighbors", Some(picture)) => self.draw_neighbors(request, picture).await,
            ("builds", Some(picture)) => self.draw_builds(request, picture).await,
            ("infrastructure" | "neighbors", None) => {
                self.rows_of(question, request, &[json_cell("resource", "deployment")], &[], limit).await
            }
            ("provenance", picture) => self.provenance(question, request, picture).await,
            ("lineage", picture) => self.lineage(question, request, picture).await,
            ("path", picture) => self.path(question, request, picture).await,
            _ => self.rows_of(question, request, &[], &[], limit).await,
        }
    }
}
