"""Seeded chance that gives the same school on every machine.

Only the raw uniform numbers of numpy are used: what is made of them (picking, shuffling, bell curves) is written here
in plain arithmetic, so that neither numpy's version nor the platform's mathematics library can change a school.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar
from zlib import crc32

T = TypeVar("T")


class Dice:
    """One stream of chance.

    Parameters
    ----------
    seed : not negative; the same seed gives the same school.
    stream : name of the stream. Each part of a school throws its own dice: turning one knob leaves the rest as it is.
    """

    def __init__(self, seed: int, stream: str) -> None:
        import numpy as np  # noqa: PLC0415 - a tenth of a second that only those who generate should pay

        self._rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, crc32(stream.encode())])))

    def unit(self) -> float:
        """Return a number from 0 (included) to 1 (excluded)."""
        return float(self._rng.random())

    def below(self, n: int) -> int:
        """Return a whole number from 0 to ``n − 1``."""
        return int(self.unit() * n)

    def chance(self, probability: float) -> bool:
        """Say yes with the given probability."""
        return self.unit() < probability

    def count(self, share: float, n: int) -> int:
        """Return ``share × n`` rounded down or up by chance, so that it is right on average."""
        amount = share * n
        return int(amount) + self.chance(amount - int(amount))

    def bell(self) -> float:
        """Return a number of mean 0 and variance 1, nearly normal, between −6 and 6."""
        return sum(self.unit() for _ in range(12)) - 6.0

    def pick(self, options: Sequence[T]) -> T:
        """Return one of the options."""
        return options[self.below(len(options))]

    def weighted(self, options: Sequence[T], weights: Sequence[float]) -> T:
        """Return one of the options, in proportion to the weights."""
        point = self.unit() * sum(weights)
        for option, weight in zip(options, weights, strict=True):
            point -= weight
            if point < 0:
                return option
        return options[-1]

    def shuffled(self, items: Iterable[T]) -> list[T]:
        """Return the items in an order left to chance."""
        order = list(items)
        for last in range(len(order) - 1, 0, -1):
            other = self.below(last + 1)
            order[last], order[other] = order[other], order[last]
        return order

    def sample(self, items: Sequence[T], k: int, likes: Callable[[T], float] = lambda _: 1.0) -> list[T]:
        """Return `k` different items (all, if there are fewer), those liked more first in line.

        `likes` gives each item a number above 0; an item twice as liked is about twice as likely to be drawn.
        """
        if k >= len(items):
            return list(items)
        most = max((likes(x) for x in items), default=1.0)
        left, drawn = list(items), list(items[:0])
        while len(drawn) < k:
            at = self.below(len(left))
            if self.unit() * most < likes(left[at]):
                drawn.append(left[at])
                left[at] = left[-1]
                left.pop()
        return drawn
