"""What a user would pick instead of classi, each beside classi on the same case: one file a method.

To add one, write a module here with a function ``run(case, seconds, seed, workers)``: the module's name is the name of
the method, and its docstring says what it is.

>>> from classi.bench.methods import methods
>>> list(methods())
['annealing', 'classi', 'genetic', 'highs', 'metis', 'naive', 'swaps']
"""

from __future__ import annotations

from classi.bench.methods.base import Method, Unavailable, formed, methods

__all__ = ["Method", "Unavailable", "formed", "methods"]
