"""A whole admission: every round of the procedure, one after the other, over the same classes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from classi.admissions.facts import Facts, Option
from classi.admissions.ranking import Given, Ranking, Standing, rank, waiting_order
from classi.admissions.seats import Cap, Market, Room, Seats, assign
from classi.domain import School, text_key
from classi.errors import ClassiError, InputError, Problem
from classi.i18n import _
from classi.marks import Marks
from classi.procedure import Procedure, Round
from classi.regulation import Regulation
from classi.terms import Band, Place, Term

Classes = frozenset[int]
SHOWN = 300
"""Characters of a list of tied pupils; all of them are in ``parita.csv``."""

MakeRoom = Callable[[Market], Room]
"""Makes the room of a round; its `may_be_out` are the pupils who may be left out of the classes."""


class Impossible(ClassiError):
    """No formation keeps the hard rules even before anybody has a seat."""


class Unsettled(InputError):
    """A ranking has ties that the public draw has not settled; `ties` are pupils' identifiers, group by group."""

    def __init__(self, round_name: str, ties: Sequence[Sequence[str]]) -> None:
        self.ties = ties
        pupils = "; ".join(", ".join(group) for group in ties)
        text = _("{number} ties need the public draw: classi draw commit (again: first annul). They are: {pupils}")
        shown = pupils if len(pupils) <= SHOWN else f"{pupils[:SHOWN]}…"
        super().__init__([Problem(text.format(number=len(ties), pupils=shown), value=round_name)])


@dataclass(frozen=True)
class Decisions:
    """What was decided by people and by lot.

    Attributes
    ----------
    given : points and exclusions.
    seats : seats granted by the head, as (round, pupil, {attribute: value}).
    drawn : for each round, the position of each pupil in the public draw.
    """

    given: Given = field(default_factory=Given)
    seats: Sequence[tuple[str, str, Mapping[str, str]]] = ()
    drawn: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class RoundResult:
    """One round: its rankings (one, or one an option), its seats, and who waits, in order."""

    round: Round
    options: tuple[tuple[str, ...], ...]
    rankings: tuple[Ranking, ...]
    seats: Seats
    waiting: tuple[int, ...]


@dataclass(frozen=True)
class Admission:
    """What the rankings gave.

    Attributes
    ----------
    rounds : every round, in order.
    admitted : positions of the pupils who get a class.
    open : classes open to each pupil; empty for those who get none.
    """

    rounds: tuple[RoundResult, ...]
    admitted: frozenset[int]
    open: tuple[Classes, ...]


def room_terms(regulation: Regulation, terms: Iterable[Term]) -> list[Term]:
    """Return the hard terms that count as room: all but those whose limits are shares of the whole intake."""
    return [t for t in terms if t.weight is None and not regulation.criteria[t.criterion].of_intake]


def rank_all(school: School, procedure: Procedure, decisions: Decisions) -> dict[str, tuple[Ranking, ...]]:
    """Return the rankings of every round, over all the applicants who take part."""
    facts = Facts(school, procedure)
    return {
        one.name: _rankings(facts, one, decisions, frozenset(range(len(school.pupils)))) for one in procedure.rounds
    }


def admit(school: School, regulation: Regulation, decisions: Decisions, make_room: MakeRoom) -> Admission:
    """Give the seats of every round.

    Parameters
    ----------
    school : the applicants, already bound to the regulation.
    regulation : the rules, with the procedure.
    decisions : what people and the draw decided.
    make_room : says whether a formation still exists; see `formation.rooms`.

    Raises
    ------
    Unsettled
        If a tie has not been drawn yet.
    Impossible
        If the hard rules leave no formation before anybody has a seat.
    """
    return _Admitting(school, regulation, decisions, make_room).run()


def _rankings(facts: Facts, one: Round, decisions: Decisions, among: frozenset[int]) -> tuple[Ranking, ...]:
    asking = {None: among} if one.ranking == "one" else _asking_for(facts, one, among)
    drawn = decisions.drawn.get(one.name)
    return tuple(
        rank(facts.school, facts.procedure, one, decisions.given, drawn, option, who, facts)
        for option, who in asking.items()
    )


def _asking_for(facts: Facts, one: Round, pupils: Iterable[int]) -> dict[Option, set[int]]:
    """Return who is in the ranking of each option: who asks for it; who asks for nothing there is, in all of them."""
    options = facts.options(one)
    asking: dict[Option, set[int]] = {option: set() for option in options}
    for pupil in pupils:
        for option in facts.wishes(pupil, one) or options:
            asking[option].add(pupil)
    return asking


def _of_first_choice(one: Round, rankings: Sequence[Ranking], ids: Sequence[str]) -> Ranking:
    """Return the ranking that a waiting list looks at: everybody in the place held in that of their first choice."""
    if one.ranking == "one":
        return rankings[0]
    found: dict[int, Standing] = {}
    for ranking in rankings:
        for standing in ranking.standings:
            if ranking.option in (standing.wishes[:1] or (ranking.option,)):
                found.setdefault(standing.pupil, standing)
    ordered = sorted(found.values(), key=lambda s: (s.position, ids[s.pupil]))
    return replace(rankings[0], option=None, standings=tuple(ordered))


class _Admitting:
    def __init__(self, school: School, regulation: Regulation, decisions: Decisions, make_room: MakeRoom) -> None:
        assert regulation.admission is not None
        self.school, self.procedure, self.decisions = school, regulation.admission, decisions
        self.make_room = make_room
        self.facts = Facts(school, self.procedure)
        self.terms = room_terms(regulation, regulation.terms(school))
        self.open: list[Classes] = [school.open_to(p) for p in range(len(school.pupils))]
        self.domains = list(self.open)  # narrower: without what single pupils may not have
        for term in self.terms:
            if isinstance(term.shape, Place):
                self.domains[term.shape.pupil] &= term.shape.classes
        self.marks = Marks(self.terms)
        self.seated: set[int] = set()
        self.out: set[int] = set()

    def run(self) -> Admission:
        done = []
        self._reserve()
        refused: set[int] = set()  # in no ranking, but said to be so in each
        for n, one in enumerate(self.procedure.rounds):
            among = frozenset(range(len(self.school.pupils))) - (self.out - refused)
            rankings = _rankings(self.facts, one, self.decisions, among)
            self._settled(one, rankings)
            ranked = {s.pupil for ranking in rankings for s in ranking.standings}
            refused |= {r.pupil for ranking in rankings for r in ranking.refused} - ranked
            self.out |= refused
            for pupil in self.out:
                self.domains[pupil] = Classes()  # who is out fills no class
            done.append(self._round(one, rankings, self.procedure.rounds[n:]))
        admitted = frozenset(range(len(self.school.pupils))) - self.out
        return Admission(
            tuple(done), admitted, tuple(c if p in admitted else Classes() for p, c in enumerate(self.open))
        )

    def _reserve(self) -> None:
        """Keep the seats granted by decision, of whatever round: whoever has one is in before anybody is ranked."""
        everybody = range(len(self.school.pupils))
        for one in self.procedure.rounds:
            options = self.facts.options(one)
            for pupil, option in self._granted(one, options, everybody).items():
                self._narrow(pupil, self._classes(one, options[option]))
                self.seated.add(pupil)

    def _settled(self, one: Round, rankings: Sequence[Ranking]) -> None:
        ties = [group for ranking in rankings if not ranking.settled for group in ranking.ties]
        if ties:
            raise Unsettled(one.name, [[self.school.pupils[p].id for p in group] for group in ties])

    def _round(self, one: Round, rankings: Sequence[Ranking], rest: Sequence[Round]) -> RoundResult:
        options = self.facts.options(one)
        self._granted_to_nobody(one, rankings)
        takes_part = list(dict.fromkeys(s.pupil for ranking in rankings for s in ranking.standings))
        self._close(one, set(takes_part))  # who does not take part cannot sit there whatever happens
        market = self._market(one, options, rankings, takes_part)
        market, room = self._room(market, rest)
        seats = assign(market, room)
        listed = {p: set(market.wishes[p]) for p in takes_part}
        seats.refusals = [r for r in seats.refusals if r.option in listed[r.pupil]]
        self._take(one, market, seats)
        unplaced = [p for p in seats.unplaced if p in self.out] if one.unplaced != "stay" else seats.unplaced
        ranking = _of_first_choice(one, rankings, [p.id for p in self.school.pupils])
        given = self.decisions.given
        waiting = waiting_order(self.school, self.procedure, one, ranking, unplaced, given, self.facts)
        return RoundResult(one, options, tuple(rankings), seats, tuple(waiting))

    # --- the market of a round ---

    def _market(
        self, one: Round, options: Sequence[tuple[str, ...]], rankings: Sequence[Ranking], takes_part: Sequence[int]
    ) -> Market:
        at = {option: n for n, option in enumerate(options)}
        classes = [self._classes(one, option) for option in options]
        wishes = {p: tuple(at[o] for o in self.facts.wishes(p, one)) for p in takes_part}
        market = Market(
            [[s.pupil for s in ranking.standings] for ranking in rankings],
            wishes,
            classes,
            self.domains,
            self._caps(one, options, classes),
            self._granted(one, options, takes_part),
            self._redirect(one, options, wishes) if one.unplaced == "redirect" else None,
            stays=one.unplaced == "stay",
            limits=tuple(self._limits(one, options, classes)),
        )
        if one.unplaced != "waiting":
            return market
        narrowed = list(self.domains)
        for p in takes_part:
            if p not in self.seated:
                asked = {*wishes[p], *([market.granted[p]] if p in market.granted else [])}
                narrowed[p] = Classes().union(*(market.inside(p, o) for o in asked))
        return replace(market, domains=narrowed)

    def _classes(self, one: Round, option: tuple[str, ...]) -> Classes | None:
        """Return the classes in which a holder of an option can sit; ``None`` where it is not about classes."""
        asked = dict(zip(one.seats, option, strict=True))
        about = {a: v for a, v in asked.items() if a in self.school.class_columns}
        if not about and not one.opens:
            return None
        return Classes(self.school.chosen_classes({**one.opens, **about}))

    def _caps(self, one: Round, options: Sequence[tuple[str, ...]], classes: Sequence[Classes | None]) -> list[Cap]:
        caps = []
        if one.places:
            places = {text_key(name): number for name, number in one.places.items()}
            caps.append(Cap(None, tuple(places.get(text_key(option[0])) for option in options)))
        everybody = len(self.school.pupils)
        for (rule, weights), highs in _bands(self.terms).items():
            limits = tuple(
                sum(highs[c] for c in inside) if inside is not None and all(c in highs for c in inside) else None
                for inside in classes
            )
            same = len(weights) == everybody and all(w == 1 for _p, w in weights)
            caps.append(Cap(rule, limits, None if same else dict(weights)))
        return caps

    def _limits(
        self, one: Round, options: Sequence[tuple[str, ...]], classes: Sequence[Classes | None]
    ) -> Iterator[Band]:
        """Yield the places of options that are classes: nobody sits there without a place."""
        if not set(one.seats) <= self.school.class_columns:
            return
        places = {text_key(name): number for name, number in one.places.items()}
        everybody = tuple((p, 1) for p in range(len(self.school.pupils)))
        for option, inside in zip(options, classes, strict=True):
            most = places.get(text_key(option[0]))
            if most is not None and inside:
                yield Band(tuple(sorted(inside)), everybody, None, most)

    def _granted(self, one: Round, options: Sequence[tuple[str, ...]], takes_part: Iterable[int]) -> dict[int, int]:
        part = set(takes_part)
        keys = {tuple(map(text_key, option)): n for n, option in enumerate(options)}
        found = {}
        for name, pupil, wanted in self.decisions.seats:
            p = self.school.pupil_at.get(pupil)
            option = keys.get(tuple(text_key(wanted.get(a, "")) for a in one.seats))
            if name == one.name and p in part and option is not None:
                found[p] = option
        return found

    def _granted_to_nobody(self, one: Round, rankings: Sequence[Ranking]) -> None:
        """Refuse a seat granted to somebody who is not in the ranking: it would be lost without a word."""
        ranked = {self.school.pupils[s.pupil].id for ranking in rankings for s in ranking.standings}
        text = _("A seat is granted by decision to somebody who is not in this ranking: correct the datum first.")
        lost = [pupil for name, pupil, _wanted in self.decisions.seats if name == one.name and pupil not in ranked]
        if lost:
            raise InputError([Problem(text, value=f"{one.name}: {pupil}") for pupil in lost])

    def _redirect(
        self, one: Round, options: Sequence[tuple[str, ...]], wishes: Mapping[int, Sequence[int]]
    ) -> Callable[[int], Sequence[int]]:
        def order(pupil: int) -> list[int]:
            rest = [n for n in range(len(options)) if n not in wishes[pupil]]
            if one.redirect_by:
                numbers = {n: self.facts.number(pupil, one.redirect_by, one, options[n]) for n in rest}
                rest.sort(key=lambda n: (numbers[n] is None, numbers[n] or 0, n))
            return rest

        return order

    # --- who may be left out ---

    def _room(self, market: Market, rest: Sequence[Round]) -> tuple[Market, Room]:
        free = set(range(len(self.school.pupils))) - self.seated - self.out
        waiting, redirect = (self.out | self._asking(free, rest, kind) for kind in ("waiting", "redirect"))
        # Where everybody can have a place in the institute, nobody loses it to somebody's preference.
        for out in (self.out if rest[0].unplaced == "redirect" else waiting, waiting | redirect):
            asked = replace(market, may_be_out=frozenset(out))
            room = self.make_room(asked)
            if room.holds(dict.fromkeys(self.out, Classes())):
                return replace(asked, alike=partial(self._alike, asked)), room
        if self.decisions.seats:
            raise Impossible(
                _("With the seats granted by decision the hard rules leave no way of forming the classes.")
            )
        raise Impossible(_("The hard rules leave no way of forming the classes, whoever gets the seats."))

    def _alike(self, market: Market, pupil: int) -> Hashable | None:
        mark = self.marks.of(pupil)
        return None if mark is None else (market.domains[pupil], pupil in market.may_be_out, mark)

    def _asking(self, pupils: Iterable[int], rest: Sequence[Round], unplaced: str) -> set[int]:
        rounds = [one for one in rest if one.unplaced == unplaced]
        return {p for p in pupils if any(self.facts.takes_part(p, one, self.facts.choice(p, one)) for one in rounds)}

    # --- what a round leaves behind ---

    def _take(self, one: Round, market: Market, seats: Seats) -> None:
        for pupil, (option, _how) in seats.got.items():
            self._narrow(pupil, market.classes[option])
            self.seated.add(pupil)
        if one.unplaced != "stay":
            self.out |= {p for p in seats.unplaced if p in market.may_be_out and p not in self.seated}
        self._close(one, set(seats.got))

    def _close(self, one: Round, but: set[int]) -> None:
        """Keep everybody but some out of the classes a round closes."""
        if one.closes:
            rest = Classes(range(len(self.school.classes))).difference(self.school.chosen_classes(one.opens))
            for pupil in set(range(len(self.school.pupils))) - but:
                self._narrow(pupil, rest)

    def _narrow(self, pupil: int, classes: Classes | None) -> None:
        if classes is not None:
            self.open[pupil] &= classes
            self.domains[pupil] &= classes


def _bands(terms: Iterable[Term]) -> dict[tuple[int, tuple[tuple[int, int], ...]], dict[int, int]]:
    """Return the upper limits that counting can use, by rule and counted pupils: most of each class."""
    found: dict[tuple[int, tuple[tuple[int, int], ...]], dict[int, int]] = defaultdict(dict)
    positive: dict[int, bool] = {}
    for term in terms:
        shape = term.shape
        if not isinstance(shape, Band) or shape.high is None or len(shape.classes) != 1:
            continue
        if id(shape.weights) not in positive:
            positive[id(shape.weights)] = all(w > 0 for _p, w in shape.weights)
        if positive[id(shape.weights)]:
            highs, (c,) = found[term.criterion, shape.weights], shape.classes
            highs[c] = min(shape.high, highs.get(c, shape.high))
    return found
