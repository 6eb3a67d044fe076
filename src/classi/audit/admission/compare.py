"""``graduatorie.csv`` against the ranking counted again, row by row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from classi.audit.admission.facts import Option
from classi.audit.admission.files import DECIDED, OUT, Line
from classi.audit.admission.findings import Findings
from classi.audit.admission.ranking import Ranker, Standing
from classi.i18n import _
from classi.procedure import Round

Rankings = dict[Option | None, list[Standing]]
Sheet = dict[Option | None, dict[str, Line]]


class Comparison:
    """One round of ``graduatorie.csv``.

    Parameters
    ----------
    ranker : counts the round again.
    round_ : the round.
    definitive : its ranking is recorded as definitive.
    absent : applicants left out by an earlier round; they need not be ranked any more.
    """

    def __init__(
        self, ranker: Ranker, round_: Round, definitive: bool, absent: Collection[str], found: Findings
    ) -> None:
        self._ranker = ranker
        self._round = round_
        self._definitive = definitive
        self._absent = frozenset(absent)
        self._found = found

    def rankings(self, lines: Sequence[Line], drawn: Mapping[str, int]) -> Rankings:
        """Count each ranking of the round again, say where the file differs, and return what was counted."""
        sheet = self._sheet(lines)
        each = self._round.ranking == "each"
        wished = self._wished() if each else {}
        general = sheet.get(None, {}) if each else {}
        counted: Rankings = {}
        for option in self._ranker.offer.options if each else (None,):
            written = sheet.get(option, {})
            among = set(wished.get(option, ()) if each else self._ranker.rows) - self._absent
            standings = self._ranker.standings(drawn, option, among | set(written))
            for standing in standings:
                self._one(standing, written.get(standing.id) or general.get(standing.id))
            self._strangers(written, {standing.id for standing in standings}, option)
            counted[option] = standings
        out = {standing.id for ranked in counted.values() for standing in ranked if standing.position is None}
        self._strangers(general, out, None)
        return counted

    def _wished(self) -> dict[Option | None, list[str]]:
        found: dict[Option | None, list[str]] = defaultdict(list)
        for pupil, row in self._ranker.rows.items():
            for option in self._ranker.offer.wish(row).options:
                found[option].append(pupil)
        return found

    def _sheet(self, lines: Sequence[Line]) -> Sheet:
        sheet: Sheet = defaultdict(dict)
        for line in lines:
            option = self._ranker.offer.named(line.option) if line.option else None
            # With a ranking for each option, who is in none of them needs only one row.
            each = self._round.ranking == "each"
            known = (option is not None or line.position is None) if each else not line.option
            if line.id not in self._ranker.rows:
                self._wrong(_("Row {row} of graduatorie.csv names nobody of the case."), row=line.row)
            elif not known:
                self._wrong(_("Row {row} of graduatorie.csv is about no ranking of its round."), row=line.row)
            elif line.id in sheet[option]:
                self._wrong(_("Row {row} of graduatorie.csv is there twice."), row=line.row)
            else:
                sheet[option][line.id] = line
        return sheet

    def _strangers(self, written: Mapping[str, Line], counted: Collection[str], option: Option | None) -> None:
        """Say who is ranked without taking part; who is not admissible may be listed all the same."""
        for pupil, line in written.items():
            refused = line.position is None and self._ranker.is_refused(self._ranker.rows[pupil], option)
            if pupil not in counted and not refused:
                self._wrong(_("Round “{round}”: {id} is listed but does not take part."), id=pupil)

    def _one(self, standing: Standing, line: Line | None) -> None:
        if line is None:
            self._wrong(_("Round “{round}”: {id} is missing from the ranking."), id=standing.id)
            return
        self._found.checked["rows"] += 1
        for column, written, counted in self._numbers(standing, line):
            if written != counted:
                self._wrong(
                    _("Round “{round}”, {id}: “{column}” is “{written}”, but “{counted}” was counted."),
                    id=standing.id,
                    column=column,
                    written="" if written is None else written,
                    counted="" if counted is None else counted,
                )
        for column, same in self._texts(standing, line):
            # What such a cell says may be about a category of the applicant: it is not repeated.
            if not same:
                self._wrong(
                    _("Round “{round}”, {id}: “{column}” is not what was counted."), id=standing.id, column=column
                )

    def _numbers(self, standing: Standing, line: Line) -> Iterator[tuple[str, Any, Any]]:
        yield "posizione", line.position, standing.position
        if standing.position is not None:
            yield "punti", line.points, standing.points
        yield "fuori_termine", _yes(line.late), _yes(standing.late)
        yield "stato", _state(line.final), _state(self._definitive)
        if standing.position is None:
            yield "esito", line.outcome, DECIDED if line.outcome == DECIDED else OUT
        elif line.outcome == OUT:
            yield "esito", line.outcome, None

    def _texts(self, standing: Standing, line: Line) -> Iterator[tuple[str, bool]]:
        if standing.position is None:
            named = set(_parts(line.reasons, "; "))
            missed = {part for name in standing.refused for part in _parts(name, "; ")}
            yield "motivi", named >= missed if standing.excluded else named == missed
            return
        titles = [part for name, points in standing.lines for part in _parts(f"{name}: {points}", " + ")]
        yield "titoli", sorted(_worth(_parts(line.titles, " + "))) == sorted(titles)
        yield "precedenze", _names_only(line.precedences, standing.precedences)

    def _wrong(self, sentence: str, **fields: Any) -> None:
        self._found.wrong(sentence, round=self._round.name, **fields)


def _parts(text: str, separator: str) -> list[str]:
    return [part.strip() for part in text.split(separator) if part.strip()]


def _worth(titles: list[str]) -> list[str]:
    return [title for title in titles if not title.endswith(": 0")]


def _names_only(text: str, names: Sequence[str]) -> bool:
    """Tell whether a cell holds all these names and, but for what separates them, nothing else."""
    rest = text
    for name in sorted(names, key=len, reverse=True):
        if name not in rest:
            return False
        rest = rest.replace(name, "", 1)
    return not any(letter.isalnum() for letter in rest)


def _yes(value: bool) -> str:
    return "sì" if value else "no"


def _state(definitive: bool) -> str:
    return "definitiva" if definitive else "provvisoria"
