//! From descriptors to the model, refusing what breaks a rule of `options.proto`.

use std::collections::HashMap;

use prost_reflect::{DescriptorPool, FieldDescriptor, Kind as ProtoKind, MessageDescriptor};

use crate::dependence::{Crossing, Dependence};
use crate::entity::{Entity, Link, LinkEnd, LinkScope};
use crate::field::{Embed, Field, Kind, Reference};
use crate::method::{Method, Verb, check_shape};
use crate::model::Model;
use crate::name::check_name;
use crate::options::{
    AttributeOptions, EntityOptions, IMMUTABLE, OUTPUT_ONLY, PACKAGE, REQUIRED, extension, field_behaviors, flag,
};
use crate::presence;
use crate::relation::{Relation, RelationKind};
use crate::walk;
use crate::words::{camel_case, snake_case};

/// The fields that every entity has, under these numbers.
const COMMON: [(u32, &str); 6] =
    [(1, "id"), (2, "uid"), (3, "defaults"), (4, "created_at"), (5, "last_updated_at"), (6, "etag")];

impl Model {
    /// Parses descriptors and holds every standard message against its shape, as the build does once and for all. The
    /// error names the invalid element.
    pub fn parse_checked(pool: DescriptorPool) -> Result<Self, String> {
        presence::check(&pool)?;
        let model = Self::parse(pool)?;
        walk::check(&model)?;
        for method in &model.methods {
            let Some((entity, verb)) = method.entity.map(|index| &model.entities[index]).zip(method.verb) else {
                continue;
            };
            let target = match verb {
                Verb::AddLink(link) | Verb::RemoveLink(link) => entity.links[link].target.as_str(),
                _ => "",
            };
            let request = verb.request_shape(&entity.name, target, entity.id_is_given());
            check_shape(&method.descriptor.input(), entity.message.full_name(), &request)?;
            let response = verb.response_shape(&entity.name, &entity.plural);
            check_shape(&method.descriptor.output(), entity.message.full_name(), &response)?;
        }
        Ok(model)
    }

    /// Parses the entities and methods that a set of descriptors declares. The error names the invalid element.
    pub fn parse(pool: DescriptorPool) -> Result<Self, String> {
        let mut entities = Vec::new();
        for message in pool.all_messages().filter(|message| message.package_name() == PACKAGE) {
            if let Some(options) = extension::<EntityOptions>(&message.options(), "qairon.v1.entity") {
                entities.push(parse_entity(entities.len(), message, options)?);
            }
        }
        let by_name: HashMap<_, _> = entities.iter().map(|e: &Entity| (e.name.clone(), e.index)).collect();
        let by_type = entities.iter().map(|e| (e.type_name.clone(), e.index)).collect();
        let by_rank = rank(&mut entities)?;
        check_names(&entities, &by_name)?;
        add_relations(&mut entities, &by_name)?;
        let mut model = Self { pool, entities, by_rank, by_name, by_type, methods: Vec::new() };
        model.add_methods()?;
        Ok(model)
    }

    fn add_methods(&mut self) -> Result<(), String> {
        let mut standard = HashMap::new();
        for entity in &self.entities {
            let (one, many) = (&entity.type_name, camel_case(&entity.plural));
            standard.insert(format!("Get{one}"), (entity.index, Verb::Get));
            standard.insert(format!("BatchGet{many}"), (entity.index, Verb::BatchGet));
            standard.insert(format!("List{many}"), (entity.index, Verb::List));
            standard.insert(format!("Create{one}"), (entity.index, Verb::Create));
            standard.insert(format!("Update{one}"), (entity.index, Verb::Update));
            standard.insert(format!("Delete{one}"), (entity.index, Verb::Delete));
            for (index, link) in entity.links.iter().enumerate() {
                let target = camel_case(&link.target);
                standard.insert(format!("Add{one}{target}"), (entity.index, Verb::AddLink(index)));
                standard.insert(format!("Remove{one}{target}"), (entity.index, Verb::RemoveLink(index)));
            }
        }
        let services: Vec<_> = self.pool.services().filter(|service| service.package_name() == PACKAGE).collect();
        for descriptor in services.iter().flat_map(|service| service.methods()) {
            let service = descriptor.parent_service().full_name().to_owned();
            let found = standard.remove(descriptor.name());
            if let Some((index, _)) = found {
                let entity = &mut self.entities[index];
                if entity.service.is_empty() {
                    entity.service.clone_from(&service);
                } else if entity.service != service {
                    return Err(format!("the methods of `{}` are spread over two services", entity.name));
                }
            }
            self.methods.push(Method {
                path: format!("/{service}/{}", descriptor.name()),
                entity: found.map(|(index, _)| index),
                verb: found.map(|(_, verb)| verb),
                is_sensitive: flag(&descriptor.options(), "qairon.v1.sensitive"),
                descriptor,
            });
        }
        match standard.keys().min() {
            Some(missing) => Err(format!("no service has the method `{missing}`")),
            None => Ok(()),
        }
    }
}

/// Gives every entity its place in a search, from the numbers that some have. Returns the order.
fn rank(entities: &mut [Entity]) -> Result<Vec<usize>, String> {
    let unranked = entities.len();
    let number = |entity: &Entity| if entity.rank == 0 { unranked + entity.index } else { entity.rank };
    let mut order: Vec<usize> = (0..entities.len()).collect();
    order.sort_by_key(|index| number(&entities[*index]));
    if let Some(twice) = order.windows(2).find(|pair| number(&entities[pair[0]]) == number(&entities[pair[1]])) {
        return Err(format!("{} has the `search_rank` of another", entities[twice[1]].message.full_name()));
    }
    order.iter().enumerate().for_each(|(rank, index)| entities[*index].rank = rank);
    Ok(order)
}

fn parse_entity(index: usize, message: MessageDescriptor, options: EntityOptions) -> Result<Entity, String> {
    let at = message.full_name().to_owned();
    if camel_case(&options.name) != message.name() || options.name.len() > 40 || options.plural.is_empty() {
        return Err(format!("{at}: `name` must be the message name in snake case, and `plural` its plural"));
    }
    let mut fields = Vec::new();
    for descriptor in message.fields() {
        fields.push(parse_field(descriptor, options.id.is_empty())?);
    }
    for (number, name) in COMMON {
        if !fields.iter().any(|field: &Field| field.number == number && field.name == name) {
            return Err(format!("{at} must have the field `{name} = {number}`"));
        }
    }
    // Output order: the ID, the entity's own fields, then those that all entities share.
    fields.sort_by_key(|field| match field.number {
        1 => 0,
        2..=6 => 1_000_000 + field.number,
        own => own,
    });
    let known = |name: &String| fields.iter().any(|field| &field.name == name);
    if let Some(unknown) = options.id.iter().chain(&options.create_args).find(|name| !known(name)) {
        return Err(format!("{at} has no field `{unknown}`"));
    }
    for name in &options.id {
        let field = fields.iter().find(|field| &field.name == name).expect("checked above");
        let required_reference = field.reference.is_some() && !field.nullable;
        if !(field.kind.can_compose_id() || required_reference || field.object_of.is_some()) {
            return Err(format!("{at}: `{name}` cannot be part of an ID"));
        }
    }
    let links = options.links.into_iter().map(|link| Link {
        table: format!("{}_{}", options.name, link.target),
        owner_column: format!("{}_id", options.name),
        target_column: format!("{}_id", link.target),
        scope: match link.scope {
            1 => Some(LinkScope::Environment),
            2 => Some(LinkScope::Region),
            3 => Some(LinkScope::Partition),
            _ => None,
        },
        home: (!link.home.is_empty()).then_some(link.home),
        dependent: match link.dependent {
            1 => Some(LinkEnd::Owner),
            2 => Some(LinkEnd::Target),
            _ => None,
        },
        relation: link.relation,
        target: link.target,
        inverse: link.inverse,
    });
    Ok(Entity {
        index,
        rank: usize::try_from(options.search_rank).map_err(|_| format!("{at}: `search_rank` must not be negative"))?,
        type_name: message.name().to_owned(),
        service: String::new(),
        links: links.collect(),
        name: options.name,
        plural: options.plural,
        message,
        fields,
        id_fields: options.id,
        create_args: options.create_args,
        relations: Vec::new(),
    })
}

fn parse_field(descriptor: FieldDescriptor, id_is_given: bool) -> Result<Field, String> {
    let at = descriptor.full_name().to_owned();
    let raw = descriptor.options();
    let options = extension::<AttributeOptions>(&raw, "qairon.v1.attribute").unwrap_or_default();
    let behaviors = field_behaviors(&raw);
    let kind = field_kind(&descriptor, options.format)
        .ok_or_else(|| format!("{at}: entities have no fields of this type, or the format does not fit it"))?;
    let embed = options.embed.map(|embed| Embed {
        relation: embed.relation,
        entity: match descriptor.kind() {
            ProtoKind::Message(message) => snake_case(message.name()),
            _ => String::new(),
        },
        nested_only: embed.nested_only,
    });
    if embed.is_some() != matches!(kind, Kind::Object | Kind::Objects) {
        return Err(format!("{at}: fields that hold entities, and only those, have the option `embed`"));
    }
    let name = descriptor.name().to_owned();
    let reference = options.reference.map(|reference| Reference {
        entity: reference.entity,
        relation: reference.relation,
        inverse: reference.inverse,
        dependence: Dependence::from_number(reference.dependence),
    });
    if let Some(reference) = &reference {
        if kind != Kind::Text || name != format!("{}_id", reference.relation) && !name.ends_with("_id") {
            return Err(format!("{at}: a reference is a string whose name ends in `_id`"));
        }
        if reference.inverse.is_empty() {
            return Err(format!("{at}: a reference names its inverse"));
        }
    }
    let output_only = behaviors.contains(&OUTPUT_ONLY) || options.derived || embed.is_some();
    Ok(Field {
        number: descriptor.number(),
        required: behaviors.contains(&REQUIRED) && (name != "id" || id_is_given),
        output_only,
        immutable: behaviors.contains(&IMMUTABLE),
        nullable: match kind {
            Kind::Timestamp => name != "created_at",
            Kind::Json => name != "defaults" && !behaviors.contains(&REQUIRED),
            Kind::Object => true,
            _ => descriptor.supports_presence() && !behaviors.contains(&REQUIRED),
        },
        kind,
        reference,
        object_of: (!options.object_of.is_empty()).then_some(options.object_of),
        flag: options.flag.chars().next(),
        default: (!options.default_value.is_empty()).then_some(options.default_value),
        derived: options.derived,
        embed,
        indexed: options.indexed,
        descriptor,
        name,
    })
}

fn field_kind(descriptor: &FieldDescriptor, format: i32) -> Option<Kind> {
    let kind = match (descriptor.kind(), format) {
        (ProtoKind::String, 0) => match (descriptor.number(), descriptor.name()) {
            (1, "id") => Kind::Text,
            (2, "uid") => Kind::Uuid,
            (6, "etag") => Kind::Etag,
            _ => Kind::Text,
        },
        (ProtoKind::String, 1) => Kind::Name,
        (ProtoKind::String, 2) => Kind::Cidr,
        (ProtoKind::String, 3) => Kind::EntityType,
        (ProtoKind::Int64, 0) => Kind::Integer,
        (ProtoKind::Double, 0) => Kind::Double,
        (ProtoKind::Bool, 0) => Kind::Bool,
        (ProtoKind::Enum(descriptor), 0) => Kind::Enum(descriptor),
        (ProtoKind::Message(message), 0) => match message.full_name() {
            "google.protobuf.Struct" => Kind::Json,
            "google.protobuf.Timestamp" => Kind::Timestamp,
            _ if message.package_name() == PACKAGE && descriptor.is_list() => return Some(Kind::Objects),
            _ if message.package_name() == PACKAGE => Kind::Object,
            _ => return None,
        },
        _ => return None,
    };
    (!descriptor.is_list() && !descriptor.is_map()).then_some(kind)
}

fn check_names(entities: &[Entity], by_name: &HashMap<String, usize>) -> Result<(), String> {
    for entity in entities {
        let at = entity.message.full_name();
        let of_fields = entity.fields.iter().filter_map(|field| field.reference.as_ref()).map(|r| &r.entity);
        let of_embeds = entity.fields.iter().filter_map(|field| field.embed.as_ref()).map(|e| &e.entity);
        let of_links = entity.links.iter().map(|link| &link.target);
        if let Some(unknown) = of_fields.chain(of_embeds).chain(of_links).find(|name| !by_name.contains_key(*name)) {
            return Err(format!("{at} refers to `{unknown}`, which is not an entity"));
        }
        for field in &entity.fields {
            if field.object_of.as_ref().is_some_and(|of| entity.field(of).is_none_or(|f| f.kind != Kind::EntityType)) {
                return Err(format!("{at}.{}: `object_of` must name a FORMAT_ENTITY_TYPE field", field.name));
            }
            if field.default.as_ref().is_some_and(|value| field.kind == Kind::Name && check_name(value).is_err()) {
                return Err(format!("{at}.{}: the default value is not a name", field.name));
            }
        }
    }
    Ok(())
}

fn add_relations(entities: &mut [Entity], by_name: &HashMap<String, usize>) -> Result<(), String> {
    let mut found: Vec<(usize, Relation)> = Vec::new();
    for entity in entities.iter() {
        for (field, reference) in entity.fields.iter().filter_map(|f| Some((f, f.reference.as_ref()?))) {
            let field = field.name.clone();
            found.push((
                entity.index,
                Relation {
                    names: vec![reference.relation.clone()],
                    target: reference.entity.clone(),
                    kind: RelationKind::ToOne { field: field.clone() },
                    dependents: reference.dependence.of_named(),
                },
            ));
            found.push((
                by_name[&reference.entity],
                Relation {
                    names: reference.inverse.clone(),
                    target: entity.name.clone(),
                    kind: RelationKind::ToMany { field },
                    dependents: reference.dependence.of_holder(),
                },
            ));
        }
        for link in &entity.links {
            let linked = |own: &str, target: &str, owner| RelationKind::Linked {
                table: link.table.clone(),
                own_column: own.to_owned(),
                target_column: target.to_owned(),
                owner,
            };
            found.push((
                entity.index,
                Relation {
                    names: vec![link.relation.clone()],
                    target: link.target.clone(),
                    kind: linked(&link.owner_column, &link.target_column, true),
                    dependents: (link.dependent == Some(LinkEnd::Target)).then_some(Crossing::Uses),
                },
            ));
            found.push((
                by_name[&link.target],
                Relation {
                    names: vec![link.inverse.clone()],
                    target: entity.name.clone(),
                    kind: linked(&link.target_column, &link.owner_column, false),
                    dependents: (link.dependent == Some(LinkEnd::Owner)).then_some(Crossing::Uses),
                },
            ));
        }
    }
    for (index, relation) in found {
        let entity = &mut entities[index];
        // An embedding repeats its relation under the same name; any other clash would make a path ambiguous.
        let clash = relation.names.iter().find(|name| {
            entity.relation(name).is_some() || entity.field(name).is_some_and(|field| field.embed.is_none())
        });
        if let Some(clash) = clash {
            return Err(format!("{} has two things named `{clash}`", entity.message.full_name()));
        }
        entity.relations.push(relation);
    }
    for entity in entities.iter() {
        for embed in entity.fields.iter().filter_map(|field| field.embed.as_ref()) {
            if entity.relation(&embed.relation).is_none_or(|relation| relation.target != embed.entity) {
                return Err(format!("{} embeds `{}`, which is no such relation", entity.name, embed.relation));
            }
        }
    }
    Ok(())
}
