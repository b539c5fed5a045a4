//! Links.
use super::Applying;
use super::compare::Work;
use crate::db::failure::Failure;
pub async fn set(_applying: &mut Applying<'_>, _work: &Work) -> Result<(), Failure> {
    Ok(())
}
