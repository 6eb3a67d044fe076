"""Tests of the report as a browser shows it, in Debian's Chromium without a window."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from classi.case import Case
from classi.generate import Knobs
from classi.i18n import use_language
from classi.workflow import form, generate_case, write_result

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--allow-file-access-from-files", "--virtual-time-budget=5000",
]  # fmt: skip
PROBE = """<!doctype html><title>probe</title><iframe id=page src="{page}" width={width} height=900></iframe>
<script>
document.getElementById("page").onload = event => {{
  const page = event.target.contentWindow, body = page.document;
  document.body.innerHTML = "<pre>" + JSON.stringify({{
    width: body.documentElement.scrollWidth,
    resources: page.performance.getEntriesByType("resource").length,
    headings: [...body.querySelectorAll("h1,h2")].map(h => h.textContent.trim()),
    unnamed: [...body.querySelectorAll("svg")].filter(s => !s.querySelector("title")).length,
    language: body.documentElement.lang,
    dead: [...body.querySelectorAll("a[href^='#']")].filter(a => !body.getElementById(a.hash.slice(1))).length,
  }}) + "</pre>";
}};
</script>"""

if CHROMIUM is None and os.environ.get("CI"):
    raise RuntimeError("the page tests need Debian's chromium: .ci/run installs it")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")


@pytest.fixture(scope="module", params=["it", "en"])
def report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    folder = tmp_path_factory.mktemp(request.param)
    with use_language(request.param):
        generate_case(folder / "scuola", Knobs(pupils=70, classes=3, names=True, vetoes=0.05), 5)
        write_result(form(Case.read(folder / "scuola")), folder / "esito")
    return request.param, folder / "esito" / "report.html"


def probe(page: Path, width: int, folder: Path) -> dict[str, object]:
    wrapper = folder / "probe.html"
    wrapper.write_text(PROBE.format(page=page.as_uri(), width=width), encoding="utf-8")
    command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={folder / 'profile'}", "--dump-dom", wrapper.as_uri()]
    dom = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    found = re.search(r"<pre>(.*?)</pre>", dom, re.DOTALL)
    assert found is not None, dom[:500]
    return dict(json.loads(found[1].replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")))


@pytest.mark.parametrize("width", [1280, 480])
def test_that_the_page_fits_asks_for_nothing_and_is_whole(report: tuple[str, Path], width: int, tmp_path: Path) -> None:
    language, page = report
    seen = probe(page, width, tmp_path)
    assert seen["language"] == language
    assert seen["resources"] == 0
    assert isinstance(seen["width"], int) and seen["width"] <= width
    assert (seen["unnamed"], seen["dead"]) == (0, 0)
    headings = seen["headings"]
    assert isinstance(headings, list) and len(headings) >= 8
    assert ("Certificato" if language == "it" else "Certificate") in headings


def test_that_it_prints(report: tuple[str, Path], tmp_path: Path) -> None:
    file = tmp_path / "report.pdf"
    command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", f"--print-to-pdf={file}"]
    subprocess.run([*command, report[1].as_uri()], capture_output=True, timeout=120, check=True)
    content = file.read_bytes()
    pages = len(re.findall(rb"/Type\s*/Page\b", content))
    boxes = {tuple(round(float(x)) for x in box.split()) for box in re.findall(rb"/MediaBox\s*\[([^\]]*)\]", content)}
    assert 2 <= pages <= 30
    assert all({w - x, h - y} in ({595, 842}, {596, 842}, {595, 841}) for x, y, w, h in boxes), boxes
