"""Reading ``[admission]``: what is inherited, the parameters, and every mistake in sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from classi.domain import text_key
from classi.errors import Problem
from classi.i18n import _
from classi.procedure import Procedure, parameter_values, with_parameters
from classi.rule_errors import explain_inside, in_toml, nearest

NAMED_LISTS = ("parameters", "requirements", "notes", "watch", "rounds")
"""Lists joined by name when a regulation extends another."""
LISTS_OF_A_ROUND = ("points", "steps", "waiting")


# --- what is inherited ---


def inherited_admission(base: Any, own: Any) -> Any:
    """Join two ``[admission]`` tables: own keys, answers and named entries take the place of inherited ones."""
    if not isinstance(base, Mapping) or not isinstance(own, Mapping):
        return own
    joined = {**base, **own}
    for key in NAMED_LISTS:
        if _is_named_list(base.get(key)) and _is_named_list(own.get(key)):
            joined[key] = _joined(base[key], own[key])
    if isinstance(base.get("decided"), Mapping) and isinstance(own.get("decided"), Mapping):
        joined["decided"] = {**base["decided"], **own["decided"]}
    return joined


def _is_named_list(entries: Any) -> bool:
    return isinstance(entries, list) and all(isinstance(e, Mapping) and isinstance(e.get("name"), str) for e in entries)


def _joined(inherited: list[Mapping[str, Any]], own: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    # Entries of one name (each with its own only_if) are replaced together, in the place of the first.
    mine: dict[str, list[Mapping[str, Any]]] = {}
    for entry in own:
        mine.setdefault(entry["name"], []).append(entry)
    replaced = {e["name"] for e in inherited} & set(mine)
    kept = [new for e in inherited for new in (mine.pop(e["name"], []) if e["name"] in replaced else [e])]
    return [*kept, *(entry for entries in mine.values() for entry in entries)]


# --- reading ---


def parse_admission(raw: Any, file: str) -> Procedure | list[Problem]:
    """Build the procedure, or list everything that is wrong with it."""
    if not isinstance(raw, Mapping):
        return [Problem(_("“admission” must be written as a table: [admission]."), file, value=in_toml(raw)[:60])]
    declared, decided = raw.get("parameters", []), raw.get("decided", {})
    if not _is_named_list(declared) or not isinstance(decided, Mapping):
        text = _("“parameters” must be a list of tables with a name, and “decided” a table of answers by that name.")
        return [Problem(_("Admission: {message}").format(message=text), file)]
    values = parameter_values(raw)
    unknown = sorted({name for name in _named(raw) if name not in values})
    problems = [*_parameter_problems(declared, decided, unknown, file), *_bad_switches(raw, file)]
    # What names a parameter nobody declares is left as it is: it is said once, here.
    stand_ins = [{"name": name, "question": "", "default": f"${name}"} for name in unknown]
    answers = {name: answer for name, answer in decided.items() if name in values}
    table = with_parameters({**raw, "parameters": [*declared, *stand_ins], "decided": answers})
    problems += _duplicates(table, file)
    try:
        procedure = Procedure(**table)
    except ValidationError as error:
        found = [e for e in error.errors(include_url=False) if e["input"] not in [f"${name}" for name in unknown]]
        return problems + [explain_inside(e, Procedure, *_where(e["loc"], table), file) for e in found]
    return problems or procedure


def _named(value: Any, top: bool = True) -> Iterator[str]:
    """Yield the parameters that anything but their own declarations names."""
    if isinstance(value, str) and value.startswith("$"):
        yield value[1:]
    elif isinstance(value, Mapping):
        for key, inside in value.items():
            if key == "only_if":
                yield from inside if isinstance(inside, Mapping) else ()
            elif not top or key not in ("parameters", "decided"):
                yield from _named(inside, top=False)
    elif isinstance(value, list):
        for inside in value:
            yield from _named(inside, top=False)


def _bad_switches(value: Any, file: str) -> Iterator[Problem]:
    """Report every `only_if` that is no table: what it is on would otherwise count always."""
    if isinstance(value, Mapping):
        if not isinstance(value.get("only_if", {}), Mapping):
            text = _("Admission: “only_if” is {value}; a table is needed: {{ parameter = value }}.")
            wrong = in_toml(value["only_if"])[:60]
            yield Problem(text.format(value=wrong), file, column="only_if", value=wrong)
        value = list(value.values())
    for inside in value if isinstance(value, list) else ():
        yield from _bad_switches(inside, file)


def _parameter_problems(
    declared: list[Mapping[str, Any]], decided: Mapping[str, Any], unknown: list[str], file: str
) -> Iterator[Problem]:
    names = {p["name"]: p for p in declared}
    for name in [*unknown, *(name for name in decided if name not in names)]:
        text = _("Admission: “{name}” is not a parameter of this procedure.")
        yield Problem(text.format(name=name), file, column=name, hint=nearest(name, names) or ", ".join(names))
    for name, parameter in names.items():
        listed = parameter.get("options")
        options: list[Any] = listed if isinstance(listed, list) else []
        answer = decided.get(name)
        given = [answer["value"]] if isinstance(answer, Mapping) and "value" in answer else []
        given += [parameter["default"]] if "default" in parameter else []
        for value in given:
            if options and value not in options:
                text = _("Admission: “{name}” is {value}; allowed: {expected}.")
                shown, allowed = in_toml(value)[:60], [in_toml(option) for option in options]
                sentence = text.format(name=name, value=shown, expected=", ".join(allowed))
                yield Problem(sentence, file, column=name, value=shown, hint=nearest(shown, allowed))


def _duplicates(table: Mapping[str, Any], file: str) -> Iterator[Problem]:
    yield from _doubled(table, NAMED_LISTS, _words([]), file)
    rounds = table.get("rounds")
    for n, one in enumerate(rounds if isinstance(rounds, list) else ()):
        if isinstance(one, Mapping):
            yield from _doubled(one, LISTS_OF_A_ROUND, _where(("rounds", n), table)[1], file)


def _doubled(table: Mapping[str, Any], keys: tuple[str, ...], where: str, file: str) -> Iterator[Problem]:
    for key in filter(lambda k: _is_named_list(table.get(k)), keys):
        counted = Counter(text_key(entry["name"]) for entry in table[key])
        for entry in {text_key(e["name"]): e for e in table[key]}.values():
            if counted[text_key(entry["name"])] > 1:
                text = _("{where}in “{key}” more than one is called “{name}”.")
                sentence = text.format(where=where, key=key, name=entry["name"])
                yield Problem(sentence, file, column=f"{key}.name", value=entry["name"])


# --- where ---


def _where(loc: tuple[int | str, ...], table: Mapping[str, Any]) -> tuple[int, str]:
    """Return how many keys of a place the words say, and the words: ``Admission, round “Plesso”, step “Punti”: ``."""
    kinds = _kinds()
    parts: list[str] = []
    here: Any = table
    at = 0
    while at + 1 < len(loc) and loc[at] in kinds and isinstance(here, Mapping):
        entries, key = here[str(loc[at])], loc[at + 1]
        here = entries[key]
        named = isinstance(here, Mapping) and isinstance(key, int) and here.get("name")
        parts.append(kinds[str(loc[at])].format(name=named or (key + 1 if isinstance(key, int) else key)))
        at += 2
    return at, _words(parts)


def _words(parts: list[str]) -> str:
    return ", ".join([_("Admission"), *parts]) + ": "


def _kinds() -> dict[str, str]:
    return {
        "rounds": _("round “{name}”"),
        "points": _("title “{name}”"),
        "steps": _("step “{name}”"),
        "waiting": _("waiting-list step “{name}”"),
        "requirements": _("requirement “{name}”"),
        "parameters": _("parameter “{name}”"),
        "decided": _("answer “{name}”"),
        "notes": _("note “{name}”"),
        "watch": _("watch “{name}”"),
    }
