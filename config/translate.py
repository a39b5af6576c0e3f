"""From pydantic's errors to faults in the reader's language."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from pydantic import BaseModel, ValidationError

from config.faults import KeyPath, Report, shown
from config.messages import MESSAGES

_CODES = {
    "missing": "missing",
    "extra_forbidden": "unknown_key",
    "string_type": "not_text",
    "path_type": "not_text",
    "int_type": "not_number",
    "int_parsing": "not_number",
    "int_from_float": "not_number",
    "bool_type": "not_switch",
    "bool_parsing": "not_switch",
    "list_type": "not_list",
    "tuple_type": "not_list",
    "set_type": "not_list",
    "frozen_set_type": "not_list",
    "dict_type": "not_table",
    "model_type": "not_table",
    "model_attributes_type": "not_table",
    "literal_error": "not_one_of",
    "enum": "not_one_of",
    "too_short": "empty",
    "string_too_short": "empty",
}
"""pydantic's own error types; those of our own parsers are codes of `MESSAGES` already."""

_BOUNDS = {
    "greater_than": ("gt", ">"),
    "greater_than_equal": ("ge", "≥"),
    "less_than": ("lt", "<"),
    "less_than_equal": ("le", "≤"),
}
"""Where pydantic says what bound was passed, and how we write it."""


def note_errors(
    report: Report, error: ValidationError, model: type[BaseModel], prefix: KeyPath = (), secrets: Collection[str] = ()
) -> None:
    """Note a fault for each error of a validation of `model`, whose table stands at `prefix`.

    Words that are not ours, from a connector's own checks, are freed of the secrets first.
    """
    for found in error.errors(include_url=False, include_input=False):
        place, type_, values = found["loc"], found["type"], found.get("ctx", {})
        key = (*prefix, *place)
        code = _CODES.get(type_)
        if code == "unknown_key":
            report.add(key, code, wrong=str(place[-1]), known=_keys(model, place[:-1]))
        elif code == "not_one_of":
            report.add(key, code, expected=str(values["expected"]).replace(" or ", ", "))
        elif code is not None:
            report.add(key, code)
        elif type_ in _BOUNDS:
            bound, sign = _BOUNDS[type_]
            report.add(key, "out_of_range", detail=f"{sign} {values[bound]}")
        elif type_ in MESSAGES and not prefix:
            report.add(key, type_, **values)
        else:
            detail = found["msg"].removeprefix("Value error, ")
            for secret in sorted(secrets, key=len, reverse=True):
                detail = detail.replace(secret, "***")
            report.add(key, "other", detail=shown(detail))


def _keys(model: type[BaseModel], place: KeyPath) -> set[str]:
    """The keys that the table at this place may have."""
    found: Any = model
    for part in place:
        if isinstance(found, type) and issubclass(found, BaseModel):
            fields = {field.alias or name: field.annotation for name, field in found.model_fields.items()}
            found = fields.get(str(part))
        else:
            # An index into tuple[Step, ...], or a name in dict[str, Calendar].
            found = _model_within(found)
    found = _model_within(found)
    return {field.alias or name for name, field in found.model_fields.items()} if found else set()


def _model_within(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    arguments = getattr(annotation, "__args__", ())
    return next((found for argument in arguments if (found := _model_within(argument))), None)
