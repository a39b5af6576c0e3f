"""From a due instant to a decision and its alerts."""
