"""Reads an HTML page that is to be published: its tables and texts, and the marks that browsers and programs see."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from classi.i18n import _
from classi.publish.delimited import read_text
from classi.publish.table import Document, Finding, Table, Text, code_in, unlike_most

_BLANKS = " \t\r\n\f"
_VOID = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr",
})  # fmt: skip
_ITEMS = frozenset({"li", "p", "dd", "dt", "option", "div", "span", "a"})
_ACTIVE = frozenset({"script", "iframe", "object", "embed", "img", "link", "base", "form", "input", "svg", "canvas"})
_UNSEEN = frozenset({"template", "details", "noscript"})
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|opacity\s*:\s*0(?![.\d])|font-size\s*:\s*0|clip(?:-path)?\s*:"
    r"|text-indent\s*:\s*-",
    re.IGNORECASE,
)
_SINGLING = re.compile(
    r":(?:nth-(?:last-)?(?:child|of-type)\(\s*(?!odd|even|2n)|(?:first|last|only)-(?:child|of-type))|\[|url\(|@import",
    re.IGNORECASE,
)
Attributes = list[tuple[str, str | None]]
Shape = tuple[tuple[str, ...], ...]


def read_page(path: Path) -> Document:
    """Read a page; nothing in it is run or fetched."""
    page = _Page()
    page.feed(read_text(path))
    page.close()
    page.finish()
    tables = tuple(table.as_table(k) for k, table in enumerate(page.tables, 1))
    unlike = (f for k, table in enumerate(page.tables, 1) for f in table.unlike(k))
    lines = Table(tuple((n, (words,)) for n, words, _shape in page.items), headed=False)
    findings = (*page.findings, *unlike, *_unlike_items(page))
    return Document((*tables, *([lines] if lines.rows else [])), tuple(page.texts), findings)


def _place(number: int) -> str:
    return _("table {table}").format(table=number)


class _Rows:
    """A table as it is read: its rows, each with its cells, its marks and whether it is a row of headers."""

    def __init__(self) -> None:
        self.rows: list[tuple[list[str], list[tuple[str, ...]], bool]] = []
        self.cell: list[str] | None = None

    def open_row(self, shape: tuple[str, ...]) -> None:
        self.close_cell()
        self.rows.append(([], [shape], True))

    def open_cell(self, tag: str) -> None:
        self.close_cell()
        if not self.rows:
            self.open_row(("tr",))
        cells, shapes, heading = self.rows[-1]
        self.rows[-1] = (cells, shapes, heading and tag == "th")
        self.cell = []

    def close_cell(self) -> None:
        if self.cell is not None:
            words = "".join(self.cell)
            self.rows[-1][0].append(re.sub(f"[{_BLANKS}]+", " ", words.strip(_BLANKS)))
            inner = words.strip()
            # Blanks no browser shows: a reader of the source would see them.
            self.rows[-1][1].append(tuple(words.split(inner)) if inner else (words,))
            self.cell = None

    def as_table(self, number: int) -> Table:
        width = max((len(cells) for cells, _s, _h in self.rows), default=0)
        padded = ((n, (*cells, *[""] * (width - len(cells)))) for n, (cells, _s, _h) in enumerate(self.rows, 1))
        rows = tuple((n, tuple(c or None for c in cells)) for n, cells in padded if any(cells))
        return Table(rows, _place(number))

    def unlike(self, number: int) -> Iterator[Finding]:
        shapes = [(n, tuple(shapes)) for n, (cells, shapes, head) in enumerate(self.rows, 1) if cells and not head]
        for row in unlike_most(shapes):
            yield Finding(_unlike(), _place(number), row)


def _unlike() -> str:
    return _("class, style, tags or blanks are not those of the other rows: they can mark a pupil.")


def _unlike_items(page: _Page) -> Iterator[Finding]:
    by_tag: defaultdict[str, list[tuple[int, Shape]]] = defaultdict(list)
    for line, _words, shape in page.items:
        by_tag[shape[0][0]].append((line, shape))
    for shapes in by_tag.values():
        for line in unlike_most(shapes):
            yield Finding(_unlike(), row=line, line=True)


class _Page(HTMLParser):
    """Follows a page, with its optional closing tags."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[_Rows] = []
        self.open: list[_Rows] = []
        self.texts: list[Text] = []
        self.items: list[tuple[int, str, Shape]] = []
        self.findings: list[Finding] = []
        self.item: tuple[int, list[str], list[tuple[str, ...]]] | None = None
        self.style = False

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        """Follow an element, and look at its attributes."""
        self._judge(tag, attrs)
        shape = (tag, *sorted(f"{name}={value}" for name, value in attrs))
        if tag == "table":
            self._end_item()
            self.tables.append(_Rows())
            self.open.append(self.tables[-1])
        elif self.open and tag == "tr":
            self.open[-1].open_row(shape)
        elif self.open and tag in ("td", "th"):
            self.open[-1].open_cell(tag)
            self.open[-1].rows[-1][1].append(shape)
        elif self.open and self.open[-1].cell is not None:
            self.open[-1].rows[-1][1].append(shape)
        elif tag in ("li", "p", "div", "dd", "dt", "option") or (tag in _ITEMS and self.item is None):
            self._end_item()
            self.item = (self.getpos()[0], [], [shape])
        elif self.item is not None:
            self.item[2].append(shape)
        self.style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        """Close cells, tables and items."""
        self.style = False
        if self.open and tag in ("td", "th", "tr", "table"):
            self.open[-1].close_cell()
            if tag == "table":
                self.open.pop()
        elif self.item is not None and tag == self.item[2][0][0]:
            self._end_item()

    def handle_data(self, data: str) -> None:
        """Put a text where it belongs."""
        if self.style:
            self._judge_style(data)
        elif self.open and self.open[-1].cell is not None:
            self.open[-1].cell.append(data)
        elif self.item is not None:
            self.item[1].append(data)
        elif data.strip():
            self.texts.append(Text(" ".join(data.split()), row=self.getpos()[0], line=True))

    def handle_comment(self, data: str) -> None:
        """Report a comment."""
        self._found(_("there is a comment, which browsers do not show: take it away."))
        self.texts.append(Text(data, row=self.getpos()[0], line=True))

    def unknown_decl(self, data: str) -> None:
        """Treat other hidden sections as comments."""
        self.handle_comment(data)

    def handle_pi(self, data: str) -> None:
        """Treat processing instructions as comments."""
        self.handle_comment(data)

    def finish(self) -> None:
        """Close what was left open."""
        self._end_item()
        for table in self.open:
            table.close_cell()

    def _end_item(self) -> None:
        if self.item is None:
            return
        line, pieces, shape = self.item
        words = re.sub(f"[{_BLANKS}]+", " ", "".join(pieces).strip(_BLANKS))
        if code_in(words):
            self.items.append((line, words, tuple(shape)))
        elif words:
            self.texts.append(Text(words, row=line, line=True))
        self.item = None

    def _found(self, sentence: str) -> None:
        self.findings.append(Finding(sentence, row=self.getpos()[0], line=True))

    def _judge(self, tag: str, attrs: Attributes) -> None:
        names = {name for name, _value in attrs}
        if tag in _ACTIVE or any(name.startswith("on") for name in names):
            self._found(_("there is a script, a form, a picture or something fetched from elsewhere: take it away."))
        if tag in _UNSEEN or "hidden" in names:
            self._found(_("there is something hidden from view: take it away."))
        if tag in ("font", "mark") or names & {"style", "color", "bgcolor"}:
            self._found(_("there is a colour or a style of its own: one style for all rows."))
        if any(name in ("title", "alt") or name.startswith(("data-", "aria-")) for name in names):
            self._found(
                _("there is an attribute that carries words no reader sees (title, alt, data-, aria-): take it away.")
            )
        if tag == "meta" and (dict(attrs).get("name") or "").casefold() in ("author", "creator", "dc.creator"):
            self._found(_("the page tells who wrote it: take it away."))
        for name, value in attrs:
            if name == "style":
                self._judge_style(value or "")
            elif name in ("title", "alt", "content", "id", "class", "href", "value", "label") or "-" in name:
                self.texts.append(Text(value or "", row=self.getpos()[0], line=True))

    def _judge_style(self, css: str) -> None:
        if _HIDING.search(css):
            self._found(_("there is something hidden from view: take it away."))
        if _SINGLING.search(css):
            self._found(_("the style singles out some rows, or fetches something: one style for all rows."))
