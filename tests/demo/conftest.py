"""The demonstration, loaded once for the whole run: a Wednesday afternoon. Each module has a copy of its own, and what it does is undone."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from pytest_django import DjangoDbBlocker

from bureaux_volants.demo import generator

if TYPE_CHECKING:
    from tests.conftest import Cluster

#: Wednesday 18 November 2026, 15:10 in Metz.
NOW = dt.datetime(2026, 11, 18, 14, 10, tzinfo=dt.UTC)


@pytest.fixture(scope="session")
def loaded_once(
    django_db_setup: None, cluster: Cluster, django_db_blocker: DjangoDbBlocker
) -> tuple[str, generator.Loaded]:
    """The name of the database that the first worker to come loads, and what the load said."""
    name, told, files = f"bv_{cluster.run}_demo", cluster.lock_dir / "demo.json", cluster.lock_dir / "demo"
    with cluster.one_at_a_time():
        if not told.exists():
            draft = f"{name}_draft"
            cluster.create(draft)
            with django_db_blocker.unblock(), cluster.in_use(draft):
                loaded = generator.load(now=NOW)
            cluster.rename(draft, name)
            shutil.copytree(Path(settings.BV_DATA_DIR) / "pseudonyms", files / "pseudonyms")
            for photo in _photos():
                (files / photo).parent.mkdir(parents=True, exist_ok=True)
                (files / photo).write_bytes(default_storage.open(photo).read())
            told.write_text(json.dumps(asdict(loaded)))
    return name, generator.Loaded(**json.loads(told.read_text()))


def _put_beside(files: Path) -> None:
    """The keys of the trials and the photos lie beside the database; each worker has its own place for them, which some tests empty."""
    shutil.copytree(files / "pseudonyms", Path(settings.BV_DATA_DIR) / "pseudonyms", dirs_exist_ok=True)
    for photo in (f.relative_to(files).as_posix() for f in files.rglob("*") if f.is_file()):
        if not photo.startswith("pseudonyms/") and not default_storage.exists(photo):
            default_storage.save(photo, ContentFile((files / photo).read_bytes()))


def _photos(within: str = "") -> Iterator[str]:
    folders, names = default_storage.listdir(within)
    yield from (f"{within}/{name}".lstrip("/") for name in names)
    for folder in folders:
        yield from _photos(f"{within}/{folder}".lstrip("/"))


@pytest.fixture(scope="module")
def demonstration(
    loaded_once: tuple[str, generator.Loaded], cluster: Cluster, django_db_blocker: DjangoDbBlocker
) -> Iterator[generator.Loaded]:
    template, loaded = loaded_once
    database = f"bv_{cluster.run}_{uuid.uuid4().hex[:8]}"
    with django_db_blocker.unblock():
        cluster.create(database, template)
        _put_beside(cluster.lock_dir / "demo")
        with cluster.in_use(database), transaction.atomic():
            yield loaded
            transaction.set_rollback(True)
        cluster.drop(database)


@pytest.fixture
def undone(demonstration: generator.Loaded) -> Iterator[None]:
    """What the test does to the loaded demonstration is undone after it."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
