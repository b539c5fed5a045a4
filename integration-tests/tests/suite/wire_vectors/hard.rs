//! What is hard to read or write alike: the edges of types, and bytes that are unusual and valid.

use prost::Message;
use prost_reflect::{DynamicMessage, Kind, MessageDescriptor, ReflectMessage, Value};

use super::Vector;
use super::samples::{any, entity, mask, timestamp};

/// The message that a field of another holds.
fn inner(message: &MessageDescriptor, field: &str) -> MessageDescriptor {
    match message.get_field_by_name(field).expect("a field").kind() {
        Kind::Message(inner) => inner,
        kind => panic!("`{field}` is {kind:?}"),
    }
}

fn named(name: &str) -> MessageDescriptor {
    let name = format!("qairon.v1.{name}");
    qairon::model().pool().get_message_by_name(&name).expect("a message of the API")
}

fn with(message: &MessageDescriptor, fields: &[(&str, Value)]) -> DynamicMessage {
    let mut sample = DynamicMessage::new(message.clone());
    for (field, value) in fields {
        sample.set_field_by_name(field, value.clone());
    }
    sample
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

/// All of them.
pub fn vectors() -> Vec<Vector> {
    let (build, update, list) = (named("Build"), named("UpdateBuildRequest"), named("ListBuildsRequest"));
    let mut vectors = Vec::new();
    let mut add = |name: &str, sample: DynamicMessage| {
        let (message, binary) = (sample.descriptor(), sample.encode_to_vec());
        vectors.push(Vector { name: name.to_owned(), message, binary, lossy: false });
    };
    for number in [i64::MIN, -1, 1, (1 << 53) + 1, i64::MAX] {
        add(&format!("int64: {number}"), with(&build, &[("build_num", Value::I64(number))]));
    }
    for number in [i32::MIN, -1, i32::MAX] {
        add(&format!("int32: {number}"), with(&list, &[("page_size", Value::I32(number))]));
    }
    // Without -0: where unset is zero, Rust leaves it out and others do not. Inside `defaults` it is kept by all.
    let capacity = named("Capacity");
    for number in [0.1, -1.0, f64::MAX, 5e-324, f64::INFINITY, f64::NEG_INFINITY] {
        add(&format!("double: {number:?}"), with(&capacity, &[("value", Value::F64(number))]));
    }
    let moment = inner(&build, "created_at");
    let moments = [
        ("the first", -62_135_596_800, 0),
        ("the last", 253_402_300_799, 999_999_999),
        ("before 1970", -1, 999_999_000),
        ("1970", 0, 0),
        ("milliseconds", 1, 5_000_000),
        ("microseconds", 1, 5_000),
        ("nanoseconds", 1, 5),
    ];
    for (name, seconds, nanos) in moments {
        let value = Value::Message(timestamp(&moment, seconds, nanos));
        add(&format!("Timestamp: {name}"), with(&build, &[("created_at", value)]));
    }
    let kind = inner(&update, "update_mask");
    for paths in [&[][..], &["vcs_ref"], &["defaults", "last_updated_at", "id"]] {
        let object = Value::Message(entity("build", 1, "a:b:c:1"));
        let value = Value::Message(mask(&kind, paths));
        add(&format!("FieldMask: {paths:?}"), with(&update, &[("build", object), ("update_mask", value)]));
    }
    add("text: empty is unset without presence", with(&build, &[("vcs_ref", text(""))]));
    let row = named("BuildRow");
    add(
        "text: empty is set with presence",
        with(&row, &[("deployment_id", text("")), ("current", Value::Bool(false))]),
    );
    let response = named("ListBuildsResponse");
    add("total_size: none", with(&response, &[]));
    add("total_size: zero", with(&response, &[("total_size", Value::I64(0))]));
    add("defaults: unset", with(&build, &[]));
    let nothing = DynamicMessage::new(inner(&build, "defaults"));
    add("defaults: empty", with(&build, &[("defaults", Value::Message(nothing))]));
    let change = named("ObjectChange");
    for number in [0, 1, 99, -1] {
        add(&format!("enum: {number}"), with(&change, &[("kind", Value::EnumNumber(number))]));
    }
    let (import, apply) = (named("ImportObjectsRequest"), named("ApplyObjectsRequest"));
    let kind = inner(&import, "objects");
    let objects = [entity("build", 1, "a:b:c:1"), entity("subnet", 1, "x"), DynamicMessage::new(build.clone())];
    let objects: Vec<Value> = objects.iter().map(|object| Value::Message(any(&kind, object))).collect();
    add("Any: several", with(&import, &[("objects", Value::List(objects.clone()))]));
    let bulk = inner(&apply, "objects");
    let object = with(&bulk, &[("object", objects[0].clone())]);
    add("Any: inside a list", with(&apply, &[("objects", Value::List(vec![Value::Message(object)]))]));
    add(
        "text: scripts, marks and controls",
        with(&build, &[("vcs_ref", text("e\u{301} Ω 漢字 \u{1f468}\u{200d}\u{1f469} \u{1}\u{2028}"))]),
    );
    vectors.extend(unusual(&build, &change));
    vectors
}

/// Bytes that a reader takes and no writer here makes.
fn unusual(build: &MessageDescriptor, change: &MessageDescriptor) -> Vec<Vector> {
    let vector = |name: &str, message: &MessageDescriptor, binary: &[u8]| Vector {
        name: name.to_owned(),
        message: message.clone(),
        binary: binary.to_vec(),
        lossy: true,
    };
    let id = b"\x0a\x01a";
    vec![
        // Field 5000: a number, a text, a group of its own, 4 bytes, 8 bytes.
        vector(
            "unknown fields",
            build,
            &[
                &id[..],
                b"\xc0\xb8\x02\x07",
                b"\xc2\xb8\x02\x01x",
                b"\xc5\xb8\x02\0\0\0\0",
                b"\xc1\xb8\x02\0\0\0\0\0\0\0\0",
            ]
            .concat(),
        ),
        vector("fields out of order", build, &[&b"\x12\x01u"[..], id].concat()),
        vector("a field twice: the last one counts", build, &[&b"\x0a\x01z"[..], id].concat()),
        vector("a zero that need not be there", build, &[id, &b"\x58\0"[..]].concat()),
        vector("a number longer than it need be", build, &[id, &b"\x58\x81\x80\x00"[..]].concat()),
        // created_at once with its seconds, once with its nanoseconds.
        vector("a message in two parts", build, b"\x22\x02\x08\x01\x22\x02\x10\x01"),
        // An enum of more than 32 bits keeps the lower ones.
        // An entry without its key. Some write an empty key, some leave it out.
        vector("an empty key in a JSON object", build, b"\x1a\x06\x0a\x04\x12\x02\x08\0"),
        // Which of the many bit patterns a reader of JSON makes is open.
        vector("double: NaN", &named("Capacity"), b"\x61\0\0\0\0\0\0\xf8\x7f"),
        vector("an enum as a long negative number", change, b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
    ]
}
