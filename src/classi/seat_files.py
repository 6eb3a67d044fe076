"""What is written of rankings and seats: ``graduatorie.csv``, ``lista_attesa.csv``, ``rifiuti.csv``, ``parita.csv``.

Names of columns and words in cells are part of the contract, so they are Italian in every language.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from classi.admissions.admit import Admission, RoundResult
from classi.admissions.facts import Facts
from classi.admissions.ranking import Ranking, Standing
from classi.domain import School
from classi.i18n import _
from classi.procedure import Procedure
from classi.report.rankings import write_rankings_xlsx
from classi.tables.write import write_rows

RANKINGS, WAITING, REFUSALS, TIES = "graduatorie.csv", "lista_attesa.csv", "rifiuti.csv", "parita.csv"
INITIAL = "graduatorie_iniziali.csv"
"""The rankings by which the seats were given, beside classes that changed during the year."""
RANKINGS_WORKBOOK = "graduatorie.xlsx"
COLUMNS = {
    RANKINGS: (
        "giro", "opzione", "posizione", "id", "punti", "titoli", "precedenze", "spareggio", "stato", "fuori_termine",
        "esito", "posto", "motivi",
    ),
    WAITING: ("giro", "posizione", "id", "motivo"),
    REFUSALS: ("giro", "id", "opzione", "motivo", "regole"),
    TIES: ("giro", "opzione", "gruppo", "id", "sorteggio"),
}  # fmt: skip
HOW = {"ranking": "ammesso", "redirected": "assegnato d'ufficio", "decision": "per decisione"}
WHY = {"full": "completo", "rule": "regola", "formation": "formazione"}
Row = tuple[str, ...]


def written(option: Sequence[str] | None) -> str:
    """Return an option as it is written in the files."""
    return " / ".join(option or ())


def ranking_rows(
    facts: Facts, rankings: Mapping[str, Sequence[Ranking]], definitive: Iterable[str], admission: Admission | None
) -> Iterator[Row]:
    """Yield the rows of ``graduatorie.csv``: every applicant of every round, those not admissible last."""
    results = {r.round.name: r for r in admission.rounds} if admission else {}
    final, school = set(definitive), facts.school
    for name, of_round in rankings.items():
        state = "definitiva" if name in final else "provvisoria"
        result = results.get(name)
        for ranking in result.rankings if result else of_round:
            start = (name, written(ranking.option))
            for standing in ranking.standings:
                yield (
                    *start,
                    *_standing(school, standing),
                    state,
                    _late(standing.late),
                    *_outcome(result, standing),
                    "",
                )
            for refused in ranking.refused:
                id_, late = school.pupils[refused.pupil].id, _late(facts.late(refused.pupil))
                reasons = "; ".join(refused.reasons)
                yield (*start, "", id_, "", "", "", "", state, late, "non ammissibile" if result else "", "", reasons)


def _standing(school: School, s: Standing) -> Row:
    titles = " + ".join(f"{line.title}: {line.points}" for line in s.lines)
    return (
        str(s.position),
        school.pupils[s.pupil].id,
        str(s.points),
        titles,
        "; ".join(s.precedences),
        s.decided_by,
    )


def _late(late: bool) -> str:
    return "sì" if late else "no"


def _outcome(result: RoundResult | None, standing: Standing) -> tuple[str, str]:
    if result is None:
        return "", ""
    if standing.pupil in result.seats.got:
        option, how = result.seats.got[standing.pupil]
        return HOW[how], written(result.options[option])
    return ("attesa" if standing.pupil in result.waiting and result.round.unplaced != "stay" else "resta"), ""


def waiting_rows(school: School, admission: Admission) -> Iterator[Row]:
    """Yield the rows of ``lista_attesa.csv``, round after round."""
    for result in admission.rounds:
        not_full = {r.pupil for r in result.seats.refusals if r.why != "full"}
        for n, pupil in enumerate(result.waiting if result.round.unplaced != "stay" else (), 1):
            full = pupil not in not_full
            yield result.round.name, str(n), school.pupils[pupil].id, "completo" if full else "regola"


def refusal_rows(school: School, admission: Admission) -> Iterator[Row]:
    """Yield the rows of ``rifiuti.csv``: every option somebody preferred to what they got."""
    for result in admission.rounds:
        for refusal in result.seats.refusals:
            yield (
                result.round.name,
                school.pupils[refusal.pupil].id,
                written(result.options[refusal.option]),
                WHY[refusal.why],
                ",".join(str(rule + 1) for rule in refusal.rules),
            )


def tie_rows(school: School, rankings: Mapping[str, Sequence[Ranking]]) -> Iterator[Row]:
    """Yield the rows of ``parita.csv``: everybody who is equal to somebody before the draw."""
    for name, of_round in rankings.items():
        for ranking in of_round:
            drawn = {s.pupil: s.drawn for s in ranking.standings}
            for n, group in enumerate(ranking.ties, 1):
                for pupil in group:
                    position = drawn.get(pupil)
                    id_ = school.pupils[pupil].id
                    yield name, written(ranking.option), str(n), id_, "" if position is None else str(position)


def write_seats(
    folder: Path,
    school: School,
    procedure: Procedure,
    rankings: Mapping[str, Sequence[Ranking]],
    definitive: Iterable[str],
    admission: Admission | None = None,
) -> list[str]:
    """Write the files of rankings and seats; return their names."""
    rows = {
        RANKINGS: ranking_rows(Facts(school, procedure), rankings, definitive, admission),
        TIES: tie_rows(school, rankings),
    }
    if admission is not None:
        rows |= {WAITING: waiting_rows(school, admission), REFUSALS: refusal_rows(school, admission)}
    for name, found in rows.items():
        write_rows(folder / name, COLUMNS[name], found)
    _write_workbook(folder / RANKINGS_WORKBOOK, school, rankings, definitive, admission)
    return [*rows, RANKINGS_WORKBOOK]


def _write_workbook(
    path: Path,
    school: School,
    rankings: Mapping[str, Sequence[Ranking]],
    definitive: Iterable[str],
    admission: Admission | None,
) -> None:
    results = {r.round.name: r for r in admission.rounds} if admission else {}
    final = set(definitive)
    state = {name: _("definitive") if name in final else _("provisional") for name in rankings}
    standings = {(n, s.pupil): s for n, rs in rankings.items() for ranking in rs for s in ranking.standings}

    def outcome(name: str, pupil: int) -> tuple[str, str]:
        said, seat = _outcome(results.get(name), standings[name, pupil])
        return said, seat

    write_rankings_xlsx(path, school, rankings, state, outcome)
