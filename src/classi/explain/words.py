"""An explanation in sentences, for the commission: with names, numbers and whose wish it is. Never for families."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from classi.differences import tier_changes
from classi.domain import Count
from classi.explain.model import ClassAnswer, CountAnswer, CountChange, Explanation, Fact, Way, WishAnswer
from classi.i18n import _, ngettext
from classi.price import Move
from classi.regulation import Regulation
from classi.report.pupils import pupil_labels
from classi.report.words import say_number, say_target
from classi.splits import Split

INDENT = "  "


@dataclass(frozen=True)
class Section:
    """A heading and its sentences; those that begin with two blanks belong to the one before."""

    title: str
    lines: tuple[str, ...]


def sections(explanation: Explanation, split: Split) -> tuple[Section, ...]:
    """Put an explanation into words for those who decide, in the current language.

    Parameters
    ----------
    split : the split that was explained: it gives the names of pupils and rules.
    """
    say = _Words(split.case.regulation, _names(split))
    title = _("{pupil}: class {class_id}").format(pupil=say.who(explanation.pupil), class_id=explanation.class_id)
    facts = [say.fact(fact) for fact in explanation.facts]
    if not facts:
        facts = [_("No rule speaks of this pupil by name: the class comes from what the rules ask of the classes.")]
    found = [Section(title, tuple(facts))]
    for heading, answers in (
        (_("Wishes"), [say.wish(w) for w in explanation.wishes]),
        (_("What any other class would cost"), [say.other(c) for c in explanation.classes]),
        (_("Why these numbers"), [say.count(c) for c in explanation.counts]),
    ):
        if answers:
            found.append(Section(heading, tuple(line for lines in answers for line in lines)))
    return tuple(found)


def lines(explanation: Explanation, split: Split) -> list[str]:
    """Return the same as plain lines, a blank one before each heading but the first."""
    found: list[str] = []
    for section in sections(explanation, split):
        found += [*([""] if found else []), section.title, *section.lines]
    return found


def _names(split: Split) -> dict[str, str]:
    """Return how each pupil is called: name and identifier, so that commands can be typed from what is read."""
    labels = pupil_labels(split.ledger.pupils)
    return {
        i: label if i in label.split() or label.endswith(f"({i})") else f"{label} ({i})" for i, label in labels.items()
    }


class _Words:
    def __init__(self, regulation: Regulation, names: Mapping[str, str]) -> None:
        self.regulation, self.names = regulation, names

    def who(self, pupil: str) -> str:
        return self.names[pupil]

    def rule(self, number: int) -> str:
        return self.regulation.label(number - 1)

    def fact(self, fact: Fact) -> str:
        classes = ", ".join(fact.classes)
        if fact.kind == "seat":
            return _("The seat given by the rankings leaves open: {classes}.").format(classes=classes)
        texts = {
            "place": _("{rule}: only {classes}.") if fact.hard else _("{rule}: {classes} would be best."),
            "together": _("{rule}: in the same class as {other}."),
            "apart": _("{rule}: not in the same class as {other}."),
        }
        other = self.names.get(fact.other, "")
        said = [texts[fact.kind].format(rule=self.rule(fact.number), classes=classes, other=other)]
        said.append(_("It is so.") if fact.kept else _("It is not so."))
        if fact.who:
            said.append(_("Decided by {who}: {why}.").format(who=fact.who, why=fact.why.rstrip(".")))
        return " ".join(said)

    # --- wishes, classes, counts ---

    def wish(self, wish: WishAnswer) -> Iterator[str]:
        if wish.vetoed:
            said = _("To be with {friend}: not counted, because the two are to be kept apart.")
        elif wish.granted:
            said = _("To be with {friend}: granted.")
        elif not wish.possible:
            said = _("To be with {friend}: not granted. No class is open to both of them.")
        elif wish.way is None:
            said = _("To be with {friend}: not granted. No single move or swap brings them together.")
        else:
            said = _("To be with {friend}: not granted. The cheapest way to grant it: {moves}.")
        moves = self.moves(wish.way) if wish.way else ""
        note = "" if wish.counted or wish.vetoed else " " + _("(No rule of the regulation counts this wish.)")
        yield said.format(friend=self.who(wish.friend), moves=moves) + note
        if wish.way is not None:
            yield from self.price(wish.way)

    def other(self, answer: ClassAnswer) -> Iterator[str]:
        if answer.way is not None:
            text = _("{class_id}: {moves}.")
            yield text.format(class_id=answer.class_id, moves=self.moves(answer.way))
            yield from self.price(answer.way)
            return
        why = [self.rule(number) for number in answer.closed_by]
        if answer.by_seat:
            why.append(_("the seat that was given"))
        text = _("{class_id}: not open to this pupil, because of: {why}.")
        yield text.format(class_id=answer.class_id, why="; ".join(why))

    def count(self, answer: CountAnswer) -> Iterator[str]:
        count, rule = answer.count, self.regulation.criteria[answer.number - 1]
        if not count.excess:
            text = _("{counted}: {value}, within the target ({target}). The rule asks for no other number.")
            target, value = say_target(count), say_number(count.value)
            yield text.format(counted=self.counted(answer.number, count), value=value, target=target)
            return
        yield f"{self.rule(answer.number)}: {rule.explain(count)}"
        if answer.way is None:
            yield INDENT + _("No single move or swap brings it nearer to the target.")
        else:
            text = _("The cheapest way to bring it nearer: {moves}.")
            yield INDENT + text.format(moves=self.moves(answer.way))
            yield from self.price(answer.way)
        if answer.proved:
            text = _(
                "It is proved that no split at all, not only the nearby ones, does better down to priority {tier}."
            )
            yield INDENT + text.format(tier=rule.tier)

    # --- one way and its price ---

    def moves(self, way: Way) -> str:
        first, *rest = way.moves
        if not rest:
            return _("{pupil} goes from {before} to {after}").format(pupil=self.who(first.pupil), **_route(first))
        text = _("{pupil} goes from {before} to {after}, and {other} the other way")
        return text.format(pupil=self.who(first.pupil), other=self.who(rest[0].pupil), **_route(first))

    def price(self, way: Way) -> Iterator[str]:
        yield INDENT + _verdict(way)
        yield from (f"{INDENT}– {change}" for change in way.changes)
        yield from (f"{INDENT}– {self.changed(change)}" for change in way.counts)
        for wishes, text in (
            (
                way.broken,
                ngettext("Wish no longer granted: {wishes}.", "Wishes no longer granted: {wishes}.", len(way.broken)),
            ),
            (way.granted, ngettext("Wish granted: {wishes}.", "Wishes granted: {wishes}.", len(way.granted))),
        ):
            if wishes:
                said = "; ".join(f"{self.who(pupil)} → {self.who(friend)}" for pupil, friend in wishes)
                yield f"{INDENT}– {text.format(wishes=said)}"

    def changed(self, change: CountChange) -> str:
        old, new = change.before, change.after
        text = _("{counted}: {after} instead of {before} (target {target}).")
        return text.format(
            counted=self.counted(change.number, old),
            before=say_number(old.value),
            after=say_number(new.value),
            target=say_target(new) or "–",
        )

    def counted(self, number: int, count: Count) -> str:
        about = f", {count.about}" if count.about else ""
        return f"{self.rule(number)}, {count.where}{about}"


def _route(move: Move) -> dict[str, str]:
    return {"before": move.before, "after": move.after}


def _verdict(way: Way) -> str:
    if way.forbidden:
        return _("It would break what is mandatory.")
    if not way.verdict:
        return _("The split would be as good as it is now.")
    tiers = []
    for tier, more in tier_changes(way.changes).items():
        text = ngettext("{points} point more in priority {tier}", "{points} points more in priority {tier}", abs(more))
        if more < 0:
            text = ngettext(
                "{points} point fewer in priority {tier}", "{points} points fewer in priority {tier}", abs(more)
            )
        tiers.append(text.format(points=abs(more), tier=tier))
    text = _("The split would be worse: {tiers}.") if way.verdict > 0 else _("The split would be better: {tiers}.")
    return text.format(tiers=", ".join(tiers))
