"""The regulation of a synthetic school, as TOML text: what a real *collegio* asks, in three tiers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from classi.generate.knobs import Knobs
from classi.generate.plan import DISABLED_PER_CLASS, Plan, reduced_limit, size_limit, tolerance
from classi.generate.pupils import Row
from classi.generate.traits import BAND_STARTS
from classi.generate.words import INSTRUMENTS, class_letter

DISABLED = ["comma1", "comma3"]
_SMALLEST = {"primaria": 15, "secondaria1": 18, "secondaria2": 10}
_ARTICLE = {"primaria": "art. 10", "secondaria1": "art. 11", "secondaria2": "artt. 16-17"}
_SAME_SECTION = 4

Entry = dict[str, Any]


def make_regulation(knobs: Knobs, plan: Plan, rows: list[Row], ties: list[Row]) -> str:
    """Write the regulation; it names only columns and ties the school has."""
    head = {"name": "Regolamento di prova", "source": "classi generate"}
    offers = [c for c in ("plesso", "indirizzo", "tempo_scuola", "lingua2") if c in plan.classes[0]]
    entries = [
        *_hard(knobs, plan, ties),
        *(_eligibility(column) for column in offers),
        *(_quotas(rows) if knobs.musical else ()),
        *_balances(plan),
        *(_second_best(column) for column in offers if any(r.get(f"{column}_2") for r in rows)),
        *_levels(knobs),
        *(_previous(knobs) if knobs.previous else ()),
        *_company(knobs, plan, rows),
    ]
    return "\n".join(["\n".join(_lines(head)), *("\n".join(["", "[[criteria]]", *_lines(e)]) for e in entries), ""])


def _hard(knobs: Knobs, plan: Plan, ties: list[Row]) -> Iterator[Entry]:
    yield {
        "rule": "class_size", "name": "Numero di alunni per classe", "source": f"DPR 81/2009, {_ARTICLE[knobs.order]}",
        "min": min(_SMALLEST[knobs.order], knobs.pupils // knobs.number_of_classes * 3 // 4), "max": size_limit(knobs),
        "tolerance": tolerance(knobs), "hard": True,
    }  # fmt: skip
    yield {
        "rule": "at_most_per_class", "name": "Alunni con disabilità per classe", "of": {"disabilita": DISABLED},
        "limit": DISABLED_PER_CLASS, "hard": True,
    }  # fmt: skip
    # Where the small classes would leave no room for everybody the rule can only be a wish.
    price: Entry = {"hard": True} if plan.reduced_fits else {"weight": 20, "tier": 1}
    yield {
        "rule": "size_with_group", "name": "Classi con disabilità grave", "source": "DPR 81/2009, art. 5 c. 2",
        "of": {"disabilita": "comma3"}, "limit": reduced_limit(knobs), "tolerance": tolerance(knobs), **price,
    }  # fmt: skip
    kinds = {str(tie["tipo"]) for tie in ties}
    apart = sorted(kinds & {"separati", "gemelli", "fratelli"})
    if apart:
        yield {"rule": "apart", "name": "Gemelli, fratelli e alunni da separare", "ties": apart, "hard": True}
    if "insieme" in kinds:
        yield {"rule": "together", "name": "Alunni da tenere insieme", "hard": True}


def _eligibility(column: str) -> Entry:
    label = column.replace("_", " ").replace("lingua2", "seconda lingua")
    return {"rule": "eligibility", "name": f"Scelta: {label}", "attribute": column, "hard": True}


def _second_best(column: str) -> Entry:
    label = column.replace("_", " ").replace("lingua2", "seconda lingua")
    return {"rule": "requests", "name": f"Prima scelta: {label}", "attribute": column, "weight": 4, "tier": 1}


def _quotas(rows: list[Row]) -> Iterator[Entry]:
    count = Counter(row.get("strumento") for row in rows)
    for instrument in (i for i in INSTRUMENTS if count[i]):
        yield {
            "rule": "group_quota", "name": f"Gruppo di {instrument}", "source": "DI 176/2022",
            "of": {"strumento": instrument}, "classes": {"indirizzo": "musicale"},
            "min": max(1, count[instrument] - 1), "max": count[instrument] + 1, "hard": True,
        }  # fmt: skip


def _balances(plan: Plan) -> Iterator[Entry]:
    yield {"rule": "equal_sizes", "name": "Classi di pari numero", "weight": 10, "tier": 1}
    spread: tuple[tuple[str, list[str] | None, int, str], ...] = (
        ("sesso", ["F"], 10, "Femmine e maschi"),
        ("straniero", None, 8, "Alunni con cittadinanza non italiana"),
        ("disabilita", DISABLED if plan.disabled else None, 8, "Alunni con disabilità"),
        ("dsa", None, 5, "Alunni con DSA"),
        ("bes", None, 5, "Alunni con altri BES"),
        ("situazione_problematica", None, 5, "Situazioni problematiche"),
    )
    for attribute, values, weight, name in spread:
        if attribute != "disabilita" or values:
            only = {"values": values} if values else {}
            yield {"rule": "balance", "name": name, "attribute": attribute, **only, "weight": weight, "tier": 1}


def _levels(knobs: Knobs) -> Iterator[Entry]:
    bands = {"bands": list(BAND_STARTS)} if knobs.levels == "marks" else {}
    yield {
        "rule": "level_bands", "name": "Fasce di livello", "attribute": "livello", **bands, "weight": 4, "tier": 2,
    }  # fmt: skip
    yield {
        "rule": "balance_number", "name": "Media dei voti", "attribute": "voto", "measure": "mean",
        "tolerance": Decimal("0.1"), "weight": 1, "tier": 2,
    }  # fmt: skip
    if knobs.levels == "bands":
        yield {
            "rule": "balance_crossed", "name": "Sesso e livello", "attributes": ["sesso", "livello"], "tolerance": 1,
            "weight": 2, "tier": 2,
        }  # fmt: skip


def _previous(knobs: Knobs) -> Iterator[Entry]:
    follows = map(class_letter, range(min(knobs.previous, knobs.number_of_classes)))
    yield {
        "rule": "keep_class", "name": "Continuità con la classe precedente", "weight": 1, "tier": 3,
        "mapping": {f"2{letter}": f"3{letter}" for letter in follows},
    }  # fmt: skip


def _company(knobs: Knobs, plan: Plan, rows: list[Row]) -> Iterator[Entry]:
    """Whom one finds in class: friends, and nobody alone or in too large a group."""
    by_place = Counter((row["classe_provenienza"], home) for row, home in zip(rows, plan.homes, strict=True))
    size = Counter(row["classe_provenienza"] for row in rows)
    limit = max(_SAME_SECTION, *(-(-n // knobs.number_of_classes) + 1 for n in size.values()))
    if knobs.planted:
        limit = max(limit, *by_place.values())
    yield {"rule": "wishes", "name": "Preferenze reciproche", "kind": "reciprocal", "weight": 3, "tier": 3}
    if knobs.one_way:
        yield {
            "rule": "wishes", "name": "Preferenze di uno solo", "kind": "one_way", "at_most": 1, "weight": 1, "tier": 3,
        }  # fmt: skip
    yield {
        "rule": "none_or_at_least", "name": "Mai una femmina sola", "of": {"sesso": "F"}, "count": 2, "weight": 10,
        "tier": 3,
    }  # fmt: skip
    yield {
        "rule": "none_or_at_least", "name": "Almeno due dalla stessa scuola", "each": "scuola_provenienza", "count": 2,
        "weight": 2, "tier": 3,
    }  # fmt: skip
    yield {
        "rule": "at_most_per_class", "name": "Gruppi della stessa classe di provenienza", "each": "classe_provenienza",
        "limit": limit, "weight": 2, "tier": 3,
    }  # fmt: skip


def _lines(table: Mapping[str, Any]) -> list[str]:
    return [f"{key} = {toml_value(value)}" for key, value in table.items()]


def toml_value(value: Any) -> str:
    """Return a value as TOML writes it, tables inline.

    >>> toml_value({"disabilita": ["comma1"], "limit": 2, "hard": True})
    '{ disabilita = ["comma1"], limit = 2, hard = true }'
    """
    if isinstance(value, Mapping):
        inside = ", ".join(_lines(value))
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    if isinstance(value, Decimal):
        return format(value, "f")
    return json.dumps(value, ensure_ascii=False)
