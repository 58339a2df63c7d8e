//! Release builds hold the screens inside the binary, so they are rebuilt when the screens were; debug
//! builds read them from the folder at run time and need no watching.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("PROFILE").as_deref() == Ok("release") {
        // A folder that is missing counts as changed at every build: an empty one does not. Where it
        // cannot be made (sources that are read-only), the price is only that rebuild.
        let _ = std::fs::create_dir_all("web/dist");
        println!("cargo:rerun-if-changed=web/dist");
    }
}
