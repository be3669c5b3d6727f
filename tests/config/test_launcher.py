"""`bv`, the script: what it says when it cannot start, and what it does when it can, tried with false Pythons."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OLD_PYTHON = """#!/bin/sh
case "$2" in
*"version_info[:3]"*) echo 3.9.2 ;;
*) exit 1 ;;
esac
"""
# Answers as a recent Python does; `-m venv` makes a copy of itself, `-m pip` and `-m bureaux_volants` are written down.
NEW_PYTHON = """#!/bin/sh
case "$*" in
*"version_info[:3]"*) echo 3.12.1 ;;
*"-m pip --version"*) exit 0 ;;
*"-m venv"*) echo venv >>LOG; mkdir -p "$3/bin"; cp "$0" "$3/bin/python" ;;
*"-m pip"*) echo pip "$*" >>LOG; exit ${PIP_STATUS:-0} ;;
*"-m bureaux_volants"*) echo run "$*" >>LOG ;;
esac
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    directory = tmp_path / "check out"  # with a space, as people have
    (directory / "requirements").mkdir(parents=True)
    shutil.copy(ROOT / "bv", directory / "bv")
    for name in ("base", "dev"):
        (directory / "requirements" / f"{name}.txt").write_text(f"{name}\n")
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in ("sh", "cat", "mkdir", "rm", "sleep", "cksum", "dirname", "mktemp", "printf", "cp", "id"):
        found = shutil.which(tool)
        if found:
            (tools / tool).symlink_to(found)
    return directory


def _tool(checkout: Path, name: str, text: str) -> None:
    path = checkout.parent / "bin" / name
    path.write_text(text.replace("LOG", f'"{checkout.parent}/log"'))
    path.chmod(0o755)


def _run(checkout: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": str(checkout.parent / "bin"), **variables}
    return subprocess.run(
        [shutil.which("sh") or "/bin/sh", str(checkout / "bv"), *arguments],
        env=environment,
        cwd=checkout.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def _log(checkout: Path) -> list[str]:
    path = checkout.parent / "log"
    return path.read_text().splitlines() if path.exists() else []


def test_without_python_it_says_which_one_is_needed(checkout: Path) -> None:
    done = _run(checkout, "demo")
    assert done.returncode == 1
    assert "Python 3.11 ou plus récent" in done.stderr
    assert done.stderr.count("\n") == 1


def test_with_an_old_python_it_says_which_one_was_found(checkout: Path) -> None:
    _tool(checkout, "python3", OLD_PYTHON)
    done = _run(checkout, "demo")
    assert done.returncode == 1
    assert "3.9.2" in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_old_python3_does_not_hide_a_newer_one(checkout: Path) -> None:
    _tool(checkout, "python3", OLD_PYTHON)
    _tool(checkout, "python3.12", NEW_PYTHON)
    assert _run(checkout, "demo").returncode == 0
    assert _log(checkout)[-1].startswith("run")


def test_the_second_start_installs_nothing(checkout: Path) -> None:
    _tool(checkout, "python3", NEW_PYTHON)
    assert _run(checkout, "demo", "--port", "8001").returncode == 0
    assert [line.split()[0] for line in _log(checkout)] == ["venv", "pip", "run"]
    assert "--require-hashes" in _log(checkout)[1]
    assert _log(checkout)[2] == "run -P -m bureaux_volants demo --port 8001"
    done = _run(checkout, "demo")
    assert [line.split()[0] for line in _log(checkout)] == ["venv", "pip", "run", "run"]
    assert done.stderr == ""


def test_uv_is_used_where_it_is_and_pip_where_it_fails(checkout: Path) -> None:
    _tool(checkout, "python3", NEW_PYTHON)
    uv = '#!/bin/sh\ncase "$1" in --version) ;; *) echo uv "$1" >>LOG; exit ${UV_STATUS:-0} ;; esac\n'
    _tool(checkout, "uv", uv)
    assert _run(checkout, "demo", UV_STATUS="1").returncode == 0
    assert [" ".join(line.split()[:2]) for line in _log(checkout)] == ["uv venv", "venv", "pip -m", "run -P"]
    (checkout / "requirements" / "base.txt").write_text("other\n")
    assert _run(checkout, "demo").returncode == 0
    assert _log(checkout)[4:-1] == ["uv pip"]


def test_tests_ask_for_the_development_requirements_and_then_serve_everything(checkout: Path) -> None:
    _tool(checkout, "python3", NEW_PYTHON)
    _run(checkout, "demo")
    _run(checkout, "test")
    _run(checkout, "check")
    _run(checkout, "demo")
    assert [line.split()[0] for line in _log(checkout)] == ["venv", "pip", "run", "pip", "run", "run", "run"]
    assert "dev.txt" in _log(checkout)[3]


def test_a_changed_lock_is_installed(checkout: Path) -> None:
    _tool(checkout, "python3", NEW_PYTHON)
    _run(checkout, "demo")
    (checkout / "requirements" / "base.txt").write_text("other\n")
    _run(checkout, "demo")
    assert [line.split()[0] for line in _log(checkout)] == ["venv", "pip", "run", "pip", "run"]


def test_an_installation_cut_short_is_made_again_from_nothing(checkout: Path) -> None:
    _tool(checkout, "python3", NEW_PYTHON)
    done = _run(checkout, "demo", PIP_STATUS="1")
    assert done.returncode == 1
    assert "Vérifiez le réseau" in done.stderr
    assert not (checkout / ".venv.lock").exists()
    (checkout / ".venv" / "half").write_text("")
    assert _run(checkout, "demo").returncode == 0
    assert not (checkout / ".venv" / "half").exists()
    assert [line.split()[0] for line in _log(checkout)] == ["venv", "pip", "venv", "pip", "run"]


def test_the_lock_of_a_dead_launcher_is_taken_over(checkout: Path) -> None:
    _tool(checkout, "python3", NEW_PYTHON)
    (checkout / ".venv.lock").mkdir()
    dead = subprocess.Popen(["/bin/sh", "-c", "exit 0"])
    dead.wait()
    (checkout / ".venv.lock" / "pid").write_text(str(dead.pid))
    assert _run(checkout, "demo").returncode == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_that_cannot_be_written_is_one_sentence(checkout: Path) -> None:
    _tool(checkout, "python3", NEW_PYTHON)
    checkout.chmod(0o555)
    try:
        done = _run(checkout, "demo")
    finally:
        checkout.chmod(0o755)
    assert done.returncode == 1
    assert "impossible d'écrire" in done.stderr
    assert done.stderr.count("\n") == 1
