//! The table of methods: from a method's name to what it does.
//!
//! Every transport answers calls by this table. The standard methods of every entity come from the model; the others
//! are a line each.

use bytes::Bytes;
use futures_util::future::BoxFuture;
use qairon::model::{Method, Verb};

use super::{bulk, complete, dependency, deployment, info, links, network, reads, search, trace, writes};
use crate::call::{Context, Inlet, Outlet};
use crate::error::Result;

/// What a handler does, until it is done.
pub type Answer<'c, T> = BoxFuture<'c, Result<T>>;

/// What a method does, by whether it takes and returns one message or a stream of them. Messages are encoded.
#[derive(Clone, Copy)]
pub enum Handler {
    /// One message each way.
    Unary(for<'c> fn(&'c Context, Bytes) -> Answer<'c, Bytes>),
    /// One message, and a stream back.
    ServerStream(for<'c> fn(&'c Context, Bytes, Outlet) -> Answer<'c, ()>),
    /// A stream, and one message back.
    ClientStream(for<'c> fn(&'c Context, Inlet) -> Answer<'c, Bytes>),
    /// A stream each way.
    Duplex(for<'c> fn(&'c Context, Inlet, Outlet) -> Answer<'c, ()>),
}

macro_rules! unary {
    ($handler:path) => {
        Handler::Unary(|context, message| Box::pin($handler(context, message)))
    };
}

macro_rules! server_stream {
    ($handler:path) => {
        Handler::ServerStream(|context, message, outlet| Box::pin($handler(context, message, outlet)))
    };
}

macro_rules! client_stream {
    ($handler:path) => {
        Handler::ClientStream(|context, inlet| Box::pin($handler(context, inlet)))
    };
}

macro_rules! duplex {
    ($handler:path) => {
        Handler::Duplex(|context, inlet, outlet| Box::pin($handler(context, inlet, outlet)))
    };
}

/// The methods written by hand, by their names. Every other method is a standard one.
const BY_HAND: &[(&str, Handler)] = &[
    ("AllocateSubnet", unary!(network::allocate_subnet)),
    ("ApplyObjects", duplex!(bulk::apply::apply)),
    ("CloneDeployment", unary!(deployment::clone)),
    ("CompleteIds", unary!(complete::complete_ids)),
    ("DeclareDependency", unary!(dependency::declare)),
    ("ExplainFilter", unary!(search::explain_filter)),
    ("ExportObjects", server_stream!(bulk::export::export)),
    ("FindByNativeId", unary!(search::by_native_id)),
    ("FindObjects", unary!(search::find)),
    ("GetServerInfo", unary!(info::server_info)),
    ("ImportObjects", client_stream!(bulk::import::import)),
    ("LoadObjects", duplex!(bulk::load::load)),
    ("PromoteDeployment", unary!(deployment::promote)),
    ("RemoveDependency", unary!(dependency::remove)),
    ("TraceBuilds", server_stream!(trace::rows::builds)),
    ("TraceDependencies", server_stream!(trace::rows::dependencies)),
    ("TraceImpact", server_stream!(trace::impact::impact)),
    ("TraceInfrastructure", server_stream!(trace::rows::infrastructure)),
    ("TraceLineage", unary!(trace::provenance::lineage)),
    ("TraceNeighbors", server_stream!(trace::rows::neighbors)),
    ("TracePath", unary!(trace::path::path)),
    ("TraceProvenance", unary!(trace::provenance::provenance)),
];

/// What a method does; `None` when nobody has written it.
pub fn handler(method: &Method) -> Option<Handler> {
    if let Some(verb) = method.verb {
        return Some(standard(verb));
    }
    let named = BY_HAND.iter().find(|(name, _)| *name == method.descriptor.name());
    named.map(|(_, handler)| *handler)
}

fn standard(verb: Verb) -> Handler {
    match verb {
        Verb::Get => unary!(reads::get),
        Verb::BatchGet => unary!(reads::batch_get),
        Verb::List => unary!(reads::list),
        Verb::Create => unary!(writes::create),
        Verb::Update => unary!(writes::update),
        Verb::Delete => unary!(writes::delete),
        Verb::AddLink(_) => unary!(links::add),
        Verb::RemoveLink(_) => unary!(links::remove),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_has_a_handler_of_its_kind_and_every_line_a_method() {
        let methods = qairon::model().methods();
        for method in methods {
            let streams = (method.descriptor.is_client_streaming(), method.descriptor.is_server_streaming());
            let kind = match handler(method).expect(&method.path) {
                Handler::Unary(_) => (false, false),
                Handler::ServerStream(_) => (false, true),
                Handler::ClientStream(_) => (true, false),
                Handler::Duplex(_) => (true, true),
            };
            assert_eq!(kind, streams, "{}", method.path);
        }
        for (name, _) in BY_HAND {
            let named = methods.iter().filter(|method| method.descriptor.name() == *name);
            assert_eq!(named.count(), 1, "{name}");
        }
    }
}
