"""Figures: each is measured here beside the limit of this very machine, in the same run. Never a pass mark."""
