//! Every limit that the platform or a CA sets, as dated data from `assets/rules.toml`.
