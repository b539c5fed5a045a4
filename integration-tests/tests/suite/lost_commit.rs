//! The connection to PostgreSQL ends while a write is committed: nobody knows whether it was done, and the answer says so.

use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;

use qairon_integration_tests::{Cluster, Database, Server};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tonic::Code;

/// What to cut a connection at: a text, on a connection that has passed the name of an object. Whether PostgreSQL gets
/// that first.
#[derive(Debug, Clone)]
struct Cut {
    about: String,
    at: String,
    arrives: bool,
}

impl Cut {
    fn is_due(&self, passed: &[u8], bytes: &[u8]) -> bool {
        let has = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
        has(passed, &self.about) && has(bytes, &self.at)
    }
}

/// Passes connections on, and cuts one on demand.
async fn proxy(listener: UnixListener, socket: std::path::PathBuf, cut: Arc<Mutex<Option<Cut>>>) {
    while let Ok((client, _)) = listener.accept().await {
        let (socket, cut) = (socket.clone(), cut.clone());
        tokio::spawn(async move {
            let server = UnixStream::connect(socket).await.expect("PostgreSQL listens");
            _ = pass(client, server, &cut).await;
        });
    }
}

async fn pass(mut client: UnixStream, mut server: UnixStream, cut: &Mutex<Option<Cut>>) -> std::io::Result<()> {
    let (mut up, mut down) = (vec![0; 65536], vec![0; 65536]);
    let mut passed = Vec::new();
    loop {
        tokio::select! {
            read = client.read(&mut up) => {
                let bytes = &up[..read?];
                if bytes.is_empty() {
                    return Ok(());
                }
                passed.extend_from_slice(bytes);
                let due = cut.lock().expect("no panic").take_if(|cut| cut.is_due(&passed, bytes));
                if let Some(due) = due {
                    if due.arrives {
                        server.write_all(bytes).await?;
                        // It answers when it is done.
                        _ = server.read(&mut down).await?;
                    }
                    return Ok(());
                }
                server.write_all(bytes).await?;
            }
            read = server.read(&mut down) => {
                let bytes = &down[..read?];
                if bytes.is_empty() {
                    return Ok(());
                }
                client.write_all(bytes).await?;
            }
        }
    }
}

/// A server whose connections can be cut, and what says when.
async fn behind_a_proxy(database: &Database, directory: &Path) -> (Server, Arc<Mutex<Option<Cut>>>) {
    let listener = UnixListener::bind(directory.join(".s.PGSQL.5432")).expect("a socket");
    let cut = Arc::new(Mutex::new(None));
    tokio::spawn(proxy(listener, Cluster::shared().await.socket(), cut.clone()));
    let host = directory.to_str().expect("the path is text").replace('/', "%2F");
    let url = format!("postgres://postgres@{host}/{}", database.name());
    (Server::start_with(&["--database-url", &url], &[]).await, cut)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_whose_commit_is_unanswered_may_have_been_done() {
    let database = Database::new().await;
    let directory = tempfile::tempdir().expect("a directory");
    let (server, cut) = behind_a_proxy(&database, directory.path()).await;
    let client = server.client();
    // A write with a request ID is a transaction, one without is a statement, which is sent with the ID.
    for (number, (request_id, at)) in [("once", "COMMIT"), ("", "")].into_iter().enumerate() {
        for arrives in [true, false] {
            let id = format!("a{number}-{arrives}");
            let request_id = if request_id.is_empty() { String::new() } else { format!("{request_id}-{arrives}") };
            let request = json!({ "application": { "id": id }, "request_id": request_id });
            *cut.lock().expect("no panic") =
                Some(Cut { about: id.clone(), at: if at.is_empty() { id.clone() } else { at.to_owned() }, arrives });
            let failure = client.call("CreateApplication", request.clone()).await.expect_err("it is cut off");
            let place = format!("{id}: {failure}");
            assert_eq!((failure.code, failure.reason.as_str()), (Code::Unavailable, "DATABASE_UNAVAILABLE"), "{place}");
            assert_eq!(failure.flaws(), Vec::<String>::new(), "{place}");
            assert!(failure.message.contains("may have been done"), "{place}");
            assert!(failure.message.contains("the same `request_id`"), "{place}");
            let count = format!("SELECT count(*) FROM application WHERE id = '{id}'");
            assert_eq!(database.number(&count).await, i64::from(arrives), "{place}");
            let again = client.call("CreateApplication", request).await;
            match again {
                Ok(_) => assert!(!arrives || number == 0, "{place}: created twice"),
                Err(failure) => assert!(arrives && number == 1, "{place}: {failure}"),
            }
            assert_eq!(database.number(&count).await, 1, "{place}");
        }
    }
    // What ends before it is committed was not done, and that is no question.
    *cut.lock().expect("no panic") =
        Some(Cut { about: "id-of-b".to_owned(), at: "INSERT INTO".to_owned(), arrives: true });
    let request = json!({ "application": { "id": "b" }, "request_id": "id-of-b" });
    let failure = client.call("CreateApplication", request).await.expect_err("it is cut off");
    assert_eq!(failure.code, Code::Unavailable, "{failure}");
    assert!(!failure.message.contains("may have been done"), "{failure}");
}
