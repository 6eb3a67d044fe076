"""What a comparison says, in the reader's language: verdicts, moves, charts, headings. Nothing is counted here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

from classi.criteria.wishes import WISH_RULES
from classi.domain import Count
from classi.formation.moves import Step
from classi.i18n import _, ngettext
from classi.report import made
from classi.report.compare_model import Change, ClassRow, ComparedRule, ComparedTier, Comparison, Side, Trade
from classi.report.model import Dots, Verdict
from classi.report.words import departure, say_number, say_target

TOLD = 2
"""Rules named in a verdict on either side; the others are counted."""

LONGEST = 12
"""Letters of a name beside a chart."""


# --- answers at a glance ---


def verdicts(c: Comparison) -> tuple[Verdict, ...]:
    """Return the answers looked for first: may they be chosen, which is best, wishes, how far they are apart."""
    return (*_soundness(c), *_best(c), *_wished(c), _apart(c))


def _soundness(c: Comparison) -> Iterator[Verdict]:
    if c.sound:
        text = _("Counted a second time, and each is what its certificate says.")
        if not all(side.certificate for side in c.sides):
            text = _(
                "Counted from the files; where there is no certificate, nothing is known of how good they could be."
            )
        yield Verdict("good", _("Every split keeps the mandatory rules"), text, "rules")
    for side in c.sides:
        if not side.sound:
            title = _("“{name}” cannot be chosen as it is").format(name=side.name)
            yield Verdict("bad", title, " ".join(wrongs(side)), "rules")


def wrongs(side: Side) -> list[str]:
    """Say why a split cannot be chosen: mandatory rules broken, and what its certificate says otherwise."""
    broken = [a.label for a in side.audit.criteria if a.hard and a.cost]
    text = _("Mandatory and broken: {rules}.").format(rules="; ".join(broken))
    return [*([text] if broken else []), *side.differences]


def _best(c: Comparison) -> Iterator[Verdict]:
    """Yield which is best among those that may be chosen at all."""
    found = [k for k, side in enumerate(c.sides) if side.sound]
    places = sorted({c.order[k] for k in found})
    groups = [[c.names[k] for k in found if c.order[k] == place] for place in places]
    if len(groups) > 1 or (groups and len(found) < len(c.sides)):
        title = ngettext("Best by the regulation: {names}", "Best by the regulation, equally: {names}", len(groups[0]))
        text = _("Priority after priority: {order}.").format(order=" > ".join(" = ".join(some) for some in groups))
        yield Verdict("info", title.format(names=", ".join(groups[0])), text, "tiers")
    elif groups:
        text = _("In every priority they have the same points: choose among them by what the rules do not say.")
        yield Verdict("info", _("By the regulation they are equally good"), text, "tiers")


def _wished(c: Comparison) -> Iterator[Verdict]:
    if c.asked:
        counts = [c.granted(k) for k in range(len(c.sides))]
        title = _("Wishes granted: {numbers} out of {asked}").format(numbers=_between(counts), asked=c.asked)
        text = "; ".join(f"{n}: {count}" for n, count in zip(c.names, counts, strict=True))
        yield Verdict("info", title, f"{text}.", "wishes")


def _apart(c: Comparison) -> Verdict:
    far = [trade.moves.pupils for trade in c.trades]
    title = _("Pupils who change class: {numbers}").format(numbers=_between(far))
    text = _("Out of {pupils}, compared with “{name}”.").format(pupils=len(c.pupils), name=c.names[0])
    return Verdict("info", title, text, "moves")


def _between(numbers: Sequence[int]) -> str:
    low, high = min(numbers), max(numbers)
    return str(low) if low == high else _("from {low} to {high}").format(low=low, high=high)


# --- what one gives up for what ---


def say_trade(c: Comparison, trade: Trade) -> str:
    """Say in one sentence what the other split gives and takes, and which is better by the regulation's own order."""
    if not (trade.changes or trade.granted):
        text = _("“{other}” costs as much as “{first}” in every rule.")
        return text.format(first=c.names[0], other=c.names[trade.other])
    hard = [r for r in trade.changes if r.hard]
    parts = [*_said_hard(hard[:TOLD]), *_said_wishes(trade), *_said_rules(c, trade, len(hard[TOLD:]))]
    return f"“{c.names[trade.other]}” {_joined(parts)}; {_conclusion(c, trade)}"


def _said_hard(changes: Sequence[Change]) -> Iterator[str]:
    for change in changes:
        text = _("breaks the mandatory rule “{rule}”") if change.worse else _("keeps the mandatory rule “{rule}”")
        if change.after and not change.worse:
            text = _("breaks the mandatory rule “{rule}” less")
        yield text.format(rule=change.label)


def _said_wishes(trade: Trade) -> Iterator[str]:
    if trade.granted > 0:
        yield ngettext("grants {n} wish more", "grants {n} wishes more", trade.granted).format(n=trade.granted)
    if trade.granted < 0:
        yield ngettext("grants {n} wish fewer", "grants {n} wishes fewer", -trade.granted).format(n=-trade.granted)


def _said_rules(c: Comparison, trade: Trade, untold: int) -> Iterator[str]:
    """Name the first rules of the regulation's order, the better ones first; wishes were counted already."""
    soft = [r for r in trade.changes if not (r.hard or (trade.granted and _of_wishes(c, r)))]
    told = [*[r for r in soft if not r.worse][:TOLD], *[r for r in soft if r.worse][:TOLD]]
    for rule in told:
        points = abs(rule.points)
        text = (
            ngettext("costs {n} point more in “{rule}”", "costs {n} points more in “{rule}”", points)
            if rule.worse
            else ngettext("saves {n} point in “{rule}”", "saves {n} points in “{rule}”", points)
        )
        yield text.format(n=points, rule=rule.label)
    if rest := len(soft) - len(told) + untold:
        yield ngettext("differs in {n} other rule", "differs in {n} other rules", rest).format(n=rest)


def _of_wishes(c: Comparison, change: Change) -> bool:
    return c.regulation.criteria[change.number - 1].rule in WISH_RULES


def _joined(parts: Sequence[str]) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return _("{some} and {last}").format(some=", ".join(parts[:-1]), last=parts[-1])


def _conclusion(c: Comparison, trade: Trade) -> str:
    winner = c.names[trade.other if trade.better < 0 else 0]
    if not any(c.sides[k].audit.hard_kept for k in (0, trade.other)):
        return _("neither may be chosen: both break mandatory rules.")
    if not trade.better:
        return _("by the regulation's own order they are equally good: every priority has the same points.")
    if any(r.hard for r in trade.changes):
        return _("“{winner}” is better: mandatory rules come before everything.").format(winner=winner)
    tier, more = next(iter(trade.tiers.items()))
    text = ngettext(
        "by the regulation's own order “{winner}” is better: priority {tier} comes first, with {n} point fewer.",
        "by the regulation's own order “{winner}” is better: priority {tier} comes first, with {n} points fewer.",
        abs(more),
    )
    return text.format(winner=winner, tier=tier, n=abs(more))


# --- who moves ---


def say_moves(trade: Trade) -> str:
    """Count the moves: "12 pupils change class: 4 swaps, 1 circle of 3, 1 single move."."""
    moves = trade.moves
    if not moves.steps:
        return _("Nobody changes class.")
    found = Counter((s.closed, len(s.pupils)) for s in moves.steps)
    parts = [say_kind(closed, size, n) for (closed, size), n in sorted(found.items(), key=lambda x: not x[0][0])]
    total = ngettext("{n} pupil changes class", "{n} pupils change class", moves.pupils).format(n=moves.pupils)
    unproved = "" if moves.exact else " " + _("(More and shorter circles may exist: there are too many to try.)")
    return f"{total}: {', '.join(parts)}.{unproved}"


def say_kind(closed: bool, size: int, n: int) -> str:
    """Name some steps of one kind."""
    if closed and size == 2:
        return ngettext("{n} swap", "{n} swaps", n).format(n=n)
    if closed:
        return ngettext("{n} circle of {size}", "{n} circles of {size}", n).format(n=n, size=size)
    if size == 1:
        return ngettext("{n} single move", "{n} single moves", n).format(n=n)
    return ngettext("{n} chain of {size}", "{n} chains of {size}", n).format(n=n, size=size)


def say_step(c: Comparison, step: Step) -> str:
    """Name those who move: "Rossi Ada (1A → 1B), Bianchi Ugo (1B → 1A)"."""
    return ", ".join(f"{name} ({here} → {there})" for name, here, there in moved(c, step))


def moved(c: Comparison, step: Step) -> Iterator[tuple[str, str, str]]:
    """Yield pupil, class left and class joined of each move of a step."""
    for pupil, (here, there) in zip(step.pupils, pairwise(step.classes), strict=True):
        yield c.labels[c.pupils[pupil]], c.classes[here], c.classes[there]


def say_renamed(c: Comparison, trade: Trade) -> str:
    """Say which classes go under other names in the other split; empty when none does."""
    side = c.sides[trade.other]
    pairs = [f"{c.classes[k]} = {c.classes[same]}" for k, same in enumerate(side.same) if k != same]
    text = _(
        "Classes matched under other names (“{first}” = “{other}”): {pairs}. No rule tells them apart, so their names "
        "are no difference."
    )
    return text.format(first=c.names[0], other=side.name, pairs=", ".join(pairs)) if pairs else ""


def say_strangers(c: Comparison) -> list[str]:
    """Say who is not in every split."""
    found = [
        _("{pupil}: only in {names}.").format(pupil=c.labels[p], names=", ".join(c.names[k] for k in where))
        for p, where in c.strangers.items()
    ]
    text = _(
        "The splits are not of the same pupils: moves and wishes are those of the {pupils} in all of them, the rules "
        "are counted on all the pupils of each."
    )
    return [text.format(pupils=len(c.pupils)), *found] if found else []


# --- how each was made ---


def say_made(side: Side) -> str:
    """Say how a split was made, as its certificate tells it."""
    if not side.certificate:
        return _("no certificate")
    return made.say_made(side.certificate) or _("by a search for the best of all")


# --- rules and classes ---


def subtitle(c: Comparison) -> str:
    """Say which school is compared: regulation, pupils, classes."""
    parts = [
        c.regulation.name,
        ngettext("{number} pupil", "{number} pupils", len(c.pupils)).format(number=len(c.pupils)),
        ngettext("{number} class", "{number} classes", len(c.classes)).format(number=len(c.classes)),
    ]
    return " · ".join(filter(None, parts))


def say_columns(c: Comparison) -> str:
    """Say in which order the counts of the classes are written."""
    text = _("Counts in the order {classes}; ▲ above, ▼ below the target, which follows in brackets.")
    return text.format(classes=", ".join(c.classes))


def say_tier(tier: ComparedTier, k: int) -> str:
    """Say how good a split is in a tier: "58 ✓", "61 (60)"."""
    if tier.proved[k]:
        return f"{tier.values[k]} ✓"
    bound = tier.bounds[k]
    return str(tier.values[k]) if bound is None else f"{tier.values[k]} ({bound})"


def say_rule(row: ClassRow) -> str:
    """Name what was counted: the rule, and the value it is about."""
    return f"{row.rule.number}. {row.rule.label}" + (f" · {row.about}" if row.about else "")


def say_price(rule: ComparedRule) -> str:
    """Say what a rule weighs."""
    if rule.hard:
        return _("mandatory")
    return _("priority {tier}, weight {weight}").format(tier=rule.tier, weight=rule.weight)


def say_count(count: Count | None) -> str:
    """Say what was counted in a class, and how far it is from its target: "5 ▲ (3–4)"."""
    if count is None:
        return "·"
    arrow = {"inside": "", "above": " ▲", "below": " ▼", "outside": " ◆"}[departure(count)[0]]
    return f"{say_number(count.value)}{arrow} ({say_target(count)})" if arrow else say_number(count.value)


def chart(c: Comparison, row: ClassRow) -> Dots:
    """Draw a dot a class, all the splits on one scale: the count itself, or where targets differ how far it is off."""
    known = [[x for x in some if x is not None] for some in row.counts]
    targets = {(x.low, x.high) for some in known for x in some}
    low, high = targets.pop() if len(targets) == 1 else (None, None)
    if low is None and high is None:
        low = high = 0
        about = _("Distance of each class from its own target.")
        points = [[_distance(x) for x in some] for some in known]
    else:
        about = _("Target: {target}.").format(target=say_target(Count(0, low=low, high=high)))
        points = [[Fraction(x.value or 0) for x in some] for some in known]
    outside = [sum(x.excess > 0 for x in some) for some in known]
    return Dots(
        title=say_rule(row),
        description=f"{say_price(row.rule)}. {about}",
        classes=tuple(map(_short, c.names)),
        points=tuple(tuple(sorted(some)) for some in points),
        means=(None,) * len(known),
        mean_texts=tuple(f"✗ {n}" if n else "✓" for n in outside),
        band=(low, high),
    )


def _distance(count: Count) -> Fraction:
    value = Fraction(count.value or 0)
    if count.high is not None and value > count.high:
        return value - Fraction(count.high)
    return min(Fraction(0), value - Fraction(count.low)) if count.low is not None else Fraction(0)


def _short(name: str) -> str:
    """Keep the end of a long name, where folders of alternatives differ."""
    return name if len(name) <= LONGEST else f"…{name[1 - LONGEST :]}"
