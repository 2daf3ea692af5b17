//! Builds the browser side: dependencies (only when their lock changed), the basemap (only when
//! what makes it changed), the bundles, and the list of assets to embed. All of it happens in
//! `OUT_DIR`, so that the source tree stays clean and several profiles do not meet.

use std::error::Error;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const LEAST_NODE: u32 = 20;
/// Not sources: what a developer's own `npm install` and build leave behind.
const NOT_SOURCES: [&str; 4] = ["node_modules", "dist", "manifest.txt", "basemap"];

type Outcome<T> = Result<T, Box<dyn Error>>;

#[expect(
    clippy::print_stderr,
    reason = "cargo shows what a failed build script says"
)]
fn main() -> ExitCode {
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nThe browser side of Fleetglass could not be built: {error}\n");
            ExitCode::FAILURE
        }
    }
}

fn build() -> Outcome<()> {
    let source = PathBuf::from(env("CARGO_MANIFEST_DIR")?).join("static");
    let out = PathBuf::from(env("OUT_DIR")?);
    let page = out.join("page");
    watch(&source)?;
    check_node()?;
    for stale in ["src", "css", "icons"] {
        remove_folder(&page.join(stale))?;
    }
    copy(&source, &page)?;
    install(&page)?;
    build_basemap(&source.join("basemap"), &out)?;
    run(&page, "node", &["build.mjs"])?;
    publish_manifest(&page.join("manifest.txt"))?;
    embed(&page.join("dist"), &out)
}

#[expect(clippy::disallowed_methods, reason = "cargo speaks to us so")]
fn env(name: &str) -> Outcome<String> {
    std::env::var(name).map_err(|error| format!("{name}: {error}").into())
}

/// Tells cargo when to come again. Folders that may hold `node_modules` are named file by file,
/// since cargo looks at all that is in a folder.
fn watch(source: &Path) -> Outcome<()> {
    for folder in ["src", "css", "icons"] {
        tell(&format!(
            "rerun-if-changed={}",
            source.join(folder).display()
        ));
    }
    for folder in [source, &source.join("basemap")] {
        for file in files_in(folder)? {
            tell(&format!("rerun-if-changed={}", file.display()));
        }
    }
    tell("rerun-if-changed=build.rs");
    Ok(())
}

fn check_node() -> Outcome<()> {
    let wanted = format!("Node {LEAST_NODE} or newer with npm is needed");
    let output = Command::new("node")
        .arg("--version")
        .output()
        .map_err(|error| format!("{wanted}, but `node` does not start ({error})"))?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let major = version.trim_start_matches('v').split('.').next();
    if major.and_then(|text| text.parse::<u32>().ok()) < Some(LEAST_NODE) {
        return Err(format!("{wanted}, but `node --version` says \"{version}\"").into());
    }
    Command::new("npm")
        .arg("--version")
        .output()
        .map_err(|error| format!("{wanted}, but `npm` does not start ({error})"))?;
    Ok(())
}

/// Installs what the lock names, unless that very lock is installed already.
fn install(folder: &Path) -> Outcome<()> {
    let lock = fs::read(folder.join("package-lock.json"))?;
    let stamp = folder.join("node_modules/.installed-lock");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    let arguments = [
        "ci",
        "--ignore-scripts",
        "--omit=dev",
        "--no-audit",
        "--no-fund",
    ];
    run(folder, "npm", &arguments)?;
    Ok(fs::write(&stamp, lock)?)
}

/// The world as one PMTiles file; made anew only when its script or its packages change.
fn build_basemap(source: &Path, out: &Path) -> Outcome<()> {
    let folder = out.join("basemap");
    let archive = out.join("basemap.pmtiles");
    let stamp = out.join("basemap.stamp");
    let mut hasher = DefaultHasher::new();
    for file in files_in(source)? {
        file.file_name().hash(&mut hasher);
        fs::read(&file)?.hash(&mut hasher);
    }
    let inputs = format!("{:016x}", hasher.finish());
    tell(&format!("rustc-env=FLEETGLASS_BASEMAP={inputs}"));
    if archive.exists() && fs::read_to_string(&stamp).is_ok_and(|made| made == inputs) {
        return Ok(());
    }
    copy(source, &folder)?;
    install(&folder)?;
    run(&folder, "node", &["build.mjs", "../basemap.pmtiles"])?;
    Ok(fs::write(&stamp, inputs)?)
}

/// Gives the hashed name of each asset to the compiler: `desk.js` is `FLEETGLASS_ASSET_DESK_JS`, what
/// its page is to ask for at once `FLEETGLASS_ASSET_DESK_LINKS`,
/// and the name of the whole is `FLEETGLASS_BUILD`, by which a page notices that it is old.
fn publish_manifest(manifest: &Path) -> Outcome<()> {
    for line in fs::read_to_string(manifest)?.lines() {
        let (name, path) = line
            .split_once(' ')
            .ok_or_else(|| format!("\"{line}\" in {} has no path", manifest.display()))?;
        let variable = match name {
            "build" => "FLEETGLASS_BUILD".to_owned(),
            name => format!(
                "FLEETGLASS_ASSET_{}",
                name.to_uppercase().replace(['.', '-'], "_")
            ),
        };
        tell(&format!("rustc-env={variable}={path}"));
    }
    Ok(())
}

/// Writes the list of assets where `memory_serve::load!` reads it. Its own `load_directory` would
/// make cargo watch the folder that is written here, and build again each time.
fn embed(dist: &Path, out: &Path) -> Outcome<()> {
    let embeds_content = env("PROFILE")? == "release";
    let dist_name = dist.to_string_lossy();
    let assets = memory_serve::assets_to_code(&dist_name, dist, out, embeds_content, |_| {});
    // The macro brings `Asset` into scope, so its path would be a warning.
    let code = format!("&[(\"default\", {assets})]").replace("memory_serve::Asset", "Asset");
    Ok(fs::write(out.join("memory_serve_assets.rs"), code)?)
}

fn run(folder: &Path, program: &str, arguments: &[&str]) -> Outcome<()> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .output()
        .map_err(|error| format!("`{program}` does not start ({error})"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    let command = format!("{program} {}", arguments.join(" "));
    Err(format!("`{command}` failed:\n{}", String::from_utf8_lossy(&said)).into())
}

/// Copies sources, folders included.
fn copy(from: &Path, to: &Path) -> Outcome<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name()))?;
        if NOT_SOURCES.iter().any(|not| name == *not) {
            continue;
        }
        let target = to.join(&name);
        if path.is_dir() {
            copy(&path, &target)?;
        } else {
            fs::copy(&path, &target)?;
        }
    }
    Ok(())
}

fn remove_folder(folder: &Path) -> Outcome<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Ok(())
}

/// The sources that lie directly in a folder, in a stable order.
fn files_in(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_source = path.file_name().is_some_and(|name| {
            !NOT_SOURCES.iter().any(|not| name == *not) && name != ".gitignore"
        });
        if path.is_file() && is_source && path.extension().is_none_or(|ext| ext != "pmtiles") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn tell(instruction: &str) {
    println!("cargo::{instruction}");
}
