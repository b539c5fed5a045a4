//! `edit`: an object in an editor, which is a script here.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use qairon_integration_tests::{Output, Program, Qcli, program};
use tempfile::TempDir;
use tokio::process::Command;

use crate::stage::Stage;

struct Desk {
    stage: Stage,
    qcli: Qcli,
    directory: TempDir,
}

impl Desk {
    async fn set() -> Self {
        let stage = Stage::set().await;
        let qcli = Qcli::new(&stage.server);
        qcli.text(&["application", "create", "shop"]).await;
        qcli.text(&["stack", "create", "shop", "web"]).await;
        qcli.text(&["service", "create", "shop:web", "cart", "-a", "image", "-d", "{\"tier\": 1}"]).await;
        Self { stage, qcli, directory: tempfile::tempdir().expect("a directory") }
    }

    /// Edits with a shell script that gets the file as its argument.
    async fn edit(&self, args: &[&str], script: &str) -> Output {
        let editor = self.directory.path().join("my editor");
        fs::write(&editor, format!("#!/bin/sh\n{script}\n")).expect("it is written");
        fs::set_permissions(&editor, fs::Permissions::from_mode(0o700)).expect("it is ours");
        let mut command = Command::new(program(Program::Qcli));
        command.args(args).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("QAIRON_ENDPOINT", self.stage.server.endpoint()).env("TMPDIR", self.directory.path());
        // Words are split as a shell splits them.
        command.env("EDITOR", format!("'{}' -w", editor.display())).kill_on_drop(true);
        let output = command.output().await.expect("qcli ends");
        Output {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The files that are kept, apart from the editor.
    fn kept(&self) -> Vec<String> {
        let files = fs::read_dir(self.directory.path()).expect("a directory");
        let paths = files.map(|file| file.expect("a file").path().display().to_string());
        paths.filter(|path| path.contains("qcli-edit-")).collect()
    }

    async fn artifact(&self) -> String {
        self.qcli.text(&["service", "get_field", "shop:web:cart", "artifact_name"]).await
    }
}

const EDIT: [&str; 3] = ["service", "edit", "shop:web:cart"];

#[tokio::test]
async fn what_differs_is_set_and_nothing_else() {
    let desk = Desk::set().await;
    let copy = desk.directory.path().join("copy");
    let script = format!("test \"$1\" = -w && cp \"$2\" '{}' && sed -i s/image/other/ \"$2\"", copy.display());
    let edited = desk.edit(&EDIT, &script).await;
    assert_eq!((edited.code, edited.stderr.as_str()), (Some(0), ""), "{edited:?}");
    assert!(edited.stdout.contains("\"artifact_name\":\"other\""), "{}", edited.stdout);
    let text = fs::read_to_string(&copy).expect("the editor saw it");
    assert!(text.starts_with("# service shop:web:cart\n"), "{text}");
    assert!(text.contains("stack_id: shop:web\nname: cart\nartifact_name: image\n"), "{text}");
    assert!(text.contains("tier: 1") && !text.contains("created_at"), "{text}");
    assert_eq!(desk.artifact().await, "other");
    for script in ["true", "echo >\"$2\"", "echo '# more' >>\"$2\"", "sed -i /artifact/d \"$2\""] {
        let edited = desk.edit(&[&EDIT[..], &["-v"]].concat(), script).await;
        assert_eq!((edited.code, edited.stdout.as_str()), (Some(0), ""), "{script}: {edited:?}");
        assert!(edited.stderr.ends_with("qcli: nothing changed\n") && !edited.stderr.contains("UpdateService"));
    }
    desk.edit(&EDIT, "sed -i 's/^artifact_name.*/artifact_name: null/' \"$2\"").await;
    assert_eq!((desk.artifact().await.as_str(), desk.kept().len()), ("null", 0));
    let renamed = desk.edit(&EDIT, "sed -i 's/^name: cart/name: basket/' \"$2\"").await;
    assert!(renamed.stdout.contains("\"id\":\"shop:web:basket\""), "{renamed:?}");
    let given = desk.edit(&["application", "edit", "shop"], "sed -i 's/^id: shop/id: store/' \"$2\"").await;
    assert!(given.stdout.contains("\"id\":\"store\""), "{given:?}");
}

#[tokio::test]
async fn a_text_that_is_refused_is_kept() {
    let desk = Desk::set().await;
    let other = format!(
        "QAIRON_ENDPOINT={} {} service set_field shop:web:cart artifact_name theirs -q; sed -i s/image/mine/ \"$2\"",
        desk.stage.server.endpoint(),
        program(Program::Qcli).display()
    );
    let scripts = [
        ("sed -i 's/^name:/nmae:/' \"$2\"", "did you mean `name`?"),
        ("echo '[' >\"$2\"", "not YAML"),
        ("sed -i 's/^name: cart/name: a:b/' \"$2\"", "INVALID_NAME"),
        (other.as_str(), "ETAG_MISMATCH"),
    ];
    for (count, (script, told)) in scripts.into_iter().enumerate() {
        let edited = desk.edit(&EDIT, script).await;
        assert_eq!((edited.code, edited.stdout.as_str()), (Some(1), ""), "{edited:?}");
        let kept = desk.kept();
        assert_eq!(kept.len(), count + 1);
        assert!(edited.stderr.contains(told), "{script}: {}", edited.stderr);
        assert!(kept.iter().any(|path| edited.stderr.contains(path)), "{}", edited.stderr);
    }
    assert_eq!(desk.artifact().await, "theirs");
    for (script, told) in [("exit 3", "ended with exit status: 3"), ("rm \"$2\"", "cannot read")] {
        let edited = desk.edit(&EDIT, script).await;
        assert!(edited.code == Some(1) && edited.stderr.contains(told), "{edited:?}");
    }
    assert_eq!(desk.kept().len(), 4);
    let missing = desk.edit(&["service", "edit", "shop:web:crt"], "true").await;
    assert!(missing.stderr.contains("did you mean `shop:web:cart`?"), "{missing:?}");
}
