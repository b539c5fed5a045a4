//! What nearly every test starts with.

use qairon::model::{Entity, Field, Kind, RelationKind};
use qairon_integration_tests::{Client, Database, Factory, Server, World};

/// A server on a database of its own, and what calls it. Dropped from top to bottom: the server before its database.
pub struct Stage {
    pub client: Client,
    pub factory: Factory,
    pub server: Server,
    pub database: Database,
}

impl Stage {
    /// Sets up a stage.
    pub async fn set() -> Self {
        Self::on(Database::new().await).await
    }

    /// Sets up a stage on a database.
    pub async fn on(database: Database) -> Self {
        let server = Server::start(&database, &[]).await;
        let client = server.client();
        Self { factory: client.factory(), client, server, database }
    }

    /// Creates an object of every entity in one world, with what they embed. Returns the fields that embed something.
    pub async fn fill(&self, world: &mut World) -> Vec<(&'static Entity, &'static Field)> {
        let mut embedding = Vec::new();
        for entity in entities() {
            self.factory.object_in(&entity.name, world).await;
        }
        for entity in entities() {
            for field in &entity.fields {
                let Some(embed) = field.embed.as_ref().filter(|embed| !embed.nested_only) else { continue };
                let relation = entity.relation(&embed.relation).map(|relation| &relation.kind);
                let Some(RelationKind::ToOne { field: reference }) = relation else { continue };
                let id = self.factory.object_in(&entity.name, world).await;
                let target = self.factory.object_in(&embed.entity, world).await;
                let change = serde_json::json!({ "id": id, reference: target });
                self.client.update(&entity.name, change).await.expect("they belong together");
                embedding.push((entity, field));
            }
        }
        embedding
    }

    /// How many rows all tables of the schema hold, the records of request IDs left out.
    pub async fn rows(&self) -> i64 {
        let tables = qairon::model().entities().iter().flat_map(|entity| {
            std::iter::once(entity.name.as_str()).chain(entity.links.iter().map(|link| link.table.as_str()))
        });
        let counts: Vec<String> = tables.map(|table| format!("(SELECT count(*) FROM \"{table}\")")).collect();
        self.database.number(&format!("SELECT {}", counts.join(" + "))).await
    }
}

/// Every entity.
pub fn entities() -> &'static [Entity] {
    qairon::model().entities()
}

/// The fields of an entity that callers set, the ID left out: that has rules of its own.
pub fn settable(entity: &Entity) -> impl Iterator<Item = &Field> {
    entity.fields.iter().filter(|field| field.is_settable() && field.number != 1)
}

/// The fields of an entity that hold one component of an ID.
pub fn names(entity: &Entity) -> impl Iterator<Item = &Field> {
    entity.fields.iter().filter(|field| {
        (field.is_settable() && field.kind == Kind::Name) || (field.number == 1 && entity.id_is_given())
    })
}

/// A well-formed ID of an entity under which there is nothing.
pub fn unknown_id(entity: &Entity) -> String {
    vec!["nobody"; qairon::model().id_components(entity).0].join(":")
}
