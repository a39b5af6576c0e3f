"""Crises: a keyword or a surge opens one incident, which the whole city hears of (SEMANTICS row 34)."""
