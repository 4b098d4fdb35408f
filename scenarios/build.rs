//! A file that is added to the suite is embedded without anybody asking for it: the macro alone sees only those that it knew.

fn main() {
    println!("cargo::rerun-if-changed=.");
}
