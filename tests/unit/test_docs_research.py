"""Tests that the worked example of the researchers' page runs, and prints what the page says it always does."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "research.md"
ALWAYS = "# always\n"
MARK = "=== end of block ==="


def words(text: str) -> list[list[str]]:
    """Return the words of each line: how wide pandas draws a column is its own business."""
    return [line.split() for line in text.strip().splitlines()]


def test_that_the_worked_example_runs_and_prints_what_is_always_so(tmp_path: Path) -> None:
    found = re.findall(r"```(python|text)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    code = [text for language, text in found if language == "python"]
    script = tmp_path / "research.py"
    script.write_text("".join(f"{text}print({MARK!r})\n" for text in code), encoding="utf-8")
    path = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, script], cwd=tmp_path, capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"}, encoding="utf-8",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    printed = iter(done.stdout.split(f"{MARK}\n"))
    checked = 0
    for language, text in found:
        if language == "python":
            output = next(printed)
        elif text.startswith(ALWAYS):
            assert words(output) == words(text.removeprefix(ALWAYS))
            checked += 1
        else:
            # The header is the same whatever split was found.
            assert words(output)[0] == words(text)[0] and len(words(output)) == len(words(text))
    assert checked == 4
    assert len(pd.read_csv(tmp_path / "frontiera.csv")) == 2
    assert pd.read_csv(tmp_path / "prezzi.csv")["exact"].any()
