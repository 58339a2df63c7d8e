//! Reading TOML that people write: every fault at its line, unknown keys included.
