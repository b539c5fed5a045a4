//! The commands of one resource.

use clap::{Arg, ArgAction, Command};
use qairon::model::{Entity, Field, Kind, Link, RelationKind};

use super::docs::Docs;
use super::parts::{dry_run, positional, verbs as with_verbs, with_article, yes};
use super::{action, globals};

/// The commands that every resource has.
const STANDARD: [&str; 9] =
    ["create", "get", "list", "query", "get_field", "get_field_query", "set_field", "edit", "delete"];

/// The names of the commands of a resource.
pub fn verbs(entity: &Entity) -> Vec<String> {
    let mut verbs: Vec<String> = STANDARD.iter().map(ToString::to_string).collect();
    if linked_relations(entity).next().is_some() {
        verbs.extend(["link".to_owned(), "unlink".to_owned()]);
    }
    for link in &entity.links {
        verbs.extend([assign_verb(link), unassign_verb(link)]);
    }
    verbs.extend(action::of(entity).map(|action| action.verb.to_owned()));
    verbs
}

/// The relations of an entity that are links, owned by either end.
pub fn linked_relations(entity: &Entity) -> impl Iterator<Item = &str> {
    let linked = entity.relations.iter().filter(|relation| matches!(relation.kind, RelationKind::Linked { .. }));
    linked.map(qairon::model::Relation::name)
}

/// `assign_zone`.
pub fn assign_verb(link: &Link) -> String {
    format!("assign_{}", link.target)
}

/// `unassign_zone`.
pub fn unassign_verb(link: &Link) -> String {
    format!("unassign_{}", link.target)
}

/// Adds its commands to that of a resource.
pub(super) fn commands(command: Command, entity: &Entity, docs: &Docs) -> Command {
    let one = with_article(entity);
    let many = entity.plural.replace('_', " ");
    let form = qairon::model().id_form(entity);
    let id = || positional("id", format!("The ID: {form}")).required(true);
    let ids = || {
        let help = format!("The ID, or several: {}; `-` reads them from standard input, one on each line", form);
        positional("id", help).required(true).num_args(1..).action(ArgAction::Append)
    };
    let sub = |name: &str, about: String| Command::new(name.to_owned()).about(about);
    let field = || positional("field", format!("A field or a relation: {}", readable(entity))).required(true);
    let query = || {
        positional("query", "The query document: {\"filters\": [...], \"order_by\": [...], \"limit\": n, \"offset\": n}, or a list of filters")
            .required(true)
            .value_name("json")
    };
    let mut command = with_verbs(command)
        .subcommand(create(entity, docs))
        .subcommand(sub("get", format!("Print {one}, or several")).arg(ids()))
        .subcommand(list(sub("list", format!("Print the {many}"))))
        .subcommand(
            sub("query", format!("Print the {many} that a JSON query document selects")).arg(query()).arg(explain()),
        )
        .subcommand(
            sub("get_field", format!("Print one field of {one}, or the objects of a relation")).arg(id()).arg(field()),
        )
        .subcommand(
            sub("get_field_query", format!("Print one field or relation of each of the {many} that a query selects"))
                .arg(field())
                .arg(query()),
        )
        .subcommand(set_field(sub("set_field", format!("Set fields of {one}")).arg(id()), entity))
        .subcommand(edit(sub("edit", format!("Change {one} in an editor")).arg(id())))
        .subcommand(
            sub("delete", format!("Delete {one}, or several"))
                .arg(ids())
                .arg(flag("force", "Delete everything that depends on it as well"))
                .arg(dry_run().help("Print what would be affected and how, but delete nothing"))
                .arg(yes()),
        );
    let relations = linked_relations(entity).collect::<Vec<_>>().join("`, `");
    if !relations.is_empty() {
        let ends = |name, about: &str| {
            sub(name, about.to_owned())
                .arg(id())
                .arg(positional("relation", format!("The relation: `{relations}`")).required(true))
                .arg(positional("other_id", "The ID of the object at the other end").required(true))
                .arg(dry_run())
        };
        command = command
            .subcommand(ends("link", "Link it to an object; linking twice is not an error"))
            .subcommand(ends("unlink", "Remove a link; removing a missing link is not an error"));
    }
    for link in &entity.links {
        let other = || {
            let name = format!("{}_id", link.target);
            positional("other_id", format!("The ID of the {}", link.target.replace('_', " ")))
                .value_name(name)
                .required(true)
        };
        let own = || id().value_name(format!("{}_id", entity.name));
        let about = |verb: &str| format!("The same as `{verb} <id> {} <other_id>`", link.relation);
        command = command
            .subcommand(sub(&assign_verb(link), about("link")).arg(own()).arg(other()).arg(dry_run()))
            .subcommand(sub(&unassign_verb(link), about("unlink")).arg(own()).arg(other()).arg(dry_run()));
    }
    command.subcommands(action::of(entity).map(|action| action.command(docs)))
}

/// The ID under which the positional form of a create argument is kept; its flag has the name of the field.
pub fn positional_id(field: &str) -> String {
    format!("positional {field}")
}

fn create(entity: &Entity, docs: &Docs) -> Command {
    let mut command = Command::new("create")
        .about(format!("Create {} and print its ID", with_article(entity)))
        .override_usage(format!("qcli {} create [OPTIONS] {}", entity.name, create_usage(entity)))
        .after_help(
            "Every argument can also be given by name, such as `--name X`, in any order; the others are then \
             assigned from the left.",
        );
    let args = entity.create_args.iter().filter_map(|name| entity.field(name));
    for field in args {
        let arg = Arg::new(positional_id(&field.name)).value_name(field.name.clone());
        command = command.arg(arg.help(help(field, docs)).allow_negative_numbers(true));
    }
    for field in entity.fields.iter().filter(|field| has_flag(entity, field)) {
        command = command.arg(field_flag(field, docs).hide(entity.create_args.contains(&field.name)));
    }
    let defaults = Arg::new("defaults").long("defaults").value_name("JSON");
    let defaults = defaults.help("Anything worth keeping with the object, a JSON object");
    // A field of the entity may have the letter.
    let letter_taken = entity.fields.iter().any(|field| field.flag == Some('d'));
    command.arg(if letter_taken { defaults } else { defaults.short('d') }).arg(dry_run())
}

/// `<stack_id> <name>`.
pub fn create_usage(entity: &Entity) -> String {
    let argument = |name: &String| match entity.field(name) {
        Some(field) if !field.required => format!("[{name}]"),
        _ => format!("<{name}>"),
    };
    entity.create_args.iter().map(argument).collect::<Vec<_>>().join(" ")
}

fn field_flag(field: &Field, docs: &Docs) -> Arg {
    let kebab = field.name.replace('_', "-");
    let mut arg = Arg::new(field.name.clone()).value_name(value_name(field)).help(help(field, docs));
    // Texts may be YAML that begins with `---`.
    if matches!(field.kind, Kind::Text | Kind::Json) && field.reference.is_none() {
        arg = arg.allow_hyphen_values(true);
    } else {
        arg = arg.allow_negative_numbers(true);
    }
    if kebab != field.name {
        arg = arg.alias(field.name.clone());
    }
    if let Some(letter) = field.flag.filter(|letter| !globals::RESERVED_LETTERS.contains(letter)) {
        arg = arg.short(letter);
    }
    arg.long(kebab)
}

/// Whether `create` takes the field by its name.
pub fn has_flag(entity: &Entity, field: &Field) -> bool {
    let given = field.name != "id" || entity.id_is_given();
    given && field.is_settable() && !globals::RESERVED.contains(&field.name.as_str())
}

fn help(field: &Field, docs: &Docs) -> String {
    let mut text = docs.field(&field.descriptor);
    if let Kind::Enum(descriptor) = &field.kind {
        text = format!("{text} [{}]", Kind::enum_labels(descriptor).join("|"));
    }
    if let Some(default) = &field.default {
        text = format!("{text} [default: {default}]");
    }
    text
}

fn value_name(field: &Field) -> &'static str {
    match field.kind {
        Kind::Json => "JSON",
        Kind::Integer | Kind::Double => "NUMBER",
        Kind::Cidr => "CIDR",
        _ if field.reference.is_some() || field.name == "id" => "ID",
        _ => "TEXT",
    }
}

fn list(command: Command) -> Command {
    let option = |name: &'static str, value: &'static str, help: &'static str| {
        let arg = Arg::new(name).long(name.replace('_', "-")).value_name(value).help(help);
        if name.contains('_') { arg.alias(name) } else { arg }
    };
    let number = |arg: Arg, range: std::ops::RangeInclusive<i64>| {
        arg.value_parser(super::parts::whole_number(range)).allow_negative_numbers(true)
    };
    command
        // A filter may begin with the hyphen that negates. The server checks the order.
        .arg(option("filter", "FILTER", "Which objects, in the filter language (stack.application_id = \"shop\") or as a query document").allow_hyphen_values(true))
        .arg(option("order_by", "FIELDS", "Fields or paths over relations to one object, most significant first, each with an optional `desc` [default: id]").allow_hyphen_values(true))
        .arg(number(option("limit", "N", "The maximum number of objects"), 0..=i64::MAX))
        .arg(number(option("skip", "N", "How many objects to skip first"), 0..=i64::from(i32::MAX)))
        .arg(number(option("page_size", "N", "How many objects to read in one call"), 1..=1000))
        .arg(
            flag("count", "Print only the number of objects that the filter matches")
                .conflicts_with_all(["order_by", "limit", "skip", "page_size"]),
        )
        .arg(explain().conflicts_with_all(["count", "limit", "skip", "page_size"]))
}

fn explain() -> Arg {
    let help = "Print the parsed filter in the filter language, and list nothing";
    flag("explain_filter", help).long("explain-filter").alias("explain_filter")
}

fn set_field(command: Command, entity: &Entity) -> Command {
    let settable = entity.fields.iter().filter(|field| has_flag(entity, field) || field.name == "defaults");
    let names = settable.map(|field| field.name.as_str()).collect::<Vec<_>>().join("`, `");
    command
        .override_usage(format!("qcli {} set_field [OPTIONS] <id> [<field> <value>]...", entity.name))
        .arg(positional("field", format!("The field: `{names}`; or a path into a JSON field, such as `defaults.tier`")))
        .arg(
            positional(
                "value",
                "The value: JSON for a JSON field; inside one, JSON if it can be, else a text. More fields with their values \
                 can follow",
            )
                .allow_hyphen_values(true),
        )
        .arg(
            positional("more", "More fields, each with its value")
                .num_args(0..)
                .hide(true)
                .action(ArgAction::Append)
                .allow_negative_numbers(true),
        )
        .arg(
            Arg::new("unset")
                .long("unset")
                .value_name("FIELD")
                .num_args(0..=1)
                .default_missing_value("")
                .action(ArgAction::Append)
                .help("Clear this field; repeat it for more. Without a name, clear the field that is named last"),
        )
        .arg(dry_run())
        .arg(yes())
}

fn edit(command: Command) -> Command {
    let note = "The editor is that of VISUAL or EDITOR, else `vi`. It shows the fields that can be set, as YAML; those \
                that differ afterwards are set, unless somebody else has changed the object meanwhile.";
    command.arg(dry_run()).arg(yes()).after_help(note)
}

fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
}

fn readable(entity: &Entity) -> String {
    let fields = entity.fields.iter().filter(|field| field.embed.is_none()).map(|field| field.name.as_str());
    let relations = entity.relations.iter().flat_map(|relation| relation.names.iter().map(String::as_str));
    format!("`{}`", fields.chain(relations).collect::<Vec<_>>().join("`, `"))
}
