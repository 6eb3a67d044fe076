"""An explanation for a family, about their own child only: nothing in it tells anything of another child.

What a family may not read never gets here: no name or identifier of others, no count, no price, no rule by its name
(a rule on disability that stands in the way would say something of a classmate). Reasons are three wide kinds, so that
none of them gives away a tie, a veto or a wish that was not returned.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path
from typing import Any

from classi.documents.hidden import Hidden
from classi.documents.words import file_stems
from classi.durable import PRIVATE, write_atomic
from classi.explain.pupil import Trial, check_asked
from classi.formation.nearby import Priced
from classi.i18n import _, language, ngettext
from classi.outputs import check_folder
from classi.splits import Split

SIZES = ("class_size", "equal_sizes", "room_area")
REQUESTS = ("eligibility", "requests", "wishes", "wish_at_least_one")


@dataclass(frozen=True)
class Part:
    """A heading and its paragraphs."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class FamilyExplanation:
    """What a family may read.

    Attributes
    ----------
    pupil, class_id : of their own child, by identifiers.
    child : the child's name where the files have it, else the identifier.
    parts : the text, in the language it was made in; the first part's heading is the title.
    """

    pupil: str
    child: str
    class_id: str
    parts: tuple[Part, ...]

    def lines(self) -> list[str]:
        """Return plain lines, a blank one before each heading but the first."""
        found: list[str] = []
        for part in self.parts:
            found += [*([""] if found else []), part.title, *part.lines]
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for scripts."""
        return asdict(self)

    def html(self) -> str:
        """Return a page of its own, to print or to hand over."""
        first, *rest = self.parts
        body = [f"<h1>{escape(first.title)}</h1>", *_paragraphs(first)]
        for part in rest:
            body += [f"<h2>{escape(part.title)}</h2>", *_paragraphs(part)]
        return PAGE.format(language=language(), title=escape(first.title), body="\n".join(body))


PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 1.05rem/1.55 system-ui, sans-serif; color: #1a1a1a; background: #fff; max-width: 42rem;
  margin: 2rem auto; padding: 0 1rem; }}
h1 {{ font-size: 1.5rem; color: #1f4e79; }}
h2 {{ font-size: 1.15rem; color: #1f4e79; margin: 1.6rem 0 .3rem; break-after: avoid; }}
p {{ margin: .4rem 0; }}
</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""


def explain_family(split: Split, pupil: str) -> FamilyExplanation:
    """Explain to a family why their child is in this class, in the current language.

    Raises
    ------
    InputError
        If there is no such pupil in the split.
    """
    check_asked(split, pupil)
    return next(explain_families(split, [pupil]))


def explain_families(split: Split, pupils: Sequence[str]) -> Iterator[FamilyExplanation]:
    """Yield the explanation for the family of each of some pupils of the split."""
    trial = Trial(split)
    how = _how(trial)
    for pupil in pupils:
        i = split.case.school.pupil_at[pupil]
        yield FamilyExplanation(pupil, split.case.school.pupils[i].label, trial.placed[pupil], _parts(trial, i, how))


def write_families(split: Split, folder: Path, *, force: bool = False) -> tuple[Path, ...]:
    """Write a page for the family of every pupil, ``famiglia-<id>.html``, into a folder, and return the files.

    Raises
    ------
    InputError
        If one of the files is already there and `force` is not set, or `folder` is a file or the folder of a case;
        nothing is written then.
    """
    ids = [p.id for p in split.case.school.pupils]
    files = [folder / f"{stem}.html" for stem in file_stems("famiglia", ids)]
    check_folder(folder, [file.name for file in files], force=force)
    folder.mkdir(parents=True, exist_ok=True)
    for file, found in zip(files, explain_families(split, ids), strict=True):
        write_atomic(file, found.html().encode("utf-8"), PRIVATE)
    return tuple(files)


def _parts(trial: Trial, i: int, how: tuple[str, ...]) -> tuple[Part, ...]:
    child, class_id = trial.school.pupils[i].label, trial.school.classes[trial.split.places[i]].id
    title = _("{child}: class {class_id}").format(child=child, class_id=class_id)
    found = [Part(title, (_("This page says how the class of {child} was chosen.").format(child=child),))]
    found.append(Part(_("How the classes were formed"), how))
    for heading, lines in (
        (_("The companions asked for"), tuple(_wishes(trial, i))),
        (_("Why not another class"), tuple(_others(trial, i))),
    ):
        if lines:
            found.append(Part(heading, lines))
    return (*found, Part(_("What you can ask"), _rights()))


def _how(trial: Trial) -> tuple[str, ...]:
    hidden = Hidden(trial.split.ledger.pupils)
    name = hidden.told(trial.regulation.name)
    rules = (
        _("The school's written criteria (“{name}”)").format(name=name) if name else _("The school's written criteria")
    )
    named = (column for rule in trial.regulation.criteria for column in rule.pupil_columns())
    spoken = (re.sub(r"_\d+$", "", column).replace("_", " ") for column in named)
    columns = dict.fromkeys(filter(None, map(hidden.told, spoken)))
    said = [
        _("{rules} were applied to all pupils together, with the same rules for everybody.").format(rules=rules),
        _("A computer program looked for the classes that keep them best: it proposes, the head teacher decides."),
    ]
    if columns:
        text = _("Of every pupil, the criteria look at: {columns}; besides, at the requests of families and schools.")
        said.append(text.format(columns=", ".join(columns)))
    if trial.split.audit.admission is not None:
        said.append(
            _("The place in the school was given before, by the ranking: the school can show you your own part.")
        )
    return tuple(said)


def _wishes(trial: Trial, i: int) -> Iterator[str]:
    pupil = trial.school.pupils[i].id
    friends = trial.friends(pupil)
    for n, friend in enumerate(friends, 1):
        which = _("The companion you asked for") if len(friends) == 1 else _("Companion {n} of your list").format(n=n)
        if trial.placed[friend] == trial.placed[pupil]:
            yield _("{which}: in your child's class.").format(which=which)
        else:
            text = _("{which}: not in your child's class. {reason}")
            yield text.format(which=which, reason=_why_apart(trial, i, friend))


def _why_apart(trial: Trial, i: int, friend: str) -> str:
    # Where the child could have gone to the friend's class at nobody's expense, what stands in the way is a tie between
    # the two, or the friend's own data: then no reason is told.
    best = _to(trial, i, trial.split.places[trial.school.pupil_at[friend]])
    free = best is not None and not _reason(trial, best)
    said = "" if free else _reason(trial, trial.granting(trial.school.pupils[i].id, friend))
    return said or _chosen_whole()


def _others(trial: Trial, i: int) -> Iterator[str]:
    """Yield each reason once, with the classes it is told of."""
    found: dict[str, list[str]] = {}
    for c, other in enumerate(trial.school.classes):
        if c != trial.split.places[i]:
            best = _to(trial, i, c)
            why = _closed(trial, i, c) if best is None else _reason(trial, best) or _as_good()
            found.setdefault(why, []).append(other.id)
    for why, classes in found.items():
        text = ngettext("Class {classes}. {why}", "Classes {classes}. {why}", len(classes))
        yield text.format(classes=", ".join(classes), why=why)


def _to(trial: Trial, i: int, c: int) -> Priced | None:
    """Return the cheapest way to bring the child to a class; ``None`` when the class is not open."""
    return trial.nearby.cheapest(trial.nearby.to_class(i, c))


def _closed(trial: Trial, i: int, c: int) -> str:
    rules, by_seat = trial.closed(i, c)
    if by_seat:
        return _("It is not among the classes of the place that was given.")
    if any(trial.regulation.criteria[number - 1].rule == "eligibility" for number in rules):
        return _("What was asked for on enrolment is not offered there.")
    return _("It was not possible under the school's criteria.")


def _reason(trial: Trial, best: Priced | None) -> str:
    """Say in general at whose expense a change would be, whatever exactly stands in the way; empty when at nobody's."""
    if best is None or best.price <= (0,) * len(best.price):
        return ""
    worse = {trial.regulation.criteria[k].rule for k, more in best.more.items() if more > 0}
    kinds = [
        (worse & {*SIZES}, _("the numbers of pupils of the classes")),
        (worse - {*SIZES, *REQUESTS}, _("the composition of the classes, which the criteria want balanced")),
        (worse & {*REQUESTS}, _("what families asked for")),
    ]
    said = "; ".join(words for rules, words in kinds if rules)
    return _("Even the best change would have been at the expense of: {kinds}.").format(kinds=said)


def _chosen_whole() -> str:
    # One sentence for a veto, no common class, a wish no rule counts and one nobody found: it tells them not apart.
    return _(
        "The classes were chosen as a whole, by all criteria and requests together: in those chosen it did not occur."
    )


def _as_good() -> str:
    return _(
        "By the criteria it would have been at least as good: of several good ways to form the classes, one had to be "
        "taken."
    )


def _rights() -> tuple[str, ...]:
    return (
        _("You may ask the head teacher to explain this choice, and which data of your child were used."),
        _("You may ask for wrong data of your child to be put right, and for a person to look at the choice again."),
        _("How to complain, and within how many days, is written in the school's own rules: the office will tell you."),
        _("About other pupils the school cannot tell you anything, just as it tells nobody anything about your child."),
    )


def _paragraphs(part: Part) -> list[str]:
    return [f"<p>{escape(line)}</p>" for line in part.lines]
