"""Writes what the documentation takes from the code: `manual.md`, and the tables of columns inside `formats.md`.

``python docs/make_manual.py`` writes both files; with ``--check`` it writes nothing and exits 1 where one is stale.
"""

from __future__ import annotations

import inspect
import re
import sys
import textwrap
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from classi.criteria.base import Criterion, registry
from classi.generate import Knobs
from classi.i18n import use_language
from classi.tables.cells import NO, SEX, TIES, YES
from classi.tables.columns import LAYOUTS, Column, Layout
from classi.tables.notes import column_note

DOCS = Path(__file__).resolve().parent
MANUAL = DOCS / "manual.md"
FORMATS = DOCS / "formats.md"
INTRODUCTION = DOCS / "manual_introduction.md"

COMMON = {
    "rule": "the name of the rule, one of those below",
    "hard": "`true`: the rule must be kept, no assignment that breaks it is accepted",
    "weight": "price of one unit of cost; every rule has either `hard = true` or a `weight`, never both, never neither",
    "tier": "soft rules only: lower tiers come first, absolutely; weights are compared only inside a tier",
    "source": "where the rule comes from: article, resolution, sentence",
    "name": "what people call this rule; without it classi makes up a heading",
    "classes": "a *selection* of classes: the rule looks only at those that meet the conditions (default: all)",
}
"""What the fields of every rule mean; a field that is missing here stops the script."""


# --- one page a rule ---


def manual() -> str:
    """Return the whole manual."""
    kinds = registry()
    index = [f"| [`{name}`](#{name}) | {summary(kind)} |" for name, kind in kinds.items()]
    return "\n".join(
        [
            "<!-- Written by docs/make_manual.py from the criteria themselves: do not edit by hand. -->",
            INTRODUCTION.read_text(encoding="utf-8").rstrip(),
            "",
            "## Fields of every rule",
            "",
            *field_table(Criterion, COMMON),
            "",
            "## The rules",
            "",
            "| rule | what it is about |",
            "|---|---|",
            *index,
            "",
            *(line for name, kind in kinds.items() for line in page(name, kind)),
        ]
    )


def summary(kind: type[Criterion]) -> str:
    """Return the first line of the module a rule is defined in."""
    return (inspect.getdoc(sys.modules[kind.__module__]) or "").splitlines()[0]


def page(name: str, kind: type[Criterion]) -> Iterator[str]:
    """Yield the lines of one rule's page, from its docstring and its declared fields."""
    parts = re.split(r"^(Fields|Example)\n-+\n", inspect.getdoc(kind) or "", flags=re.MULTILINE)
    intro, _fields, body, _example, example = parts
    fields, _cost, notes = body.partition("\n\nCost: ")
    described = dict(described_fields(fields))
    different = (set(kind.model_fields) - set(COMMON)) ^ (set(described) - {"classes"})
    if different or not notes:
        raise SystemExit(f"{name}: docstring and declaration differ ({different}), or the cost is not told")
    yield from (f"### `{name}`", "", f"*{summary(kind)}*", "", markdown(intro).strip(), "")
    yield from (*field_table(kind, described), "")
    yield from ("**Cost:** " + markdown(notes).strip().replace("\n\nSource: ", "\n\n**Source:** "), "")
    code = textwrap.dedent(example.partition(".. code-block:: toml\n")[2]).strip()
    yield from ("**Example**", "", "```toml", code, "```", "")


def described_fields(text: str) -> Iterator[tuple[str, str]]:
    """Yield name and description of each entry ``name, other : description`` of a *Fields* section."""
    for entry in re.split(r"\n(?=[a-z_]+(?:, [a-z_]+)* : )", text.strip()):
        names, _colon, words = entry.partition(" : ")
        for name in names.split(", "):
            yield name, in_a_cell(markdown(words))


def in_a_cell(text: str) -> str:
    """Put a description, with the points it may list, on the one line of a table cell."""
    lines = [" ".join(part.split()) for part in re.split(r"\n\s*(?=- )|\n\s*\n", text)]
    joined = "".join(("<br>• " + line[2:] if line.startswith("- ") else " " + line) for line in lines if line)
    return joined.strip().replace("|", "\\|")


def markdown(text: str) -> str:
    """Turn the inline marks of a docstring into Markdown."""
    return text.replace("``", "`")


def field_table(kind: type[BaseModel], described: Mapping[str, str]) -> Iterator[str]:
    """Yield a table of fields; type and default come from the declaration."""
    yield "| field | type | default | meaning |"
    yield "|---|---|---|---|"
    names = list(kind.model_fields) if kind is Criterion else list(described)
    for name in names:
        info = kind.model_fields[name]
        yield f"| `{name}` | {type_words(info.annotation, info.metadata)} | {default_words(info)} | {described[name]} |"


def default_words(info: FieldInfo) -> str:
    """Return a default as it would be written in a regulation."""
    if info.is_required():
        return "**required**"
    value = info.get_default(call_default_factory=True)
    return "–" if value is None else f"`{written(value)}`"


def written(value: Any) -> str:
    """Return a value in TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(written, value))}]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def type_words(annotation: Any, metadata: Sequence[Any] = ()) -> str:
    """Put the type of a field into words."""
    metadata = [m for x in metadata for m in (x.metadata if isinstance(x, FieldInfo) else [x])]
    if any(getattr(m, "max_length", None) == 0 for m in metadata):
        return "not used"
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return type_words(inside[0], [*metadata, *inside[1:]])
    if origin in (Union, types.UnionType):
        return " or ".join(type_words(a, metadata) for a in inside if a is not type(None))
    if origin is list:
        return f"list: {type_words(inside[0])}"
    return plain_words(annotation) + bounds(metadata)


def plain_words(annotation: Any) -> str:
    """Put a type that is neither optional nor a list into words."""
    inside = get_args(annotation)
    if get_origin(annotation) is Literal:
        return ", ".join(f"`{written(a)}`" for a in inside)
    if get_origin(annotation) is dict:
        return "[conditions](#conditions)" if inside[1] is Any else "table: text → text"
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        fields = sorted(info.alias or name for name, info in annotation.model_fields.items())
        return f"`{{{', '.join(fields)}}}`"
    return {bool: "true or false", str: "text", Any: "values", int: "whole number", Decimal: "number"}[annotation]


def bounds(metadata: Sequence[Any]) -> str:
    """Put the limits of a number into words."""
    signs = {"ge": "≥", "gt": "above", "le": "≤"}
    found = [(sign, getattr(m, name, None)) for m in metadata for name, sign in signs.items()]
    parts = [f"{sign} {value}" for sign, value in found if value is not None]
    decimals = (getattr(m, "decimal_places", None) for m in metadata)
    parts += [f"up to {number} decimals" for number in decimals if number is not None]
    return f" {', '.join(parts)}" if parts else ""


# --- the tables of columns ---


def listing(words: frozenset[str]) -> str:
    """List accepted words."""
    return ", ".join(f"`{word}`" for word in sorted(words))


def meanings(words: Mapping[str, str]) -> str:
    """List words with the others that mean the same."""
    same = {kept: [word for word in words if words[word] == kept and word != kept.lower()] for kept in words.values()}
    return "; ".join(f"`{kept}` ({listing(frozenset(others))})" for kept, others in same.items())


ACCEPTED = {
    "sex": meanings(SEX),
    "support": "`no`; `comma1`; `comma3` (also `104 comma 3`, `art. 3 c. 1`, …)",
    "yesno": "[yes or no](#cells)",
    "tie": meanings(TIES),
    "classes": "separated by `;`, `,` or blanks",
}
"""Words a cell may hold, for the kinds of column that do not take just any text, number or date."""


def column_tables() -> str:
    """Return one table of columns for each of the tables of a case."""
    with use_language("en"):
        return "\n\n".join("\n".join(column_table(layout)) for layout in LAYOUTS)


def column_table(layout: Layout) -> Iterator[str]:
    """Yield the columns of one table; numbered columns (`plesso_1`, `plesso_2`, …) share a row."""
    also = ", ".join(f"`{alias}`" for alias in layout.aliases)
    yield f"### `{layout.name}` (also {also})"
    yield ""
    yield "| column | also read as | what it is | words accepted |"
    yield "|---|---|---|---|"
    for column in layout.columns:
        number = re.search(r"_(\d+)$", column.name)
        if number is None or number[1] == "1":
            yield column_row(column, layout)


def column_row(column: Column, layout: Layout) -> str:
    """Return the row of one column, or of a family of numbered ones."""
    needed = " (required)" if column.name in layout.required else ""
    name, also = f"`{column.name}`{needed}", ", ".join(f"`{alias}`" for alias in column.aliases)
    if column.name.endswith("_1"):
        family = [c.name for c in layout.columns if c.name[:-1] == column.name[:-1] and c.name[-1].isdigit()]
        name, also = f"`{family[0]}` … `{family[-1]}`", f"{also} …"
    note = column_note(layout.name, column).replace("“", "`").replace("”", "`")
    return f"| {name} | {also} | {note} | {ACCEPTED.get(column.kind, '')} |"


def knob_table() -> str:
    """Return a table of the knobs of the generator; names and defaults come from the declaration."""
    attributes = inspect.cleandoc(Knobs.__doc__ or "").partition("----------\n")[2]
    described = dict(described_fields(attributes))
    lines = ["| option | default | meaning |", "|---|---|---|"]
    for knob in fields(Knobs):
        default = "–" if knob.default is None else f"`{written(knob.default)}`"
        lines.append(f"| `--{knob.name.replace('_', '-')}` | {default} | {described[knob.name]} |")
    return "\n".join(lines)


def formats(text: str) -> str:
    """Return `formats.md` with its generated parts brought up to date."""
    yes, no = listing(YES), listing(NO)
    parts = {"columns": column_tables(), "yes and no": f"Yes: {yes}.\nNo: {no}.", "knobs": knob_table()}
    for name, content in parts.items():
        begin, end = f"<!-- {name}: written by docs/make_manual.py -->", f"<!-- {name}: end -->"
        before, _begin, rest = text.partition(begin)
        _old, found, after = rest.partition(end)
        if not found:
            raise SystemExit(f"formats.md has no place for: {name}")
        text = f"{before}{begin}\n\n{content}\n\n{end}{after}"
    return text


def main(arguments: Sequence[str]) -> int:
    """Write what is stale; with ``--check`` only say so and return 1."""
    wanted = {MANUAL: manual(), FORMATS: formats(FORMATS.read_text(encoding="utf-8"))}
    stale = [f for f, text in wanted.items() if not f.exists() or f.read_text(encoding="utf-8") != text]
    for file in stale:
        if "--check" not in arguments:
            file.write_text(wanted[file], encoding="utf-8")
        print(f"{file.name}: {'stale, run python docs/make_manual.py' if '--check' in arguments else 'written'}")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
