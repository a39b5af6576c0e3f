"""The week's numbers, counted from events."""
