"""From an outbox row to a person who was told."""
