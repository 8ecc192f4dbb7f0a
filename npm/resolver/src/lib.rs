//! From a project and the registry's packuments to npm's tree of packages.
//!
//! Sans-I/O: names of packuments go out, packuments come in, a tree comes out. The rules of
//! placement are those of npm 11's arborist; the tree and the lock file are to be the same. This
//! crate deliberately knows neither HTTP nor files.
//!
//! Start with [`Resolver`], then `build.rs` (the loop), `can_place.rs` and `place.rs` (where a
//! package goes), `peer_sets.rs`.
//!
//! ```
//! use oac_npm_registry::Packument;
//! use oac_npm_resolver::{Input, Resolver};
//! use oac_npm_spec::Manifest;
//! use serde_json::json;
//!
//! let mut input = Input::default();
//! input.manifest = Manifest::from_value(json!({ "name": "x", "dependencies": { "a": "^1.0.0" } }));
//! let mut resolver = Resolver::new(input);
//! assert!(resolver.finish()?.is_none());
//! assert_eq!(resolver.requests(), ["a"]);
//! let json = json!({ "dist-tags": {}, "versions": { "1.2.0": { "name": "a", "version": "1.2.0" } } });
//! resolver.provide("a", Packument::parse("a", "http://registry.invalid/a", json.to_string().as_bytes()));
//! let resolution = resolver.finish()?.expect("everything is known");
//! assert_eq!(resolution.packages()[0].location, "node_modules/a");
//! # Ok::<(), oac_npm_resolver::ResolveError>(())
//! ```

mod build;
mod can_place;
mod error;
mod explain;
mod flags;
mod input;
mod lock;
mod overrides;
mod paths;
mod peer_sets;
mod place;
mod platform;
mod resolver;
mod store;
mod tree;
mod validity;

pub use error::ResolveError;
pub use explain::{EdgeExplanation, NodeExplanation};
pub use input::{Input, InstallStrategy, ResolveOptions};
pub use paths::{join as join_path, relative as relative_path};
pub use platform::Platform;
pub use resolver::{Package, Resolution, Resolver, Warning, load_tree};
pub use store::{BundleRequest, FoundManifest, ManifestRequest};
pub use tree::{Edge, EdgeId, EdgeKind, Flags, Node, NodeId, Tree};
