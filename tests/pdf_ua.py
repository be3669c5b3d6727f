"""Whether a PDF keeps PDF/UA-1, by veraPDF, where it can be asked: Java, and veraPDF's libraries in the folder that BV_VERAPDF names.

mvn -q -f tests/verapdf/pom.xml dependency:copy-dependencies -DoutputDirectory=FOLDER
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parent / "verapdf" / "Validate.java"


def broken_rules(folder: Path, *documents: bytes) -> list[str]:
    """What the documents break, a line each. Skips the test where veraPDF cannot be asked."""
    libraries, java = os.environ.get("BV_VERAPDF", ""), shutil.which("java")
    if not libraries or java is None:
        pytest.skip("BV_VERAPDF names no folder with veraPDF's libraries, or there is no Java")
    files = []
    for number, document in enumerate(documents):
        files.append(folder / f"{number}.pdf")
        files[-1].write_bytes(document)
    ran = subprocess.run(
        [java, "-cp", f"{libraries}/*", str(PROGRAM), *map(str, files)], capture_output=True, text=True, timeout=180
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    return ran.stdout.splitlines()
