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
    declared = _declared(kind, str(error["loc"][0])) if error["loc"] else None
    keys = _inner(declared) if len(error["loc"]) > 1 else _keys(kind)
    return _said(error, where, ".".join(map(str, error["loc"])), (declared, keys), file)


def explain_inside(error: ErrorDetails, root: type[BaseModel], at: int, where: str, file: str) -> Problem:
    """Turn one pydantic error about tables within tables into a sentence; `where` has said the first `at` keys."""
    declared: Any = root
    keys: list[str] = []
    for key in error["loc"]:
        models = list(_models(declared))
        if isinstance(key, str) and models:
            keys = _keys(models[0])
            declared = _declared(models[0], key) if key in keys else declared
    path = error["loc"][at:] or error["loc"]
    return _said(error, where, ".".join(map(str, path)), (declared, keys), file)


def _said(error: ErrorDetails, where: str, path: str, about: tuple[Any, list[str]], file: str) -> Problem:
    """Put an error into a sentence; `about` is the type the key is declared with, and the keys allowed beside it."""
    declared, keys = about
    if error["type"] == "extra_forbidden":
        return unknown_key(path, keys, file, where)
    context = dict(error.get("ctx", {}))
    # A rule taken whole, or without one of its keys, has no single value to show.
    whole = "wrong" not in context and (not error["loc"] or error["type"] == "missing")
    wrong = "" if whole else context.pop("wrong", error.get("input"))
    allowed = [str(word) for literal in _literals(declared) for word in get_args(literal)]
    shown = in_toml(wrong)[:60]
    inner = ", ".join(_inner(declared))
    words = {"fields": inner, **context, "path": path, "value": shown, "expected": ", ".join(allowed)}
    template = _messages().get(error["type"], _("“{path}” is {value}, which is not valid here."))
    value = wrong[:60] if isinstance(wrong, str) else shown
    return Problem(where + template.format(**words), file, column=path, value=value, hint=nearest(str(wrong), allowed))


def _messages() -> dict[str, str]:
    number, whole = _("“{path}” is {value}; a number is needed."), _("“{path}” is {value}; a whole number is needed.")
    reason = _("“{path}” is empty; who decided and why must be written.")
    table = _("“{path}” is {value}; a table is needed: {{ {fields} }}.")
    day = _("“{path}” is {value}; a day is needed, as 2026-02-10, without quotes.")
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
        "condition_listed": _("the condition on “{column}”: has or has_other stands alone."),
        "each_needs_list": _("“each” counts listed values: exactly one has or has_other is needed in “when”."),
        "places_one_seat": _("“places” names the options of one seat; there are several in “seats”."),
        "ranking_in_waiting": _('by = "ranking" is for the waiting list: it cannot stand among the steps.'),
        "draw_last": _("a draw can only be the last of the steps, and has no place in the waiting list."),
        "against_which": _("“against_others” needs a column of the seat in question, as distanza_{{plesso}}."),
        "date_type": day,
        "date_from_datetime_inexact": day,
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


def _declared(kind: type[BaseModel], name: str) -> Any:
    """Return the type a field is declared with, or None where there is no such field."""
    field: Any = kind.model_fields.get(name)
    return None if field is None else field.annotation


def _inner(declared: Any) -> list[str]:
    return [name for model in _models(declared) for name in _keys(model)]


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
