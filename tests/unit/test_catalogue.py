"""The Italian catalogue: complete, faithful to the placeholders, and compiled."""

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

import classi
from classi.i18n import _, use_language

PACKAGE = Path(classi.__file__).parent
FILES = PACKAGE / "locale" / "it" / "LC_MESSAGES"
KEYWORDS = {"_": None, "ngettext": (1, 2)}


def inside_f_strings() -> Iterator[str]:
    """Yield the messages inside f-strings: before Python 3.12 the extraction does not see them."""
    for file in PACKAGE.rglob("*.py"):
        joined = (n for n in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(n, ast.JoinedStr))
        for call in (n for string in joined for n in ast.walk(string) if isinstance(n, ast.Call)):
            if isinstance(call.func, ast.Name) and call.func.id == "_":
                yield ast.literal_eval(call.args[0])


def in_the_code() -> set[str | tuple[str, ...]]:
    found = extract_from_dir(PACKAGE, method_map=[("**.py", "python")], keywords=KEYWORDS)
    return {message for _file, _line, message, _comments, _context in found} | set(inside_f_strings())


def catalogue() -> Catalog:
    with (FILES / "classi.po").open("rb") as file:
        return read_po(file, locale="it", domain="classi", abort_invalid=True)


def messages() -> list[Message]:
    return [m for m in catalogue() if m.id]


def forms(text: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def fields(text: str) -> set[tuple[str | None, str | None, str | None]]:
    """Return the placeholders of a message: name, format and conversion."""
    return {parts[1:] for parts in Formatter().parse(text) if parts[1] is not None}


def test_that_every_message_of_the_code_is_translated_and_no_other() -> None:
    said, translated = in_the_code(), {m.id for m in messages()}
    assert len(said) > 500
    assert sorted(map(str, said - translated)) == []
    assert sorted(map(str, translated - said)) == []
    assert not catalogue().obsolete


def test_that_no_translation_is_empty_or_uncertain() -> None:
    for message in messages():
        assert all(form.strip() for form in forms(message.string)), message.id
        assert len(forms(message.string)) == len(forms(message.id)), message.id
        assert not message.fuzzy, message.id


def test_that_placeholders_are_the_same_on_both_sides() -> None:
    for message in messages():
        wanted = [fields(form) for form in forms(message.id)]
        assert [fields(form) for form in forms(message.string)] == wanted, message.id


def test_that_blanks_at_the_ends_are_kept() -> None:
    for message in messages():
        for said, form in zip(forms(message.id), forms(message.string), strict=True):
            assert form.startswith(" ") == said.startswith(" "), message.id
            assert form.endswith(" ") == said.endswith(" "), message.id


def test_that_the_compiled_file_is_the_catalogue() -> None:
    with (FILES / "classi.mo").open("rb") as file:
        compiled = read_mo(file)
    assert {forms(m.id): forms(m.string) for m in compiled if m.id} == {
        forms(m.id): forms(m.string) for m in messages()
    }
    assert compiled.plural_forms == catalogue().plural_forms


def test_that_the_header_names_nobody() -> None:
    header = (FILES / "classi.po").read_text(encoding="utf-8").partition("\n\n")[0]
    keys = {line.strip('"').partition(":")[0] for line in header.splitlines()[2:]}
    assert keys == {"Project-Id-Version", "Language", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"} | {
        "Plural-Forms"
    }


def test_that_italian_is_spoken_by_default_and_english_as_written() -> None:
    assert _("yes") == "sì"
    with use_language("en"):
        assert _("yes") == "yes"
