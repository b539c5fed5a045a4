//! The options of `options.proto` as Rust types.
//!
//! Declared by hand under the same numbers, because the build script needs them before the generated code exists.

use prost::Message;
use prost_reflect::{DynamicMessage, ReflectMessage};

/// The package of the API.
pub(crate) const PACKAGE: &str = "qairon.v1";

#[derive(Clone, PartialEq, Message)]
pub(crate) struct EntityOptions {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, tag = "2")]
    pub plural: String,
    #[prost(string, repeated, tag = "3")]
    pub id: Vec<String>,
    #[prost(string, repeated, tag = "4")]
    pub create_args: Vec<String>,
    #[prost(message, repeated, tag = "5")]
    pub links: Vec<LinkOptions>,
    #[prost(int32, tag = "6")]
    pub search_rank: i32,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct LinkOptions {
    #[prost(string, tag = "1")]
    pub relation: String,
    #[prost(string, tag = "2")]
    pub target: String,
    #[prost(string, tag = "3")]
    pub inverse: String,
    #[prost(int32, tag = "4")]
    pub scope: i32,
    #[prost(string, tag = "5")]
    pub home: String,
    #[prost(int32, tag = "6")]
    pub dependent: i32,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct AttributeOptions {
    #[prost(int32, tag = "1")]
    pub format: i32,
    #[prost(message, optional, tag = "2")]
    pub reference: Option<ReferenceOptions>,
    #[prost(string, tag = "3")]
    pub object_of: String,
    #[prost(string, tag = "4")]
    pub flag: String,
    #[prost(string, tag = "5")]
    pub default_value: String,
    #[prost(bool, tag = "6")]
    pub derived: bool,
    #[prost(message, optional, tag = "7")]
    pub embed: Option<EmbedOptions>,
    #[prost(bool, tag = "8")]
    pub indexed: bool,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ReferenceOptions {
    #[prost(string, tag = "1")]
    pub entity: String,
    #[prost(string, tag = "2")]
    pub relation: String,
    #[prost(string, repeated, tag = "3")]
    pub inverse: Vec<String>,
    #[prost(int32, tag = "4")]
    pub dependence: i32,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct EmbedOptions {
    #[prost(string, tag = "1")]
    pub relation: String,
    #[prost(bool, tag = "2")]
    pub nested_only: bool,
}

/// The numbers of google.api.FieldBehavior.
pub(crate) const REQUIRED: i32 = 2;
pub(crate) const OUTPUT_ONLY: i32 = 3;
pub(crate) const IMMUTABLE: i32 = 5;

/// The numbers of the behaviours that a field is annotated with.
pub(crate) fn field_behaviors(options: &DynamicMessage) -> Vec<i32> {
    let Some(extension) = options.descriptor().parent_pool().get_extension_by_name("google.api.field_behavior") else {
        return Vec::new();
    };
    let values = options.get_extension(&extension);
    values.as_list().map(|list| list.iter().filter_map(|value| value.as_enum_number()).collect()).unwrap_or_default()
}

/// Reads a boolean extension from a set of options; false when it is not set.
pub(super) fn flag(options: &DynamicMessage, name: &str) -> bool {
    let extension = options.descriptor().parent_pool().get_extension_by_name(name);
    extension.is_some_and(|extension| options.get_extension(&extension).as_bool() == Some(true))
}

/// Reads one extension from a set of options; its default when it is not set.
pub(crate) fn extension<T: Message + Default>(options: &DynamicMessage, name: &str) -> Option<T> {
    let extension = options.descriptor().parent_pool().get_extension_by_name(name)?;
    if !options.has_extension(&extension) {
        return None;
    }
    options.get_extension(&extension).as_message()?.transcode_to().ok()
}
