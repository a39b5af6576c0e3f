"""A small X and a small Graph on loopback, and the citizens who post there."""
