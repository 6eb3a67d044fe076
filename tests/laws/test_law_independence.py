"""Law 4: what the optimiser asks and what the auditor counts share no code (read on the syntax tree)."""

from __future__ import annotations

import ast
import importlib
import inspect
import textwrap
from collections.abc import Callable, Iterator
from functools import cache
from types import ModuleType
from typing import Any

import pytest

from classi import criteria
from classi.criteria.base import Criterion, registry
from classi.domain import Count, School, text_key
from classi.ledger import Ledger

OPTIMISER = ("terms", "allowed")
AUDITOR = ("audit", "allowed_ids")
HOME = "classi"

SHARED = {"classi.domain.Count"}
"""What both sides may name: seven cells without a method, in which an auditor answers. It holds no code that could make
the same mistake twice. Nothing else is needed: terms say nothing to people, so they need no words either."""

OPTIMISERS_OWN = ("classi.domain", "classi.terms", "classi.formation", "classi.tables", "classi.case")
AUDITORS_OWN = ("classi.ledger", "classi.audit")

Code = Callable[..., Any] | type[Any]
Found = dict[str, Code]
Lead = tuple[Code, type[Any] | None]
"""A function or a class, and the class that `self` stands for in it."""


def reached(kind: type[Criterion], roots: tuple[str, ...], home: str = HOME) -> Found:
    """Return the functions and classes of the package `home` that the methods `roots` of a criterion can get to."""
    found: Found = {}
    pending = [lead for root in roots for lead in _methods(kind, root, home)[:1]]
    while pending:
        code, owner = pending.pop()
        name = f"{code.__module__}.{code.__qualname__}"
        if name not in found:
            found[name] = code
            pending += () if name in SHARED else _named(code, owner, home)
    return found


@cache
def _named(code: Code, owner: type[Any] | None, home: str) -> list[Lead]:
    """Return what of `home` is named in a body, called or handed on; of a class, what making one of it runs."""
    if inspect.isclass(code):
        return [lead for made in ("__new__", "__init__", "__post_init__") for lead in _methods(code, made, home)[:1]]
    leads: list[Lead] = []
    for node in _running(_tree(code)):
        if isinstance(node, ast.Name):
            leads += _leads(_global(code, node.id), home)
        elif isinstance(node, ast.Attribute):
            leads += _attribute(code, owner, node, home)
        elif isinstance(node, ast.ImportFrom):
            module = importlib.import_module(node.module or "")
            leads += [lead for alias in node.names for lead in _leads(getattr(module, alias.name), home)]
    return leads


def _leads(thing: Any, home: str) -> list[Lead]:
    """Return the functions and classes of `home` that a value is, or holds in a table."""
    if isinstance(thing, dict | list | tuple):
        held = thing.values() if isinstance(thing, dict) else thing
        return [lead for item in held if callable(item) for lead in _leads(item, home)]
    thing = inspect.unwrap(thing) if callable(thing) else thing
    if inspect.isclass(thing):
        return [(thing, thing)] if _inside(thing, home) else []
    return [(thing, None)] if inspect.isfunction(thing) and _inside(thing, home) else []


def _attribute(code: Code, owner: type[Any] | None, node: ast.Attribute, home: str) -> list[Lead]:
    left = node.value
    if isinstance(left, ast.Call) and isinstance(left.func, ast.Name) and left.func.id == "super":
        return _methods(owner, node.attr, home)
    known = _known(code, owner, left)
    if isinstance(known, ModuleType):
        return _leads(getattr(known, node.attr, None), home)
    if inspect.isclass(known):
        return _methods(known, node.attr, home)[:1]
    # x.name on something whose type the tree does not tell: any class the file knows may be meant.
    known_here = [thing for thing in list(_globals(code).values()) if inspect.isclass(thing)]
    return [lead for thing in known_here for lead in _methods(thing, node.attr, home)[:1]]


def _known(code: Code, owner: type[Any] | None, node: ast.expr) -> Any:
    """Return the module or class that an expression is, or is one of, where the tree tells."""
    if isinstance(node, ast.Attribute):
        module = _known(code, owner, node.value)
        return getattr(module, node.attr, None) if isinstance(module, ModuleType) else None
    if not isinstance(node, ast.Name):
        return None
    return owner if node.id in ("self", "cls") else _types(code).get(node.id) or _global(code, node.id)


def _methods(kind: type[Any] | None, name: str, home: str) -> list[Lead]:
    """Return every definition of a method, the one in force first; those a dataclass makes have no text, and no say."""
    members = [vars(base)[name] for base in getattr(kind, "__mro__", ()) if name in vars(base) and _inside(base, home)]
    plain = [getattr(m, "fget", None) or getattr(m, "func", None) or getattr(m, "__func__", m) for m in members]
    return [(m, kind) for m in plain if inspect.isfunction(m) and m.__code__.co_filename != "<string>"]


def _inside(thing: Any, home: str) -> bool:
    return f"{thing.__module__}.".startswith(f"{home}.")


@cache
def _tree(code: Code) -> ast.AST:
    return ast.parse(textwrap.dedent(inspect.getsource(code)))


def _running(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes below that run: annotations do not."""
    for field, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and field not in ("annotation", "returns"):
                yield child
                yield from _running(child)


@cache
def _types(code: Code) -> dict[str, Any]:
    """Return the class of each argument whose annotation is one."""
    arguments = [node for node in ast.walk(_tree(code)) if isinstance(node, ast.arg)]
    named = {a.arg: _global(code, a.annotation.id) for a in arguments if isinstance(a.annotation, ast.Name)}
    return {name: kind for name, kind in named.items() if inspect.isclass(kind)}


def _globals(code: Code) -> dict[str, Any]:
    return getattr(code, "__globals__", {})


def _global(code: Code, name: str) -> Any:
    return _globals(code).get(name)


def foreign(functions: Found, variable: str, packages: tuple[str, ...]) -> set[str]:
    """Return what is the other side's: something of its packages, or a function with a variable of that name."""
    touched = {n for n, code in functions.items() if n not in SHARED and any(_inside(code, p) for p in packages)}
    for name, code in functions.items():
        if not inspect.isclass(code):
            words = {getattr(node, "id", getattr(node, "arg", "")) for node in ast.walk(_tree(code))}
            touched |= {f"{name}: {variable}"} if variable in words else set()
    return touched


def both_sides(optimiser: Found, auditor: Found) -> set[str]:
    """Return what serves both, beyond the few things that may."""
    return (optimiser.keys() & auditor.keys()) - SHARED


@pytest.mark.parametrize("rule", list(registry()))
def test_that_terms_and_audit_reach_disjoint_functions(rule: str) -> None:
    optimiser, auditor = reached(registry()[rule], OPTIMISER), reached(registry()[rule], AUDITOR)
    assert any(name.endswith(".terms") for name in optimiser)
    assert any(name.endswith(".audit") for name in auditor)
    assert any(name.startswith("classi.terms.") for name in optimiser)
    assert any(name.startswith("classi.ledger.") for name in auditor)
    assert both_sides(optimiser, auditor) == set()


def test_that_no_helper_serves_the_terms_of_one_rule_and_the_audit_of_another() -> None:
    optimiser, auditor = ({}, {})
    for kind in registry().values():
        optimiser |= reached(kind, OPTIMISER)
        auditor |= reached(kind, AUDITOR)
    assert both_sides(optimiser, auditor) == set()
    assert {"classi.domain.School.expected", "classi.domain.meets"} <= optimiser.keys()
    assert {"classi.ledger.Ledger.expected", "classi.ledger.matching.question"} <= auditor.keys()


@pytest.mark.parametrize("rule", list(registry()))
def test_that_terms_never_touch_the_ledger(rule: str) -> None:
    assert foreign(reached(registry()[rule], OPTIMISER), "ledger", AUDITORS_OWN) == set()


@pytest.mark.parametrize("rule", list(registry()))
def test_that_audits_never_touch_the_school(rule: str) -> None:
    assert foreign(reached(registry()[rule], AUDITOR), "school", OPTIMISERS_OWN) == set()


# --- the law itself is tried on rules that break it ---


def _shared() -> int:
    return 0


TABLE = {"shared": _shared}


class _Sharing(Criterion):
    """Shares a function, a method handed on, and a method of the parent."""

    def terms(self, school: School) -> Iterator[Any]:
        yield from map(self._both, school.pupils)
        yield _shared()

    def audit(self, ledger: Ledger) -> Iterator[Any]:
        yield from (self._between(row) for row in ledger.pupils)

    def _between(self, row: Any) -> int:
        return TABLE["shared"]() + self._both(row)

    def _both(self, row: Any) -> int:
        return len(str(row))


class _Borrowing(_Sharing):
    def audit(self, ledger: Ledger) -> Iterator[Any]:
        yield super().audit(ledger)


class _Elsewhere(Criterion):
    """Shares helpers of other modules, named in every way there is, and something allowed."""

    def terms(self, school: School) -> Iterator[Any]:
        yield Count(0, text_key(school))
        yield registry()
        yield school.class_at

    def audit(self, ledger: Ledger) -> Iterator[Any]:
        from classi.domain import text_key as renamed  # noqa: PLC0415

        yield Count(0, renamed(ledger))
        yield criteria.base.registry()  # type: ignore[attr-defined]
        yield School.class_at


class _Trespassing(Criterion):
    def terms(self, school: School) -> Iterator[Any]:
        ledger = Ledger([], [])
        yield ledger

    def audit(self, ledger: Ledger) -> Iterator[Any]:
        yield text_key(ledger)


@pytest.mark.parametrize("kind", [_Sharing, _Borrowing])
def test_that_the_law_sees_what_is_shared(kind: type[Criterion]) -> None:
    both = both_sides(reached(kind, OPTIMISER, __name__), reached(kind, AUDITOR, __name__))
    assert {name.rpartition(".")[2] for name in both} == {"_both", "_shared"}


def test_that_the_law_sees_what_is_shared_in_a_third_module() -> None:
    optimiser, auditor = (_from(_Elsewhere, roots) for roots in (OPTIMISER, AUDITOR))
    shared = {"classi.domain.text_key", "classi.criteria.base.registry", "classi.domain.School.class_at"}
    assert both_sides(optimiser, auditor) >= shared
    assert "classi.domain.Count" in optimiser.keys() & auditor.keys() - both_sides(optimiser, auditor)


def _from(kind: type[Criterion], roots: tuple[str, ...]) -> Found:
    """Return what a rule of this file reaches in classi."""
    leads = [
        lead
        for root in roots
        for code, owner in _methods(kind, root, __name__)[:1]
        for lead in _named(code, owner, HOME)
    ]
    found: Found = {}
    for code, _owner in leads:
        found[f"{code.__module__}.{code.__qualname__}"] = code
    return found


def test_that_the_law_sees_who_touches_the_other_side() -> None:
    terms, audit = _from(_Trespassing, OPTIMISER), _from(_Trespassing, AUDITOR)
    assert foreign(terms, "ledger", AUDITORS_OWN) == {"classi.ledger.Ledger"}
    assert foreign(audit, "school", OPTIMISERS_OWN) == {"classi.domain.text_key"}
    own = reached(_Trespassing, OPTIMISER, __name__)
    assert {name.rpartition(".")[2] for name in foreign(own, "ledger", ())} == {"terms: ledger"}
