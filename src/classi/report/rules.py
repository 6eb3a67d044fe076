"""Every rule and how it came out: the index of the rules, and the table of classes against rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from classi.domain import Count, text_key
from classi.i18n import _
from classi.report.model import Cell, Finding, Row, RuleLine, RuleRows
from classi.report.words import SCALE, departure, say_number, say_target, scale_rank

if TYPE_CHECKING:
    from classi.audit import Audit, Audited
    from classi.regulation import Regulation


def rule_lines(
    audit: Audit, regulation: Regulation, certificate: Mapping[str, Any], labels: Mapping[str, str]
) -> tuple[RuleLine, ...]:
    """Return one line a rule, in the order of the regulation."""
    bounds = {c.get("number"): c.get("bound") for c in certificate.get("criteria", ())}
    return tuple(_rule_line(a, regulation, bounds.get(a.number), labels) for a in audit.criteria)


def _rule_line(audited: Audited, regulation: Regulation, bound: int | None, labels: Mapping[str, str]) -> RuleLine:
    criterion = regulation.criteria[audited.number - 1]
    findings = tuple(
        Finding(criterion.explain(c), c.excess, c.where, _names(c.pupils, labels)) for c in audited.findings
    )
    return RuleLine(
        number=audited.number,
        label=audited.label,
        kind=_kind(audited),
        hard=audited.hard,
        source=criterion.source,
        checks=len(audited.counts),
        cost=audited.cost,
        points=None if audited.weight is None else audited.weight * audited.cost,
        bound=bound,
        kept=not audited.cost,
        outcome=_outcome(audited),
        findings=findings,
    )


def _kind(audited: Audited) -> str:
    if audited.hard:
        return _("mandatory")
    return _("priority {tier}, weight {weight}").format(tier=audited.tier, weight=audited.weight)


def _outcome(audited: Audited) -> str:
    if not audited.cost:
        return _("kept")
    text = _("BROKEN by {number}") if audited.hard else _("not fully met, by {number}")
    return text.format(number=say_number(audited.cost))


def _names(pupils: Sequence[str], labels: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(labels[p] for p in pupils if labels.get(p, p) != p)


def matrix(audit: Audit, rules: Sequence[RuleLine], classes: Sequence[str]) -> tuple[RuleRows, ...]:
    """Return, for each rule that counts class by class, a row for each thing counted and a cell a class."""
    columns = {text_key(c): k for k, c in enumerate(classes)}
    found = []
    for audited, rule in zip(audit.criteria, rules, strict=True):
        rows = _rows(audited.counts, columns)
        if rows:
            found.append(RuleRows(rule, rows))
    return tuple(found)


def _rows(counts: Sequence[Count], columns: Mapping[str, int]) -> tuple[Row, ...]:
    grid: dict[tuple[str, int], dict[int, Count]] = {}
    for count in counts:
        place = columns.get(text_key(count.where))
        if place is None or count.value is None or count.pupils:
            continue
        turn = 0
        while place in grid.setdefault((count.about, turn), {}):
            turn += 1
        grid[count.about, turn][place] = count
    rows = [_row(about, cells, len(columns)) for (about, _turn), cells in grid.items()]
    if all(scale_rank(row.about)[0] < len(SCALE) for row in rows):
        rows.sort(key=lambda row: scale_rank(row.about))
    return tuple(rows)


def _row(about: str, counts: Mapping[int, Count], width: int) -> Row:
    # "None or at least two" asks nothing of a class that has none: such counts do not make the target differ.
    asked = [say_target(c) for c in counts.values() if not _asks_nothing(c)]
    usual, often = Counter(asked).most_common(1)[0] if asked else ("", 0)
    common = usual if 2 * often > len(asked) else ""
    cells = tuple(_cell(counts[k], common) if k in counts else None for k in range(width))
    if common and len(asked) < len(counts):
        common = _("none, or {target}").format(target=common)
    return Row(about, common, cells)


def _asks_nothing(count: Count) -> bool:
    return not count.value and not count.low and count.high is None


def _cell(count: Count, common: str) -> Cell:
    state, words = departure(count)
    value = count.value if count.value is not None else 0
    band = "" if _asks_nothing(count) else say_target(count)
    return Cell(value, say_number(value), band, bool(band) and band != common, state, words)
