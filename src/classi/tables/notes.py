"""What the empty workbook says: a note on every column, the instructions, and the sample regulation."""

from __future__ import annotations

from classi.i18n import _
from classi.tables.columns import Column


def column_note(table: str, column: Column) -> str:
    """Return the note on the header of a column: what it is, and what is expected."""
    about = _about().get(f"{table}.{column.name}", "")
    return f"{about} {_expected(column)}".strip()


def table_note(table: str) -> str:
    """Return the note beside the last header: which other columns may be added."""
    return {
        "alunni": _("Any other column may be added here: it is kept, and the regulation may name it in a criterion."),
        "classi": _("One row for each class to form. Other columns may be added, and named in the regulation."),
        "legami": _("One row for each tie between two pupils."),
        "plessi": _("Only for schools with several sites: add seats, rooms and distances as columns."),
    }[table]


def _expected(column: Column) -> str:
    number = column.name.rpartition("_")[2]
    return {
        "id": _("A code used only once: numbers and letters as you like."),
        "text": _("A text."),
        "sex": _("M or F."),
        "support": _("no, comma1 or comma3."),
        "yesno": _("sì or no."),
        "date": _("A date: day/month/year."),
        "level": _("A number (decimal comma) or a word such as high, middle, low: the same kind in the whole column."),
        "count": _("A whole number from 0 up."),
        "weight": _("A whole number from 1 up; empty counts as 1."),
        "area": _("Square metres, with decimal comma."),
        "request": _("Choice number {number}: a value of the column “{column}” of the sheet “classi”.").format(
            number=number, column=column.target
        ),
        "class": _("The id of a class of the sheet “classi”."),
        "classes": _("The ids of one or more classes, separated by semicolons."),
        "pupil": _("The id of a pupil of the sheet “alunni”."),
        "tie": _("preferisce, insieme, separati, gemelli or fratelli."),
    }[column.kind]


def _about() -> dict[str, str]:
    return _about_pupils() | {
        "classi.id": _("The class, as it will be called: 1A, 1B …"),
        "classi.plesso": _("The site the class is in."),
        "classi.anno": _("The year of the course."),
        "classi.tempo_scuola": _("The time model: 30, 36, tempo pieno …"),
        "classi.lingua2": _("The second language."),
        "classi.indirizzo": _("The track: musicale, ordinario …"),
        "classi.min": _("Fewest pupils."),
        "classi.max": _("Most pupils."),
        "classi.area_mq": _("The area of the room."),
        "legami.da": _("The pupil who wishes, or the first of the two."),
        "legami.a": _("The other pupil."),
        "legami.tipo": _(
            "preferisce: a wish of the first pupil. insieme, separati: same class, different classes. "
            "gemelli, fratelli: kept apart by the rule that names them, unless “insieme” is asked as well."
        ),
        "legami.peso": _("How much it counts."),
        "legami.vincolante": _("sì when it must be respected in any case."),
        "legami.motivo": _("Why, for the minutes."),
        "legami.fonte": _("Who asks for it: family, teachers, commission."),
        "plessi.id": _("The site, as in the column “plesso” of the sheet “classi”."),
        "plessi.nome": _("The name in full."),
    }


def _about_pupils() -> dict[str, str]:
    notes = {
        "id": _("The pupil. Not the tax code: the fewer people recognise it, the better."),
        "cognome": _("Optional: only to make the results easier to read."),
        "nome": _("Optional: only to make the results easier to read."),
        "cittadinanza": _("Italiana, or another country."),
        "nato_in_italia": _("Born in Italy."),
        "nai": _("Newly arrived in Italy."),
        "livello_italiano": _("Level of Italian as a second language."),
        "disabilita": _("Article 3 of law 104/1992. Empty means not known."),
        "dsa": _("Specific learning disorder (law 170/2010)."),
        "bes": _("Other special educational needs."),
        "situazione_problematica": _("A situation the school of origin points out."),
        "livello": _("Level of learning."),
        "comportamento": _("Behaviour."),
        "scuola_provenienza": _("School of origin."),
        "classe_provenienza": _("Class of origin."),
        "ripetente": _("Repeats the year."),
        "classe_fissa": _("The class the pupil must be in, when it is already decided."),
        "classi_vietate": _("Classes the pupil may not be in."),
        "classe_precedente": _("The class of last year, when classes are formed again."),
    }
    instruments = {f"strumento_{n}": _("Instrument, choice number {number}.").format(number=n) for n in range(1, 5)}
    return {f"alunni.{name}": note for name, note in (notes | instruments).items()}


def instructions() -> list[str]:
    """Return the lines of the first sheet."""
    return [
        _("How to fill in this workbook"),
        _("1. Sheet “classi”: one row for each class to form, with the fewest and most pupils it may hold."),
        _("2. Sheet “alunni”: one row for each pupil. Only the column “id” is needed; leave empty what is not known."),
        _("3. Sheet “legami”: wishes, pupils to keep together or apart, twins, siblings. It may stay empty."),
        _("4. Sheet “plessi”: only for schools with several sites. It may stay empty."),
        _("Every header has a note that says what is expected; many cells have a drop-down list."),
        _("Columns may be left out, moved, or added: an added column can be named in the regulation."),
        _("The rules are in the file regolamento.toml beside this workbook: open it with any text editor."),
        _("Then run: classi check, which lists everything to correct, and classi form, which forms the classes."),
        _("These are personal data of minors: keep the file on a protected disk, and do not send it by e-mail."),
    ]


def sample_regulation() -> str:
    """Return the text of a sample regulation, with comments."""
    return "\n".join([*_opening(), *_hard_rules(), *_soft_rules(), *_more_rules()])


def _opening() -> list[str]:
    return [
        "# " + _("The rules of the school. Lines that begin with # are comments: they are not read."),
        "# " + _("Each rule is hard (hard = true: never broken) or has a weight: the greater, the more it counts."),
        "# " + _("tier puts soft rules in order: tier 1 is made as good as it can be before tier 2 is looked at."),
        "",
        f"name = {_toml_text(_('Criteria for forming the classes'))}",
        f"source = {_toml_text(_('resolution of the school council'))}",
        "",
    ]


def _hard_rules() -> list[str]:
    return [
        "# " + _("Pupils in each class. The columns min and max of the sheet “classi” come before these numbers."),
        *_rule("class_size", "max = 27", "hard = true"),
        "# " + _("At most two pupils with disability in a class."),
        *_rule("at_most_per_class", 'of = { disabilita = ["comma1", "comma3"] }', "limit = 2", "hard = true"),
        "# " + _("Twins, siblings and pupils to keep apart, unless the family asks for them to be together."),
        *_rule("apart", "hard = true"),
        *_rule("together", "hard = true"),
    ]


def _soft_rules() -> list[str]:
    return [
        "# " + _("Classes of the same size, with as many girls, as many pupils of each level, as many foreign pupils."),
        *_rule("equal_sizes", "weight = 10", "tier = 1"),
        *_rule("balance", 'attribute = "sesso"', "weight = 5", "tier = 1"),
        *_rule("balance", 'attribute = "livello"', "weight = 5", "tier = 1"),
        *_rule("balance", 'attribute = "straniero"', "weight = 5", "tier = 1"),
        "# " + _("At least one wish granted to each pupil who has some, then as many as possible."),
        *_rule("wish_at_least_one", "weight = 5", "tier = 2"),
        *_rule("wishes", "weight = 1", "tier = 3"),
    ]


def _more_rules() -> list[str]:
    examples = [
        ("size_with_group", 'of = { disabilita = ["comma3"] }', "limit = 20", "hard = true"),
        ("none_or_at_least", 'of = { sesso = "F" }', "count = 2", "weight = 3"),
        ("at_most_per_class", 'each = "scuola_provenienza"', "limit = 6", "weight = 2"),
        ("eligibility", 'attribute = "tempo_scuola"', "hard = true"),
    ]
    lines = ["# " + _("More rules, to use by taking away the # in front; the manual has them all.")]
    for example in examples:
        lines += ["#" + line if line else "" for line in _rule(*example)]
    return lines


def _rule(name: str, *fields: str) -> list[str]:
    return ["[[criteria]]", f'rule = "{name}"', *fields, ""]


def _toml_text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
