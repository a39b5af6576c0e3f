"""The settings: `load(path) -> Settings`, every fault reported at once."""
