//! The `npm` and `npx` programs: one binary, told apart by the name it is started by.
//!
//! Each command is a module with a function from a [`context::Context`] to an exit code. What npm
//! prints is printed by `report.rs` (results) and `failure.rs` (errors), in npm's words and with its
//! codes. Start with `dispatch` below, then `install.rs`.

mod accounts;
mod add;
mod arguments;
mod audit;
mod commands;
mod config;
mod context;
mod exec;
mod explain;
mod explore;
mod failure;
mod finish;
mod fund;
mod help;
mod http;
mod init;
mod inspect;
mod install;
mod install_scripts;
mod installed;
mod interface;
mod ls;
mod organization;
mod outdated;
mod pack;
mod package_pages;
mod pkg;
mod progress;
mod project;
mod publishing;
mod query;
mod query_packages;
mod question;
mod registry_call;
mod reify;
mod report;
mod run_script;
mod sbom;
mod script_policy;
mod search;
mod selector;
mod version;
mod view;
mod workspaces;

use arguments::Arguments;
use context::{Context, out};
use failure::Failure;

/// The version of npm whose behaviour this is.
pub(crate) const NPM_VERSION: &str = "11.19.1";
/// The version of Node in the container, for `engines`; `npm_config_node_version` overrides it.
pub(crate) const NODE_VERSION: &str = "24.21.0";

fn main() {
    #[cfg(target_family = "wasm")]
    enter_working_directory();
    let mut argv: Vec<String> = std::env::args_os().map(|a| a.to_string_lossy().into_owned()).collect();
    let started_as = if argv.is_empty() { "npm".to_owned() } else { argv.remove(0) };
    let is_npx = started_as.rsplit('/').next().is_some_and(|name| name.starts_with("npx"));
    let arguments = if is_npx { Arguments::parse_npx(argv) } else { Arguments::parse(argv) };
    std::process::exit(run(arguments));
}

/// The C library of a wasm program believes it starts in `/`; the kernel knows better.
#[cfg(target_family = "wasm")]
fn enter_working_directory() {
    let cwd = oac_sys::getcwd().ok().and_then(|cwd| String::from_utf8(cwd).ok());
    if let Some(cwd) = cwd {
        // Ignored: what follows uses absolute paths and names what is missing.
        let _ = std::env::set_current_dir(cwd);
    }
}

fn run(arguments: Arguments) -> i32 {
    let mut context = match Context::load(arguments) {
        Ok(context) => context,
        Err(failure) => return failure.print(false),
    };
    match dispatch(&mut context) {
        Ok(code) => code,
        Err(failure) => {
            if context.wants_json_failure() {
                failure.print_json();
            }
            failure.print(context.silent())
        }
    }
}

fn dispatch(context: &mut Context) -> Result<i32, Failure> {
    let arguments = &context.arguments;
    if arguments.flag("version") == Some(true) {
        out(NPM_VERSION);
        return Ok(0);
    }
    let wants_help = arguments.flag("usage") == Some(true);
    let Some(command) = arguments.command.clone() else {
        out(&help::overview(context));
        return Ok(i32::from(!wants_help));
    };
    let name = arguments::canonical(&command).ok_or_else(|| unknown_command(context, command))?;
    context.command = name.to_owned();
    context
        .arguments
        .warnings
        .iter()
        .chain(&config::unknown(context))
        .for_each(|warning| context.warn(warning));
    if wants_help {
        out(&help::of_command(name, &context.arguments.words)?);
        return Ok(0);
    }
    if context.switch("force", false) {
        context.warn("using --force Recommended protections disabled.");
    }
    match name {
        "install" => install::install(context),
        "audit" => audit::audit(context),
        "ci" => install::clean_install(context),
        "uninstall" => install::uninstall(context),
        "update" => install::update(context),
        "dedupe" => install::dedupe(context),
        "find-dupes" => install::find_dupes(context),
        "prune" => install::prune(context),
        "link" => install::link(context),
        "fund" => fund::fund(context),
        "query" => query_packages::query(context),
        "run" => run_script::run(context),
        "test" | "start" | "stop" | "restart" => run_script::shortcut(context, name),
        "exec" => exec::exec(context),
        "init" => init::init(context),
        "config" | "get" | "set" => config::config(context),
        "view" => view::view(context),
        "pkg" => pkg::pkg(context),
        "version" => version::version(context),
        "pack" => pack::pack(context),
        "publish" => pack::publish(context),
        "whoami" => commands::whoami(context),
        "ping" => commands::ping(context),
        "cache" => commands::cache(context),
        "shrinkwrap" => commands::shrinkwrap(context),
        "install-test" => commands::install_and_test(context, false),
        "install-ci-test" => commands::install_and_test(context, true),
        "dist-tag" => publishing::dist_tag(context),
        "deprecate" | "undeprecate" => publishing::deprecate(context),
        "unpublish" => publishing::unpublish(context),
        "owner" => publishing::owner(context),
        "adduser" | "login" => accounts::login(context),
        "logout" => accounts::logout(context),
        "token" => accounts::token(context),
        "profile" => accounts::profile(context),
        "access" => organization::access(context),
        "team" => organization::team(context),
        "org" => organization::org(context),
        "star" | "unstar" => organization::star(context),
        "stars" => organization::stars(context),
        "docs" | "repo" | "bugs" => package_pages::page(context),
        "edit" => explore::edit(context),
        "explore" => explore::explore(context),
        "sbom" => sbom::sbom(context),
        "search" => search::search(context),
        "install-scripts" => install_scripts::install_scripts_command(context),
        "approve-scripts" => install_scripts::approve(context),
        "deny-scripts" => install_scripts::deny(context),
        "rebuild" => install::rebuild(context),
        "root" => commands::root(context),
        "prefix" => commands::prefix(context),
        "bin" => commands::bin(context),
        "ls" | "ll" => ls::list(context),
        "explain" => explain::explain(context),
        "outdated" => outdated::outdated(context),
        "help" => help::help(context),
        "help-search" => help::help_search(context),
        other => Err(help::check_part(other, &context.arguments.words)
            .unwrap_or_else(|| Failure::NotImplemented(other.to_owned()))),
    }
}

/// Not a command of npm; perhaps the project's scripts have something like it.
fn unknown_command(context: &Context, typed: String) -> Failure {
    let manifest = project::Project::read(&context.project, false).map(|p| p.manifest()).unwrap_or_default();
    let suggestions = help::did_you_mean(&typed, &manifest);
    Failure::UnknownCommand { typed, suggestions }
}
