"""What every test stands on: settings, services, mail, a worker. Each app's own rows come from tests/factories.py."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from django.core.cache import cache
from django.test import TransactionTestCase
from pytest_django import Settings

from partnership import triggers
from tests import retelling
from tests.clearing import empty_what_is_filled
from tests.processes import Program, running, settings_of_this_test
from tests.settings import REDIS_DATABASE
from tests.smtp import SmtpServer, running_smtp_server

LONG = os.environ.get("LONG") == "1"
WORKER = ["celery", "-A", "config", "worker", "--concurrency=1", "--queues=celery,render", "--loglevel=INFO"]
QUIETLY = ["--without-gossip", "--without-mingle", "--without-heartbeat"]  # it is alone, and starts faster so

hypothesis.settings.register_profile("quick", max_examples=25, deadline=None, derandomize=True)
hypothesis.settings.register_profile("long", max_examples=1000, deadline=None)
hypothesis.settings.load_profile("long" if LONG else "quick")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the long tests to `make test-long`."""
    if LONG:
        return
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(pytest.mark.skip(reason="make test-long runs it"))


def pytest_collection_finish() -> None:
    """Collect garbage rarely: what the tests imported stays to their end anyway, and looking through it takes a tenth of their time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(autouse=True, scope="module")
def what_stays_is_looked_through_once() -> Iterator[None]:
    """What a module leaves is looked through for garbage at its end and never again, also not after each report that is drawn."""
    yield
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def clearing_may_empty_append_only_tables() -> Iterator[None]:
    """The tests' own clearing between transactions is one of the two that may; see partnership/triggers.py."""
    clear = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]  # Django's own, left out of its stubs

    def clear_whatever_guards_it(self: TransactionTestCase) -> None:
        if not empty_what_is_filled():
            with triggers.lifted():
                clear(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", clear_whatever_guards_it)
        yield


@pytest.fixture(autouse=True, scope="session")
def a_shelf_for_what_was_told(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Both processes of a run take the demonstration from one shelf; pytest removes it with its other folders."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "told"
    folder.mkdir(exist_ok=True)
    retelling.shelf[:] = [folder]


@pytest.fixture(autouse=True)
def own_media_folder(settings: Settings, tmp_path: Path) -> Path:
    """No test writes where the demonstration keeps its files."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture(autouse=True)
def empty_cache() -> Iterator[None]:
    """No test sees another's cache, sign-in limits or queued tasks."""
    yield
    if REDIS_DATABASE:
        REDIS_DATABASE.flush()
    else:
        cache.clear()


@pytest.fixture
def redis_url() -> str:
    """The address of an empty Redis database that is ours alone."""
    if REDIS_DATABASE is None:
        pytest.skip("needs Redis: make test brings one, or name it in REDIS_URL")
    REDIS_DATABASE.flush()
    return REDIS_DATABASE.url


@pytest.fixture
def smtp_server(settings: Settings) -> Iterator[SmtpServer]:
    """A real SMTP server, and settings that send there."""
    with running_smtp_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.host, server.port
        yield server


@pytest.fixture
def celery_worker_process(
    transactional_db: None, redis_url: str, smtp_server: SmtpServer, own_media_folder: Path, tmp_path: Path
) -> Iterator[Program]:
    """A real worker on the test's database, Redis, media folder and SMTP server.

    The test must be marked django_db(transaction=True): the worker sees only what is committed.
    """
    environment = {**settings_of_this_test(), "EMAIL_URL": smtp_server.url}
    with running([*WORKER, *QUIETLY], environment, tmp_path / "worker.log") as worker:
        worker.wait_for(" ready.")
        yield worker
