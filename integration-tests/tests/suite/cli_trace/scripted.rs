//! Streams of a server that does what a test wants of it: how each answer ends is what matters here.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use http_body_util::{BodyExt, Full};
use prost::Message;
use prost_reflect::DynamicMessage;
use qairon_integration_tests::{Client, Qcli};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::Code;
use tonic::body::Body;
use tonic::codegen::http::{HeaderMap, Request, Response};
use tonic::codegen::{Bytes, Service};
use tonic::server::NamedService;

/// One answer: its messages, each rows and a token, and its status; without one it ends in between.
type Answer = (Vec<(&'static [&'static str], &'static str)>, Option<Code>);

/// The server.
#[derive(Clone)]
struct Scripted {
    answers: Arc<Mutex<Vec<Answer>>>,
    /// The tokens of the requests.
    tokens: Arc<Mutex<Vec<String>>>,
}

impl NamedService for Scripted {
    const NAME: &'static str = "qairon.v1.TraceService";
}

impl Service<Request<Body>> for Scripted {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let this = self.clone();
        Box::pin(async move {
            let body = request.into_body().collect().await.expect("a body").to_bytes();
            let descriptor = message_type("TraceImpactRequest");
            // Five bytes of framing precede a message.
            let request = DynamicMessage::decode(descriptor, &body[5..]).expect("a request");
            let token = request.get_field_by_name("resume_token").expect("a field");
            this.tokens.lock().expect("no test panics here").push(token.as_str().unwrap_or_default().to_owned());
            let (messages, code) = this.answers.lock().expect("no test panics here").remove(0);
            let bytes: Vec<u8> = messages.iter().flat_map(|(ids, token)| frame(ids, token)).collect();
            let trailers = code.map(|code| {
                let mut trailers = HeaderMap::new();
                trailers.insert("grpc-status", i32::from(code).into());
                Ok(trailers)
            });
            let body = Full::new(Bytes::from(bytes)).with_trailers(async move { trailers });
            let response = Response::builder().header("content-type", "application/grpc");
            Ok(response.body(Body::new(body)).expect("a response"))
        })
    }
}

fn message_type(name: &str) -> prost_reflect::MessageDescriptor {
    qairon::model().pool().get_message_by_name(&format!("qairon.v1.{name}")).expect("a message")
}

fn frame(ids: &[&str], token: &str) -> Vec<u8> {
    let rows: Vec<Value> =
        ids.iter().map(|id| json!({ "resource": "stack", "id": id, "depth": 1, "via": "stacks" })).collect();
    let message = json!({ "rows": rows, "resume_token": token });
    let message = Client::message(&message_type("TraceImpactResponse"), message).encode_to_vec();
    let length = u32::try_from(message.len()).expect("it is short").to_be_bytes();
    [&[0], &length[..], &message].concat()
}

/// What `qcli trace impact` makes of these answers: exit code, IDs, standard error, and the tokens it sent.
async fn traced(answers: Vec<Answer>) -> (Option<i32>, Vec<String>, String, Vec<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let qcli = Qcli::at(&format!("http://{}", listener.local_addr().expect("an address")));
    let scripted = Scripted { answers: Arc::new(Mutex::new(answers)), tokens: Arc::default() };
    let server = tonic::transport::Server::builder().add_service(scripted.clone());
    let server = tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    let output = qcli.run(&["trace", "impact", "application", "a", "-o", "plain", "-f", "id"]).await;
    server.abort();
    let ids = output.stdout.lines().map(str::to_owned).collect();
    let tokens = scripted.tokens.lock().expect("no test panics here").clone();
    (output.code, ids, output.stderr, tokens)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_answer_is_taken_up_behind_its_last_message() {
    let answers = vec![
        (vec![(&["a:1", "a:2"][..], "two")], Some(Code::DeadlineExceeded)),
        (vec![], Some(Code::Unavailable)),
        (vec![(&["a:3"], "three"), (&["a:4"], "four")], None),
        (vec![(&[], "still four")], Some(Code::Unavailable)),
        (vec![(&["a:5"], "five")], Some(Code::Ok)),
    ];
    let (code, ids, told, tokens) = traced(answers).await;
    assert_eq!((code, told.as_str()), (Some(0), ""));
    assert_eq!(ids, ["a:1", "a:2", "a:3", "a:4", "a:5"]);
    assert_eq!(tokens, ["", "two", "two", "four", "still four"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_come_to_nothing_again_is_not_repeated() {
    // Its time was over before anything came.
    let (code, ids, told, tokens) = traced(vec![(vec![], Some(Code::DeadlineExceeded))]).await;
    assert_eq!((code, ids.len(), tokens.len()), (Some(1), 0, 1), "{told}");
    // It was refused in between.
    let refused = vec![(vec![(&["a:1"][..], "one")], Some(Code::ResourceExhausted))];
    let (code, ids, told, tokens) = traced(refused).await;
    assert_eq!((code, ids.len(), tokens.len()), (Some(1), 1, 1), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
    // Nobody knows where to go on.
    let lost = vec![(vec![(&["a:1"][..], "")], Some(Code::Unavailable))];
    let (code, ids, told, tokens) = traced(lost).await;
    assert_eq!((code, ids.len(), tokens.len()), (Some(1), 1, 1), "{told}");
}
