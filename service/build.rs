//! Builds the program again when a migration is added: the set is embedded by a macro, which cargo cannot see into.

fn main() {
    println!("cargo:rerun-if-changed=../migrations");
}
