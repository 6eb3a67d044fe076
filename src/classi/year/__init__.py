"""During the year: who enrols late, leaves, or changes class, on what ground, and what becomes of the classes."""

from classi.year.check import Because, Change, Move, allowed, allowed_together, change_of, check_change

__all__ = ["Because", "Change", "Move", "allowed", "allowed_together", "change_of", "check_change"]
