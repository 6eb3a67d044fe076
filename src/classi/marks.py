"""What rules can tell pupils apart by: two pupils with one mark can stand for each other in every rule."""

from __future__ import annotations

from collections.abc import Iterable

from classi.terms import AnyOf, Band, Pair, Place, Range, Term, When, named


class Marks:
    """The marks that some terms give to pupils; places are not looked at, who reads the marks knows the classes open.

    Parameters
    ----------
    terms : the rules.
    """

    def __init__(self, terms: Iterable[Term]) -> None:
        self.named: set[int] = set()
        counted: dict[int, dict[int, int]] = {}
        for term in terms:
            match term.shape:
                case Band(_, weights) | Range(_, weights):
                    counted.setdefault(id(weights), dict(weights))
                case When(trigger, _, band):
                    counted.setdefault(id(trigger), dict.fromkeys(trigger, 1))
                    counted.setdefault(id(band.weights), dict(band.weights))
                case Pair() | AnyOf():
                    self.named.update(named(term.shape))
                case Place():
                    pass
        self._counted = list({tuple(w.items()): w for w in counted.values()}.values())

    def of(self, pupil: int) -> tuple[int, ...] | None:
        """Return what a pupil counts in each rule; ``None`` for one whom a rule names."""
        if pupil in self.named:
            return None
        return tuple([weights.get(pupil, 0) for weights in self._counted])
