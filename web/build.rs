//! Builds the browser page in `ui/` and writes the table of its files that `src/assets.rs` embeds.
//!
//! - `GREENROOM_UI=require`: a page that can't be built is an error, not a warning.
//! - `GREENROOM_UI=none`: no page, and Node.js is never called.
//! - `GREENROOM_UI_DIST=DIR`: embeds a page that was built elsewhere.

#![allow(clippy::print_stdout, reason = "it is how a build script talks to Cargo")]

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs::{self, File},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// What the page is made of. Never the whole folder: it holds `node_modules` and `dist`, which
/// change with every build.
const INPUTS: [&str; 11] = [
    "build",
    "index.html",
    "observatory.html",
    "package-lock.json",
    "package.json",
    "public",
    "src",
    "svelte.config.js",
    "tsconfig.json",
    "vite.config.ts",
    "worker",
];

fn main() -> ExitCode {
    let Err(error) = embed_page() else {
        return ExitCode::SUCCESS;
    };
    for line in error.to_string().lines() {
        println!("cargo::error={line}");
    }
    ExitCode::FAILURE
}

fn embed_page() -> Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=GREENROOM_UI");
    println!("cargo::rerun-if-env-changed=GREENROOM_UI_DIST");
    if let Some(ready) = env::var_os("GREENROOM_UI_DIST") {
        println!("cargo::rerun-if-changed={}", Path::new(&ready).display());
        return write_table(Some(Path::new(&ready)));
    }
    let wish = env::var("GREENROOM_UI").unwrap_or_default();
    if wish == "none" {
        return write_table(None);
    }
    let ui = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("ui");
    for input in INPUTS {
        println!("cargo::rerun-if-changed={}", ui.join(input).display());
    }
    match built_page(&ui)? {
        Ok(dist) => write_table(Some(&dist)),
        Err(missing) if wish == "require" => Err(missing.into()),
        Err(missing) => {
            println!("cargo::warning={missing}; the binary is built without its page");
            // A file that is not there makes the next build look again.
            println!("cargo::rerun-if-changed={}", ui.join("dist/.stamp").display());
            write_table(None)
        }
    }
}

/// The folder with the built page. The inner error says what is missing on this machine; the outer
/// one that the build itself broke.
fn built_page(ui: &Path) -> Result<std::result::Result<PathBuf, String>> {
    // Held to the end of the function: two builds of the same page would mix their files.
    let lock = File::create(ui.join(".build.lock"))?;
    lock.lock()?;

    let dist = ui.join("dist");
    let inputs = format!("{:016x}", hash_of(ui, &INPUTS)?);
    if holds(&dist.join(".stamp"), inputs.as_bytes()) {
        return Ok(Ok(dist));
    }
    if let Some(missing) = missing_node() {
        return Ok(Err(missing));
    }
    // The stamp is a copy of the lock file, written by `npm ci` itself (see `postinstall`), so that
    // an install by hand with the test tools counts too and is not replaced.
    let (locked, installed) = (fs::read(ui.join("package-lock.json"))?, ui.join("node_modules/.greenroom-stamp"));
    if !holds(&installed, &locked) {
        npm(ui, &["ci", "--omit=dev", "--no-audit", "--no-fund", "--prefer-offline"])?;
        fs::write(installed, locked)?;
    }
    npm(ui, &["run", "build"])?;
    fs::write(dist.join(".stamp"), inputs)?;
    Ok(Ok(dist))
}

/// `None` where Node.js is there and young enough for Vite.
fn missing_node() -> Option<String> {
    const WANTED: &str = "install Node.js 20.19, 22.12 or later to build the page";
    let Ok(output) = Command::new("node").arg("--version").output() else {
        return Some(format!("Node.js was not found: {WANTED}"));
    };
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let mut parts = version.trim_start_matches('v').split('.').map(str::parse);
    match (parts.next(), parts.next()) {
        (Some(Ok(20)), Some(Ok(19..))) | (Some(Ok(22)), Some(Ok(12..))) | (Some(Ok(23..)), _) => None,
        _ => Some(format!("Node.js {version} is too old: {WANTED}")),
    }
}

fn npm(ui: &Path, arguments: &[&str]) -> Result<()> {
    let program = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let output = Command::new(program).args(arguments).current_dir(ui).output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    Err(format!("npm {} failed in {}\n{said}", arguments.join(" "), ui.display()).into())
}

fn holds(file: &Path, content: &[u8]) -> bool {
    fs::read(file).is_ok_and(|held| held == content)
}

/// By content and not by time: a checkout, another profile or another target folder builds nothing.
fn hash_of(ui: &Path, inputs: &[&str]) -> Result<u64> {
    let mut hasher = DefaultHasher::new();
    for input in inputs {
        let path = ui.join(input);
        let files = if path.is_dir() { files_in(&path)? } else { vec![path] };
        // The tests are no part of the page.
        for file in files.iter().filter(|file| !file.to_string_lossy().ends_with(".test.ts")) {
            file.strip_prefix(ui)?.hash(&mut hasher);
            fs::read(file)?.hash(&mut hasher);
        }
    }
    Ok(hasher.finish())
}

/// All files below a folder, in the same order on every machine.
fn files_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(files_in(&path)?);
        } else {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Writes `assets.rs`: one `Asset` for each file, with its compressed twins.
fn write_table(dist: Option<&Path>) -> Result<()> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut table = String::from("&[\n");
    if let Some(dist) = dist {
        // A copy, as the next build of the page removes the files that this one has.
        let copy = out.join("ui");
        let _absent = fs::remove_dir_all(&copy);
        for file in files_in(dist)? {
            let name = file.strip_prefix(dist)?;
            let target = copy.join(name);
            fs::create_dir_all(target.parent().unwrap_or(&copy))?;
            fs::copy(&file, &target)?;
        }
        for file in files_in(&copy)? {
            add_row(&mut table, &copy, &file)?;
        }
    }
    table.push(']');
    fs::write(out.join("assets.rs"), table)?;
    Ok(())
}

fn add_row(table: &mut String, root: &Path, file: &Path) -> Result<()> {
    let name = file.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
    if name.starts_with('.') || name.ends_with(".br") || name.ends_with(".gz") {
        return Ok(());
    }
    let mut hasher = DefaultHasher::new();
    fs::read(file)?.hash(&mut hasher);
    let twin = |ending: &str| {
        let twin = PathBuf::from(format!("{}.{ending}", file.display()));
        if twin.exists() { format!("Some(include_bytes!({twin:?}))") } else { "None".to_owned() }
    };
    writeln!(
        table,
        "    Asset {{ path: {path:?}, hash: \"{hash:016x}\", plain: include_bytes!({file:?}), brotli: {brotli}, gzip: {gzip} }},",
        path = format!("/{name}"),
        hash = hasher.finish(),
        brotli = twin("br"),
        gzip = twin("gz"),
    )?;
    Ok(())
}
