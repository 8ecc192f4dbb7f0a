mod config; mod code_cache; pub use config::engine_config; pub use code_cache::CacheDir;
