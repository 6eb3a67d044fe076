"""Why a pupil is in a class, what any other would cost and to whom; and why an impossible case is impossible."""

from classi.explain.pupil import explain_pupil

__all__ = ["explain_pupil"]
