use super::*;

/// The candidates at the end of a line, without help; a plus marks partial ones.
fn at(text: &str) -> Vec<String> {
    let candidates = complete(&line::read(text, false));
    candidates.into_iter().map(|found| if found.whole { found.text } else { found.text + "+" }).collect()
}

/// The output for bash.
fn bash(text: &str, answer: &str, whole: bool) -> String {
    let line = line::read(text, false);
    let candidate = Candidate { text: answer.to_owned(), help: String::new(), whole };
    print::print("bash", &line, " \t\n\"'@><=;|&(:", &[candidate])
}

#[test]
fn lines_are_read_as_shells_read_them() {
    for (text, words) in [
        ("qcli stack get a:b", vec!["qcli", "stack", "get", "a:b"]),
        ("qcli stack get ", vec!["qcli", "stack", "get", ""]),
        ("qcli find 'a b' \"c\\\"d\" e\\ f", vec!["qcli", "find", "a b", "c\"d", "e f"]),
        ("x=1; echo | qcli stack '", vec!["qcli", "stack", ""]),
        ("B=$(qcli build get \"sh", vec!["qcli", "build", "get", "sh"]),
    ] {
        assert_eq!(line::read(text, false).words, words, "{text}");
    }
    let line = line::read("QAIRON_ENDPOINT='h:1' A=2 qcli --x=1 ", false);
    assert_eq!(line.variables[0], ("QAIRON_ENDPOINT".to_owned(), "h:1".to_owned()));
    assert_eq!(line.words, ["qcli", "--x=1", ""]);
}

#[test]
fn what_needs_no_server_is_found_from_the_model() {
    for (text, found) in [
        ("qcli deployment_ta", vec!["deployment_target", "deployment_target_type"]),
        ("qcli deployment-target get-fie", vec!["get-field", "get-field-query"]),
        ("qcli -o json deployment unassign", vec!["unassign_zone"]),
        ("qcli completion ", vec!["bash", "zsh", "fish"]),
        ("qcli stack get x -o ta", vec!["table"]),
        ("qcli stack get x --output=pl", vec!["--output=plain"]),
        ("qcli deployment set_field x current_rel", vec!["current_release_id"]),
        ("qcli relatable create Deployment_", vec![]),
        ("qcli relatable create DeploymentTargetT", vec!["DeploymentTargetType"]),
        ("qcli deployment get x -f service.stack_", vec!["service.stack_id"]),
        ("qcli deployment list -f id,service.sta", vec!["id,service.stack.+", "id,service.stack_id"]),
        ("qcli trace lineage stac", vec!["stack", "stack_config"]),
        ("qcli deployment create --service-id x --ta", vec!["--tag"]),
        ("qcli deployment get x -- --", vec![]),
        ("qcli explain servi", vec!["service", "service_config"]),
        ("qcli explain service", vec!["service", "service_config", "service.+"]),
        ("qcli explain deployment_target_t", vec!["deployment_target_type", "deployment_target_type.+"]),
        ("qcli explain service.stack_", vec!["service.stack_id"]),
        ("qcli explain deployment.service.stack_", vec!["deployment.service.stack_id"]),
        ("qcli explain application.stac", vec!["application.stacks.+"]),
        ("qcli explain nonsense.", vec![]),
        ("qcli service list --filter 'stack_", vec!["stack_id+", "stack_id=+"]),
        ("qcli service list --filter stack_", vec!["stack_id+", "stack_id=+"]),
        ("qcli service list --filter '-(stack_", vec!["-(stack_id+", "-(stack_id=+"]),
        (
            "qcli deployment list --filter 'tag = \"x\" AND service.stack.app",
            vec!["tag = \"x\" AND service.stack.application.+", "tag = \"x\" AND service.stack.application_id+"],
        ),
        (
            "qcli allocation list --filter 'value > 1 OR watermark = ",
            vec!["value > 1 OR watermark = \"HIGH\"+", "value > 1 OR watermark = \"LOW\"+"],
        ),
        ("qcli allocation list --filter 'watermark = H", vec!["watermark = HIGH+"]),
        ("qcli service list --filter 'name = ", vec![]),
        ("qcli service list --filter 'name = \"x\" ", vec![]),
        ("qcli export service --filter stack_", vec!["stack_id+", "stack_id=+"]),
        ("qcli export --filter stack_", vec![]),
        ("qcli csv_import export_csv service --filter stack_", vec!["stack_id+", "stack_id=+"]),
        ("qcli service list --order-by stack.application_", vec!["stack.application_id"]),
        ("qcli service list --order-by 'name, stack_", vec!["name, stack_id"]),
        ("qcli service list --order-by name,stack_", vec!["name,stack_id"]),
        ("qcli find x -f id,reso", vec!["id,resource"]),
        ("qcli trace infrastructure x -f fleet_", vec!["fleet_ids"]),
        ("qcli export --scope deployment-target-", vec!["deployment-target-type/+"]),
        ("qcli diff -f x --scope applic", vec!["application/+"]),
        ("qcli apply -f x --prune --prune-resource applic", vec!["application"]),
        ("qcli export applic", vec!["application"]),
        ("qcli nonsense get ", vec![]),
        ("qcli --endpoint ", vec![]),
        ("qcli --ca-file /usr/shar", vec!["/usr/share/+"]),
        ("qcli -o json --retries ", vec![]),
        ("qcli --actor x --timeout ", vec![]),
        ("", vec![]),
    ] {
        assert_eq!(at(text), found, "{text}");
    }
    let verbs = at("qcli zone ");
    assert!(["create", "get", "set_field", "link"].iter().all(|verb| verbs.iter().any(|found| found == verb)));
}

/// Every argument of every command has a place where it is completed, and none of them panics.
#[test]
fn every_command_can_be_completed() {
    for entity in qairon::model().entities() {
        for verb in crate::args::resource::verbs(entity) {
            let line = line::read(&format!("qcli --endpoint 127.0.0.1:1 {} {verb} --", entity.name), false);
            let flags = complete(&line);
            assert!(flags.iter().any(|flag| flag.text == "--output"), "{} {verb}", entity.name);
            assert!(flags.iter().all(|flag| flag.text.starts_with("--")), "{} {verb}", entity.name);
        }
    }
}

#[test]
fn bash_replaces_what_follows_the_last_break() {
    assert_eq!(bash("qcli stack get shop:we", "shop:web", true), "web \n");
    assert_eq!(bash("qcli stack get shop:", "shop:web:", false), "web:\n");
    assert_eq!(bash("qcli stack get sh", "shop:web", true), "shop:web \n");
    assert_eq!(bash("qcli stack get \"shop:we", "shop:web", true), "shop:web\n");
    assert_eq!(bash("qcli stack get x --output=ta", "--output=table", true), "table \n");
    assert_eq!(bash("qcli csv_import import_csv stack a\\ ", "a b'c.csv", true), "a\\ b\\'c.csv \n");
    assert_eq!(bash("qcli stack get 'we:a':", "we:a:b", true), "b \n");
    assert_eq!(bash("qcli stack get we\\:", "we:a", true), "we:a \n");
    assert_eq!(bash("qcli stack get we\\:a:", "we:a:b c", false), "b\\ c\n");
}

#[test]
fn contexts_are_those_of_the_file_and_one_of_them_is_the_server() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("config.toml");
    let text = "current_context = \"prod\"\n[contexts.prod]\nendpoint = \"p:1\"\n[contexts.play]\nendpoint = \"t:2\"\n\
                [contexts.bare]\nactor = \"me\"\n";
    std::fs::write(&file, text).expect("it is ours");
    let front = format!("QAIRON_CONFIG={} ", file.display());
    for (text, found) in [
        ("qcli --context ", vec!["prod", "play", "bare"]),
        ("qcli stack get x --context=p", vec!["--context=prod", "--context=play"]),
        ("qcli config use-context pr", vec!["prod"]),
        ("qcli config delete_context b", vec!["bare"]),
        ("qcli config rename-context pl", vec!["play"]),
        ("qcli config rename-context play ", vec![]),
        ("qcli config set-context x --unset endpoint,tim", vec!["endpoint,timeout"]),
    ] {
        assert_eq!(at(&format!("{front}{text}")), found, "{text}");
    }
    let server = |text: &str| {
        let line = line::read(text, false);
        let before = &line.words[1..line.words.len() - 1];
        let mut tree = args::tree(Full::Only("stack"), &args::Docs::default());
        tree.build();
        target::endpoint(&parse::spot(&tree, before, ""), &line)
    };
    let default = crate::args::globals::default_endpoint();
    for (variables, flags, wanted) in [
        ("", "", Some("p:1")),
        ("", "--context play", Some("t:2")),
        ("", "--context bare", Some(default.as_str())),
        ("", "--context unknown", None),
        ("QAIRON_CONTEXT=play", "", Some("t:2")),
        ("QAIRON_CONTEXT=play", "--context=prod", Some("p:1")),
        ("QAIRON_ENDPOINT=v:3", "--context prod", Some("v:3")),
        ("QAIRON_ENDPOINT=v:3", "--endpoint f:4", Some("f:4")),
    ] {
        let text = format!("{front}{variables} qcli stack {flags} get ");
        assert_eq!(server(&text).as_deref(), wanted, "{text}");
    }
    std::fs::write(&file, "current_context = [").expect("it is ours");
    assert_eq!(server(&format!("{front}qcli stack get ")), None);
    assert_eq!(at(&format!("{front}qcli --context ")), Vec::<String>::new());
}
