//! What methods are called with: valid requests that change something, where the method can.

use qairon::model::{Entity, Method, Verb};
use qairon_integration_tests::{Client, Factory, World};
use serde_json::{Value, json};

use crate::stage::entities;

/// Makes the arguments of methods, and the objects in them.
pub struct Arguments {
    client: Client,
    factory: Factory,
}

impl Arguments {
    pub fn new(client: Client) -> Self {
        Self { factory: client.factory(), client }
    }

    /// The requests of one call; `None` for a method written by hand that nobody has given any.
    pub async fn of(&self, method: &Method) -> Option<Vec<Value>> {
        match (method.entity, method.verb) {
            (Some(index), Some(verb)) => Some(vec![self.standard(&entities()[index], verb).await]),
            _ => self.by_hand(method.descriptor.name()).await,
        }
    }

    async fn standard(&self, entity: &Entity, verb: Verb) -> Value {
        let (name, mut world) = (entity.name.as_str(), World::new());
        if verb == Verb::Create {
            return json!({ name: self.factory.draft(name, &mut world).await });
        }
        let row = self.factory.create_in(name, &mut world).await;
        match verb {
            Verb::Get | Verb::Delete => json!({ "id": row.id() }),
            Verb::BatchGet => json!({ "ids": [row.id()] }),
            Verb::List => json!({ "filter": format!("id = {:?}", row.id()), "include_total_size": true }),
            Verb::Update => json!({ name: { "id": row.id(), "defaults": { "changed": true } } }),
            Verb::Create => unreachable!("it has returned"),
            Verb::AddLink(index) | Verb::RemoveLink(index) => {
                let link = &entity.links[index];
                let other = self.factory.create_in(&link.target, &mut world).await;
                if matches!(verb, Verb::RemoveLink(_)) {
                    let added = self.client.add_link(name, row.id(), &link.relation, other.id()).await;
                    assert_eq!(added, Ok(true), "{name}.{}", link.relation);
                }
                json!({ &link.owner_column: row.id(), &link.target_column: other.id() })
            }
        }
    }

    async fn by_hand(&self, name: &str) -> Option<Vec<Value>> {
        let one = match name {
            "AllocateSubnet" => {
                let network = self.factory.create("network").await;
                json!({ "network_id": network.id(), "additional_mask_bits": 8, "name": self.factory.name() })
            }
            "ApplyObjects" => {
                return Some(vec![json!({ "options": {} }), json!({ "objects": [{ "object": self.application() }] })]);
            }
            "CloneDeployment" => {
                let (row, mut world) = self.in_world("deployment").await;
                world.forget("deployment_target");
                let target = self.factory.create_in("deployment_target", &mut world).await;
                json!({ "id": row, "deployment_target_id": target.id() })
            }
            "CompleteIds" => json!({ "resource": "stack" }),
            "DeclareDependency" | "RemoveDependency" => {
                let (service, world) = self.in_world("service").await;
                let stack = world.id("stack");
                let request = json!({
                    "resource": "service", "id": service, "related_resource": "stack", "related_id": stack
                });
                if name == "RemoveDependency" {
                    self.client.call("DeclareDependency", request.clone()).await.expect("declared");
                }
                request
            }
            "ExplainFilter" => json!({ "resource": "stack", "filter": "name = \"a\"" }),
            "ExportObjects" => json!({ "resources": ["stack", "fleet"] }),
            "FindByNativeId" => json!({ "native_id": "text 1" }),
            "FindObjects" => json!({ "text": "n1" }),
            "GetServerInfo" => json!({}),
            "ImportObjects" => json!({ "objects": [self.application()] }),
            "LoadObjects" => return Some(vec![json!({ "options": {} }), json!({ "objects": [self.application()] })]),
            "PromoteDeployment" => {
                let (source, mut world) = self.delivered().await;
                let destination = self.factory.create_in("deployment", &mut world).await;
                json!({ "source_id": source, "destination_id": destination.id() })
            }
            "TraceBuilds" => {
                let build = self.factory.create("build").await;
                json!({ "vcs_ref": build.text("vcs_ref") })
            }
            "TraceDependencies" => json!({ "resource": "service", "id": self.in_world("service").await.0 }),
            "TraceImpact" => json!({ "resource": "partition", "id": self.in_world("partition").await.0 }),
            "TraceInfrastructure" => {
                let (_, world) = self.in_world("deployment").await;
                json!({ "service_id": world.id("service") })
            }
            "TraceLineage" => json!({ "resource": "build_artifact", "id": self.in_world("build_artifact").await.0 }),
            "TraceNeighbors" => json!({ "deployment_id": self.in_world("deployment").await.0 }),
            "TracePath" => {
                let (stack, world) = self.in_world("stack").await;
                let application = world.id("application");
                json!({ "from_resource": "stack", "from_id": stack, "to_resource": "application", "to_id": application })
            }
            "TraceProvenance" => json!({ "deployment_id": self.delivered().await.0 }),
            _ => return None,
        };
        Some(vec![one])
    }

    /// A new application, as it travels.
    fn application(&self) -> Value {
        json!({ "@type": "type.googleapis.com/qairon.v1.Application", "id": self.factory.name() })
    }

    /// A new object in a world of its own.
    async fn in_world(&self, entity: &str) -> (String, World) {
        let mut world = World::new();
        let row = self.factory.create_in(entity, &mut world).await;
        (row.id().to_owned(), world)
    }

    /// A deployment with a release in effect.
    async fn delivered(&self) -> (String, World) {
        let (release, world) = self.in_world("release").await;
        let deployment = world.id("deployment").expect("a release is of a deployment").to_owned();
        let change = json!({ "id": deployment, "current_release_id": release });
        self.client.update("deployment", change).await.expect("a release of its own");
        (deployment, world)
    }
}
