//! Each file of the model uses only those beneath it.

use std::path::Path;

#[test]
fn no_files_use_each_other_in_a_circle() {
    qairon_architecture::assert_layered(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &[]);
}
