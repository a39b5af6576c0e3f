"""The daemon. Everything that touches the world."""
