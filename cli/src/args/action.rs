//! The commands of hand-written methods: a table, because the methods follow no standard.

use clap::{Arg, Command};
use prost_reflect::Kind as ProtoKind;
use qairon::model::{Entity, Method};

use super::docs::Docs;
use super::parts::{dry_run, positional};

/// A command that calls one method and prints the object it answers with, or those that it affects.
#[derive(Debug)]
pub struct Action {
    /// The resource.
    pub resource: &'static str,
    /// The command.
    pub verb: &'static str,
    /// The method.
    pub method: &'static str,
    /// The arguments in order: the name in help texts, and the field of the request.
    pub args: &'static [(&'static str, &'static str)],
    /// The options: the name, and the field of the request.
    pub options: &'static [(&'static str, &'static str)],
    /// What it does.
    pub about: &'static str,
}

/// Every such command.
pub const ACTIONS: [Action; 5] = [
    Action {
        resource: "network",
        verb: "allocate_subnet",
        method: "AllocateSubnet",
        args: &[("network_id", "network_id"), ("additional_mask_bits", "additional_mask_bits"), ("name", "name")],
        options: &[],
        about: "Create the first free subnet whose prefix is this many bits longer than the network's",
    },
    Action {
        resource: "deployment",
        verb: "clone",
        method: "CloneDeployment",
        args: &[("id", "id"), ("deployment_target_id", "deployment_target_id")],
        options: &[],
        about: "Create the same deployment on another deployment target, with its configurations and processes",
    },
    Action {
        resource: "deployment",
        verb: "promote",
        method: "PromoteDeployment",
        args: &[("src_id", "source_id"), ("dst_id", "destination_id")],
        options: &[],
        about: "Release the current build of one deployment to another of the same service",
    },
    Action {
        resource: "dependency",
        verb: "declare",
        method: "DeclareDependency",
        args: BOTH_ENDS,
        options: CASE_AND_NAME,
        about: "Declare that an object depends on another, and create what is missing for that",
    },
    Action {
        resource: "dependency",
        verb: "remove",
        method: "RemoveDependency",
        args: BOTH_ENDS,
        options: CASE_AND_NAME,
        about: "Take back that an object depends on another, with what is empty then",
    },
];

const BOTH_ENDS: &[(&str, &str)] =
    &[("resource", "resource"), ("id", "id"), ("related_resource", "related_resource"), ("related_id", "related_id")];
const CASE_AND_NAME: &[(&str, &str)] = &[("case", "case_id"), ("name", "name")];

/// The commands of an entity.
pub fn of(entity: &Entity) -> impl Iterator<Item = &'static Action> {
    ACTIONS.iter().filter(move |action| action.resource == entity.name && action.method().is_some())
}

impl Action {
    /// Its method, as the descriptors have it.
    pub fn method(&self) -> Option<&'static Method> {
        qairon::model().methods().iter().find(|method| method.descriptor.name() == self.method)
    }

    /// The field of the request that holds the defaults of the new object, when there is one.
    pub fn defaults(&self) -> Option<prost_reflect::FieldDescriptor> {
        let field = self.method()?.descriptor.input().get_field_by_name("defaults")?;
        matches!(field.kind(), ProtoKind::Message(_)).then_some(field)
    }

    pub(super) fn command(&self, docs: &Docs) -> Command {
        let request = self.method().map(|method| method.descriptor.input());
        let mut command = Command::new(self.verb).about(self.about).arg(dry_run());
        for (name, field) in self.args {
            let comment = request.as_ref().and_then(|request| request.get_field_by_name(field));
            let help = comment.map(|field| docs.field(&field)).unwrap_or_default();
            command = command.arg(positional(name, help).required(true).allow_negative_numbers(true));
        }
        for (name, field) in self.options {
            let comment = request.as_ref().and_then(|request| request.get_field_by_name(field));
            let help = comment.map(|field| docs.field(&field)).unwrap_or_default();
            let value = if field.ends_with("_id") { "ID" } else { "TEXT" };
            command = command.arg(Arg::new(*field).long(*name).value_name(value).help(help));
        }
        if self.defaults().is_some() {
            let defaults = Arg::new("defaults").long("defaults").short('d').value_name("JSON");
            command = command.arg(defaults.help("The defaults of the new object, a JSON object"));
        }
        command
    }
}
