//! What refers to objects: by a reference of its own, by the type and ID of any object, or by a link.

use qairon::Model;
use qairon::model::{Entity, RelationKind};

use super::bind::Bind;
use super::sources::table;
use super::sql::Sql;

/// What refers to some objects, in one way.
pub(in crate::db) struct Referrers {
    /// The entity of what refers.
    pub entity: usize,
    /// How.
    pub by: By,
    /// The statement that finds them: uid, ID, and the ID referred to; in the order of the IDs.
    pub sql: Sql,
}

/// How an object refers to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::db) enum By {
    /// By a reference.
    Reference {
        /// The field.
        field: String,
        /// It may be unset: its owner holds up a deletion, but does not go with it.
        optional: bool,
        /// Its owner's ID is made of it.
        composes: bool,
    },
    /// By a link of which it is the owner.
    Link {
        /// The table of the links.
        table: String,
        /// The relation of the owner.
        relation: String,
    },
}

/// Everything that refers to objects of an entity. See golden/referrers_of_a_service.sql and, for links,
/// golden/referrers_of_a_repo.sql.
pub(in crate::db) fn referrers(model: &Model, entity: &Entity, ids: &[String]) -> Vec<Referrers> {
    let mut found = Vec::new();
    let ids = || Bind::TextArray(ids.to_vec());
    for relation in &entity.relations {
        let other = model.target(&relation.target);
        let mut sql = Sql::new();
        let by = match &relation.kind {
            RelationKind::ToMany { field } => {
                let from = table(&other.name);
                sql.push(&format!("SELECT \"uid\", \"id\", \"{field}\" FROM {from} WHERE \"{field}\" = ANY("));
                By::Reference {
                    field: field.clone(),
                    optional: other.field(field).is_some_and(|field| field.nullable),
                    composes: other.id_fields.contains(field),
                }
            }
            RelationKind::Linked { table: links, own_column, target_column, owner: false } => {
                sql.push(&format!(
                    "SELECT o.\"uid\", o.\"id\", l.\"{own_column}\" FROM {} l JOIN {} o ON o.\"id\" = \
                     l.\"{target_column}\" WHERE l.\"{own_column}\" = ANY(",
                    table(links),
                    table(&other.name)
                ));
                let relation = other.links.iter().find(|link| link.table == *links);
                By::Link {
                    table: links.clone(),
                    relation: relation.map(|link| link.relation.clone()).unwrap_or_default(),
                }
            }
            _ => continue,
        };
        sql.bind(ids()).push(") ORDER BY \"id\"");
        found.push(Referrers { entity: other.index, by, sql });
    }
    for other in model.entities() {
        for field in &other.fields {
            let Some(type_field) = &field.object_of else { continue };
            let mut sql = Sql::new();
            sql.push(&format!("SELECT \"uid\", \"id\", \"{}\" FROM {} WHERE ", field.name, table(&other.name)));
            sql.push(&format!("\"{type_field}\" = ")).bind(Bind::Text(entity.type_name.clone()));
            sql.push(&format!(" AND \"{}\" = ANY(", field.name)).bind(ids()).push(") ORDER BY \"id\"");
            // IDs of these are made of the type and the ID, and follow a rename by triggers.
            let by = By::Reference { field: field.name.clone(), optional: false, composes: true };
            found.push(Referrers { entity: other.index, by, sql });
        }
    }
    found
}

/// The statement that counts the links of a table to objects.
pub(in crate::db) fn count_links(links: &str, own_column: &str, ids: &[String]) -> Sql {
    let mut sql = Sql::new();
    sql.push(&format!("SELECT count(*) FROM {} WHERE \"{own_column}\" = ANY(", table(links)));
    sql.bind(Bind::TextArray(ids.to_vec())).push(")");
    sql
}
