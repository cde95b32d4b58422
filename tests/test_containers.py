"""Containers are not built in every place; what they start is started here as plain processes."""

import time
import urllib.error
import urllib.request
from http.client import HTTPResponse
from typing import Any, cast

import pytest

from bin import containers
from tests.processes import PATIENCE_SECONDS, Program, running, settings_of_this_test
from tests.services import free_port

COMMANDS = containers.application_commands(*containers.read_files())
COMPOSE: dict[str, Any] = {"services": {name: {} for name in containers.SERVICES}, "volumes": {}}
APPENDING = "redis-server --appendonly yes --maxmemory-policy noeviction"


def start(service: str, tmp_path, port: int = 0):
    """The service's own command, with this test's database and Redis, a free port and a folder of its own."""
    command = [
        part.replace("0.0.0.0:8000", f"127.0.0.1:{port}").replace("/tmp/", f"{tmp_path}/") for part in COMMANDS[service]
    ]
    return running(command, settings_of_this_test(), tmp_path / f"{service}.log")


def ask(web: Program, url: str) -> int:
    """The status of the first answer."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while web.process.poll() is None and time.monotonic() < deadline:
        try:
            return cast(HTTPResponse, urllib.request.urlopen(url, timeout=5)).status
        except urllib.error.HTTPError as answer:
            return answer.code
        except (urllib.error.URLError, TimeoutError):  # not up yet, or its first worker is still loading
            time.sleep(0.1)
    pytest.fail(f"no answer:\n{web.log.read_text()}")


def test_the_image_starts_everything_that_is_ours():
    assert set(COMMANDS) == {"web", "worker", "beat", "migrate"}


@pytest.mark.django_db(transaction=True)
def test_web_answers_that_it_is_healthy(redis_url: str, tmp_path):
    port = free_port()
    with start("web", tmp_path, port) as web:
        assert ask(web, f"http://127.0.0.1:{port}/health/") == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("service", "words"), [("worker", " ready."), ("beat", "beat: Starting...")])
def test_workers_start(service: str, words: str, redis_url: str, tmp_path):
    with start(service, tmp_path) as program:
        program.wait_for(words)


@pytest.mark.django_db(transaction=True)
def test_migrate_ends_by_itself_and_well(tmp_path):
    with start("migrate", tmp_path) as migrate:
        assert migrate.process.wait(PATIENCE_SECONDS) == 0


def test_the_files_in_this_project_are_without_fault():
    steps, compose = containers.read_files()
    assert list(containers.dockerfile_faults(steps)) == []
    assert list(containers.compose_faults(compose)) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("FROM python\nUSER platform", "must begin FROM an image with a version"),
        ("FROM python:3.13-slim\nRUN true", "must end as a user other than root"),
        ("FROM python:3.13-slim\nUSER platform\nUSER root", "must end as a user other than root"),
        ("FROM python:3.13-slim\nCOPY nowhere.txt ./\nUSER platform", "COPY nowhere.txt ./: no such file"),
        ("FROM python:3.13-slim\nRUNN true\nUSER platform", "unknown instruction RUNN"),
    ],
)
def test_a_fault_of_the_image_is_named(text: str, fault: str):
    assert list(containers.dockerfile_faults(containers.dockerfile_steps(text))) == [fault]


@pytest.mark.parametrize(
    ("service", "description", "fault"),
    [
        ("redis", {"command": "redis-server --maxmemory-policy noeviction"}, "redis without --appendonly yes"),
        ("redis", {"command": "redis-server --appendonly yes"}, "redis without --maxmemory-policy noeviction"),
        ("web", {"depends_on": {"nobody": {}}}, "web waits for nobody, which is no service"),
        ("web", {"volumes": ["nothing:/app"]}, "web mounts nothing:/app, which is no volume"),
    ],
)
def test_a_fault_of_the_composition_is_named(service: str, description: dict[str, Any], fault: str):
    services = {**COMPOSE["services"], "redis": {"command": APPENDING}, service: description}
    assert list(containers.compose_faults({**COMPOSE, "services": services})) == [fault]
