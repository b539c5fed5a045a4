//! The commands that read across all resources: a table, because their methods follow no standard.
//!
//! An argument's kind follows from the field of the request that it fills: a boolean is a flag, a list can be repeated.

use clap::{Arg, ArgAction, Command};
use prost_reflect::{FieldDescriptor, Kind as ProtoKind};
use qairon::model::Method;

use super::docs::Docs;
use super::parts::{positional, verbs as with_verbs};

/// A command that calls one method and changes nothing.
#[derive(Debug)]
pub struct Question {
    /// The command: of the group [`TRACE`], or one of its own.
    pub verb: &'static str,
    /// The method.
    pub method: &'static str,
    /// The arguments in order, by the fields of the request.
    pub args: &'static [&'static str],
    /// The options: the name in help texts, and the field of the request.
    pub options: &'static [(&'static str, &'static str)],
    /// Whether the answer comes in pages.
    pub paged: bool,
    /// The pictures that can be made of the answer.
    pub pictures: &'static [Picture],
    /// What its help says at the end.
    pub note: &'static str,
    /// What people read when there are no rows.
    pub none: &'static str,
}

/// A picture instead of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Picture {
    /// An indented tree.
    Tree,
    /// A graph for Graphviz.
    Dot,
}

/// The group of the traces.
pub const TRACE: &str = "trace";

const BOTH: &[Picture] = &[Picture::Tree, Picture::Dot];

/// The commands of the group [`TRACE`].
pub const TRACES: [Question; 8] = [
    Question {
        verb: "infrastructure",
        method: "TraceInfrastructure",
        args: &["service_id"],
        options: &[],
        paged: false,
        pictures: BOTH,
        note: "",
        none: "No deployments found.",
    },
    Question {
        verb: "impact",
        method: "TraceImpact",
        args: &["resource", "id"],
        options: &[("to", "to"), ("max-depth", "max_depth"), ("ignore-declared", "ignore_declared")],
        paged: false,
        pictures: BOTH,
        note: "",
        none: "No dependents found.",
    },
    Question {
        verb: "neighbors",
        method: "TraceNeighbors",
        args: &["deployment_id"],
        options: &[],
        paged: false,
        pictures: BOTH,
        note: "",
        none: "No other deployments found.",
    },
    Question {
        verb: "provenance",
        method: "TraceProvenance",
        args: &["deployment_id"],
        options: &[("release", "release_id")],
        paged: false,
        pictures: BOTH,
        note: "",
        none: "Nothing found.",
    },
    Question {
        verb: "lineage",
        method: "TraceLineage",
        args: &["resource", "id"],
        options: &[],
        paged: false,
        pictures: BOTH,
        note: "",
        none: "Nothing found.",
    },
    Question {
        verb: "builds",
        method: "TraceBuilds",
        args: &[],
        options: &[("vcs-ref", "vcs_ref"), ("prefix", "prefix")],
        paged: false,
        pictures: BOTH,
        note: "",
        none: "No builds found.",
    },
    Question {
        verb: "dependencies",
        method: "TraceDependencies",
        args: &["resource", "id"],
        options: &[],
        paged: false,
        pictures: &[],
        note: "",
        none: "No dependencies found.",
    },
    Question {
        verb: "path",
        method: "TracePath",
        args: &["from_resource", "from_id", "to_resource", "to_id"],
        options: &[("max-length", "max_length"), ("max-paths", "max_paths"), ("ignore-declared", "ignore_declared")],
        paged: false,
        pictures: BOTH,
        note: "With `-o plain` the values are `way` (the number of the path, from 1), `relation`, `resource` and \
               `id`; a table has the same columns, the ID before the resource. The first object of a path has \
               no relation: it is `-` there and empty in JSON.",
        none: "No path found.",
    },
];

/// The commands that are not part of a group.
pub const SEARCHES: [Question; 2] = [
    Question {
        verb: "find",
        method: "FindObjects",
        args: &["text"],
        options: &[("resource", "resources")],
        paged: true,
        pictures: &[],
        note: "",
        none: "No objects found.",
    },
    Question {
        verb: "native_id",
        method: "FindByNativeId",
        args: &["native_id"],
        options: &[],
        paged: true,
        pictures: &[],
        note: "",
        none: "No objects found.",
    },
];

/// The fields of requests that name resources.
const RESOURCES: [&str; 6] = ["resource", "resources", "to", "from_resource", "to_resource", "related_resource"];

/// The arguments that may begin with a hyphen, because a search text can.
const FREE_TEXTS: [&str; 2] = ["text", "native_id"];

/// The required options.
const NEEDED: [&str; 1] = ["vcs_ref"];

/// Whether a field of a request names a resource.
pub fn names_resource(field: &str) -> bool {
    RESOURCES.contains(&field)
}

impl Picture {
    /// The name of its flag.
    pub fn flag(self) -> &'static str {
        match self {
            Self::Tree => "tree",
            Self::Dot => "dot",
        }
    }

    fn arg(self, beside: &[Self]) -> Arg {
        let (help, other) = match self {
            Self::Tree => ("Print an indented tree", Self::Dot),
            Self::Dot => ("Print a graph in the language of Graphviz: `... --dot | dot -Tsvg`", Self::Tree),
        };
        let arg = Arg::new(self.flag()).long(self.flag()).action(ArgAction::SetTrue).help(help);
        // A picture has neither formats nor fields.
        let arg = arg.conflicts_with_all(["output", "asked fields"]);
        if beside.contains(&other) { arg.conflicts_with(other.flag()) } else { arg }
    }
}

impl Question {
    /// Its method, as the descriptors have it.
    pub fn method(&self) -> Option<&'static Method> {
        qairon::model().methods().iter().find(|method| method.descriptor.name() == self.method)
    }

    /// Whether the answer is rows, so that it can be cut.
    pub fn is_limited(&self) -> bool {
        let rows = self.method().and_then(|method| method.descriptor.output().get_field_by_name("rows"));
        self.paged || rows.is_some()
    }

    /// The fields of the request that its arguments and options fill.
    pub fn fields(&self) -> impl Iterator<Item = FieldDescriptor> {
        let request = self.method().map(|method| method.descriptor.input());
        let names = self.args.iter().copied().chain(self.options.iter().map(|(_, field)| *field));
        names.filter_map(move |name| request.as_ref()?.get_field_by_name(name))
    }

    /// The name for people: `trace impact`.
    pub fn name(&self) -> String {
        match SEARCHES.iter().any(|search| search.verb == self.verb) {
            true => self.verb.to_owned(),
            false => format!("{TRACE} {}", self.verb),
        }
    }

    /// Its command, under an `about` of its own or that of the method.
    fn command(&self, command: Command, docs: &Docs) -> Command {
        let request = self.method().map(|method| method.descriptor.input());
        let field = |name: &str| request.as_ref().and_then(|request| request.get_field_by_name(name));
        let help = |name: &str| field(name).map(|field| docs.field(&field)).unwrap_or_default();
        let args = self
            .args
            .iter()
            .map(|name| positional(name, help(name)).required(true).allow_hyphen_values(FREE_TEXTS.contains(name)));
        let options = self.options.iter().map(|(name, target)| match field(target) {
            Some(descriptor) => option(name, &descriptor).help(help(target)),
            None => Arg::new(*target).long(*name),
        });
        let limit = self.is_limited().then(|| {
            let number = super::parts::whole_number(0..=i64::MAX);
            let limit = Arg::new("limit").long("limit").value_name("N").value_parser(number);
            let help = if self.paged { "The maximum number of objects" } else { "The maximum number of rows" };
            let limit = limit.allow_negative_numbers(true).help(help);
            // A picture is of the whole answer.
            limit.conflicts_with_all(self.pictures.iter().map(|picture| picture.flag()))
        });
        let command = if self.note.is_empty() { command } else { command.after_help(self.note) };
        command
            .args(args)
            .args(options)
            .args(limit)
            .args(self.pictures.iter().map(|picture| picture.arg(self.pictures)))
    }
}

fn option(name: &'static str, field: &FieldDescriptor) -> Arg {
    let arg = Arg::new(field.name().to_owned()).long(name).required(NEEDED.contains(&field.name()));
    let arg = match name.contains('-') {
        true => arg.alias(name.replace('-', "_")),
        false => arg,
    };
    match field.kind() {
        ProtoKind::Bool => arg.action(ArgAction::SetTrue),
        ProtoKind::Int32 => {
            let number = super::parts::whole_number(0..=i64::from(i32::MAX));
            arg.value_name("N").value_parser(number).allow_negative_numbers(true)
        }
        _ if field.is_list() => arg.value_name("RESOURCE").action(ArgAction::Append).value_delimiter(','),
        _ => arg.value_name(if name == "release" { "ID" } else { "COMMIT" }),
    }
}

/// Adds the traces to their group.
pub(super) fn group(command: Command, docs: &Docs) -> Command {
    let commands = TRACES.iter().map(|trace| {
        let about = trace.method().map(|method| docs.method(&method.descriptor)).unwrap_or_default();
        trace.command(Command::new(trace.verb).about(about), docs)
    });
    with_verbs(command).subcommands(commands)
}

/// Adds its arguments to the command of a search.
pub(super) fn search(command: Command, docs: &Docs) -> Command {
    match SEARCHES.iter().find(|search| search.verb == command.get_name()) {
        Some(search) => search.command(command, docs),
        None => command,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_question_has_its_method_and_its_arguments_have_fields() {
        for question in TRACES.iter().chain(&SEARCHES) {
            let method = question.method().expect(question.method);
            assert_eq!(question.fields().count(), question.args.len() + question.options.len(), "{}", question.verb);
            for field in question.fields() {
                let message = field.parent_message();
                assert_eq!(*message, method.descriptor.input());
                assert_eq!(names_resource(field.name()), docs_say_resource(&field), "{}", field.full_name());
            }
            let paged = method.descriptor.input().get_field_by_name("page_token").is_some();
            assert_eq!(question.paged, paged, "{}", question.verb);
        }
    }

    /// The protos define which texts are resources: those that are not an ID, a commit or a search.
    fn docs_say_resource(field: &FieldDescriptor) -> bool {
        let comment = Docs::load().field(field);
        field.kind() == ProtoKind::String && (comment.contains("resource") || comment.contains("`build_artifact`"))
    }

    #[test]
    fn the_questions_are_those_of_the_two_services() {
        let asked: Vec<&str> = TRACES.iter().chain(&SEARCHES).map(|question| question.method).collect();
        for name in ["TraceService", "SearchService"] {
            let service = qairon::model().pool().get_service_by_name(&format!("qairon.v1.{name}")).expect(name);
            let missing: Vec<String> = service.methods().map(|method| method.name().to_owned()).collect();
            // `list --explain-filter` explains a filter, and shells complete IDs.
            let elsewhere = ["ExplainFilter", "CompleteIds"];
            let missing = missing.iter().map(String::as_str);
            let missing = missing.filter(|name| !asked.contains(name) && !elsewhere.contains(name));
            assert_eq!(missing.count(), 0, "a method of {name} has no command");
        }
    }
}
