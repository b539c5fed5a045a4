//! Help texts from the comments of the protos. They are decoded only when help is to be printed.

use prost_reflect::{DescriptorPool, EnumDescriptor, FieldDescriptor, FileDescriptor, MethodDescriptor};
use qairon::model::Entity;

/// The comments, if they are needed.
#[derive(Debug, Default)]
pub struct Docs {
    pool: Option<DescriptorPool>,
}

impl Docs {
    /// Reads the comments.
    pub fn load() -> Self {
        Self { pool: DescriptorPool::decode(qairon::DOCUMENTED_DESCRIPTOR_SET).ok() }
    }

    /// What an entity is.
    pub fn entity(&self, entity: &Entity) -> String {
        let message = self.pool.as_ref().and_then(|pool| pool.get_message_by_name(entity.message.full_name()));
        let comment = message.and_then(|message| comment(&message.parent_file(), message.path()));
        let comment = comment.unwrap_or_default();
        // Comments begin with the name: `Stack is an independently deployable unit within an application`.
        let rest = comment.strip_prefix(&entity.type_name).unwrap_or(&comment);
        let rest = rest.strip_prefix(" is ").or_else(|| rest.strip_prefix(": ")).unwrap_or(rest);
        capitalised(rest.split(". ").next().unwrap_or(rest))
    }

    /// The whole comment of an entity.
    pub fn whole(&self, entity: &Entity) -> String {
        let message = self.pool.as_ref().and_then(|pool| pool.get_message_by_name(entity.message.full_name()));
        message.and_then(|message| comment(&message.parent_file(), message.path())).unwrap_or_default()
    }

    /// What a value of an enum means.
    pub fn value(&self, descriptor: &EnumDescriptor, number: i32) -> String {
        let documented = self.pool.as_ref().and_then(|pool| pool.get_enum_by_name(descriptor.full_name()));
        let value = documented.and_then(|documented| documented.get_value(number));
        value.and_then(|value| comment(&value.parent_enum().parent_file(), value.path())).unwrap_or_default()
    }

    /// What a method does.
    pub fn method(&self, method: &MethodDescriptor) -> String {
        let pool = self.pool.as_ref();
        let service = pool.and_then(|pool| pool.get_service_by_name(method.parent_service().full_name()));
        let documented = service.and_then(|service| service.methods().find(|found| found.name() == method.name()));
        let comment = documented.and_then(|method| comment(&method.parent_file(), method.path())).unwrap_or_default();
        comment.split(". ").next().unwrap_or(&comment).to_owned()
    }

    /// What a field holds.
    pub fn field(&self, field: &FieldDescriptor) -> String {
        let message = field.parent_message();
        let documented = self.pool.as_ref().and_then(|pool| pool.get_message_by_name(message.full_name()));
        let documented = documented.and_then(|message| message.get_field(field.number()));
        documented.and_then(|field| comment(&message_file(&field), field.path())).unwrap_or_default()
    }
}

fn message_file(field: &FieldDescriptor) -> FileDescriptor {
    field.parent_message().parent_file()
}

/// The comment of the element at a path, on one line, without its last full stop.
fn comment(file: &FileDescriptor, path: &[i32]) -> Option<String> {
    let locations = &file.file_descriptor_proto().source_code_info.as_ref()?.location;
    let location = locations.iter().find(|location| location.path == path)?;
    let words = location.leading_comments().split_whitespace().collect::<Vec<_>>().join(" ");
    Some(words.strip_suffix('.').unwrap_or(&words).to_owned())
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().collect::<String>() + chars.as_str()).unwrap_or_default()
}
