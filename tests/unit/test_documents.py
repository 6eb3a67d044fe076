"""Documents laid out as docx and PDF, and the school's own data."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import docx
import pypdf
import pytest
from docx.oxml.ns import qn

from classi.documents.docx import LARGEST, render_docx
from classi.documents.docx_parts import add_field
from classi.documents.model import (
    Document,
    Facts,
    Heading,
    Letterhead,
    Listing,
    PageBreak,
    Paragraph,
    Signatures,
    Table,
    printable,
)
from classi.documents.pdf import render_pdf
from classi.documents.school import SCHOOL, Member, School, blank_warnings, blanks
from classi.documents.school_file import read_school, school_template
from classi.documents.words import BLANK, or_blank, say_date
from classi.errors import InputError
from classi.i18n import use_language

STRANGE = "#rm *x* _y_ <z> = & $a$ \\n @b `c` ~ D’Amico-O'Neill àèéìòù “” € →"
LONG = "Supercalifragilistichespiralidosissimevolmente" * 3


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with use_language("en"):
        yield


def png(side: int = 8) -> bytes:
    raw = b"".join(b"\0" + b"\x20\x60\xa0" * side for _ in range(side))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    size = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")


HEAD = Letterhead("Istituto “Prova”", ("Via delle Prove, 1", "tel. 000"), png(), "Stemma")
BLOCKS = (
    Heading("Prima parte"),
    Paragraph(STRANGE, "Attenzione."),
    Heading("Sotto", 2),
    Listing(("uno", "due"), numbered=True),
    Listing(("di nuovo uno",), numbered=True),
    Listing(("punto", "")),
    Facts((("Luogo", "Prova"), ("Impronta", "0123456789abcdef" * 4))),
    Table(("Nome", "N."), ((STRANGE, "1"), (LONG, "2")), "Titolo della tabella", ("left", "right"), (3, 1)),
    Table(("A",), ()),
    Signatures((("Il Dirigente", "Anna Prova"), ("Il segretario", ""), ("Un componente", "Ugo Prova"))),
    PageBreak(letterhead=True),
    Table(("Di", "seguito"), (("a", "b"),)),
    PageBreak(),
)
WHOLE = Document("it", "Titolo *primo*", BLOCKS, "Sotto_titolo", HEAD, "Riservato", dated=date(2026, 6, 12))


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def squeezed(text: str) -> str:
    return "".join(text.split())


def word(made: bytes) -> Any:
    return docx.Document(io.BytesIO(made))


def template(body: str = "", header: str = "Carta della scuola", footer: str = "") -> Any:
    made = docx.Document()
    made.sections[0].header.paragraphs[0].text = header
    made.sections[0].footer.paragraphs[0].text = footer
    made.add_paragraph(body)
    return made


def saved(made: Any) -> bytes:
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


# --- both formats ---


@pytest.mark.parametrize("render", [render_pdf, render_docx])
def test_that_the_same_document_gives_the_same_bytes(render: Any) -> None:
    assert render(WHOLE) == render(WHOLE)
    assert render(WHOLE) != render(replace(WHOLE, dated=date(2026, 6, 13)))


def test_that_markup_in_names_comes_out_as_written_in_both() -> None:
    assert squeezed(STRANGE) in squeezed(text_of(render_pdf(WHOLE)))
    made = word(render_docx(WHOLE))
    assert any(STRANGE in p.text for p in made.paragraphs)
    assert made.tables[0].rows[1].cells[0].text == STRANGE


def test_that_control_characters_are_left_out_and_lines_kept() -> None:
    assert printable("a\0b\x1fc\ud800\r\nd") == "abc\nd"
    document = replace(WHOLE, blocks=(Paragraph("a\0b\nc\x0bd"), Table(("x\0y",), (("u\nv",),))))
    assert "ab" in text_of(render_pdf(document)) and "cd" in text_of(render_pdf(document))
    made = word(render_docx(document))
    assert [p.text for p in made.paragraphs][2] == "ab\ncd" and made.tables[0].rows[1].cells[0].text == "u\nv"


def test_that_a_logo_that_is_no_image_is_refused_in_both() -> None:
    broken = replace(WHOLE, letterhead=replace(HEAD, logo=b"\x89PNG\r\n\x1a\nnothing"))
    for render in (render_pdf, render_docx):
        with pytest.raises(InputError, match="logo"):
            render(broken)


def test_that_a_table_refuses_rows_of_another_width() -> None:
    with pytest.raises(ValueError, match="cell for each column"):
        Table(("a", "b"), (("1",),))
    with pytest.raises(ValueError, match="one alignment"):
        Table(("a", "b"), (), align=("left",))


def test_that_columns_are_as_wide_as_what_they_hold() -> None:
    shares = Table(("No.", "Name"), (("1", "Anna Maria de’ Provatis"),)).shares
    assert sum(shares) == pytest.approx(1) and shares[1] > 3 * shares[0]
    assert Table(("a", "b"), (), widths=(3, 1)).shares == (0.75, 0.25)


# --- pdf ---


def test_that_the_pdf_is_tagged_and_says_language_title_and_date() -> None:
    reader = pypdf.PdfReader(io.BytesIO(render_pdf(WHOLE)))
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and root["/Lang"] == "it" and "/StructTreeRoot" in root
    assert reader.metadata is not None and reader.metadata.title == "Titolo *primo*"
    assert reader.metadata.get("/CreationDate") == "D:20260612000000Z" and not reader.metadata.author
    assert b"pdfuaid" in root["/Metadata"].get_data()


def tags(node: Any, found: dict[str, int]) -> dict[str, int]:
    node = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(node, list):
        for child in node:
            tags(child, found)
    elif isinstance(node, dict):
        kind = str(node.get("/S", ""))
        found[kind] = found.get(kind, 0) + 1
        if "/Alt" in node:
            found[str(node["/Alt"])] = 1
        if "/K" in node:
            tags(node["/K"], found)
    return found


def test_that_tables_headings_and_the_logo_are_tagged() -> None:
    root: Any = pypdf.PdfReader(io.BytesIO(render_pdf(WHOLE))).trailer["/Root"]
    found = tags(root["/StructTreeRoot"], {})
    assert found["/Table"] == 3 and found["/TH"] == 5 and found["/TD"] == 6
    assert found["/H1"] == 1 and found["/H2"] == 1 and found["/L"] == 3
    assert found["Stemma"] == 1


def test_that_a_long_table_repeats_its_header_on_every_page() -> None:
    rows = tuple((f"Alunno {k}", str(k)) for k in range(150))
    pages = pypdf.PdfReader(io.BytesIO(render_pdf(replace(WHOLE, blocks=(Table(("Nominativo", "N."), rows),))))).pages
    assert len(pages) > 2 and all("Nominativo" in page.extract_text() for page in pages)


def test_that_long_words_stay_inside_the_page() -> None:
    cells = Table(tuple("ABCD"), ((LONG, LONG, "0123456789abcdef" * 4, "x"),))
    page = pypdf.PdfReader(io.BytesIO(render_pdf(replace(WHOLE, blocks=(Paragraph(LONG), cells))))).pages[0]
    right: list[float] = []
    page.extract_text(visitor_text=lambda text, _cm, tm, _font, size: right.append(tm[4] + size if text.strip() else 0))
    assert 0 < max(right) <= float(page.mediabox.width) - 2 * 28 + 12


def test_that_pages_are_numbered_in_the_language_of_the_document_unless_told_not_to() -> None:
    english = replace(WHOLE, language="en")
    assert "Page 1 of 2" in text_of(render_pdf(english)) and "Riservato" in text_of(render_pdf(english))
    assert "Page 1" not in text_of(render_pdf(replace(english, numbered=False)))


def test_that_a_letter_of_its_own_has_the_letterhead_again() -> None:
    pages = pypdf.PdfReader(io.BytesIO(render_pdf(WHOLE))).pages
    assert len(pages) == 2 and all("Istituto “Prova”" in page.extract_text() for page in pages)
    plain = replace(WHOLE, blocks=(Paragraph("a"), PageBreak(), Paragraph("b")))
    assert "Istituto" not in pypdf.PdfReader(io.BytesIO(render_pdf(plain))).pages[1].extract_text()


def test_that_signatures_never_stand_alone_on_a_page() -> None:
    signed = (Paragraph("Letto, approvato e sottoscritto."), Signatures((("Il Dirigente", ""), ("Il segretario", ""))))
    fill = tuple(Paragraph("riga") for _k in range(60))
    for lines in range(30, 45):
        pages = pypdf.PdfReader(io.BytesIO(render_pdf(replace(WHOLE, blocks=(*fill[:lines], *signed))))).pages
        assert "sottoscritto" in pages[-1].extract_text() and "segretario" in pages[-1].extract_text()
    rights = (Listing(("Un diritto.", "Un altro diritto.")), signed[1])
    for lines in range(30, 45):
        pages = pypdf.PdfReader(io.BytesIO(render_pdf(replace(WHOLE, blocks=(*fill[:lines], *rights))))).pages
        assert "Un altro diritto" in pages[-1].extract_text()
    last = next(p for p in word(render_docx(replace(WHOLE, blocks=signed))).paragraphs if "Letto" in p.text)
    assert last.paragraph_format.keep_with_next


def test_that_what_is_said_of_a_table_stands_with_it() -> None:
    table = Table(("Classe", "Alunni"), tuple((f"classe {k}", "20") for k in range(6)))
    told = (Heading("Composizione"), Paragraph("Conteggi della verifica."), table)
    fill = tuple(Paragraph("riga") for _k in range(60))
    for lines in range(26, 42):
        pages = pypdf.PdfReader(io.BytesIO(render_pdf(replace(WHOLE, blocks=(*fill[:lines], *told))))).pages
        (page,) = [p.extract_text() for p in pages if "classe 5" in p.extract_text()]
        assert "Composizione" in page and "Conteggi della verifica." in page
    said = next(p for p in word(render_docx(replace(WHOLE, blocks=told))).paragraphs if "Conteggi" in p.text)
    assert said.paragraph_format.keep_with_next


def test_that_a_document_without_letterhead_and_wide_pages_works() -> None:
    bare = replace(WHOLE, letterhead=Letterhead(), subtitle="", landscape=True)
    page = pypdf.PdfReader(io.BytesIO(render_pdf(bare))).pages[0]
    assert page.mediabox.width > page.mediabox.height
    only_logo = replace(WHOLE, letterhead=Letterhead(logo=png(), logo_words="Stemma"))
    assert "Stemma" in tags(pypdf.PdfReader(io.BytesIO(render_pdf(only_logo))).trailer["/Root"]["/StructTreeRoot"], {})


def test_that_a_letter_no_font_has_is_said_without_the_name() -> None:
    with pytest.raises(InputError, match="no font on this machine") as error:
        render_pdf(replace(WHOLE, blocks=(Paragraph("Rossi \U000e01ef\U0001fbff\ue123"),)))
    assert "Rossi" not in str(error.value)


def test_that_a_failure_of_the_typesetter_is_said_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("classi.documents.pdf._template", lambda: b"#nothing()")
    with pytest.raises(InputError, match="The PDF cannot be written"):
        render_pdf(WHOLE)


# --- docx ---

ORDER = {
    "w:pPr": "pStyle keepNext keepLines pageBreakBefore numPr pBdr shd tabs spacing ind jc outlineLvl rPr sectPr",
    "w:rPr": "rStyle rFonts b bCs i color spacing kern sz szCs lang",
    "w:tblPr": "tblStyle tblW jc tblInd tblBorders shd tblLayout tblCellMar tblLook tblCaption",
    "w:trPr": "cantSplit tblHeader",
    "w:tcPr": "tcW shd",
    "w:abstractNum": "nsid multiLevelType tmpl lvl",
    "w:lvl": "start numFmt pStyle lvlText lvlJc pPr rPr",
}


def in_order(element: Any) -> bool:
    wanted = {
        qn(f"w:{name}"): k
        for k, name in enumerate(ORDER[element.tag.replace(f"{{{element.nsmap['w']}}}", "w:")].split())
    }
    places = [wanted[child.tag] for child in element]
    return places == sorted(places)


def test_that_every_element_is_in_the_order_word_asks_for() -> None:
    made = word(render_docx(WHOLE))
    roots = [made.element, made.sections[0].header._element, made.sections[0].footer._element]
    found = [e for root in roots for tag in ORDER for e in root.iter(qn(tag))]
    own = [e for tag in ("w:abstractNum", "w:lvl") for e in made.part.numbering_part.element.iter(qn(tag))][-6:]
    assert len(found) > 50 and all(map(in_order, [*found, *own]))


def test_that_headings_are_headings_and_header_rows_repeat() -> None:
    made = word(render_docx(WHOLE))
    assert [p.text for p in made.paragraphs if p.style.name == "Heading 1"] == ["Prima parte"]
    assert [p.text for p in made.paragraphs if p.style.name == "Heading 2"] == ["Sotto"]
    assert made.paragraphs[0].style.name == "Title"
    first = made.tables[0]._tbl
    rows = first.findall(qn("w:tr"))
    assert [row.find(f"{qn('w:trPr')}/{qn('w:tblHeader')}") is not None for row in rows] == [True, False, False]
    assert first.find(f"{qn('w:tblPr')}/{qn('w:tblCaption')}").get(qn("w:val")) == "Titolo della tabella"


def test_that_each_list_has_numbers_of_its_own() -> None:
    made = word(render_docx(WHOLE))
    lists = [p._p.pPr.numPr.numId.val for p in made.paragraphs if p._p.pPr is not None and p._p.pPr.numPr is not None]
    assert len(lists) == 5 and len(set(lists)) == 3 and lists[0] == lists[1] != lists[2]


def test_that_the_description_names_nobody() -> None:
    about = word(render_docx(WHOLE)).core_properties
    assert (about.title, about.subject, about.author) == ("Titolo *primo*", "Sotto_titolo", "Istituto “Prova”")
    assert not about.last_modified_by and not about.comments and about.language == "it-IT"
    assert about.created == about.modified and about.created.date() == date(2026, 6, 12)
    with zipfile.ZipFile(io.BytesIO(render_docx(replace(WHOLE, dated=date(1970, 1, 1))))) as archive:
        assert {part.date_time[:3] for part in archive.infolist()} == {(2000, 1, 1)}


def test_that_the_language_is_set_everywhere() -> None:
    for code, tag in (("it", "it-IT"), ("en", "en-GB")):
        styles = word(render_docx(replace(WHOLE, language=code))).styles.element
        assert {e.get(qn("w:val")) for e in styles.iter(qn("w:lang"))} == {tag}


def test_that_the_letterhead_stands_on_every_page_with_words_for_the_logo() -> None:
    section = word(render_docx(WHOLE)).sections[0]
    assert section.header.paragraphs[0].text.split("\n")[1:] == ["Istituto “Prova”", "Via delle Prove, 1", "tel. 000"]
    described = [e.get("descr") for e in section.header._element.iter() if e.tag.endswith("docPr")]
    assert described == ["Stemma"] and round(section.page_width.cm, 1) == 21.0
    assert not word(render_docx(replace(WHOLE, letterhead=Letterhead()))).sections[0].header.paragraphs[0].text
    wide = word(render_docx(replace(WHOLE, landscape=True))).sections[0]
    assert wide.page_width > wide.page_height


def test_that_page_numbers_are_fields() -> None:
    def fields(made: bytes) -> list[str]:
        footer = word(made).sections[0].footer._element
        return [e.get(qn("w:instr")) for e in footer.iter(qn("w:fldSimple"))]

    assert fields(render_docx(WHOLE)) == ["PAGE", "NUMPAGES"]
    assert fields(render_docx(replace(WHOLE, numbered=False))) == []
    assert "Riservato" in word(render_docx(replace(WHOLE, numbered=False))).sections[0].footer.paragraphs[0].text
    assert not word(render_docx(replace(WHOLE, numbered=False, footer=""))).sections[0].footer.paragraphs[0].text


def test_that_a_page_break_goes_before_what_follows() -> None:
    made = word(render_docx(replace(WHOLE, blocks=(Paragraph("a"), PageBreak(), Heading("b")))))
    breaks = [p.text for p in made.paragraphs if p.paragraph_format.page_break_before]
    assert breaks == ["b"]


def test_that_the_schools_own_sheet_is_kept() -> None:
    own = template("Prot. n. ____", footer="Pagina di prova")
    made = word(render_docx(WHOLE, saved(own)))
    texts = [p.text for p in made.paragraphs]
    assert texts[:2] == ["Prot. n. ____", "Titolo *primo*"]
    section = made.sections[0]
    assert section.header.paragraphs[0].text == "Carta della scuola"
    assert section.footer.paragraphs[0].text == "Pagina di prova"
    assert "Riservato" in section.footer.paragraphs[1].text


def test_that_an_empty_sheet_begins_with_the_title() -> None:
    assert word(render_docx(WHOLE, saved(template()))).paragraphs[0].text == "Titolo *primo*"


def test_that_page_numbers_of_the_schools_sheet_are_not_doubled() -> None:
    own = template("x")
    add_field(own.sections[0].footer.paragraphs[0], "PAGE")
    own.sections[0].different_first_page_header_footer = True
    own.settings.odd_and_even_pages_header_footer = True
    made = word(render_docx(WHOLE, saved(own)))
    section = made.sections[0]
    assert len(list(section.footer._element.iter(qn("w:fldSimple")))) == 1
    assert "Riservato" in "".join(p.text for p in section.footer.paragraphs)
    for other in (section.first_page_footer, section.even_page_footer):
        assert len(list(other._element.iter(qn("w:fldSimple")))) == 2
    quiet = word(render_docx(replace(WHOLE, footer=""), saved(own)))
    assert len(quiet.sections[0].footer.paragraphs) == 1


def test_that_styles_and_lists_a_sheet_lacks_are_added() -> None:
    own = template("x")
    for name in ("Title", "Subtitle", "Heading 1", "Heading 2", "Caption"):
        own.styles[name].delete()
    defaults = own.styles.element.find(qn("w:docDefaults"))
    own.styles.element.remove(defaults)
    part = own.part
    relation = next(r for r, found in part.rels.items() if found.reltype.endswith("/numbering"))
    part.rels.pop(relation)
    made = word(render_docx(WHOLE, saved(own)))
    assert [p.style.name for p in made.paragraphs if p.text in ("Prima parte", "Sotto")] == ["Heading 1", "Heading 2"]
    levels = [made.styles[f"Heading {k}"].element.find(f".//{qn('w:outlineLvl')}").get(qn("w:val")) for k in (1, 2)]
    assert levels == ["0", "1"] and len(made.part.numbering_part.element.findall(qn("w:num"))) == 3
    assert made.styles.element.find(f"{qn('w:docDefaults')}//{qn('w:lang')}").get(qn("w:val")) == "it-IT"


def test_that_a_sheet_that_is_no_docx_is_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.txt", "a")
    for wrong in (b"", b"PK nothing", buffer.getvalue()):
        with pytest.raises(InputError, match=r"save it as \.docx"):
            render_docx(WHOLE, wrong)


def test_that_a_sheet_that_unpacks_to_too_much_is_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", b"0" * (LARGEST + 1))
    with pytest.raises(InputError, match="too large"):
        render_docx(WHOLE, buffer.getvalue())


# --- words ---


def test_that_dates_and_blanks_are_said() -> None:
    assert say_date(date(2026, 6, 1)) == "1 June 2026" and say_date(None) == BLANK and or_blank("") == BLANK


# --- the school's own data ---

DATA = """
[scuola]
nome = "Istituto “Prova”"
codice = "XXIC000000"
indirizzo = "Via delle Prove, 1"
citta = "Provarola"
email = "prova@example.org"
dirigente = "Anna Prova"
anno_scolastico = "2026/2027"
logo = "logo.png"
carta_intestata = "carta.docx"

[commissione]
presidente = "Anna Prova"
segretario = "Ugo Prova"
nomina = "Decreto n. 1"
componenti = [{ nome = "Ugo Prova", ruolo = "docente" }, { nome = "Eva Prova", presente = false }]

[verbale]
numero = 3
data = 2026-06-12
luogo = "sala docenti"
ora_inizio = 15:30:00
ora_fine = "17.45"
ordine_del_giorno = ["Classi prime"]
delibere = [{ organo = "Consiglio di Istituto", numero = 12, data = "15/01/2026", oggetto = "criteri" }]
votazione = "unanimità"
dichiarazioni = ["Nessuna parentela."]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "logo.png").write_bytes(png())
    (tmp_path / "carta.docx").write_bytes(saved(template()))
    (tmp_path / SCHOOL).write_text(DATA, encoding="utf-8")
    return tmp_path


def refused(path: Path, text: str) -> list[str]:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_school(path)
    return [str(p) for p in error.value.problems]


def test_that_a_schools_data_are_read(folder: Path) -> None:
    school = read_school(folder / SCHOOL)
    assert (school.name, school.city, school.head, school.year) == (
        "Istituto “Prova”", "Provarola", "Anna Prova", "2026/2027"
    )  # fmt: skip
    assert school.letterhead.lines == ("Via delle Prove, 1 – Provarola", "prova@example.org · code XXIC000000")
    assert school.letterhead.logo == png() and school.template is not None
    assert school.members == (Member("Ugo Prova", "docente"), Member("Eva Prova", present=False))
    sitting = school.meeting
    assert (sitting.number, sitting.day, sitting.start, sitting.end) == ("3", date(2026, 6, 12), "15:30", "17:45")
    assert (school.appointed, sitting.vote) == ("Decreto n. 1", "unanimità")
    assert sitting.statements == ("Nessuna parentela.",)
    assert sitting.resolutions[0].number == "12" and sitting.resolutions[0].day == date(2026, 1, 15)


def test_that_every_mistake_is_told_at_once_with_the_nearest_key(folder: Path) -> None:
    found = refused(
        folder / SCHOOL,
        "verbali = 1\n[scuole]\n[scuola]\nnme = 'x'\nnome = 3\nlogo = 'manca.png'\ncarta_intestata = '.'\n"
        "[verbale]\ndata = 'ieri'\nora_fine = 'tardi'\nordine_del_giorno = 'uno'\nnumero = true\n"
        "delibere = [{ organo = 'x', quando = 'y' }]\n[commissione]\ncomponenti = [{ presente = 'sì' }]\n",
    )
    text = "\n".join(found)
    for part in ("Perhaps: verbale", "Perhaps: scuola", "Perhaps: nome", "“nome” must be a text", "manca.png",
                 "“data” must be a date", "“ora_fine” must be a time", "a list of texts", "“numero” must be",
                 "organo, numero, data, oggetto", "true or false", "carta_intestata"):  # fmt: skip
        assert part in text, part
    assert len(found) == 12


def test_that_a_section_written_as_a_value_is_told(folder: Path) -> None:
    assert "write [scuola]" in refused(folder / SCHOOL, "scuola = 1")[0]


def test_that_files_that_cannot_be_read_are_told(folder: Path) -> None:
    assert "valid TOML" in refused(folder / SCHOOL, "[scuola")[0]
    (folder / SCHOOL).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="UTF-8"):
        read_school(folder / SCHOOL)
    with pytest.raises(InputError, match="school-template"):
        read_school(folder / "altra.toml")
    (folder / "logo.png").write_bytes(b"GIF89a")
    assert "PNG or JPEG" in refused(folder / SCHOOL, DATA)[0]


def test_that_the_template_can_be_read_and_filled_in(tmp_path: Path) -> None:
    path = tmp_path / SCHOOL
    path.write_text(school_template(), encoding="utf-8")
    assert read_school(path) == School()
    filled = school_template().replace("# ", "", 2)
    lines = [line.removeprefix("# ") if " = " in line else line for line in filled.splitlines()[2:]]
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(InputError) as error:  # only the two files it names are missing
        read_school(path)
    assert [p.column for p in error.value.problems] == ["logo", "carta_intestata"]


def test_that_what_is_not_told_is_listed(folder: Path) -> None:
    assert blanks(read_school(folder / SCHOOL), weighed=False) == ()
    assert blanks(read_school(folder / SCHOOL), weighed=True) == ("verbale.motivo_scelta",)
    missing = blanks(School(), weighed=False)
    assert len(missing) == 14 and "verbale.luogo" in missing
    (warning,) = blank_warnings(missing)
    assert warning.warning and "verbale.luogo" in str(warning) and blank_warnings(()) == []


def test_that_a_short_table_is_not_broken_over_pages() -> None:
    table = Table(("Classe", "Alunni"), tuple((f"classe {k}", "20") for k in range(9)))
    for lines in range(25, 40):
        document = replace(WHOLE, blocks=(*(Paragraph("riga") for _k in range(lines)), table))
        pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(render_pdf(document))).pages]
        assert any("classe 0" in page and "classe 8" in page for page in pages)
