//! Statements that can be read: for representative questions, what is sent for a caller who may read everything now,
//! formatted, in `service/golden/*.sql`.
//!
//! Modules show theirs to [`Goldens`] in functions of the same name, one test runs them all. So a file that no statement
//! is written to any more is noticed too.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use similar::TextDiff;
use sqlformat::{Dialect, FormatOptions, Indent, QueryParams};

use super::sql::Sql;
use super::{closure, complete, export, impact, list, referrers, rows, search};
use crate::db::projection::{ALIAS, Projection};
use crate::domain::filter::{self, parse_order_by, resolve_order_by};
use crate::domain::page::{PageKey, PageToken};

/// What rewrites the files.
const COMMAND: &str = "UPDATE_GOLDEN=1 cargo test -p qairon-service golden";

/// The golden files and what differs from them.
pub(in crate::db) struct Goldens {
    folder: PathBuf,
    update: bool,
    files: BTreeSet<String>,
    differences: String,
}

impl Goldens {
    fn open() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
        let update = std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1");
        Self { folder, update, files: BTreeSet::new(), differences: String::new() }
    }

    /// Compares the statements that answer a question with their file, which begins with the question.
    pub fn show(&mut self, name: &str, question: &str, statements: impl IntoIterator<Item = Sql>) {
        let statements: Vec<String> = statements.into_iter().map(|sql| formatted(&sql.live())).collect();
        let now = format!("-- {question}\n\n{};\n", statements.join(";\n\n"));
        let file = format!("{name}.sql");
        let path = self.folder.join(&file);
        if self.update {
            fs::write(&path, &now).expect("the golden file can be written");
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        if kept != now {
            let diff = TextDiff::from_lines(kept.as_str(), now.as_str());
            let diff = diff.unified_diff().context_radius(3).header(&file, "now").to_string();
            _ = writeln!(self.differences, "{diff}");
        }
        assert!(self.files.insert(file), "{name} is shown twice");
    }

    /// Fails if anything differs, also by a file that nothing is written to.
    fn close(mut self) {
        for entry in fs::read_dir(&self.folder).expect("there is a folder of golden files") {
            let entry = entry.expect("an entry of the folder");
            let name = entry.file_name().to_string_lossy().into_owned();
            if self.files.contains(&name) {
                continue;
            }
            if self.update {
                fs::remove_file(entry.path()).expect("the golden file can be removed");
            } else {
                _ = writeln!(self.differences, "no statement is shown in {name} any more");
            }
        }
        let Self { differences, .. } = self;
        assert!(differences.is_empty(), "statements have changed; if that is intended, run `{COMMAND}`\n{differences}");
    }
}

/// A statement on several lines, of the very same tokens.
fn formatted(statement: &str) -> String {
    let options = FormatOptions {
        indent: Indent::Spaces(4),
        dialect: Dialect::PostgreSql,
        max_inline_block: 100,
        max_inline_arguments: Some(100),
        max_inline_top_level: Some(100),
        joins_as_top_level: true,
        ..FormatOptions::default()
    };
    let formatted = sqlformat::format(statement, &QueryParams::None, &options);
    assert_eq!(tokens(&formatted), tokens(statement), "formatting changed the statement:\n{formatted}");
    formatted
}

/// The tokens of a statement: quoted texts, words, runs of operators, and every other character but white space.
fn tokens(statement: &str) -> Vec<&str> {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$');
    let is_operator = |c: char| "<>=!:|+-*/%~".contains(c);
    let mut tokens = Vec::new();
    let mut rest = statement.trim_start();
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '\'' | '"' => rest[1..].find(first).map(|end| end + 2),
            first if is_word(first) => rest.find(|c| !is_word(c)),
            first if is_operator(first) => rest.find(|c| !is_operator(c)),
            first => Some(first.len_utf8()),
        };
        let (token, after) = rest.split_at(end.unwrap_or(rest.len()));
        tokens.push(token);
        rest = after.trim_start();
    }
    tokens
}

#[test]
fn tokens_know_white_space_that_matters() {
    assert_eq!(tokens("a.\"b c\">=$1::text[]"), ["a", ".", "\"b c\"", ">=", "$1", "::", "text", "[", "]"]);
    assert_ne!(tokens("a > = b"), tokens("a >= b"));
    assert_ne!(tokens("' '"), tokens("''"));
    assert_eq!(tokens("f (a,\n b)"), tokens("f(a, b)"));
}

#[test]
fn golden_files_show_the_statements() {
    let mut goldens = Goldens::open();
    search::golden::show(&mut goldens);
    impact::golden::show(&mut goldens);
    rows::golden::show(&mut goldens);
    show_completion(&mut goldens);
    show_referrers(&mut goldens);
    show_lists(&mut goldens);
    goldens.close();
}

fn show_completion(goldens: &mut Goldens) {
    let model = qairon::model();
    let entity = model.target("deployment");
    let begun = complete::Begun { entity, prefix: "shop:web:", filter: None, limit: 100 };
    goldens.show(
        "complete_an_id",
        "How do the IDs of deployments that begin with `shop:web:` go on?",
        [complete::sql(&begun)],
    );
    let ast = filter::parse("deployment_target_id = \"prod:aws:1:eu:p1:eks:blue\"").expect("a filter");
    let filter = Some(filter::compile(model, entity, &ast, ALIAS).expect("a filter of deployments"));
    let begun = complete::Begun { entity, prefix: "shop:web:", filter, limit: 100 };
    goldens.show(
        "complete_an_id_with_a_filter",
        "How do the IDs of deployments on one target go on that begin with `shop:web:`?",
        [complete::sql(&begun)],
    );
}

fn show_referrers(goldens: &mut Goldens) {
    let model = qairon::model();
    let service = model.target("service");
    let ids = ["shop:web:api".to_owned()];
    let found = referrers::referrers(model, service, &ids).into_iter().map(|found| found.sql);
    goldens.show(
        "referrers_of_a_service",
        "What refers to a service, which is locked first? One statement for each way to refer to it.",
        std::iter::once(closure::lock(service, &ids[0])).chain(found),
    );
    let ids = ["git:shop".to_owned()];
    let found = referrers::referrers(model, model.target("repo"), &ids).into_iter().map(|found| found.sql);
    goldens.show(
        "referrers_of_a_repo",
        "What refers to a repo, also by a link, and how many links are there?",
        found.chain([referrers::count_links("service_repo", "repo_id", &ids)]),
    );
}

fn show_lists(goldens: &mut Goldens) {
    let model = qairon::model();
    let entity = model.target("deployment");
    let terms = parse_order_by("deployment_target.name desc, current_release_id").expect("an order");
    let ast = filter::parse("service.stack_id = \"shop:web\"").expect("a filter");
    let keys = [Some("blue"), None, Some("shop:web:api:x")];
    let keys = keys.iter().map(|key| PageKey { value: key.map(str::to_owned) }).collect();
    let mut listing = list::Listing {
        entity,
        mask: None,
        filter: Some(filter::compile(model, entity, &ast, ALIAS).expect("a filter of deployments")),
        order: resolve_order_by(model, entity, &terms).expect("an order of deployments"),
        token: Some(PageToken::new(0, keys)),
        skip: 0,
        limit: 50,
    };
    listing.complete_order();
    let mask = ["id".to_owned(), "tag".to_owned()];
    let projection = Projection::new(model, entity, Some(&mask)).expect("fields of deployments");
    goldens.show(
        "list_deployments",
        "Which deployments of a stack come next, by their target and release, and how many are there in all?",
        [listing.sql(&projection), listing.count_sql()],
    );

    let service = model.target("service");
    let ast = filter::parse("stack_id = \"shop:web\"").expect("a filter");
    let plan = export::Plan {
        entity: service,
        mask: None,
        filter: None,
        scopes: vec![filter::compile(model, service, &ast, ALIAS).expect("a filter of services")],
        links: true,
    };
    let mask = ["id", "stack_id", "name"].map(str::to_owned);
    let projection = Projection::new(model, service, Some(&mask)).expect("fields of services");
    goldens.show(
        "export_services",
        "Which services are there in a stack, and which objects is each linked to?",
        [plan.sql(&projection)],
    );
}
