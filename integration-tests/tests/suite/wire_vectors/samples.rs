//! Values for every field of any message, from the descriptors.

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, ReflectMessage, Value};

/// 2^53 + 1, which no double holds.
const BEYOND_DOUBLES: i64 = 9_007_199_254_740_993;

/// A message with every field set.
pub fn full(message: &MessageDescriptor) -> DynamicMessage {
    filled(message, &[])
}

/// A message whose fields that distinguish unset from zero are set to zero, and whose lists hold one zero.
pub fn zero(message: &MessageDescriptor) -> DynamicMessage {
    let mut sample = DynamicMessage::new(message.clone());
    for field in message.fields() {
        if field.is_list() {
            // An element of any type that names nothing has no form in JSON.
            if !is(&field.kind(), "google.protobuf.Any") {
                sample.set_field(&field, Value::List(vec![zero_value(&field)]));
            }
        } else if field.supports_presence() && !is(&field.kind(), "google.protobuf.Any") {
            sample.set_field(&field, zero_value(&field));
        }
    }
    sample
}

fn zero_value(field: &FieldDescriptor) -> Value {
    match field.kind() {
        Kind::Message(inner) => Value::Message(DynamicMessage::new(inner)),
        kind => Value::default_value(&kind),
    }
}

fn filled(message: &MessageDescriptor, above: &[MessageDescriptor]) -> DynamicMessage {
    let mut sample = DynamicMessage::new(message.clone());
    // Recursive messages end there, and entities inside other messages have only their ID.
    let entity = qairon::model().entities().iter().any(|entity| entity.message == *message);
    for field in message.fields() {
        if entity && !above.is_empty() && field.number() != 1 {
            continue;
        }
        if let Some(value) = value(&field, message, above) {
            sample.set_field(&field, if field.is_list() { Value::List(vec![value.clone(), value]) } else { value });
        }
    }
    sample
}

fn value(field: &FieldDescriptor, message: &MessageDescriptor, above: &[MessageDescriptor]) -> Option<Value> {
    Some(match field.kind() {
        Kind::String => Value::String(format!("{}: ä\u{1f642}\"\\\n\u{7f}", field.name())),
        Kind::Bool => Value::Bool(true),
        Kind::Int32 => Value::I32(i32::MIN),
        Kind::Int64 => Value::I64(BEYOND_DOUBLES),
        Kind::Double => Value::F64(0.1),
        Kind::Enum(kind) => Value::EnumNumber(kind.values().map(|value| value.number()).max()?),
        Kind::Message(inner) => Value::Message(match inner.full_name() {
            "google.protobuf.Struct" => structure(&inner),
            "google.protobuf.Timestamp" => timestamp(&inner, 1_795_404_866, 123_456_000),
            "google.protobuf.FieldMask" => mask(&inner, &["id", "created_at"]),
            "google.protobuf.Any" => any(&inner, &entity("build", 1, "of any type")),
            _ if *message == inner || above.contains(&inner) => return None,
            _ => filled(&inner, &[above, std::slice::from_ref(message)].concat()),
        }),
        // A new kind of field needs a value here.
        kind => panic!("no value for {kind:?}, the kind of {}", field.full_name()),
    })
}

/// An object with one text field.
pub fn entity(name: &str, number: u32, text: &str) -> DynamicMessage {
    let entity = qairon::model().entity(name).expect("an entity");
    let mut object = DynamicMessage::new(entity.message.clone());
    object.set_field_by_number(number, Value::String(text.to_owned()));
    object
}

/// A moment.
pub fn timestamp(kind: &MessageDescriptor, seconds: i64, nanos: i32) -> DynamicMessage {
    let mut timestamp = DynamicMessage::new(kind.clone());
    timestamp.set_field_by_name("seconds", Value::I64(seconds));
    timestamp.set_field_by_name("nanos", Value::I32(nanos));
    timestamp
}

/// A field mask.
pub fn mask(kind: &MessageDescriptor, paths: &[&str]) -> DynamicMessage {
    let mut mask = DynamicMessage::new(kind.clone());
    let paths = paths.iter().map(|path| Value::String((*path).to_owned())).collect();
    mask.set_field_by_name("paths", Value::List(paths));
    mask
}

/// A message of any type.
pub fn any(kind: &MessageDescriptor, message: &DynamicMessage) -> DynamicMessage {
    use prost::Message;
    let mut any = DynamicMessage::new(kind.clone());
    let url = format!("type.googleapis.com/{}", message.descriptor().full_name());
    any.set_field_by_name("type_url", Value::String(url));
    any.set_field_by_name("value", Value::Bytes(message.encode_to_vec().into()));
    any
}

/// A JSON object that holds every kind of value, and numbers at the edges of doubles.
fn structure(kind: &MessageDescriptor) -> DynamicMessage {
    let Kind::Message(entry) = kind.get_field_by_name("fields").expect("a map").kind() else { panic!("a map") };
    let value_kind = entry.get_field_by_name("value").expect("a value").kind();
    let Kind::Message(value_kind) = value_kind else { panic!("a message") };
    let Kind::Message(list_kind) = value_kind.get_field_by_name("list_value").expect("a list").kind() else {
        panic!("a message")
    };
    let value = |name: &str, content: Value| {
        let mut value = DynamicMessage::new(value_kind.clone());
        value.set_field_by_name(name, content);
        Value::Message(value)
    };
    let map = |members: Vec<(&str, Value)>| {
        let mut object = DynamicMessage::new(kind.clone());
        let members = members.into_iter().map(|(key, value)| (MapKey::String(key.to_owned()), value)).collect();
        object.set_field_by_name("fields", Value::Map(members));
        object
    };
    let number = |number: f64| value("number_value", Value::F64(number));
    let list = |items: Vec<Value>| {
        let mut list = DynamicMessage::new(list_kind.clone());
        list.set_field_by_name("values", Value::List(items));
        value("list_value", Value::Message(list))
    };
    let nothing = || value("null_value", Value::EnumNumber(0));
    map(vec![
        (" ", value("string_value", Value::String("under a blank".to_owned()))),
        ("negative zero", number(-0.0)),
        ("numbers", list(vec![number(0.0), number(0.1), number(-1.0), number(1e300), number(5e-324)])),
        ("2^53", number(9_007_199_254_740_992.0)),
        ("nothing", nothing()),
        ("mixed", list(vec![nothing(), value("bool_value", Value::Bool(false)), list(vec![])])),
        ("empty", value("struct_value", Value::Message(map(vec![])))),
        ("empty text", value("string_value", Value::String(String::new()))),
        ("ß", value("struct_value", Value::Message(map(vec![("deep", list(vec![list(vec![number(2.0)])]))])))),
    ])
}

/// Whether a kind is a message of a name.
fn is(kind: &Kind, name: &str) -> bool {
    matches!(kind, Kind::Message(message) if message.full_name() == name)
}
