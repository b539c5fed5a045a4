//! Provenance, lineage, and what contains a commit, on two services that share a commit.

use serde_json::{Value, json};
use tonic::Code;

use super::rows;
use crate::stage::Stage;

/// Two services built from one commit. The first was deployed twice to one target, from which it was rolled back to an
/// older build; the second never.
const DELIVERY: &str = "
    INSERT INTO application (id) VALUES ('a'); INSERT INTO stack (application_id, name) VALUES ('a', 's');
    INSERT INTO service (stack_id, name) VALUES ('a:s', 'v'), ('a:s', 'w');
    INSERT INTO environment (id) VALUES ('e'); INSERT INTO provider_type (id) VALUES ('t');
    INSERT INTO provider (environment_id, provider_type_id, native_id) VALUES ('e', 't', 'n');
    INSERT INTO region (provider_id, name) VALUES ('e:t:n', 'r');
    INSERT INTO partition (region_id, name) VALUES ('e:t:n:r', 'p');
    INSERT INTO deployment_target_type (id) VALUES ('k');
    INSERT INTO deployment_target (partition_id, deployment_target_type_id, name) VALUES ('e:t:n:r:p', 'k', 'd');
    INSERT INTO repo_type (id) VALUES ('git');
    INSERT INTO repo (repo_type_id, name, url) VALUES
        ('git', 'source', 'https://source.example'), ('git', 'store', 'https://store.example/x//'),
        ('git', 'bare', NULL);
    INSERT INTO build (service_id, build_num, vcs_ref) VALUES
        ('a:s:v', 1, 'abcd1234'), ('a:s:v', 2, 'abcd9999'), ('a:s:w', 1, 'abcd1234'), ('a:s:w', 2, 'abce');
    INSERT INTO build_artifact (build_id, input_repo_id, output_repo_id, name, upload_path) VALUES
        ('a:s:v:1', 'git:source', 'git:store', 'jar', '/v/1.jar'), ('a:s:v:1', 'git:source', 'git:bare', 'doc', 'doc'),
        ('a:s:v:2', 'git:source', 'git:store', 'jar', '//v/2 \"é\".jar');
    INSERT INTO deployment (deployment_target_id, service_id) VALUES ('e:t:n:r:p:k:d', 'a:s:v');
    INSERT INTO release (build_id, deployment_id, build_num) VALUES
        ('a:s:v:1', 'e:t:n:r:p:k:d:a:s:v:default', 1), ('a:s:v:2', 'e:t:n:r:p:k:d:a:s:v:default', 2),
        ('a:s:v:1', 'e:t:n:r:p:k:d:a:s:v:default', 3);
    INSERT INTO release_artifact (release_id, input_repo_id, output_repo_id, name, upload_path) VALUES
        ('e:t:n:r:p:k:d:a:s:v:default:1', 'git:store', 'git:bare', 'jar', 'one'),
        ('e:t:n:r:p:k:d:a:s:v:default:2', 'git:bare', 'git:store', 'jar', 'two'),
        ('e:t:n:r:p:k:d:a:s:v:default:2', 'git:bare', 'git:store', 'bar', 'bar');
    INSERT INTO deployment (deployment_target_id, service_id, tag) VALUES ('e:t:n:r:p:k:d', 'a:s:w', 'fresh');
";

const DEPLOYMENT: &str = "e:t:n:r:p:k:d:a:s:v:default";

async fn staged() -> Stage {
    let stage = Stage::set().await;
    stage.database.execute(DELIVERY).await.expect("a delivery");
    make_current(&stage, "3").await;
    stage
}

async fn make_current(stage: &Stage, release: &str) {
    let sql = format!("UPDATE deployment SET current_release_id = id || ':{release}' WHERE id = '{DEPLOYMENT}'");
    stage.database.execute(&sql).await.expect("a release of its own");
}

fn artifact(id: &str, input: &str, output: &str, path: &str, location: Option<&str>) -> Value {
    let name = id.rsplit(':').next().expect("a name");
    json!({ "id": id, "name": name, "input_repo_id": input, "output_repo_id": output, "upload_path": path,
            "location": location })
}

/// Whether a message is as wanted, fields that are unset being null or left out.
fn same(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => {
            found.iter().all(|(name, value)| value.is_null() || wanted.contains_key(name))
                && wanted.iter().all(|(name, value)| same(found.get(name).unwrap_or(&Value::Null), value))
        }
        (Value::Array(found), Value::Array(wanted)) => {
            found.len() == wanted.len() && found.iter().zip(wanted).all(|(found, wanted)| same(found, wanted))
        }
        (found, wanted) => found == wanted,
    }
}

#[track_caller]
fn assert_same(found: &Value, wanted: &Value) {
    assert!(same(found, wanted), "found {found:#}\nwanted {wanted:#}");
}

#[tokio::test]
async fn provenance_is_that_of_the_release_in_effect_or_of_another() {
    let stage = staged().await;
    let provenance = |request: Value| stage.client.call("TraceProvenance", request);
    let of_build_1 = json!([
        artifact("a:s:v:1:doc", "git:source", "git:bare", "doc", None),
        artifact("a:s:v:1:jar", "git:source", "git:store", "/v/1.jar", Some("https://store.example/x/v/1.jar")),
    ]);
    let found = provenance(json!({ "deployment_id": DEPLOYMENT })).await.expect("a provenance");
    let wanted = json!({
        "deployment_id": DEPLOYMENT, "service_id": "a:s:v", "release_id": format!("{DEPLOYMENT}:3"),
        "release_artifacts": [], "build_id": "a:s:v:1", "build_artifacts": of_build_1, "vcs_ref": "abcd1234",
    });
    assert_same(&found, &wanted);
    let second = format!("{DEPLOYMENT}:2");
    let request = json!({ "deployment_id": DEPLOYMENT, "release_id": second });
    let found = provenance(request).await.expect("a provenance");
    let (bar, jar) = (format!("{second}:bar"), format!("{second}:jar"));
    let wanted = json!({
        "deployment_id": DEPLOYMENT, "service_id": "a:s:v", "release_id": second,
        "release_artifacts": [
            artifact(&bar, "git:bare", "git:store", "bar", Some("https://store.example/x/bar")),
            artifact(&jar, "git:bare", "git:store", "two", Some("https://store.example/x/two")),
        ],
        "build_id": "a:s:v:2", "vcs_ref": "abcd9999",
        "build_artifacts": [artifact("a:s:v:2:jar", "git:source", "git:store", "//v/2 \"é\".jar",
                                     Some("https://store.example/x/v/2 \"é\".jar"))],
    });
    assert_same(&found, &wanted);
    let fresh = "e:t:n:r:p:k:d:a:s:w:fresh";
    let found = provenance(json!({ "deployment_id": fresh })).await.expect("a deployment without a release");
    let wanted =
        json!({ "deployment_id": fresh, "service_id": "a:s:w", "release_artifacts": [], "build_artifacts": [] });
    assert_same(&found, &wanted);
    let failure = provenance(json!({ "deployment_id": fresh, "release_id": second })).await.expect_err("a foreign one");
    assert_eq!((failure.code, failure.resource), (Code::NotFound, Some(("release".to_owned(), second))));
    assert!(failure.message.contains(fresh), "{}", failure.message);
}

#[tokio::test]
async fn lineage_tells_the_build_and_the_repos() {
    let stage = staged().await;
    let lineage = |resource: &str, id: String| {
        let client = stage.client.clone();
        let request = json!({ "resource": resource, "id": id });
        async move { client.call("TraceLineage", request).await.expect("a lineage") }
    };
    let found = lineage("build_artifact", "a:s:v:1:doc".to_owned()).await;
    let wanted = json!({
        "resource": "build_artifact", "artifact": artifact("a:s:v:1:doc", "git:source", "git:bare", "doc", None),
        "input_repo_url": "https://source.example", "build_id": "a:s:v:1", "build_num": 1, "vcs_ref": "abcd1234",
        "service_id": "a:s:v",
    });
    assert_same(&found, &wanted);
    let release = format!("{DEPLOYMENT}:2");
    let id = format!("{release}:jar");
    let found = lineage("release_artifact", id.clone()).await;
    let wanted = json!({
        "resource": "release_artifact",
        "artifact": artifact(&id, "git:bare", "git:store", "two", Some("https://store.example/x/two")),
        "output_repo_url": "https://store.example/x//", "release_id": release, "deployment_id": DEPLOYMENT,
        "build_id": "a:s:v:2", "build_num": 2, "vcs_ref": "abcd9999", "service_id": "a:s:v",
    });
    assert_same(&found, &wanted);
}

#[tokio::test]
async fn a_commit_is_found_in_everything_that_contains_it() {
    let stage = staged().await;
    // Resource, ID, build, commit, deployment, current, location.
    type Told<'a> = (&'a str, String, &'a str, &'a str, bool, Option<bool>, Option<&'a str>);
    let of_build_1 = |current: [bool; 2]| -> Vec<Told<'static>> {
        let (build, commit) = ("a:s:v:1", "abcd1234");
        let release = |number: u32| format!("{DEPLOYMENT}:{number}");
        let jar = Some("https://store.example/x/v/1.jar");
        vec![
            ("build", build.to_owned(), build, commit, false, None, None),
            ("build_artifact", format!("{build}:doc"), build, commit, false, None, None),
            ("build_artifact", format!("{build}:jar"), build, commit, false, None, jar),
            ("release", release(1), build, commit, true, Some(current[0]), None),
            ("release", release(3), build, commit, true, Some(current[1]), None),
            ("release_artifact", format!("{}:jar", release(1)), build, commit, true, Some(current[0]), None),
            ("deployment", DEPLOYMENT.to_owned(), build, commit, true, Some(current[0] || current[1]), None),
        ]
    };
    let of_build_2 = |current: bool| -> Vec<Told<'static>> {
        let (build, commit, release) = ("a:s:v:2", "abcd9999", format!("{DEPLOYMENT}:2"));
        let store = "https://store.example/x/";
        let place = |name: &str| Some(&*Box::leak(format!("{store}{name}").into_boxed_str()));
        vec![
            ("build", build.to_owned(), build, commit, false, None, None),
            ("build_artifact", format!("{build}:jar"), build, commit, false, None, place("v/2 \"é\".jar")),
            ("release", release.clone(), build, commit, true, Some(current), None),
            ("release_artifact", format!("{release}:bar"), build, commit, true, Some(current), place("bar")),
            ("release_artifact", format!("{release}:jar"), build, commit, true, Some(current), place("two")),
            ("deployment", DEPLOYMENT.to_owned(), build, commit, true, Some(current), None),
        ]
    };
    let alone = |build: &'static str, commit: &'static str| -> Vec<Told<'static>> {
        vec![("build", build.to_owned(), build, commit, false, None, None)]
    };
    let check = async |request: Value, wanted: Vec<Told<'_>>| {
        let row = |(resource, id, build, commit, deployed, current, location): &Told<'_>| {
            json!({ "resource": resource, "id": id, "build_id": build, "vcs_ref": commit,
                    "deployment_id": deployed.then_some(DEPLOYMENT), "current": current, "location": location })
        };
        let wanted: Value = wanted.iter().map(row).collect();
        assert_same(&rows(&stage.client, "TraceBuilds", request).await.into(), &wanted);
    };
    let exact = json!({ "vcs_ref": "abcd1234" });
    check(exact.clone(), [of_build_1([false, true]), alone("a:s:w:1", "abcd1234")].concat()).await;
    let all = [of_build_1([false, true]), of_build_2(false), alone("a:s:w:1", "abcd1234")].concat();
    check(json!({ "vcs_ref": "abcd", "prefix": true }), all).await;
    check(json!({ "vcs_ref": "abcd" }), Vec::new()).await;
    check(
        json!({ "vcs_ref": "abcd1234", "prefix": true }),
        [of_build_1([false, true]), alone("a:s:w:1", "abcd1234")].concat(),
    )
    .await;
    check(json!({ "vcs_ref": "abc%", "prefix": true }), Vec::new()).await;
    make_current(&stage, "2").await;
    check(exact, [of_build_1([false, false]), alone("a:s:w:1", "abcd1234")].concat()).await;
    check(json!({ "vcs_ref": "abcd9999" }), of_build_2(true)).await;
}
