//! What the documentation says of backups.

use std::fs;

use qairon_integration_tests::workspace;

#[test]
fn every_extension_of_the_migrations_is_in_the_documentation() {
    let operations = fs::read_to_string(workspace().join("docs/OPERATIONS.md")).expect("the documentation");
    let backup = operations.split("\n## ").find(|section| section.starts_with("Backup\n")).expect("a section");
    let database = operations.split("\n## ").find(|section| section.starts_with("The database\n")).expect("a section");
    let mut extensions = 0;
    for migration in fs::read_dir(workspace().join("migrations")).expect("the migrations") {
        let Ok(sql) = fs::read_to_string(migration.expect("an entry").path().join("up.sql")) else { continue };
        for statement in sql.split(';').filter_map(|statement| statement.split("CREATE EXTENSION ").nth(1)) {
            let name = statement.trim_start_matches("IF NOT EXISTS ").split_whitespace().next().expect("a name");
            for (section, text) in [("The database", database), ("Backup", backup)] {
                assert!(text.contains(&format!("`{name}`")), "the section `{section}` does not name `{name}`");
            }
            extensions += 1;
        }
    }
    assert!(extensions > 0, "no migration creates an extension");
}
