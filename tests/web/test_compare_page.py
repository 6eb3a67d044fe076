"""The comparison as a browser shows it, in Debian's Chromium without a window."""

from __future__ import annotations

import random
import re
import subprocess
from pathlib import Path

import pytest
from test_report_page import CHROMIUM, FLAGS, probe

from classi.case import Case
from classi.compare import PAGE, compare, write_comparison
from classi.generate import Knobs
from classi.i18n import use_language
from classi.report.compare_labels import headings
from classi.splits import split_of
from classi.workflow import generate_case

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")


@pytest.fixture(scope="module", params=["it", "en"])
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """Six random splits, under long names: the widest page there is."""
    folder = tmp_path_factory.mktemp(request.param)
    generate_case(folder / "scuola", Knobs(pupils=40, classes=3, names=True), 5)
    case, dice = Case.read(folder / "scuola"), random.Random(1)
    classes = [c.id for c in case.school.classes]
    splits = [
        split_of(case, {p.id: dice.choice(classes) for p in case.school.pupils}, f"alternativa numero {k}")
        for k in range(6)
    ]
    with use_language(request.param):
        write_comparison(compare(splits), folder)
    return request.param, folder / PAGE


@pytest.mark.parametrize("width", [1280, 480])
def test_that_the_page_fits_asks_for_nothing_and_is_whole(page: tuple[str, Path], width: int, tmp_path: Path) -> None:
    language, file = page
    seen = probe(file, width, tmp_path)
    assert seen["language"] == language
    assert seen["resources"] == 0
    assert isinstance(seen["width"], int) and seen["width"] <= width
    assert (seen["unnamed"], seen["dead"]) == (0, 0)
    with use_language(language):
        wanted = [headings()[key] for key in ("trades", "rules", "charts", "wishes", "distances", "moves", "indices")]
    found = seen["headings"]
    assert isinstance(found, list) and [h for h in found if h in wanted] == wanted


def test_that_it_prints(page: tuple[str, Path], tmp_path: Path) -> None:
    file = tmp_path / "confronto.pdf"
    command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", f"--print-to-pdf={file}"]
    subprocess.run([*command, page[1].as_uri()], capture_output=True, timeout=120, check=True)
    pages = len(re.findall(rb"/Type\s*/Page\b", file.read_bytes()))
    assert 4 <= pages <= 60
