//! Rules between objects that no option of the protos describes: they are of these entities and no others.

use super::Invariant;

/// All of them.
pub fn rules() -> Vec<Invariant> {
    let rule = |name: &str, sql: &str| Invariant::new(name, sql);
    vec![
        rule(
            "release.build_id is of another service",
            "SELECT r.id FROM release r JOIN build b ON b.id = r.build_id JOIN deployment d ON d.id = r.deployment_id
             WHERE b.service_id <> d.service_id",
        ),
        rule(
            "deployment_proc.proc_id is of another service",
            "SELECT p.id FROM deployment_proc p JOIN proc c ON c.id = p.proc_id
             JOIN deployment d ON d.id = p.deployment_id WHERE c.service_id <> d.service_id",
        ),
        rule(
            "dependency.relatable_id is of another type than the case",
            "SELECT d.id FROM dependency d JOIN dependency_case c ON c.id = d.dependency_case_id
             JOIN relatable r ON r.id = d.relatable_id WHERE c.relatable_type <> r.relatable_type",
        ),
        rule(
            "related.related_type is another type than that of the case",
            "SELECT r.id FROM related r JOIN dependency d ON d.id = r.dependency_id
             JOIN dependency_case c ON c.id = d.dependency_case_id WHERE c.related_type <> r.related_type",
        ),
        rule(
            "a one-to-one dependency has several related objects",
            "SELECT d.id FROM dependency d JOIN dependency_case c ON c.id = d.dependency_case_id
             JOIN related r ON r.dependency_id = d.id WHERE c.allowed_relationship = 'OTO'
             GROUP BY d.id HAVING count(*) > 1",
        ),
    ]
}
