//! What honest callers write, one object at a time.

use serde_json::{Value, json};

use super::{Caller, Decision};
use crate::journal::{Image, Open, Thing};

/// The table of an image's rows that a call is about.
fn only(image: &Image, table: &str) -> Option<String> {
    let mut keys = image.keys().filter(|key| !key.starts_with("service_repo "));
    match (keys.next(), keys.next()) {
        (Some(key), None) => key.strip_prefix(&format!("{table} ")).map(str::to_owned),
        _ => None,
    }
}

fn is_only(thing: &Thing, table: &str) -> bool {
    thing.known().is_some_and(|image| only(image, table).is_some())
}

fn one(table: &str, id: &str, number: i64) -> Image {
    Image::from([(format!("{table} {id}"), number)])
}

impl Caller {
    fn home(&self) -> String {
        format!("soak-{}", self.number)
    }

    /// The application and the stack that its services are in.
    pub(super) async fn found_home(&mut self) {
        let home = self.home();
        let request = json!({ "application": { "id": home }, "request_id": self.request_id() });
        self.create("application", &home, 0, "CreateApplication", request).await;
        let request = json!({ "stack": { "application_id": home, "name": "s" }, "request_id": self.request_id() });
        self.create("stack", &format!("{home}:s"), 0, "CreateStack", request).await;
    }

    pub(super) async fn write(&mut self) {
        match self.rng.u32(..100) {
            0..35 => self.create_service().await,
            35..55 => self.update_service().await,
            55..63 => self.rename_service().await,
            63..72 => self.delete("service", "DeleteService").await,
            72..80 => self.allocate().await,
            80..84 => self.delete("subnet", "DeleteSubnet").await,
            84..90 => self.link().await,
            90..94 => self.load_tree().await,
            94..98 => self.apply_tree().await,
            _ => self.fell_tree().await,
        }
    }

    async fn create_service(&mut self) {
        let (number, home) = (self.next(), self.home());
        let name = format!("v{number}");
        let service = json!({ "stack_id": format!("{home}:s"), "name": name, "defaults": { "n": number } });
        let request = json!({ "service": service, "request_id": self.request_id() });
        self.create("service", &format!("{home}:s:{name}"), number, "CreateService", request).await;
    }

    async fn create(&mut self, table: &str, id: &str, number: i64, method: &str, request: Value) {
        let decision = self.decide("create, callers", method, &request).await;
        self.add(Image::default(), one(table, id, number), method, request, decision);
    }

    async fn allocate(&mut self) {
        let (number, subjects) = (self.next(), self.subjects.clone());
        let network = &subjects.networks[self.rng.usize(..subjects.networks.len())];
        let name = format!("soak-{}-{number}", self.number);
        let request = json!({ "network_id": network, "additional_mask_bits": 20, "name": name, "defaults": { "n": number },
                              "request_id": self.request_id() });
        let decision = self.decide("allocate", "AllocateSubnet", &request).await;
        let after = one("subnet", &format!("{network}:{name}"), number);
        self.add(Image::default(), after, "AllocateSubnet", request, decision);
    }

    async fn update_service(&mut self) {
        let Some(place) = self.pick(|thing| is_only(thing, "service")) else { return };
        let (before, number) = (self.image(place), self.next());
        let Some(id) = only(&before, "service") else { return };
        let request = json!({ "service": { "id": id, "defaults": { "n": number } }, "request_id": self.request_id() });
        let mut after = before;
        after.insert(format!("service {id}"), number);
        self.change(place, "update", "UpdateService", request, after).await;
    }

    async fn rename_service(&mut self) {
        let Some(place) = self.pick(|thing| is_only(thing, "service")) else { return };
        let (before, number) = (self.image(place), self.next());
        let Some(id) = only(&before, "service") else { return };
        let name = format!("r{number}");
        let new = format!("{}:s:{name}", self.home());
        let request = json!({ "service": { "id": id, "name": name }, "request_id": self.request_id() });
        let renamed = before.into_iter().map(|(key, number)| (key.replace(&id, &new), number));
        let after = renamed.collect();
        self.change(place, "rename", "UpdateService", request, after).await;
    }

    async fn link(&mut self) {
        let Some(place) = self.pick(|thing| is_only(thing, "service")) else { return };
        let (mut after, subjects) = (self.image(place), self.subjects.clone());
        let Some(id) = only(&after, "service") else { return };
        let repo = &subjects.repos[self.rng.usize(..subjects.repos.len())];
        let request = json!({ "service_id": id, "repo_id": repo, "request_id": self.request_id() });
        let key = format!("service_repo {id} {repo}");
        let method = if after.remove(&key).is_some() { "RemoveServiceRepo" } else { "AddServiceRepo" };
        if method == "AddServiceRepo" {
            after.insert(key, 0);
        }
        self.change(place, "link", method, request, after).await;
    }

    async fn delete(&mut self, table: &str, method: &str) {
        let Some(place) = self.pick(|thing| is_only(thing, table)) else { return };
        let Some(id) = only(&self.image(place), table) else { return };
        let request = json!({ "id": id, "request_id": self.request_id() });
        self.change(place, "delete", method, request, Image::default()).await;
    }

    pub(super) fn image(&self, place: usize) -> Image {
        self.journal.things[place].known().cloned().unwrap_or_default()
    }

    /// A call that changes a thing.
    pub(super) async fn change(
        &mut self,
        place: usize,
        what: &'static str,
        method: &str,
        request: Value,
        after: Image,
    ) {
        let decision = self.decide(what, method, &request).await;
        self.settle(place, after, method, request, decision);
    }

    /// Notes a thing, as a call leaves it.
    pub(super) fn add(&mut self, before: Image, after: Image, method: &str, request: Value, decision: Decision) {
        self.journal.things.push(Thing { possible: vec![before], open: None });
        self.settle(self.journal.things.len() - 1, after, method, request, decision);
    }

    fn settle(&mut self, place: usize, after: Image, method: &str, request: Value, decision: Decision) {
        let thing = &mut self.journal.things[place];
        match decision {
            Decision::Done => thing.is_now(after),
            Decision::Open => {
                let open = Open { method: method.to_owned(), request, after: after.clone() };
                thing.may_be(after, Some(open));
            }
            // Nobody else has these names, and a repetition is recognised by its request ID.
            Decision::Refused(failure) => self.record.fault(format!("{method} {request} was refused: {failure}")),
        }
    }
}
