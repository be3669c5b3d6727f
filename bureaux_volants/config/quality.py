"""`bv test` and `bv check`: the same commands on a laptop and in continuous integration."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Values for checks that look at the settings of a real installation; none of them is used anywhere.
_PRODUCTION = {
    "BV_SECRET_KEY": "only-for-the-checks-" + "abcdefghijklmnopqrstuvwxyz0123456789" * 2,
    "BV_BASE_URL": "https://bureaux.metropole.example",
    "BV_EMAIL_URL": "smtp://mail.metropole.example:587?tls=1",
    "DATABASE_URL": "postgresql://bureaux@127.0.0.1:1/none",
}


def is_checkout() -> bool:
    """Whether the sources, with their tests, surround this package."""
    return (ROOT / "pyproject.toml").is_file() and (ROOT / "tests").is_dir()


def run_tests(arguments: list[str]) -> int:
    """Run pytest on the whole suite, or as its arguments say; return its status."""
    os.chdir(ROOT)
    if not any(argument.startswith(("-n", "--numprocesses", "-p", "--pdb")) for argument in arguments):
        # A file's tests stay together; two workers even on one core, since some tests wait on other processes.
        arguments = ["-n", str(max(2, min(os.cpu_count() or 2, 8))), "--dist", "loadfile", *arguments]
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], check=False).returncode


def run_checks() -> int:
    """Run every static check, all of them even when one fails; return 1 when one has."""
    failed = []
    for name, command, extra in _checks():
        began = time.monotonic()
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("BV_", "DATABASE_URL"))}
        done = subprocess.run(
            command, cwd=ROOT, env={**environment, **extra}, capture_output=True, text=True, check=False
        )
        verdict = "OK" if done.returncode == 0 else "!!"
        print(f"{verdict} {name} ({time.monotonic() - began:.1f} s)", flush=True)
        if done.returncode:
            failed.append(name)
            print(done.stdout + done.stderr, flush=True)
    if failed:
        print(f"À corriger : {', '.join(failed)}.")
    return 1 if failed else 0


def _checks() -> list[tuple[str, list[str], dict[str, str]]]:
    bin_dir = Path(sys.executable).parent
    demo = {"BV_DEMO": "1", "BV_SECRET_KEY": "checks"}

    def tool(name: str, *arguments: str) -> list[str]:
        return [str(bin_dir / name), *arguments]

    def bv(*arguments: str) -> list[str]:
        return [sys.executable, "-m", "bureaux_volants", *arguments]

    return [
        ("ruff check", tool("ruff", "check", "."), {}),
        ("ruff format", tool("ruff", "format", "--check", "."), {}),
        ("mypy --strict", tool("mypy"), {}),
        ("import-linter", tool("lint-imports"), {}),
        ("deptry", tool("deptry", "."), {}),
        ("makemigrations --check", bv("makemigrations", "--check", "--dry-run"), demo),
        ("check --deploy", bv("check", "--deploy", "--fail-level", "WARNING"), _PRODUCTION),
    ]
