"""The fixed sentences of the data sheet of the algorithm."""

from __future__ import annotations

from classi.i18n import _


def deciders() -> tuple[str, ...]:
    """Return who decides what."""
    return (
        _("The criteria and their order: the school's bodies, before the pupils are known."),
        _("What the program proposes: nobody is bound to it. The commission examines it and may ask for others."),
        _("The formation: the headteacher, who may change it by hand, gives the reasons, signs and answers for it."),
    )


def inputs_not_used(*, names: bool) -> tuple[str, ...]:
    """Return what is never used; `names`: a rule looks at the pupils' names."""
    return (
        _(
            "Religion, and the choice of religious instruction, are refused: a rule or a ranking that names them is "
            "not "
            "read (DPR 751/1985)."
        ),
        *(() if names else (_("Names are used only to write the lists, never to form the classes."),)),
        _("Nothing from outside the files: no other source, no network, no earlier year."),
        _("The order in which pupils stand in the files is no criterion."),
    )


def method() -> tuple[str, ...]:
    """Return how the classes are formed."""
    return (
        _("Each rule becomes a count: how far a formation is from what the rule asks, in whole numbers."),
        _(
            "A search looks for the formation with the fewest points, priority by priority; besides, it works out "
            "bounds: numbers of points that no formation whatever can go below."
        ),
        _("When the formation found has as many points as the bound, it is proved that none is better."),
        _(
            "What chance there is in the search comes from a seed written below. Ties between pupils are not drawn by "
            "it."
        ),
        _(
            "Formations that cost the same are equal for the criteria: which of them is proposed depends on the "
            "search, "
            "and the commission may choose another."
        ),
    )


def proof() -> tuple[str, ...]:
    """Return what a proof says and does not say."""
    return (
        _(
            "Proved: no formation that keeps the mandatory rules has fewer points in that priority, those above it "
            "being equal."
        ),
        _("Not proved: the difference between points and bound says how much better a formation could be, at most."),
        _("A proof is about the criteria as they are written. It does not say that the criteria are right."),
    )


def limits() -> tuple[str, ...]:
    """Return what the program cannot do."""
    return (
        _(
            "What is not in the files, or is wrong in them, is not seen: relations, changes of the last days, needs "
            "untold."
        ),
        _("Counts are treated alike: a rule about a group does not know how different its pupils are."),
        _(
            "Within one priority, weights decide what is given up for what: they are a choice of the school, not of "
            "nature."
        ),
        _("With a time limit the search may end before the proof; with several processors two runs may differ."),
        _("A bound can be confirmed only by another search; costs and rules can be counted again by anybody."),
        _(
            "An even spread may take from a class a resource tied to a threshold (say the teacher of Italian as second "
            "language)."
        ),
    )


def oversight() -> tuple[str, ...]:
    """Return how people stay in charge."""
    return (
        _("Alternatives of equal or nearly equal quality can be asked for and compared, rule by rule."),
        _("Any pupil can be moved by hand: the price of the move is shown at once, rule by rule, before it is made."),
        _("Fixed classes, separations and derogations carry the name of who decided and the reason."),
        _("Each assignment can be explained: what the other classes would cost, and which rule stands against them."),
        _("Whoever disagrees is heard by a person; what is changed afterwards is recorded with its ground."),
    )


def verify() -> tuple[str, ...]:
    """Return how anybody with the files can check the result."""
    return (
        _("With the files and the certificate: classi audit CASE RESULT counts every rule again and compares."),
        _("With the same files, seed and version, and one processor without time limit: the same result, to the byte."),
        _(
            "The program's code, its manual and the rules' definitions are public; any other program may count the "
            "same rules."
        ),
    )
