//! The candidates for a place.

use clap::{Arg, Command};
use qairon::model::{Entity, Field, Kind, LinkScope, Relation, RelationKind};

use super::candidate::Candidate;
use super::filter as filters;
use super::ids::{self, Wanted};
use super::line::Line;
use super::parse::{Place, Spot};
use super::{paths, target};
use crate::args::trace::{self, Question, names_resource};
use crate::args::{action, resource};
use crate::config::settings::CA_FILE;
use crate::{filter, plugins};

/// The candidates, without the part of the word that is kept.
pub fn candidates(tree: &Command, spot: &Spot<'_>, line: &Line) -> Vec<Candidate> {
    let typed = spot.typed.as_str();
    if spot.flags && typed.starts_with('-') {
        return flags(spot);
    }
    match spot.place {
        Place::Command if spot.path.is_empty() => [commands(spot.command, typed), programs(typed)].concat(),
        Place::Command => commands(spot.command, typed),
        Place::Value(arg) => Values { tree, spot, line }.of(arg),
        Place::Nothing => Vec::new(),
    }
}

/// Commands are found with hyphens or underscores, and offered in the typed form.
fn commands(command: &Command, typed: &str) -> Vec<Candidate> {
    let begun = typed.replace('-', "_");
    let hyphens = typed.contains('-');
    let shown = command.get_subcommands().filter(|sub| !sub.is_hide_set() && sub.get_name().starts_with(&begun));
    let name = |name: &str| if hyphens { name.replace('_', "-") } else { name.to_owned() };
    shown.map(|sub| Candidate::whole(name(sub.get_name()), first_line(sub.get_about()))).collect()
}

/// External commands.
fn programs(typed: &str) -> Vec<Candidate> {
    let begun = typed.replace('-', "_");
    let shown = plugins::all().into_iter().filter(|plugin| plugin.name.replace('-', "_").starts_with(&begun));
    // With the hyphens or underscores that the program has, unless others were begun.
    let name = |name: String| if name.starts_with(typed) { name } else { format!("{typed}{}", &name[typed.len()..]) };
    shown.map(|plugin| Candidate::whole(name(plugin.name), plugin.path.to_string_lossy())).collect()
}

fn flags(spot: &Spot<'_>) -> Vec<Candidate> {
    let typed = spot.typed.as_str();
    let given = |arg: &Arg| spot.given.iter().any(|(id, _)| id == arg.get_id().as_str());
    let repeats = |arg: &Arg| matches!(arg.get_action(), clap::ArgAction::Append | clap::ArgAction::Count);
    let open = spot.command.get_arguments().filter(|arg| !given(arg) || repeats(arg));
    // What can be given by position as well is hidden in the help, not here.
    let open = open.filter(|arg| !arg.is_hide_set() || arg.get_long().is_some());
    let mut found = Vec::new();
    for arg in open {
        let help = first_line(arg.get_help());
        match (arg.get_long().map(|long| format!("--{long}")), arg.get_short()) {
            (Some(long), _) if long.starts_with(typed) => found.push(Candidate::whole(long, help)),
            (_, Some(short)) if typed == format!("-{short}") => found.push(Candidate::whole(typed, help)),
            _ => {}
        }
    }
    found
}

fn first_line(text: Option<&clap::builder::StyledStr>) -> String {
    let text = text.map(ToString::to_string).unwrap_or_default();
    text.lines().next().unwrap_or_default().to_owned()
}

/// The values of arguments.
struct Values<'a> {
    tree: &'a Command,
    spot: &'a Spot<'a>,
    line: &'a Line,
}

impl Values<'_> {
    fn of(&self, arg: &Arg) -> Vec<Candidate> {
        let possible = arg.get_possible_values();
        if !possible.is_empty() {
            let possible = possible.iter().filter(|value| !value.is_hide_set());
            let names: Vec<String> = possible.map(|value| value.get_name().to_owned()).collect();
            return match arg.get_value_delimiter() {
                Some(_) => self.listed(|typed| found(names.iter().cloned(), typed)),
                None => self.texts(names.into_iter()),
            };
        }
        let id = arg.get_id().as_str();
        let is_context = id == "context" || id == "name" && self.spot.path.first().is_some_and(|name| name == "config");
        if is_context {
            let config = target::config(self.line).unwrap_or_default();
            return self.texts(config.contexts.into_iter().map(|context| context.name));
        }
        if id == CA_FILE {
            return paths::files(&self.spot.typed);
        }
        let verb = self.spot.path.get(1).map_or("", String::as_str);
        if id == "filter" {
            let resource = self.spot.path.first().and_then(|name| named(name));
            let resource = resource.or_else(|| named(&self.spot.value("resource")?.replace('-', "_")));
            return resource.map_or_else(Vec::new, |entity| self.filter(entity));
        }
        if let Some(entity) = self.spot.path.first().and_then(|name| named(name)) {
            if id == "asked fields" {
                return self.listed(|typed| paths::fields(self.row_entity(entity, verb), typed));
            }
            return self.of_resource(entity, verb, id);
        }
        // `-f` names fields everywhere but where it names what to read.
        let reads = self.is_command("apply") || self.is_command("diff");
        match id {
            "asked fields" if reads => paths::files(&self.spot.typed),
            "asked fields" => self.listed(|typed| found(self.answers(verb).into_iter(), typed)),
            "path" if self.is_command("explain") => paths::subjects(&self.spot.typed),
            "scope" => self.scope(),
            "prune_resource" => self.resources(&self.spot.typed),
            "file" | "files" | "filename" | "dir" | "directory" | "path" => paths::files(&self.spot.typed),
            id if names_resource(id) && arg.get_value_delimiter().is_some() => {
                self.listed(|typed| self.resources(typed))
            }
            id if names_resource(id) => self.resources(&self.spot.typed),
            // The word before is the type: `resource id`, `from_resource from_id`.
            id => {
                let of = id.strip_suffix("id").map(|front| format!("{front}resource"));
                let said = of.and_then(|name| self.spot.value(&name)).map(|name| name.replace('-', "_"));
                let entity = said.and_then(|name| named(&name));
                let entity = entity.or_else(|| id.strip_suffix("_id").and_then(named));
                let entity = entity.or_else(|| named("dependency").filter(|_| self.is_command("dependencies")));
                entity.map_or_else(Vec::new, |entity| self.ids(entity, Wanted::default()))
            }
        }
    }

    /// What is at the end of a filter.
    fn filter(&self, entity: &'static Entity) -> Vec<Candidate> {
        match filters::spot(&self.spot.typed) {
            filters::Spot::Field(kept, begun) => filters::fields(entity, kept, begun),
            filters::Spot::Value(kept, path, begun) => match filters::field(entity, path) {
                Some((entity, field)) => filters::values(kept, begun, |typed| match &field.reference {
                    Some(reference) => self.ids_of(qairon::model().target(&reference.entity), typed, Wanted::default()),
                    None if field.name == "id" => self.ids_of(entity, typed, Wanted::default()),
                    None => match &field.kind {
                        Kind::Enum(descriptor) => found(Kind::enum_labels(descriptor).into_iter(), typed),
                        _ => Vec::new(),
                    },
                }),
                None => Vec::new(),
            },
            filters::Spot::Other => Vec::new(),
        }
    }

    /// A resource and an ID: `application/shop`.
    fn scope(&self) -> Vec<Candidate> {
        let typed = self.spot.typed.as_str();
        let Some((name, begun)) = typed.split_once('/') else {
            let resources = self.resources(typed).into_iter();
            return resources.map(|found| Candidate::part(format!("{}/", found.text))).collect();
        };
        let ids = named(&name.replace('-', "_")).map(|entity| self.ids_of(entity, begun, Wanted::default()));
        let ids = ids.unwrap_or_default().into_iter();
        ids.map(|found| Candidate { text: format!("{name}/{}", found.text), ..found }).collect()
    }

    /// The fields of the rows that a trace or a search prints.
    fn answers(&self, verb: &str) -> Vec<String> {
        let name = self.spot.path.first().map_or("", String::as_str);
        let mut questions = trace::TRACES.iter().chain(&trace::SEARCHES);
        let asked = if name == trace::TRACE { verb } else { name };
        let answer = questions.find(|question| question.verb == asked).and_then(Question::method);
        let Some(answer) = answer.map(|method| method.descriptor.output()) else { return Vec::new() };
        let rows =
            ["rows", "objects"].iter().find_map(|name| answer.get_field_by_name(name)?.kind().as_message().cloned());
        rows.unwrap_or(answer).fields().map(|field| field.name().to_owned()).collect()
    }

    /// Whether the line is about a command; of options in front of any there is none.
    fn is_command(&self, name: &str) -> bool {
        self.spot.path.first().is_some_and(|first| first == name)
    }

    fn of_resource(&self, entity: &Entity, verb: &str, id: &str) -> Vec<Candidate> {
        if let Some(action) = action::of(entity).find(|action| action.verb == verb) {
            return self.of_action(entity, action, id);
        }
        match (verb, id) {
            // One that is given with `create` is new.
            ("create", id) => match entity.field(id.trim_start_matches("positional ")) {
                Some(field) => self.of_field(field),
                None => Vec::new(),
            },
            (_, "id") => self.ids(entity, Wanted::default()),
            ("set_field", "field" | "unset") => {
                let settable =
                    entity.fields.iter().filter(|field| resource::has_flag(entity, field) || field.name == "defaults");
                self.texts(settable.map(|field| field.name.clone()))
            }
            ("set_field", "value") => match self.spot.value("field").and_then(|name| entity.field(name)) {
                Some(field) => self.of_field(field),
                None => Vec::new(),
            },
            ("get_field" | "get_field_query", "field") => {
                let relations = entity.relations.iter().flat_map(|relation| relation.names.iter().cloned());
                let fields = entity.fields.iter().filter(|field| field.embed.is_none()).map(|field| field.name.clone());
                self.texts(fields.chain(relations))
            }
            ("list", "order_by") => self.listed(|typed| paths::orders(entity, typed)),
            (_, "relation") => self.texts(resource::linked_relations(entity).map(str::to_owned)),
            ("link" | "unlink", "other_id") => {
                let name = self.spot.value("relation").unwrap_or_default();
                self.ends(entity, name, verb == "unlink")
            }
            (verb, "other_id") => {
                let of = |link: &&qairon::model::Link| {
                    verb == resource::assign_verb(link) || verb == resource::unassign_verb(link)
                };
                let link = entity.links.iter().find(of);
                link.map_or_else(Vec::new, |link| {
                    self.ends(entity, &link.relation, verb == resource::unassign_verb(link))
                })
            }
            _ => Vec::new(),
        }
    }

    /// The objects at the other end of a link: those that are linked, or those that can be.
    fn ends(&self, entity: &Entity, relation: &str, linked: bool) -> Vec<Candidate> {
        let Some(relation) = entity.relation(relation) else { return Vec::new() };
        let id = self.spot.value("id").unwrap_or_default();
        let Some(other) = named(&relation.target) else { return Vec::new() };
        let mut wanted = Wanted::default();
        if linked {
            let Some(back) = other.relations.iter().find(|back| is_back(relation, back)) else { return Vec::new() };
            wanted.filter = filter::equal(&format!("{}.id", back.name()), id);
        } else if let Some(scope) = scope(entity, other, relation) {
            wanted.scope = leading(id, scope.components());
        }
        self.ids(other, wanted)
    }

    fn of_action(&self, entity: &Entity, action: &action::Action, id: &str) -> Vec<Candidate> {
        if names_resource(id) {
            return self.resources(&self.spot.typed);
        }
        // An ID is of the resource before it.
        let of = id.strip_suffix("id").map(|front| format!("{front}resource"));
        if let Some(of) = of.filter(|of| action.args.iter().any(|(name, _)| name == of)) {
            let said = self.spot.value(&of).map(|name| name.replace('-', "_"));
            let entity = said.and_then(|name| named(&name));
            return entity.map_or_else(Vec::new, |entity| self.ids(entity, Wanted::default()));
        }
        match (action.verb, id) {
            ("declare" | "remove", "case_id") => {
                named("dependency_case").map_or_else(Vec::new, |case| self.ids(case, Wanted::default()))
            }
            ("clone", "deployment_target_id") => {
                let scope = leading(self.spot.value("id").unwrap_or_default(), LinkScope::Environment.components());
                named("deployment_target")
                    .map_or_else(Vec::new, |target| self.ids(target, Wanted { scope, ..Wanted::default() }))
            }
            ("promote", "dst_id") => {
                let service = part(entity, self.spot.value("src_id").unwrap_or_default(), "service_id");
                let filter = service.map(|service| filter::equal("service_id", &service)).unwrap_or_default();
                self.ids(entity, Wanted { filter, ..Wanted::default() })
            }
            // IDs of this entity, or of the one that the argument is named after.
            (_, "id" | "src_id") => self.ids(entity, Wanted::default()),
            (_, id) => match id.strip_suffix("_id").and_then(named) {
                Some(entity) => self.ids(entity, Wanted::default()),
                None => Vec::new(),
            },
        }
    }

    fn of_field(&self, field: &Field) -> Vec<Candidate> {
        if let Some(reference) = &field.reference {
            return named(&reference.entity).map_or_else(Vec::new, |entity| self.ids(entity, Wanted::default()));
        }
        if let Some(entity) = field.object_of.as_ref().and_then(|name| self.spot.value(name)) {
            let entity = qairon::model().entity_of_type(entity);
            return entity.map_or_else(Vec::new, |entity| self.ids(entity, Wanted::default()));
        }
        match &field.kind {
            Kind::Enum(descriptor) => self.texts(Kind::enum_labels(descriptor).into_iter()),
            Kind::Bool => self.texts(["true", "false"].map(str::to_owned).into_iter()),
            Kind::EntityType => self.texts(qairon::model().entities().iter().map(|entity| entity.type_name.clone())),
            _ => Vec::new(),
        }
    }

    /// What the rows are that a command prints.
    fn row_entity<'a>(&self, entity: &'a Entity, verb: &str) -> &'a Entity {
        if verb != "get_field" {
            return entity;
        }
        let relation = self.spot.value("field").and_then(|name| entity.relation(name));
        relation.and_then(|relation| named(&relation.target)).unwrap_or(entity)
    }

    fn ids(&self, entity: &Entity, wanted: Wanted) -> Vec<Candidate> {
        self.ids_of(entity, &self.spot.typed, wanted)
    }

    fn ids_of(&self, entity: &Entity, typed: &str, wanted: Wanted) -> Vec<Candidate> {
        match target::connection(self.spot, self.line) {
            Some(endpoint) => ids::candidates(endpoint, entity, typed, wanted),
            None => Vec::new(),
        }
    }

    fn texts(&self, texts: impl Iterator<Item = String>) -> Vec<Candidate> {
        found(texts, &self.spot.typed)
    }

    fn resources(&self, typed: &str) -> Vec<Candidate> {
        let mut found = commands(self.tree, typed);
        found.retain(|candidate| named(&candidate.text.replace('-', "_")).is_some());
        found
    }

    /// The last of several values with commas between them.
    fn listed(&self, values: impl Fn(&str) -> Vec<Candidate>) -> Vec<Candidate> {
        let (kept, typed) = match self.spot.typed.rfind(',') {
            Some(comma) => self.spot.typed.split_at(comma + 1),
            None => ("", self.spot.typed.as_str()),
        };
        // Fields of an order may have spaces around them.
        let begun = typed.trim_start();
        let (kept, typed) = (format!("{kept}{}", &typed[..typed.len() - begun.len()]), begun);
        let mut found = values(typed);
        found.iter_mut().for_each(|candidate| candidate.text.insert_str(0, &kept));
        found
    }
}

fn found(texts: impl Iterator<Item = String>, typed: &str) -> Vec<Candidate> {
    texts.filter(|text| text.starts_with(typed)).map(|text| Candidate::whole(text, "")).collect()
}

fn named(name: &str) -> Option<&'static Entity> {
    qairon::model().entity(name)
}

/// Whether two relations are the two ends of one link.
fn is_back(one: &Relation, other: &Relation) -> bool {
    match (&one.kind, &other.kind) {
        (
            RelationKind::Linked { table, own_column, target_column, .. },
            RelationKind::Linked { table: other_table, own_column: other_own, target_column: other_target, .. },
        ) => table == other_table && own_column == other_target && target_column == other_own,
        _ => false,
    }
}

/// What both ends of a link have in common, declared by either.
fn scope(entity: &Entity, other: &Entity, relation: &Relation) -> Option<LinkScope> {
    let RelationKind::Linked { table, .. } = &relation.kind else { return None };
    entity.links.iter().chain(&other.links).find(|link| link.table == *table)?.scope
}

/// The first components of an ID with the colon after them, if it has more components.
fn leading(id: &str, components: usize) -> String {
    let end = id.match_indices(':').nth(components.saturating_sub(1)).map(|(at, _)| at + 1);
    end.and_then(|end| id.get(..end)).unwrap_or_default().to_owned()
}

/// The value of a field that is part of an ID.
fn part(entity: &Entity, id: &str, name: &str) -> Option<String> {
    let model = qairon::model();
    let mut components = id.split(':');
    for field in &entity.id_fields {
        let reference = entity.field(field)?.reference.as_ref();
        let count = reference.map_or(1, |reference| model.id_components(model.target(&reference.entity)).0);
        let value: Vec<&str> = components.by_ref().take(count).collect();
        if field == name {
            return (value.len() == count).then(|| value.join(":"));
        }
    }
    None
}
