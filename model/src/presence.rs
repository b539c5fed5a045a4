//! Required values that cannot be confused with none.

use prost_reflect::{DescriptorPool, FieldDescriptor, Kind};

use crate::options::{PACKAGE, REQUIRED, field_behaviors};

/// Refuses required numbers, booleans and enums without presence, in any message: on the wire a zero would be the same
/// as a value that was forgotten.
pub(crate) fn check(pool: &DescriptorPool) -> Result<(), String> {
    let messages = pool.all_messages().filter(|message| message.package_name() == PACKAGE);
    for field in messages.flat_map(|message| message.fields().collect::<Vec<_>>()) {
        if is_scalar(&field) && !field.supports_presence() && field_behaviors(&field.options()).contains(&REQUIRED) {
            return Err(format!("{}: a required number, boolean or enum must be `optional`", field.full_name()));
        }
    }
    Ok(())
}

fn is_scalar(field: &FieldDescriptor) -> bool {
    !field.is_list() && !matches!(field.kind(), Kind::String | Kind::Bytes | Kind::Message(_))
}
