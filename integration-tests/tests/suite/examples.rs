//! The examples of the docs, put over one copy of the sources and built together.
//!
//! The copy is in the target directory and keeps the times of its files, so that a second run builds nothing. Its build
//! shares what the libraries compiled to, where cargo can do that.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use qairon_integration_tests::workspace;
use tokio::process::Command;
use tokio::sync::OnceCell;

/// Files that are not sources.
const LEFT_OUT: [&str; 3] = ["target", "demo", "stubs"];

/// The folder of an example.
fn folder(name: &str) -> PathBuf {
    workspace().join("docs/examples").join(name)
}

/// Every source file below a folder, with its content.
pub fn sources(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    fn walk(root: &Path, folder: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
        for entry in fs::read_dir(folder).expect("the folder can be read") {
            let path = entry.expect("the folder can be read").path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if name.starts_with('.') || (folder == root && LEFT_OUT.contains(&name)) {
                continue;
            }
            if path.is_dir() {
                walk(root, &path, found);
            } else {
                let inner = path.strip_prefix(root).expect("it lies below").to_path_buf();
                found.insert(inner, fs::read(&path).expect("the file can be read"));
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(root, root, &mut found);
    found
}

/// Writes these files to a folder. Unchanged files keep their times.
fn put(folder: &Path, files: &BTreeMap<PathBuf, Vec<u8>>) {
    if folder.exists() {
        for stray in sources(folder).into_keys().filter(|path| !files.contains_key(path)) {
            fs::remove_file(folder.join(stray)).expect("it is ours");
        }
    }
    for (path, content) in files {
        let path = folder.join(path);
        if fs::read(&path).is_ok_and(|found| found == *content) {
            continue;
        }
        fs::create_dir_all(path.parent().expect("a folder")).expect("it is ours");
        fs::write(path, content).expect("it is ours");
    }
}

/// Builds server and command line of a copy. Returns where they are.
async fn build(copy: &Path) -> PathBuf {
    let target = copy.with_file_name("build");
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["build", "--quiet", "--locked", "-p", "qairon-service", "-p", "qairon-cli"]).current_dir(copy);
    command.env("CARGO_TARGET_DIR", &target).env("CARGO_INCREMENTAL", "0");
    // The libraries are the same; programs and crates of the copy have names of their own in it.
    command.env("CARGO_BUILD_BUILD_DIR", target_directory());
    let output = command.output().await.expect("cargo can be run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    target.join("debug")
}

/// The target directory of this very build: target/<profile>/deps/<test>.
fn target_directory() -> PathBuf {
    let test = std::env::current_exe().expect("the test knows its own path");
    test.ancestors().nth(3).expect("tests lie in target/<profile>/deps").to_path_buf()
}

/// What an example makes of the sources: every file, and how they were before.
pub struct Example {
    /// The sources as they are.
    pub ours: BTreeMap<PathBuf, Vec<u8>>,
    /// The sources with the example.
    pub files: BTreeMap<PathBuf, Vec<u8>>,
}

impl Example {
    /// Puts the folder of an example over sources, and applies its patch where it has one.
    pub fn over(ours: BTreeMap<PathBuf, Vec<u8>>, name: &str) -> Self {
        let mut files = ours.clone();
        files.extend(sources(&folder(name)));
        let patch = folder(name).with_extension("patch");
        if patch.exists() {
            patched(&mut files, &patch);
        }
        Self { ours, files }
    }

    /// The paths of the files that it adds.
    pub fn added(&self) -> Vec<&Path> {
        self.files.keys().filter(|path| !self.ours.contains_key(*path)).map(PathBuf::as_path).collect()
    }

    /// The files that it changes, each with the lines that it adds. It takes none away.
    pub fn changed(&self) -> BTreeMap<&Path, Vec<String>> {
        let mut changed = BTreeMap::new();
        for (path, before) in self.ours.iter().filter(|(path, before)| self.files[*path] != **before) {
            let [before, after] = [before, &self.files[path]].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
            let mut old = before.lines().peekable();
            let added = after.lines().filter(|line| old.next_if_eq(line).is_none()).map(str::to_owned).collect();
            assert_eq!(old.next(), None, "{}: the example takes lines away", path.display());
            changed.insert(path.as_path(), added);
        }
        changed
    }
}

/// Applies a patch as the docs say, to those files that it changes.
fn patched(files: &mut BTreeMap<PathBuf, Vec<u8>>, patch: &Path) {
    let text = fs::read_to_string(patch).expect("the patch can be read");
    let paths: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("+++ b/")).collect();
    let folder = tempfile::tempdir().expect("a temporary directory");
    for path in &paths {
        let to = folder.path().join(path);
        fs::create_dir_all(to.parent().expect("a folder")).expect("it is ours");
        fs::write(to, &files[Path::new(path)]).expect("it is ours");
    }
    let input = fs::File::open(patch).expect("the patch can be read");
    let mut command = std::process::Command::new("patch");
    let output = command.args(["-p1", "--fuzz=0"]).current_dir(folder.path()).stdin(input).output();
    let output = output.expect("patch can be run");
    assert!(output.status.success(), "{} does not apply: {output:?}", patch.display());
    for path in paths {
        files.insert(path.into(), fs::read(folder.path().join(path)).expect("it is ours"));
    }
}

/// The programs of the copy with all examples, built once. Returns where they are.
pub async fn programs() -> &'static Path {
    static PROGRAMS: OnceCell<PathBuf> = OnceCell::const_new();
    let built = async {
        let entity = Example::over(sources(workspace()), "new-entity");
        let Example { files, .. } = Example::over(entity.files, "new-method");
        let copy = target_directory().join("examples/sources");
        put(&copy, &files);
        assert_eq!(sources(&copy), files);
        build(&copy).await
    };
    PROGRAMS.get_or_init(|| built).await
}

/// The same tasks as in other tools, on the demo.
#[tokio::test(flavor = "multi_thread")]
async fn the_page_for_users_of_other_tools_does_what_it_says() {
    let stage = crate::stage::Stage::set().await;
    crate::filter_docs::load_demo(&stage).await;
    let before = stage.rows().await;
    crate::grpcurl::assert_tour("docs/COMING-FROM.md", &stage.server).await;
    // What the page writes it takes back.
    assert_eq!(stage.rows().await, before);
}
