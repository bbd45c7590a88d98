"""The page's modules against the types their comments state, as tsc reads them (assist/web/jsconfig.json)."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

TSC = shutil.which("tsc")
ROOT = Path(__file__).resolve().parent.parent.parent


def tsc(project: Path) -> subprocess.CompletedProcess[str]:
    if TSC is None:
        pytest.skip("tsc is not installed (npm install --global typescript)")
    return subprocess.run([TSC, "--project", project], capture_output=True, text=True, timeout=120)


def test_the_modules_keep_their_types() -> None:
    checked = tsc(ROOT / "assist" / "web" / "jsconfig.json")
    assert checked.returncode == 0, checked.stdout


def test_a_wrong_type_would_be_noticed(tmp_path: Path) -> None:
    (tmp_path / "jsconfig.json").write_text((ROOT / "assist" / "web" / "jsconfig.json").read_text(encoding="utf-8"))
    clock = (ROOT / "assist" / "web" / "format.js").read_text(encoding="utf-8")
    (tmp_path / "format.js").write_text(clock, encoding="utf-8")
    (tmp_path / "wrong.js").write_text('import { clock } from "./format.js";\nclock(1).toFixed(2);\n', encoding="utf-8")
    checked = tsc(tmp_path / "jsconfig.json")
    assert checked.returncode != 0
    assert "wrong.js(2,10): error TS" in checked.stdout
