"""Seats from rankings: one ranking is scanned; where every option has its own, the result is stable.

Both ask a `Room` whether a complete formation of the classes that keeps the rules still exists. What plain counting
refuses (an option whose classes are full, a group that may not grow) is refused without asking, and many applicants are
asked about at once: if all can have what counting leaves them, each of them would have got it one by one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from classi.errors import Contradiction
from classi.terms import Band

Why = Literal["full", "rule", "formation"]
How = Literal["ranking", "redirected", "decision"]
Fixed = Mapping[int, frozenset[int]]
"""Classes in which a pupil must be; the empty set: left out."""

ROUNDS_OF_REGRET = 50
"""How often, besides once for each applicant, somebody refused may ask again: class rules can make an option refuse too
early."""


class Room(Protocol):
    """Says whether a complete formation that keeps the rules exists."""

    def holds(self, fixed: Fixed) -> bool:
        """Tell whether one exists with these pupils in these classes and everybody else where they may be."""
        ...  # pragma: no cover

    def clash(self, fixed: Fixed) -> tuple[int, ...]:
        """Return the positions of the rules that together leave no formation."""
        ...  # pragma: no cover


@dataclass(frozen=True)
class Cap:
    """A limit that adding up shows: what `weight` sums up to over the holders of an option is at most its limit.

    Attributes
    ----------
    rule : position in the regulation; ``None`` for the places of the round.
    limits : by option; ``None`` = no limit.
    weight : by pupil, those not in it 0; ``None`` = everybody 1.
    """

    rule: int | None
    limits: tuple[int | None, ...]
    weight: Mapping[int, int] | None = None

    def of(self, pupil: int) -> int:
        """Return what a pupil adds."""
        return 1 if self.weight is None else self.weight.get(pupil, 0)


@dataclass(frozen=True)
class Market:
    """Who asks for what in one round.

    Attributes
    ----------
    rankings : one list of pupils, the first ranked first; or one for each option.
    wishes : options of each pupil, the best first.
    classes : of each option, or ``None`` where it is not about classes.
    domains : classes open to each pupil so far.
    caps : what counting refuses.
    granted : options given by a recorded decision, before anybody is ranked.
    redirect : options for those without a seat, in the order they are tried; empty = none.
    may_be_out : pupils who may be left out of the classes.
    stays : True where who gets no seat goes on without one, and is not left out for it.
    limits : places of options that are classes, which count as room like the rules.
    alike : a mark that two pupils share only when no rule can tell them apart.
    """

    rankings: Sequence[Sequence[int]]
    wishes: Mapping[int, Sequence[int]]
    classes: Sequence[frozenset[int] | None]
    domains: Sequence[frozenset[int]]
    caps: Sequence[Cap] = ()
    granted: Mapping[int, int] = field(default_factory=dict)
    redirect: Callable[[int], Sequence[int]] | None = None
    may_be_out: frozenset[int] = frozenset()
    stays: bool = False
    limits: tuple[Band, ...] = ()
    alike: Callable[[int], Hashable | None] = lambda _pupil: None

    def inside(self, pupil: int, option: int) -> frozenset[int]:
        """Return the classes of an option that are open to a pupil."""
        classes = self.classes[option]
        return self.domains[pupil] if classes is None else self.domains[pupil] & classes


@dataclass(frozen=True)
class Refusal:
    """An option a pupil preferred and could not have.

    `why`: ``full`` (the seats counted), ``rule`` (another rule, counted) or ``formation`` (the rules together, by the
    solver's proof); `rules` are positions in the regulation.
    """

    pupil: int
    option: int
    why: Why
    rules: tuple[int, ...]


@dataclass
class Seats:
    """The outcome of a round.

    Attributes
    ----------
    got : option of each pupil seated, and how it came.
    refusals : every option somebody preferred to what they got.
    unplaced : pupils without a seat, in ranking order.
    unstable : pairs (pupil, option) for which no stable result was found; empty with one ranking.
    """

    got: dict[int, tuple[int, How]] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    unplaced: list[int] = field(default_factory=list)
    unstable: list[tuple[int, int]] = field(default_factory=list)


def assign(market: Market, room: Room) -> Seats:
    """Give the seats of a round.

    Raises
    ------
    Contradiction
        If the room's answers exclude each other.
    """
    scan = _Scan(market, room)
    for pupil, option in market.granted.items():
        scan.take(pupil, option, "decision")
    if len(market.rankings) == 1:
        scan.run(market.rankings[0], market.wishes, "ranking")
    else:
        _Stable(market, room, scan).run()
    if market.redirect is not None:
        left, scan.seats.unplaced = scan.seats.unplaced, []
        scan.run(left, {p: market.redirect(p) for p in left}, "redirected")
    return scan.seats


class _Tally:
    """What has been added up in each option."""

    def __init__(self, caps: Sequence[Cap]) -> None:
        self.caps = caps
        self.sums: dict[tuple[int, int], int] = defaultdict(int)

    def refuses(self, pupil: int, option: int, extra: Mapping[tuple[int, int], int]) -> Cap | None:
        for n, cap in enumerate(self.caps):
            limit, weight = cap.limits[option], cap.of(pupil)
            if limit is not None and weight and self.sums[n, option] + extra.get((n, option), 0) + weight > limit:
                return cap
        return None

    def add(self, pupil: int, option: int, sums: dict[tuple[int, int], int] | None = None) -> None:
        into = self.sums if sums is None else sums
        for n, cap in enumerate(self.caps):
            into[n, option] = into.get((n, option), 0) + cap.of(pupil)


def _counted(pupil: int, option: int, cap: Cap) -> Refusal:
    rules = () if cap.rule is None else (cap.rule,)
    return Refusal(pupil, option, "full" if cap.weight is None else "rule", rules)


@dataclass(frozen=True)
class _Presumed:
    """What counting leaves a pupil: an option, or none, and what it refused on the way."""

    pupil: int
    option: int | None
    refusals: tuple[Refusal, ...]


class _Scan:
    """One ranking, from the first to the last."""

    def __init__(self, market: Market, room: Room) -> None:
        self.market, self.room = market, room
        self.seats = Seats()
        self.tally = _Tally(market.caps)
        self.fixed: dict[int, frozenset[int]] = {}  # those out before the round have no class open to them
        self.refused: dict[tuple[int, int], Refusal] = {}
        self.hopeless: dict[tuple[Hashable, int], tuple[int, ...]] = {}

    def take(self, pupil: int, option: int, how: How) -> None:
        self.seats.got[pupil] = (option, how)
        self.fixed[pupil] = self.market.inside(pupil, option)
        self.tally.add(pupil, option)

    def run(self, order: Sequence[int], wishes: Mapping[int, Sequence[int]], how: How) -> None:
        queue = [p for p in order if p not in self.seats.got]
        at, size = 0, len(queue)
        spoilt = -1  # where a batch ended that could not be had: somebody before it must be refused
        while at < len(queue):
            batch = self._presume(queue[at : at + size], wishes)
            if at + 1 != spoilt and self.room.holds({**self.fixed, **self._places(batch, how)}):
                self._settle(batch, how)
                at += len(batch)
                size = 2 * size if spoilt < 0 else max(1, (spoilt - at) // 2)
            elif len(batch) > 1:
                spoilt, size = at + len(batch), len(batch) // 2
            else:
                self._refuse(batch[0])
                spoilt = -1

    def _presume(self, pupils: Iterable[int], wishes: Mapping[int, Sequence[int]]) -> list[_Presumed]:
        extra: dict[tuple[int, int], int] = {}
        batch = []
        for pupil in pupils:
            refusals, chosen = [], None
            for option in wishes[pupil]:
                refusal = self._known(pupil, option, extra)
                if refusal is None:
                    chosen = option
                    self.tally.add(pupil, option, extra)
                    break
                refusals.append(refusal)
            batch.append(_Presumed(pupil, chosen, tuple(refusals)))
        return batch

    def _known(self, pupil: int, option: int, extra: Mapping[tuple[int, int], int]) -> Refusal | None:
        if (pupil, option) in self.refused:
            return self.refused[pupil, option]
        cap = self.tally.refuses(pupil, option, extra)
        if cap is not None:
            return _counted(pupil, option, cap)
        if not self.market.inside(pupil, option):
            return Refusal(pupil, option, "rule", ())
        # Who is like somebody refused before is refused now: since then seats were only taken.
        mark = self.market.alike(pupil)
        if mark is not None and (mark, option) in self.hopeless:
            return Refusal(pupil, option, "formation", self.hopeless[mark, option])
        return None

    def _places(self, batch: Sequence[_Presumed], how: How) -> dict[int, frozenset[int]]:
        places = {}
        for one in batch:
            if one.option is not None:
                places[one.pupil] = self.market.inside(one.pupil, one.option)
            elif self._left_out(one.pupil, how):
                places[one.pupil] = frozenset()
        return places

    def _left_out(self, pupil: int, how: How) -> bool:
        """Tell whether a pupil without a seat is out for good: not before the redirections, and not who must be in."""
        waits_for_more = self.market.redirect is not None and how == "ranking"
        return pupil in self.market.may_be_out and not waits_for_more and not self.market.stays

    def _settle(self, batch: Sequence[_Presumed], how: How) -> None:
        for one in batch:
            self.seats.refusals += one.refusals
            if one.option is not None:
                self.take(one.pupil, one.option, how)
            else:
                self.seats.unplaced.append(one.pupil)
                if self._left_out(one.pupil, how):
                    self.fixed[one.pupil] = frozenset()

    def _refuse(self, one: _Presumed) -> None:
        if one.option is None:
            raise Contradiction("leaving a pupil out is impossible, and so is every option")
        place = self.market.inside(one.pupil, one.option)
        rules = self.room.clash({**self.fixed, one.pupil: place})
        self.refused[one.pupil, one.option] = Refusal(one.pupil, one.option, "formation", rules)
        mark = self.market.alike(one.pupil)
        if mark is not None:
            self.hopeless[mark, one.option] = rules


class _Stable:
    """Every option has its ranking: deferred acceptance, applicants asking (Gale and Shapley 1962).

    With limits that only add up the result is the best stable one for all applicants at once. With class rules an
    option takes, from the top of its ranking, whom the room allows; what it refused may later have had room after all,
    so whoever could still block the result asks again.
    """

    def __init__(self, market: Market, room: Room, scan: _Scan) -> None:
        self.market, self.room, self.scan = market, room, scan
        self.rank = [{p: n for n, p in enumerate(ranking)} for ranking in market.rankings]
        everybody = {p for ranking in market.rankings for p in ranking} - set(scan.seats.got)
        self.wishes = {p: [o for o in market.wishes[p] if p in self.rank[o]] for p in everybody}
        self.pupils = sorted(everybody, key=self._first)
        self.held: list[list[int]] = [[] for _ in market.rankings]
        self.next = dict.fromkeys(self.pupils, 0)
        self.why: dict[tuple[int, int], Refusal] = {}

    def _first(self, pupil: int) -> tuple[int, int]:
        """Return the place in the ranking asked for first, and which it is: an order that no row order changes."""
        option = next(iter(self.wishes[pupil]), 0)
        return self.rank[option].get(pupil, len(self.rank[option])), option

    def run(self) -> None:
        self._propose(self.pupils, ask=False)
        if not self.room.holds({**self.scan.fixed, **self._fixed()}):
            self.held = [[] for _ in self.held]
            self.next = dict.fromkeys(self.pupils, 0)
            self.why.clear()
            self._propose(self.pupils, ask=True)
            self._regret()
        for option, pupils in enumerate(self.held):
            for pupil in pupils:
                self.scan.take(pupil, option, "ranking")
        for pupil in self.pupils:
            self.scan.seats.refusals += [self._reason(pupil, o) for o in self.wishes[pupil][: self.next[pupil]]]
            if self.next[pupil] == len(self.wishes[pupil]):
                self.scan.seats.unplaced.append(pupil)

    def _reason(self, pupil: int, option: int) -> Refusal:
        """Say why an option was refused as things stand in the end: what was full for a while may not be any more."""
        above = [p for p in self.held[option] if self.rank[option][p] < self.rank[option][pupil]]
        tally = self._counted_with(above, option)
        cap = tally.refuses(pupil, option, {})
        if cap is not None:
            return _counted(pupil, option, cap)
        place = self.market.inside(pupil, option)
        if not place or self.why[pupil, option].why == "formation":
            return self.why[pupil, option]
        fixed = {p: self.market.inside(p, option) for p in above} | {pupil: place}
        others = {p: f for p, f in self._fixed(but=option).items() if p != pupil}
        return Refusal(pupil, option, "formation", self.room.clash({**self.scan.fixed, **others, **fixed}))

    def _counted_with(self, above: Iterable[int], option: int) -> _Tally:
        """Return what those ranked above, and those seated by decision, add up to in an option."""
        tally = _Tally(self.market.caps)
        for p in [*above, *(p for p, (o, how) in self.scan.seats.got.items() if o == option and how == "decision")]:
            tally.add(p, option)
        return tally

    def _fixed(self, but: int | None = None) -> dict[int, frozenset[int]]:
        return {p: self.market.inside(p, o) for o, held in enumerate(self.held) if o != but for p in held}

    def _propose(self, pupils: Iterable[int], *, ask: bool) -> None:
        asking = list(pupils)
        while asking:
            new: dict[int, list[int]] = defaultdict(list)
            for pupil in asking:
                if self.next[pupil] < len(self.wishes[pupil]):
                    new[self.wishes[pupil][self.next[pupil]]].append(pupil)
            asking = []
            for option in sorted(new):
                refused = self._choose(option, [*self.held[option], *new[option]], ask=ask)
                for refusal in refused:
                    self.why[refusal.pupil, option] = refusal
                    self.next[refusal.pupil] += 1
                    asking.append(refusal.pupil)

    def _choose(self, option: int, candidates: Iterable[int], *, ask: bool) -> list[Refusal]:
        """Take candidates from the top of the option's ranking, as the room allows; return those refused."""
        queue = sorted(candidates, key=self.rank[option].__getitem__)
        # Who is refused here is not left out: another option may take them.
        one = _Scan(replace(self.market, may_be_out=frozenset()), self.room if ask else _Anything())
        one.fixed = {**self.scan.fixed, **self._fixed(but=option)} if ask else {}
        one.tally.sums.update({k: v for k, v in self.scan.tally.sums.items() if k[1] == option})
        one.run(queue, dict.fromkeys(queue, (option,)), "ranking")
        self.held[option] = list(one.seats.got)
        return one.seats.refusals

    def _regret(self) -> None:
        for _ in range(ROUNDS_OF_REGRET + len(self.pupils)):
            blocking = self._blocking()
            if not blocking:
                return
            pupil, option = blocking[0]
            for held in self.held:
                if pupil in held:
                    held.remove(pupil)
            self.next[pupil] = self.wishes[pupil].index(option)
            self._propose([pupil], ask=True)
        self.scan.seats.unstable = self._blocking()

    def _blocking(self) -> list[tuple[int, int]]:
        """Return who could have an option they prefer, those ranked lower there giving way."""
        found = []
        for pupil in self.pupils:
            for option in self.wishes[pupil][: self.next[pupil]]:
                above = [p for p in self.held[option] if self.rank[option][p] < self.rank[option][pupil]]
                tally = self._counted_with(above, option)
                place = self.market.inside(pupil, option)
                if tally.refuses(pupil, option, {}) is not None or not place:
                    continue
                fixed = {p: self.market.inside(p, option) for p in above} | {pupil: place}
                others = {p: f for p, f in self._fixed(but=option).items() if p != pupil}
                if self.room.holds({**self.scan.fixed, **others, **fixed}):
                    found.append((pupil, option))
        return found


class _Anything:
    """Room as far as counting goes: what counting leaves is granted."""

    def holds(self, fixed: Fixed) -> bool:
        return True

    def clash(self, fixed: Fixed) -> tuple[int, ...]:
        return ()  # pragma: no cover
