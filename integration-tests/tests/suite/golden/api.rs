//! The API as one text: every service, method, message and enum with its numbers, types and options, by name.

use std::fmt::Write;

use prost_reflect::{
    Cardinality, DescriptorPool, DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor,
    SerializeOptions, ServiceDescriptor,
};

const PACKAGE: &str = "qairon.v1";

/// The listing.
pub fn listing(pool: &DescriptorPool) -> String {
    let mut blocks: Vec<(String, String)> = Vec::new();
    for service in pool.services().filter(|service| service.package_name() == PACKAGE) {
        blocks.push((service.full_name().to_owned(), of_service(&service)));
    }
    for message in pool.all_messages().filter(|message| message.package_name() == PACKAGE && !message.is_map_entry()) {
        blocks.push((message.full_name().to_owned(), of_message(&message)));
    }
    for descriptor in pool.all_enums().filter(|descriptor| descriptor.package_name() == PACKAGE) {
        blocks.push((descriptor.full_name().to_owned(), of_enum(&descriptor)));
    }
    blocks.sort();
    blocks.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join("\n")
}

fn of_service(service: &ServiceDescriptor) -> String {
    let mut text = format!("service {}{}\n", service.full_name(), options(&service.options()));
    let mut methods: Vec<_> = service.methods().collect();
    methods.sort_by_key(|method| method.name().to_owned());
    for method in methods {
        let stream = |streaming| if streaming { "stream " } else { "" };
        let (input, output) = (method.input(), method.output());
        let requests = format!("{}{}", stream(method.is_client_streaming()), input.full_name());
        let responses = format!("{}{}", stream(method.is_server_streaming()), output.full_name());
        line(&mut text, &format!("{}({requests}) -> {responses}{}", method.name(), options(&method.options())));
    }
    text
}

fn of_message(message: &MessageDescriptor) -> String {
    let mut text = format!("message {}{}\n", message.full_name(), options(&message.options()));
    let mut fields: Vec<FieldDescriptor> = message.fields().collect();
    fields.sort_by_key(FieldDescriptor::number);
    for field in fields {
        let oneof = field.containing_oneof().filter(|oneof| !oneof.is_synthetic());
        let oneof = oneof.map(|oneof| format!(" in {}", oneof.name())).unwrap_or_default();
        let label = match field.cardinality() {
            Cardinality::Repeated if field.is_map() => "",
            Cardinality::Repeated => "repeated ",
            _ if field.field_descriptor_proto().proto3_optional() => "optional ",
            _ => "",
        };
        let (number, name, kind) = (field.number(), field.name(), kind(&field));
        line(&mut text, &format!("{number} {label}{kind} {name}{oneof}{}", options(&field.options())));
    }
    for range in message.reserved_ranges() {
        line(&mut text, &format!("reserved {} to {}", range.start, range.end - 1));
    }
    text
}

fn of_enum(descriptor: &EnumDescriptor) -> String {
    let mut text = format!("enum {}{}\n", descriptor.full_name(), options(&descriptor.options()));
    for value in descriptor.values() {
        line(&mut text, &format!("{} {}{}", value.number(), value.name(), options(&value.options())));
    }
    text
}

fn line(text: &mut String, content: &str) {
    writeln!(text, "  {content}").expect("a text takes what is written to it");
}

fn kind(field: &FieldDescriptor) -> String {
    match field.kind() {
        Kind::Message(entry) if field.is_map() => {
            let of = |field: FieldDescriptor| kind(&field);
            format!("map<{}, {}>", of(entry.map_entry_key_field()), of(entry.map_entry_value_field()))
        }
        Kind::Message(message) => message.full_name().to_owned(),
        Kind::Enum(descriptor) => descriptor.full_name().to_owned(),
        scalar => format!("{scalar:?}"),
    }
}

/// Options as JSON; nothing when none is set.
fn options(message: &DynamicMessage) -> String {
    let wanted = SerializeOptions::new().use_proto_field_name(true);
    let value =
        message.serialize_with_options(serde_json::value::Serializer, &wanted).expect("options have a form in JSON");
    match value.as_object() {
        Some(members) if members.is_empty() => String::new(),
        _ => format!(" {value}"),
    }
}
