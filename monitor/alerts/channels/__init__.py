"""Where alerts go out: one file a channel."""
