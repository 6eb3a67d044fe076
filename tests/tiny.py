"""A tiny school that breaks and keeps every rule, and helpers to build schools and ledgers from plain rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from classi.domain import Pupil, School, SchoolClass, Tie
from classi.ledger import Ledger
from classi.regulation import Regulation, parse_regulation

PUPILS: list[dict[str, Any]] = [
    {
        "id": "ada", "sesso": "F", "data_nascita": date(2014, 1, 9), "cittadinanza": "italiana", "disabilita": "comma3",
        "dsa": True, "livello": Decimal("7.5"), "fascia": "alta", "scuola_provenienza": "Rodari", "plesso_1": "Nord",
        "plesso_2": "Sud", "classe_fissa": "1A", "classe_precedente": "1A", "classi_vietate": "1B",
    },
    {
        "id": "bea", "sesso": "F", "data_nascita": date(2014, 5, 2), "cittadinanza": "italiana", "disabilita": "comma1",
        "dsa": False, "livello": Decimal(6), "fascia": "bassa", "scuola_provenienza": "rodari", "plesso_1": "Nord",
        "classe_precedente": "1C",
    },
    {
        "id": "ciro", "sesso": "M", "data_nascita": date(2013, 12, 30), "cittadinanza": "romena", "disabilita": "no",
        "livello": Decimal("9.25"), "fascia": "alta", "scuola_provenienza": "Manzi", "plesso_1": "Sud",
        "plesso_2": "Nord",
    },
    {"id": "dino", "sesso": "M", "cittadinanza": "marocchina", "disabilita": "no", "dsa": True, "fascia": "Alta"},
    {
        "id": "eva", "sesso": "F", "data_nascita": date(2014, 3, 3), "disabilita": "comma1", "dsa": False,
        "livello": Decimal(8), "scuola_provenienza": "Manzi", "plesso_1": "Sud",
    },
]  # fmt: skip
CLASSES: list[dict[str, Any]] = [
    {"id": "1A", "plesso": "Nord", "area_mq": Decimal("3.7"), "max": 3},
    {"id": "1B", "plesso": "Nord", "area_mq": Decimal("9"), "min": 1},
    {"id": "1C", "plesso": "Sud"},
]
TIES: list[dict[str, Any]] = [
    {"da": "ada", "a": "bea", "tipo": "preferisce", "peso": 2},
    {"da": "bea", "a": "ada", "tipo": "preferisce"},
    {"da": "ada", "a": "eva", "tipo": "preferisce"},
    {"da": "ada", "a": "ciro", "tipo": "preferisce", "peso": 3},
    {"da": "ciro", "a": "dino", "tipo": "preferisce"},
    {"da": "dino", "a": "eva", "tipo": "preferisce"},
    {"da": "dino", "a": "eva", "tipo": "separati", "fonte": "docenti", "motivo": "litigi"},
    {"da": "bea", "a": "ciro", "tipo": "fratelli"},
    {"da": "ada", "a": "eva", "tipo": "gemelli"},
    {"da": "eva", "a": "ada", "tipo": "insieme", "fonte": "famiglia"},
    {"da": "ciro", "a": "eva", "tipo": "insieme", "peso": 2},
]
WHO = {"who": "commissione", "why": "continuità"}
RULES: list[dict[str, Any]] = [
    {"rule": "class_size", "min": 1, "max": 2},
    {"rule": "class_size", "min": 2, "max": 2, "tolerance": 30, "rounding": "loose"},
    {"rule": "equal_sizes"},
    {"rule": "size_with_group", "of": {"disabilita": "comma3"}, "limit": 1,
     "derogations": [{"class": "1C", "limit": 2, **WHO}]},
    {"rule": "size_with_group", "of": {"disabilita": ["comma1", "comma3"]}, "limit": 2, "at_least": 2},
    {"rule": "room_area", "per_pupil": 1.8},
    {"rule": "at_most_per_class", "of": {"disabilita": ["comma1", "comma3"]}, "limit": 1,
     "derogations": [{"class": "1B", "limit": 2, **WHO}]},
    {"rule": "at_most_per_class", "each": "scuola_provenienza", "limit": 1},
    {"rule": "at_least_per_class", "of": {"sesso": "F"}, "count": 1},
    {"rule": "at_most_share", "of": {"straniero": True}, "percent": 40},
    {"rule": "none_or_at_least", "of": {"sesso": "F"}, "count": 2},
    {"rule": "none_or_at_least", "each": "scuola_provenienza", "count": 2},
    {"rule": "group_quota", "of": {"dsa": True}, "classes": {"plesso": "Nord"}, "min": 2, "max": 2},
    {"rule": "group_quota", "of": {"sesso": "M"}, "classes": {"plesso": "Sud"}, "max": 0},
    {"rule": "balance", "attribute": "sesso"},
    {"rule": "balance", "attribute": "dsa", "missing": "value"},
    {"rule": "balance", "attribute": "sesso", "relative": True},
    {"rule": "balance", "attribute": "sesso", "tolerance": 1, "classes": {"plesso": "Nord"}},
    {"rule": "balance_crossed", "attributes": ["sesso", "fascia"]},
    {"rule": "level_bands", "attribute": "livello", "bands": [7, 8]},
    {"rule": "level_bands", "attribute": "fascia"},
    {"rule": "balance_number", "attribute": "livello", "tolerance": 0.25},
    {"rule": "balance_number", "attribute": "livello", "measure": "sum", "step": 0.5},
    {"rule": "balance_number", "attribute": "livello", "measure": "range", "tolerance": 2},
    {"rule": "balance_number", "attribute": "data_nascita", "measure": "mean", "tolerance": 1},
    {"rule": "apart"},
    {"rule": "apart", "unless_asked": False},
    {"rule": "together"},
    {"rule": "wishes", "kind": "one_way"},
    {"rule": "wishes", "kind": "reciprocal"},
    {"rule": "wishes", "at_most": 1},
    {"rule": "wish_at_least_one"},
    {"rule": "eligibility", "attribute": "plesso"},
    {"rule": "requests", "attribute": "plesso", "costs": [0, 2]},
    {"rule": "fixed_class", "pins": [{"pupil": "eva", "class": "1c", **WHO}]},
    {"rule": "forbidden_class", "pins": [{"pupil": "dino", "class": "1A", **WHO}]},
    {"rule": "keep_class", "mapping": {"1C": "1B"}},
]  # fmt: skip


def soft(rules: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Give every rule without a price weight 1."""
    return [dict(r) if r.get("hard") or r.get("weight") else {**r, "weight": 1} for r in rules]


def regulation(rules: Sequence[Mapping[str, Any]]) -> Regulation:
    """Build a regulation from entries as they stand in TOML."""
    return parse_regulation({"name": "prova", "criteria": soft(rules)})


def school(
    pupils: Sequence[Mapping[str, Any]],
    classes: Sequence[Mapping[str, Any]],
    ties: Sequence[Mapping[str, Any]] = (),
) -> School:
    """Build a school from typed rows."""
    at = {row["id"]: i for i, row in enumerate(pupils)}
    return School(
        tuple(Pupil(row["id"], {k: v for k, v in row.items() if k != "id"}) for row in pupils),
        tuple(SchoolClass(row["id"], {k: v for k, v in row.items() if k != "id"}) for row in classes),
        tuple(
            Tie(
                at[t["da"]], at[t["a"]], t["tipo"], t.get("peso", 1), t.get("vincolante", False),
                t.get("motivo", ""), t.get("fonte", ""),
            )
            for t in ties
        ),
    )  # fmt: skip


def ledger(
    pupils: Sequence[Mapping[str, Any]],
    classes: Sequence[Mapping[str, Any]],
    ties: Sequence[Mapping[str, Any]],
    places: Sequence[int],
) -> Ledger:
    """Build a ledger from the same rows and class positions."""
    placed = {row["id"]: classes[c]["id"] for row, c in zip(pupils, places, strict=True)}
    return Ledger(pupils, classes, ties, placed)
