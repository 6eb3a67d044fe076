"""What is wrong with one rule of a regulation, in sentences: pydantic's findings, never its English words."""

from __future__ import annotations

import difflib
import inspect
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from classi.criteria.base import Criterion
from classi.domain import text_key
from classi.errors import Problem
from classi.i18n import _


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known word most like `word`, or an empty string."""
    by_key = {text_key(k): k for k in known}
    close = difflib.get_close_matches(text_key(word), by_key, n=1, cutoff=0.6)
    return by_key[close[0]] if close else ""


def unknown_key(key: str, known: Iterable[str], file: str, where: str = "") -> Problem:
    """Report a key nobody knows, with the nearest right one."""
    known = list(known)
    return Problem(
        _("{where}“{key}” is not a key classi knows.").format(where=where, key=key),
        file,
        column=key,
        hint=nearest(key, known) or ", ".join(known),
    )


def explain(error: ErrorDetails, kind: type[Criterion], k: int, file: str) -> Problem:
    """Turn one pydantic error about rule number `k` into a sentence, from its type and context."""
    where = _("Rule {k} ({rule}): ").format(k=k, rule=kind.model_fields["rule"].default)
    path = ".".join(str(x) for x in error["loc"])
    declared = _declared(kind, str(error["loc"][0])) if error["loc"] else None
    inner = [name for model in _models(declared) for name in _keys(model)]
    if error["type"] == "extra_forbidden":
        return unknown_key(path, inner if len(error["loc"]) > 1 else _keys(kind), file, where)
    context = dict(error.get("ctx", {}))
    # A rule taken whole, or without one of its keys, has no single value to show.
    whole = "wrong" not in context and (not error["loc"] or error["type"] == "missing")
    wrong = "" if whole else context.pop("wrong", error.get("input"))
    allowed = [str(word) for literal in _literals(declared) for word in get_args(literal)]
    shown = in_toml(wrong)[:60]
    words = {"fields": ", ".join(inner), **context, "path": path, "value": shown, "expected": ", ".join(allowed)}
    template = _messages().get(error["type"], _("“{path}” is {value}, which is not valid here."))
    value = wrong[:60] if isinstance(wrong, str) else shown
    return Problem(where + template.format(**words), file, column=path, value=value, hint=nearest(str(wrong), allowed))


def _messages() -> dict[str, str]:
    number, whole = _("“{path}” is {value}; a number is needed."), _("“{path}” is {value}; a whole number is needed.")
    reason = _("“{path}” is empty; who decided and why must be written.")
    table = _("“{path}” is {value}; a table is needed: {{ {fields} }}.")
    return {
        "missing": _("“{path}” is missing."),
        "price": _("say either hard = true or weight = a whole number from 1 up, one of the two."),
        "religion": _(
            "“{column}” concerns religion: by DPR 751/1985 that choice may cause no discrimination, "
            "not even in forming classes, so it cannot be used."
        ),
        "condition": _("the condition on “{column}” may only use in, not, min, max, known."),
        "condition_empty": _("the list of the condition on “{column}” is empty: it would match nobody."),
        "condition_value": _(
            "{value} is not something a cell of “{column}” can equal: write a number, a text, a date, true or false, "
            "or a list of these."
        ),
        "condition_limit": _("“{part}” of the condition on “{column}” is {value}: write a number, a text or a date."),
        "condition_day": _(
            "“{part}” of the condition on “{column}” is {value}: write a day as 2014-03-31, without quotes."
        ),
        "condition_known": _("“{part}” of the condition on “{column}” is {value}: write true or false."),
        "needs_one_of": _("at least one of these is needed: {fields}."),
        "ascending": _("“{path}” must be in ascending order."),
        "min_above_max": _("“min” is greater than “max”."),
        "none_too_low": _("“none” must be at least {cost}, the last of “costs”: costs never decrease."),
        "decimal_max_places": _("“{path}” is {value}; at most {decimal_places} decimals are allowed."),
        "number": number,
        "literal_error": _("“{path}” is {value}; allowed: {expected}."),
        "greater_than": _("“{path}” is {value}; it must be greater than {gt}."),
        "greater_than_equal": _("“{path}” is {value}; it must be at least {ge}."),
        "less_than_equal": _("“{path}” is {value}; it must be at most {le}."),
        "int_type": whole,
        "bool_type": _("“{path}” is {value}; true or false is needed."),
        "list_type": _("“{path}” is {value}; a list is needed: [ … ]."),
        "dict_type": _("“{path}” is {value}; a table is needed: {{ column = value }}."),
        "model_type": table,
        "model_attributes_type": table,
        "string_type": _("“{path}” is {value}; a text between quotes is needed."),
        "string_too_short": reason,
        "string_pattern_mismatch": reason,
        "too_short": _("“{path}” has too few elements."),
        "too_long": _("“{path}” cannot be used with this rule."),
    }


def _declared(kind: type[Criterion], name: str) -> Any:
    """Return the type a field is declared with, or None where there is no such field."""
    field: Any = kind.model_fields.get(name)
    return None if field is None else field.annotation


def _keys(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the models inside a declared type."""
    if inspect.isclass(annotation) and get_origin(annotation) is None and issubclass(annotation, BaseModel):
        yield annotation
    for inside in get_args(annotation):
        yield from _models(inside)


def _literals(annotation: Any) -> Iterator[Any]:
    """Yield the lists of allowed words inside a declared type."""
    if get_origin(annotation) is Literal:
        yield annotation
        return
    for inside in get_args(annotation):
        yield from _literals(inside)


def in_toml(value: Any) -> str:
    """Return a value as it is written in a regulation: ``true``, ``"text"``, ``[1, 2]``, ``{ min = 3 }``."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(in_toml, value))}]"
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key} = {in_toml(inside)}' for key, inside in value.items())} }}" if value else "{}"
    return value.isoformat() if isinstance(value, date) else f"{value:f}" if isinstance(value, Decimal) else str(value)
