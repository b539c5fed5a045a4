//! `find` and `native_id`: objects of any resource, page by page.

use clap::ArgMatches;
use prost_reflect::{DynamicMessage, Value};

use super::relation::text_of;
use super::trace::rows::{inner_type, items, request};
use crate::args::trace::SEARCHES;
use crate::client::Client;
use crate::error::{Error, Result};
use crate::output::shape::Shape;
use crate::requests::Request;
use crate::session::Session;

/// The most that the server puts on a page.
const MAX_PAGE: i64 = 1_000;

impl Session {
    pub(super) async fn search(&mut self, name: &str, matches: &ArgMatches) -> Result<()> {
        let question = SEARCHES.iter().find(|search| search.verb == name);
        let question = question.ok_or_else(|| Error::Usage(format!("unknown command `{name}`")))?;
        let mut request = request(question, matches)?;
        let row = inner_type(&request.method.descriptor.output(), "objects")?;
        let shape = Shape::new(&question.name(), &[], &row, &[], &self.asked)?;
        let client = self.client.clone();
        let mut left = matches.get_one::<i64>("limit").copied().unwrap_or(i64::MAX);
        // A refused search prints nothing: the array begins with the first page.
        let mut page = next(&client, &mut request, &mut left).await?;
        let mut array = self.output.array(question.none);
        while let Some(objects) = page {
            for object in &objects {
                array.push(shape.row(Vec::new(), object))?;
            }
            page = next(&client, &mut request, &mut left).await?;
        }
        array.finish()
    }
}

/// The next page, and the request for the one after it; `None` if there are no more, or no more are needed.
async fn next(client: &Client, request: &mut Request, left: &mut i64) -> Result<Option<Vec<DynamicMessage>>> {
    if *left <= 0 {
        return Ok(None);
    }
    let size = i32::try_from((*left).min(MAX_PAGE)).unwrap_or_default();
    request.message.set_field_by_name("page_size", Value::I32(size));
    let answer = request.clone().call(client).await?;
    let page = items(&answer, "objects");
    let token = text_of(&answer, "next_page_token");
    *left = if token.is_empty() { 0 } else { *left - i64::try_from(page.len()).unwrap_or(*left) };
    request.message.set_field_by_name("page_token", Value::String(token));
    Ok(Some(page))
}
