"""`make run`: the demonstration's own settings, its port, its static files."""

import os
import socket
import stat
import subprocess
import sys

import environ
import pytest

from bin import demo
from config import environment
from tests.services import ROOT, free_port


@pytest.fixture
def var(tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "VAR", tmp_path)
    return tmp_path


@pytest.mark.smoke
def test_its_settings_are_accepted_and_reach_nothing_but_this_machine(var, monkeypatch):
    for name, value in demo.demo_settings(8123).items():
        monkeypatch.setenv(name, value)
    env = environ.Env()
    hosts, url = environment.allowed_hosts(env), environment.site_url(env)
    assert environment.demo(env, hosts, url) is True
    assert url == "http://localhost:8123"
    assert environment.database(env)["NAME"] == str(var / "demo.sqlite3")
    assert environment.email(env)["EMAIL_FILE_PATH"] == str(var / "mail")


def test_a_folder_with_spaces_and_accents_is_no_obstacle(tmp_path, monkeypatch):
    folder = tmp_path / "mes projets & été + شراكة"
    folder.mkdir()
    monkeypatch.setattr(demo, "VAR", folder)
    for name, value in demo.demo_settings(8000).items():
        monkeypatch.setenv(name, value)
    assert environment.database(environ.Env())["NAME"] == str(folder / "demo.sqlite3")
    assert environment.email(environ.Env())["EMAIL_FILE_PATH"] == str(folder / "mail")


def test_its_key_is_made_once_and_for_its_owner_only(var):
    key = demo.secret_key()
    assert (len(key) >= environment.MINIMUM_KEY_LENGTH, demo.secret_key()) == (True, key)
    assert stat.S_IMODE((var / "secret-key").stat().st_mode) == 0o600


def test_a_free_port_is_taken_as_asked(monkeypatch):
    monkeypatch.setenv("PORT", str(port := free_port()))
    assert demo.read_port() == port


def test_a_taken_port_is_named_with_the_command_for_another(monkeypatch, capsys):
    with socket.create_server((demo.HOST, 0)) as somebody:
        monkeypatch.setenv("PORT", str(port := somebody.getsockname()[1]))
        with pytest.raises(SystemExit):
            demo.read_port()
    message = capsys.readouterr().err
    assert f"Port {port} is taken by another program." in message
    assert f"make run PORT={port % 65535 + 1}" in message


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1"])
def test_what_is_no_port_is_refused(monkeypatch, capsys, port):
    monkeypatch.setenv("PORT", port)
    with pytest.raises(SystemExit):
        demo.read_port()
    assert f"PORT={port} is not a port." in capsys.readouterr().err


def test_every_static_file_that_is_named_exists(var):
    """An installation's storage refuses a stylesheet that points to a file which is not there."""
    settings = {**os.environ, **demo.demo_settings(8000)}
    command = [sys.executable, "manage.py", "collectstatic", "--noinput"]
    finished = subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    assert (var / "static" / "staticfiles.json").exists()
