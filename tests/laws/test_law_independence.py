"""Law 4: what the optimiser asks and what the auditor counts share no code (read on the syntax tree)."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from classi.criteria.base import Criterion, registry
from classi.domain import School, text_key
from classi.ledger import Ledger

OPTIMISER = ("terms", "allowed")
AUDITOR = ("audit", "allowed_ids")
Found = dict[str, Callable[..., Any]]


def reached(kind: type[Criterion], roots: tuple[str, ...], home: str = "classi.criteria") -> Found:
    """Return the functions of the package `home` that the methods `roots` of a criterion can get to, by name."""
    found: Found = {}
    pending = [f for root in roots for f in _methods(kind, root, home)[:1]]
    while pending:
        function = pending.pop()
        name = f"{function.__module__}.{function.__qualname__}"
        if name not in found:
            found[name] = function
            pending += _named(kind, function, home)
    return found


def _tree(function: Callable[..., Any]) -> ast.AST:
    return ast.parse(textwrap.dedent(inspect.getsource(function)))


def _named(kind: type[Criterion], function: Callable[..., Any], home: str) -> Iterator[Callable[..., Any]]:
    """Yield the functions of `home` named anywhere in a body, called or handed on; a constructor is not followed."""
    for node in ast.walk(_tree(function)):
        if isinstance(node, ast.Name):
            thing = _global(function, node.id)
            thing = inspect.unwrap(thing) if callable(thing) else thing
            if inspect.isfunction(thing) and thing.__module__.startswith(home):
                yield thing
        elif isinstance(node, ast.Attribute):
            owner = node.value
            if isinstance(owner, ast.Name) and owner.id in ("self", "cls"):
                yield from _methods(kind, node.attr, home)[:1]
            elif isinstance(owner, ast.Call) and isinstance(owner.func, ast.Name) and owner.func.id == "super":
                yield from _methods(kind, node.attr, home)
            else:
                yield from _methods_of_anything(function, node.attr, home)


def _global(function: Callable[..., Any], name: str) -> Any:
    return getattr(function, "__globals__", {}).get(name)


def _methods(kind: type, name: str, home: str) -> list[Callable[..., Any]]:
    """Return every definition of a method, the one in force first."""
    members = [vars(base)[name] for base in kind.__mro__ if name in vars(base) and base.__module__.startswith(home)]
    plain = [getattr(m, "fget", None) or getattr(m, "func", None) or getattr(m, "__func__", m) for m in members]
    return [m for m in plain if inspect.isfunction(m)]


def _methods_of_anything(function: Callable[..., Any], name: str, home: str) -> Iterator[Callable[..., Any]]:
    # x.name on something whose type the tree does not tell: any class the file knows may be meant.
    for thing in list(getattr(function, "__globals__", {}).values()):
        if inspect.isclass(thing) and thing.__module__.startswith(home):
            yield from _methods(thing, name, home)[:1]


def foreign(functions: Found, variable: str, modules: tuple[str, ...], allowed: tuple[str, ...] = ()) -> set[str]:
    """Return what the functions touch of the other side: a variable of that name, or a name from those modules."""
    touched = set()
    for name, function in functions.items():
        for node in ast.walk(_tree(function)):
            words = [node.id] if isinstance(node, ast.Name) else [node.arg] if isinstance(node, ast.arg) else []
            for word in words:
                source = getattr(_global(function, word), "__module__", "")
                if word == variable or (source in modules and word not in allowed):
                    touched.add(f"{name}: {word}")
    return touched


@pytest.mark.parametrize("rule", list(registry()))
def test_that_terms_and_audit_reach_disjoint_functions(rule: str) -> None:
    optimiser, auditor = reached(registry()[rule], OPTIMISER), reached(registry()[rule], AUDITOR)
    assert any(name.endswith(".terms") for name in optimiser)
    assert any(name.endswith(".audit") for name in auditor)
    assert optimiser.keys() & auditor.keys() == set()


def test_that_no_helper_serves_the_terms_of_one_rule_and_the_audit_of_another() -> None:
    optimiser = {name for kind in registry().values() for name in reached(kind, OPTIMISER)}
    auditor = {name for kind in registry().values() for name in reached(kind, AUDITOR)}
    assert optimiser & auditor == set()


@pytest.mark.parametrize("rule", list(registry()))
def test_that_terms_never_touch_the_ledger(rule: str) -> None:
    assert foreign(reached(registry()[rule], OPTIMISER), "ledger", ("classi.ledger",)) == set()


@pytest.mark.parametrize("rule", list(registry()))
def test_that_audits_never_touch_the_school(rule: str) -> None:
    functions = reached(registry()[rule], AUDITOR)
    assert foreign(functions, "school", ("classi.domain", "classi.terms"), allowed=("Count",)) == set()


# --- the law itself is tried on rules that break it ---


def _shared() -> int:
    return 0


class _Sharing(Criterion):
    """Shares a function, a method handed on, and a method of the parent."""

    def terms(self, school: School) -> Iterator[Any]:
        yield from map(self._both, school.pupils)
        yield _shared()

    def audit(self, ledger: Ledger) -> Iterator[Any]:
        yield from (self._between(row) for row in ledger.pupils)

    def _between(self, row: Any) -> int:
        return _shared() + self._both(row)

    def _both(self, row: Any) -> int:
        return len(text_key(row))


class _Borrowing(_Sharing):
    def audit(self, ledger: Ledger) -> Iterator[Any]:
        yield super().audit(ledger)


class _Trespassing(Criterion):
    def terms(self, school: School) -> Iterator[Any]:
        ledger = Ledger([], [])
        yield ledger

    def audit(self, ledger: Ledger) -> Iterator[Any]:
        yield text_key(ledger)


@pytest.mark.parametrize("kind", [_Sharing, _Borrowing])
def test_that_the_law_sees_what_is_shared(kind: type[Criterion]) -> None:
    both = reached(kind, OPTIMISER, __name__).keys() & reached(kind, AUDITOR, __name__).keys()
    assert {name.rpartition(".")[2] for name in both} == {"_both", "_shared"}


def test_that_the_law_sees_who_touches_the_other_side() -> None:
    terms, audit = reached(_Trespassing, OPTIMISER, __name__), reached(_Trespassing, AUDITOR, __name__)
    touched = {name.rpartition(": ")[2] for name in foreign(terms, "ledger", ("classi.ledger",))}
    assert touched == {"ledger", "Ledger"}
    assert [name.rpartition(": ")[2] for name in foreign(audit, "school", ("classi.domain",))] == ["text_key"]
