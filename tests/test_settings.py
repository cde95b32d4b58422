"""A wrong setting stops the start and says which line to set."""

import os
import subprocess
import sys

import environ
import pytest

from config import environment
from config.environment import WrongSetting
from tests.services import ROOT

pytestmark = pytest.mark.filterwarnings("ignore:Engine not recognized from url")  # environ's, before our refusal

RIGHT = {
    "ALLOWED_HOSTS": "cooperation.example.org",
    "DATABASE_URL": "postgres://user:password@127.0.0.1:5432/protocol",
    "EMAIL_URL": "smtp+tls://user:password@mail.example.org:587",
    "SECRET_KEY": "k" * 50,
    "SITE_URL": "https://cooperation.example.org",
}
WRONG = [
    ("ALLOWED_HOSTS", ""),
    ("ALLOWED_HOSTS", "*"),
    ("DATABASE_URL", ""),
    ("DATABASE_URL", "protocol"),
    ("DATABASE_URL", "mysql://127.0.0.1/protocol"),
    ("DATABASE_URL", "postgres://127.0.0.1:port/protocol"),
    ("DEBUG", "perhaps"),
    ("DEMO", "1"),
    ("DEMO", "perhaps"),
    ("EMAIL_URL", ""),
    ("EMAIL_URL", "mail.example.org:587"),
    ("REDIS_URL", "127.0.0.1"),
    ("SECRET_KEY", ""),
    ("SECRET_KEY", "change-me"),
    ("SECRET_KEY", "django-insecure-" + "k" * 50),
    ("SECRET_KEY", "k" * 49),
    ("SITE_URL", ""),
    ("SITE_URL", "cooperation.example.org"),
    ("SITE_URL", "https://cooperation.example.org/programme"),
    ("TRUSTED_PROXIES", "-1"),
    ("TRUSTED_PROXIES", "one"),
]


def start(changes):
    """The exit status and error output of a start with these settings changed."""
    settings = {**RIGHT, **changes, "PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "config.settings"}
    command = [sys.executable, "-c", "import django; django.setup()"]
    finished = subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True)
    return finished.returncode, finished.stderr


def read_all(env):
    """What the settings read, in their order."""
    hosts, url = environment.allowed_hosts(env), environment.site_url(env)
    return (
        environment.flag(env, "DEBUG"),
        environment.secret_key(env),
        environment.demo(env, hosts, url),
        environment.database(env),
        environment.redis_url(env),
        environment.email(env),
        environment.trusted_proxies(env),
    )


@pytest.fixture
def right_environment(monkeypatch):
    for name in ("DEBUG", "DEMO", "REDIS_URL", "TRUSTED_PROXIES"):
        monkeypatch.delenv(name, raising=False)
    for name, value in RIGHT.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_setting_is_refused_with_the_line_to_set(right_environment, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(WrongSetting, match=rf"^{name}: .*\n.*\n    {name}=."):
        read_all(environ.Env())


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_the_line_a_refusal_names_is_accepted(right_environment, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(WrongSetting) as refusal:
        read_all(environ.Env())
    _, _, line = str(refusal.value).rpartition("\n    ")
    monkeypatch.setenv(*line.split("=", 1))
    read_all(environ.Env())


def test_the_demonstration_opens_only_where_every_host_is_this_machine(right_environment, monkeypatch):
    monkeypatch.setenv("DEMO", "1")
    monkeypatch.setenv("SITE_URL", "http://localhost:8000")
    monkeypatch.setenv("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
    assert read_all(environ.Env())[2] is True
    monkeypatch.setenv("ALLOWED_HOSTS", "localhost,cooperation.example.org")
    with pytest.raises(WrongSetting, match=r"^DEMO: .*cooperation\.example\.org"):
        read_all(environ.Env())


@pytest.mark.smoke
def test_a_start_reads_every_setting_and_ends_with_the_line_to_set():
    assert start({}) == (0, "")
    status, errors = start({"SITE_URL": "cooperation.example.org"})
    assert status == 1
    assert errors.endswith("Set it in the environment, for instance:\n    SITE_URL=https://cooperation.example.org\n")
