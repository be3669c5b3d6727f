"""What every test may ask for: a database, real commits, a server, a browser."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connections
from hypothesis import HealthCheck, settings
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer

from bureaux_volants.config.embedded import EmbeddedServer
from bureaux_volants.config.garbage import collect_seldom
from tests import clock

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
_cluster = pytest.StashKey["Cluster"]()
_AIM = ("NAME", "HOST", "PORT", "USER", "PASSWORD")

# Thousands of tests in one process: what they all stand on is not looked through again and again.
collect_seldom()

# A machine that is busy draws slowly: that is never what is tested.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


@dataclass
class Cluster:
    """The PostgreSQL server of this run, shared by its workers; each run has its own template, whatever the server."""

    url: str
    run: str
    lock_dir: Path
    server: EmbeddedServer | None = None

    @property
    def template(self) -> str:
        return f"bv_{self.run}_template"

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.url, autocommit=True)

    def url_of(self, database: str) -> str:
        return make_conninfo(self.url, dbname=database)

    def create(self, database: str, template: str | None = None) -> None:
        template = template or self.template
        with self.connect() as connection:
            # Only one session at a time may copy a template.
            connection.execute("SELECT pg_advisory_lock(hashtext(%s))", [template])
            statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            connection.execute(statement.format(sql.Identifier(database), sql.Identifier(template)))

    def rename(self, database: str, name: str) -> None:
        with self.connect() as connection:
            connection.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(database), sql.Identifier(name))
            )

    @contextmanager
    def one_at_a_time(self) -> Iterator[None]:
        """Of the workers of this run."""
        with (self.lock_dir / "template.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @contextmanager
    def in_use(self, database: str) -> Iterator[None]:
        """Django works on this database, in every thread, and then on the former one again; the caller unblocks it."""
        before = {name: connections.settings["default"][name] for name in _AIM}
        connections.close_all()
        _point_django_at(self, database)
        try:
            yield
        finally:
            connections.close_all()
            connections.settings["default"].update(before)

    def drop(self, database: str) -> None:
        with self.connect() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))

    def end(self) -> None:
        if self.server is None:
            with self.connect() as connection:
                rows = connection.execute(
                    "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [f"bv_{self.run}_"]
                ).fetchall()
            for (name,) in rows:
                self.drop(name)
        else:
            self.server.stop()
        shutil.rmtree(self.lock_dir, ignore_errors=True)


def _start_cluster(*, own: bool = False) -> Cluster:
    """The server that DATABASE_URL names, or one of our own (always, with `own`)."""
    directory = Path(tempfile.mkdtemp(prefix="bv-pg-"))
    run = uuid.uuid4().hex[:8]
    given = os.environ.get("DATABASE_URL", "").strip()
    if given and not own:
        return Cluster(given, run, directory)
    settings = {
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "shared_buffers": "128MB",
        "max_connections": "200",
        "autovacuum_naptime": "10s",
    }
    server = EmbeddedServer(directory / "server", settings=settings, die_with_parent=True)
    return Cluster(server.start(), run, directory, server)


def pytest_configure() -> None:
    clock.start()


def _cluster_of(config: pytest.Config) -> Cluster:
    if _cluster not in config.stash:
        workerinput = getattr(config, "workerinput", None)
        if workerinput is not None and "bv_cluster_url" in workerinput:
            config.stash[_cluster] = Cluster(
                workerinput["bv_cluster_url"], workerinput["bv_run"], Path(workerinput["bv_lock_dir"])
            )
        else:
            config.stash[_cluster] = _start_cluster()
    return config.stash[_cluster]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """With xdist, the controller starts the server and tells each worker where it is."""
    cluster = _cluster_of(node.config)
    node.workerinput["bv_cluster_url"] = cluster.url
    node.workerinput["bv_run"] = cluster.run
    node.workerinput["bv_lock_dir"] = str(cluster.lock_dir)


def pytest_unconfigure(config: pytest.Config) -> None:
    if _cluster in config.stash and not hasattr(config, "workerinput"):
        config.stash[_cluster].end()


def _point_django_at(cluster: Cluster, database: str) -> None:
    """Change the settings in place: connections of every thread share them."""
    parts = conninfo_to_dict(cluster.url)
    settings = connections.settings["default"]
    settings["NAME"] = database
    settings["HOST"] = parts.get("host") or ""
    settings["PORT"] = str(parts.get("port") or "")
    settings["USER"] = parts.get("user") or ""
    settings["PASSWORD"] = parts.get("password") or ""


def _ensure_template(cluster: Cluster) -> None:
    with cluster.one_at_a_time():
        with cluster.connect() as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [cluster.template]).fetchone()
            if found:
                return
            draft = f"{cluster.template}_draft"
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(sql.Identifier(draft))
            )
        _point_django_at(cluster, draft)
        call_command("migrate", verbosity=0)
        connections["default"].close()
        cluster.rename(draft, cluster.template)


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """The PostgreSQL server of this run."""
    return _cluster_of(request.config)


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest, cluster: Cluster, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """One database a worker, copied from a template that the first worker migrates."""
    worker = getattr(request.config, "workerinput", {}).get("workerid", "main")
    database = f"bv_{cluster.run}_{worker}"
    with django_db_blocker.unblock():
        _ensure_template(cluster)
        cluster.create(database)
        _point_django_at(cluster, database)
    yield
    with django_db_blocker.unblock():
        connections.close_all()
        cluster.drop(database)


@dataclass(frozen=True)
class FreshDatabase:
    """A migrated database of one's own, with real commits. `environment` makes a child process use it."""

    url: str
    environment: dict[str, str]


@pytest.fixture(scope="session")
def fresh_cluster(cluster: Cluster) -> Cluster:
    """Where `fresh_database` makes its databases; a module may say `solitary_cluster` instead."""
    return cluster


@pytest.fixture(scope="session")
def solitary_cluster(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Cluster]:
    """A server that no other worker uses.

    The oldest running transaction is the whole server's: in a shared one, the transaction that another worker's test
    keeps open would hold the followers of this one back.
    """
    alone = _start_cluster(own=True)
    with django_db_blocker.unblock(), alone.in_use(alone.template):
        _ensure_template(alone)
    yield alone
    alone.end()


@pytest.fixture
def fresh_database(
    django_db_setup: None, fresh_cluster: Cluster, django_db_blocker: DjangoDbBlocker
) -> Iterator[FreshDatabase]:
    """Django works, in every thread of this test, on a database that nobody else sees and that commits for good."""
    cluster = fresh_cluster
    database = f"bv_{cluster.run}_{uuid.uuid4().hex[:8]}"
    with django_db_blocker.unblock():
        cluster.create(database)
        url = cluster.url_of(database)
        environment = {
            "PATH": os.defpath,
            "HOME": tempfile.gettempdir(),
            "LC_ALL": "C.UTF-8",
            "DJANGO_SETTINGS_MODULE": "bureaux_volants.config.settings",
            "DATABASE_URL": url,
            "BV_DEMO": "1",
            "BV_SECRET_KEY": os.environ["BV_SECRET_KEY"],
            "BV_DATA_DIR": os.environ["BV_DATA_DIR"],
            "BV_LOG_LEVEL": "WARNING",
            clock.SHIFT: os.environ[clock.SHIFT],
            "PYTHONPATH": str(Path(__file__).parents[1]),
        }
        try:
            with cluster.in_use(database):
                yield FreshDatabase(url, environment)
        finally:
            cluster.drop(database)


@pytest.fixture
def live_server(fresh_database: FreshDatabase) -> Iterator[LiveServer]:
    """The application on a free port of this machine, on its own database; `live_server.url` is its address."""
    server = LiveServer("127.0.0.1")
    try:
        yield server
    finally:
        server.stop()


def _chromium() -> str | None:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/bin:/usr/local/bin")
        if found:
            return found
    return None


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if _chromium() is None:
        terminalreporter.write_line("Chromium was not found: the browser tests did not run.", yellow=True, bold=True)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, driven by Playwright. Missing: the test is skipped, or fails when BV_REQUIRE_BROWSER=1."""
    executable = _chromium()
    if executable is None:
        message = "Chromium was not found (chromium, chromium-browser, google-chrome)"
        if os.environ.get("BV_REQUIRE_BROWSER") == "1":
            pytest.fail(message)
        pytest.skip(message)
    from playwright.sync_api import sync_playwright

    # Playwright keeps an event loop in this thread, where Django then refuses the ORM although nothing runs in it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=_CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of phone size (390 × 844), French, in Paris; the test fails when a script of the page fails."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, locale="fr-FR", timezone_id="Europe/Paris", service_workers="block"
    )
    page = context.new_page()
    page.set_default_timeout(10_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []
