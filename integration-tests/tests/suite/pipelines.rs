//! The pipelines of `docs/examples/pipelines`: each records a build through to a release, and the database holds it.

use std::path::PathBuf;
use std::process::Stdio;

use qairon::model::Verb;
use qairon_integration_tests::{Program, World, find_entity, program, workspace};
use serde_json::{Value, json};

use crate::stage::Stage;

/// A stage with everything that is needed before the first build.
struct Site {
    stage: Stage,
    world: World,
}

impl Site {
    async fn set() -> Self {
        let stage = Stage::set().await;
        let mut world = World::new();
        for entity in ["deployment", "repo", "deployment_config"] {
            stage.factory.create_in(entity, &mut world).await;
        }
        Self { stage, world }
    }

    fn id(&self, entity: &str) -> &str {
        self.world.id(entity).unwrap_or_else(|| panic!("there is no {entity}"))
    }

    /// Runs a pipeline with the variables that a CI system would set: exit code, standard output and error.
    async fn run(&self, script: &str, build_num: &str, commit: &str) -> (Option<i32>, String, String) {
        let directory = |path: PathBuf| path.to_str().expect("a path is text").to_owned();
        let programs = directory(program(Program::Qcli).parent().expect("a directory").to_path_buf());
        let tools = directory(workspace().join(".tools/bin"));
        let path = format!("{programs}:{tools}:{}", std::env::var("PATH").expect("a path"));
        let repo = self.id("repo");
        let shell = tokio::process::Command::new("bash")
            .arg(workspace().join("docs/examples/pipelines").join(script))
            .env("PATH", path)
            .env("QAIRON_ENDPOINT", self.stage.server.endpoint())
            .envs([("SERVICE_ID", self.id("service")), ("DEPLOYMENT_ID", self.id("deployment"))])
            .envs([("SOURCE_REPO_ID", repo), ("BUILD_REPO_ID", repo), ("RELEASE_REPO_ID", repo)])
            .envs([("BUILD_NUM", build_num), ("COMMIT", commit), ("IMAGE", "shop/cart")])
            .stdin(Stdio::null())
            .output();
        let output = shell.await.expect("bash can be run");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        (output.status.code(), text(output.stdout), text(output.stderr))
    }

    async fn count(&self, entity: &str) -> usize {
        self.stage.client.list(entity, "").await.expect("a list").len()
    }

    /// Everything that a pipeline records, and that it prints the same.
    async fn check(&self, told: &str, build_num: i64, commit: &str) {
        let (service, deployment) = (self.id("service"), self.id("deployment"));
        let (build, release) = (format!("{service}:{build_num}"), format!("{deployment}:{build_num}"));
        let [build_artifact, release_artifact] = [&build, &release].map(|parent| format!("{parent}:image"));
        let client = &self.stage.client;
        let target = client.get("deployment_target", self.id("deployment_target")).await.expect("it exists");
        let config = client.get("deployment_config", self.id("deployment_config")).await.expect("it exists");
        assert_eq!(told.lines().count(), 1, "{told}");
        assert_eq!(
            serde_json::from_str::<Value>(told).expect("JSON"),
            json!({
                "build": build, "build_artifact": build_artifact,
                "release": release, "release_artifact": release_artifact,
                "deployment_target": target.id(), "native_id": target["native_id"],
                "type": target["deployment_target_type_id"], "commit": commit,
                "configs": [{ "name": config["name"], "config": config["config"] }],
            })
        );
        let repo = self.id("repo");
        let artifact = |path: String| json!({ "name": "image", "input_repo_id": repo, "output_repo_id": repo, "upload_path": path });
        for (entity, id, stored) in [
            ("build", &build, json!({ "service_id": service, "build_num": build_num, "vcs_ref": commit })),
            ("build_artifact", &build_artifact, artifact(format!("shop/cart:{commit}"))),
            ("release", &release, json!({ "build_id": build, "deployment_id": deployment, "build_num": build_num })),
            ("release_artifact", &release_artifact, artifact(format!("shop/cart:{build_num}"))),
            ("deployment", &deployment.to_owned(), json!({ "current_release_id": release, "service_id": service })),
        ] {
            let row = client.get(entity, id).await.unwrap_or_else(|failure| panic!("{entity} {id}: {failure}"));
            for (name, value) in stored.as_object().expect("fields") {
                assert_eq!(row[name], *value, "{entity} {id}: {name}");
            }
        }
        let provenance =
            client.call("TraceProvenance", json!({ "deployment_id": deployment })).await.expect("it has one");
        assert_eq!([&provenance["vcs_ref"], &provenance["build_id"]], [commit, &build]);
    }
}

#[tokio::test]
async fn the_pipeline_with_qcli_records_a_release_and_is_told_where_it_goes() {
    let site = Site::set().await;
    // Quotes and dollars mean nothing on the way.
    for (build_num, commit) in [(1, "4171c6a"), (2, "refs/tags/v2 \"$(x)' `y`")] {
        let (code, told, error) = site.run("qcli.sh", &build_num.to_string(), commit).await;
        assert_eq!((code, error.as_str()), (Some(0), ""), "{told}");
        site.check(&told, build_num, commit).await;
    }
    // A build is recorded once, and what follows a refusal does not happen.
    let (code, told, error) = site.run("qcli.sh", "2", "other").await;
    assert_eq!((code, told.as_str()), (Some(1), ""));
    assert!(error.contains("(ALREADY_EXISTS)"), "{error}");
    let (code, _, error) = site.run("qcli.sh", "three", "other").await;
    assert_eq!(code, Some(2), "{error}");
    for entity in ["build", "build_artifact", "release", "release_artifact"] {
        assert_eq!(site.count(entity).await, 2, "{entity}");
    }
}

#[tokio::test]
async fn the_pipeline_with_grpcurl_records_the_same_and_can_be_run_again() {
    let site = Site::set().await;
    for (build_num, commit) in [(1, "4171c6a"), (2, "refs/tags/v2 \"$(x)' `y`")] {
        let (code, told, error) = site.run("grpcurl.sh", &build_num.to_string(), commit).await;
        assert_eq!((code, error.as_str()), (Some(0), ""), "{told}");
        site.check(&told, build_num, commit).await;
    }
    // As if the answers had been lost.
    let etag =
        async || site.stage.client.get("deployment", site.id("deployment")).await.expect("it exists")["etag"].clone();
    let before = etag().await;
    let (code, told, error) = site.run("grpcurl.sh", "2", "refs/tags/v2 \"$(x)' `y`").await;
    assert_eq!((code, error.as_str()), (Some(0), ""), "{told}");
    site.check(&told, 2, "refs/tags/v2 \"$(x)' `y`").await;
    assert_eq!(etag().await, before, "nothing was written again");
    // The same build of another commit is another request.
    let (code, told, error) = site.run("grpcurl.sh", "2", "other").await;
    assert_ne!(code, Some(0), "{told}");
    assert!(told.is_empty() && error.contains("AlreadyExists"), "{told}{error}");
    for entity in ["build", "build_artifact", "release", "release_artifact"] {
        assert_eq!(site.count(entity).await, 2, "{entity}");
    }
    let log = site.stage.server.log();
    assert!(!log.contains(" ERROR "), "{log}");
    // The methods that it names are those of the services that the model has.
    let methods = [("build", Verb::Create), ("release_artifact", Verb::Create), ("deployment", Verb::Update)];
    let script = std::fs::read_to_string(workspace().join("docs/examples/pipelines/grpcurl.sh")).expect("it is there");
    for (entity, verb) in methods {
        let method = qairon::model().method(find_entity(entity), verb);
        let service = method.descriptor.parent_service().name().to_owned();
        assert!(script.contains(&format!("{service}/{} ", method.descriptor.name())), "{entity}");
    }
}
