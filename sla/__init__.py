"""The rules. Pure functions over frozen values; standard library only; `now` is always an argument."""
