"""Words of the synthetic schools: all invented, and meant to look so."""

from __future__ import annotations

SITES = ("Centro", "Collina", "Lago", "Bosco", "Stazione", "Mulino", "Ponte", "Faro")
LANGUAGES = ("francese", "spagnolo", "tedesco", "russo")
TIME_MODELS = {
    "primaria": ("tempo pieno", "modulo"),
    "secondaria1": ("tempo prolungato", "tempo ordinario"),
    "secondaria2": ("settimana corta", "settimana lunga"),
}
INSTRUMENTS = ("pianoforte", "violino", "flauto", "chitarra")
FOREIGN = (
    "rumena", "albanese", "marocchina", "cinese", "ucraina", "moldava", "pakistana", "egiziana", "nigeriana",
    "peruviana",
)  # fmt: skip
LANGUAGE_LEVELS = ("A0", "A1", "A2", "B1", "B2")
BANDS = ("iniziale", "base", "intermedio", "avanzato")
"""Level bands, the lowest first."""

_PLACES = (
    "Girasole", "Aquilone", "Arcobaleno", "Quadrifoglio", "Pettirosso", "Melograno", "Mongolfiera", "Lanterna",
    "Conchiglia", "Scoiattolo", "Cometa", "Veliero", "Papavero", "Riccio", "Mulino", "Stellamarina",
)  # fmt: skip
_FEEDERS = {"primaria": "Infanzia", "secondaria1": "Primaria", "secondaria2": "Media"}

_SURNAMES_START = ("Bru", "Calda", "Dori", "Fanta", "Gru", "Lalla", "Mirto", "Nuvo", "Pere", "Ribo", "Sciu", "Tarta")
_SURNAMES_END = ("bozzi", "cicci", "fulli", "gretti", "lumbi", "menghi", "pizzi", "ruffi", "stelli", "zocchi")
_GIRLS = ("Alba Prova", "Biba Finta", "Clio Prova", "Dafne Finta", "Edda Prova", "Fiore Finta", "Gaia Prova")
_BOYS = ("Abele Prova", "Berto Finto", "Ciro Prova", "Delio Finto", "Elmo Prova", "Fosco Finto", "Gino Prova")


def school_of_origin(order: str, number: int) -> str:
    """Return the name of a school of origin; numbers from 0."""
    place = _PLACES[number % len(_PLACES)]
    return f"{_FEEDERS[order]} {place}" + ("" if number < len(_PLACES) else f" {number // len(_PLACES) + 1}")


def section_of_origin(order: str, school: str, section: int) -> str:
    """Return the final class attended there: ``5A Girasole``; infanzia has sections, not classes."""
    year = {"primaria": "sez. ", "secondaria1": "5", "secondaria2": "3"}[order]
    return f"{year}{'ABC'[section]} {school.split(' ', 1)[1]}"


def surname(number: int) -> str:
    """Return an invented surname; there are 120."""
    return _SURNAMES_START[number % 12] + _SURNAMES_END[number // 12 % 10]


def first_name(number: int, girl: bool) -> str:
    """Return an invented name."""
    names = _GIRLS if girl else _BOYS
    return names[number % len(names)]


def class_letter(number: int) -> str:
    """Return A … Z, AA, AB … for classes numbered from 0."""
    return (class_letter(number // 26 - 1) if number >= 26 else "") + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[number % 26]
