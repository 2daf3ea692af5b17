//! Build.
fn main() {
    println!("cargo::rustc-env=FLEETGLASS_BUILD=dev");
}
