"""The demonstration on this machine: its database, reports and mails under var/, the site until Ctrl-C.

    python -m bin.demo    (`make run` calls it; PORT=8000 unless the environment says otherwise)

A second start keeps everything. To begin again, delete var/.
"""

from __future__ import annotations

import errno
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import NoReturn
from urllib.parse import quote

from bin import messages
from bin.system import say, stop

VAR = messages.ROOT / "var"
HOST = "127.0.0.1"
DEFAULT_PORT = "8000"
START_SECONDS = 60
LANGUAGES = {"ar": "العربية", "fr": "français", "nl": "Nederlands"}


def read_port() -> int:
    """The TCP port from PORT. Stops with what to type when it is no port or another program has it."""
    text = os.environ.get("PORT") or DEFAULT_PORT
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        stop(f"PORT={text} is not a port. Choose a number from 1024 to 65535: make run PORT=8001")
    port = int(text)
    try:
        with closing(socket.socket()) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, port))
    except OSError as error:
        reason = "is taken by another program" if error.errno == errno.EADDRINUSE else "cannot be used"
        stop(f"Port {port} {reason}. Choose another: make run PORT={port % 65535 + 1}")
    return port


def secret_key() -> str:
    """The demonstration's own signing key, made at the first start and readable by its owner only."""
    path = VAR / "secret-key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(64))
    return path.read_text()


def demo_settings(port: int) -> dict[str, str]:
    """The environment of the demonstration. Only this machine can reach it."""
    folder = quote(str(VAR))
    return {
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "DATABASE_URL": f"sqlite:///{folder}/demo.sqlite3",
        "DEBUG": "0",
        "DEMO": "1",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "EMAIL_URL": f"filemail://{folder}/mail",
        "MEDIA_ROOT": str(VAR / "media"),
        "REDIS_URL": "",
        "SECRET_KEY": secret_key(),
        "SITE_URL": f"http://localhost:{port}",
        "STATIC_ROOT": str(VAR / "static"),
        "TRUSTED_PROXIES": "0",
    }


def prepare() -> None:
    """Database, translations, styles, the programme, and its latest reports in the mail folder."""
    import django
    from django.core.management import CommandError, call_command

    messages.compile_catalogues()
    django.setup()
    try:
        say("Preparing the database ...")
        call_command("migrate", interactive=False, verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        say("Preparing the programme and its reports ...")
        call_command("load_demo")
        call_command("make_reports", send=True)
        call_command("sweep")
        lay_out_reports()
    except CommandError as refusal:
        stop(str(refusal))


def lay_out_reports() -> None:
    """Copies of the reports' PDFs as files; what was sent is kept in the database."""
    from transparency.models import ReportDocument

    folder = VAR / "reports"
    folder.mkdir(exist_ok=True)
    for document in ReportDocument.objects.select_related("report__series__party__organisation"):
        (folder / document.file_name).write_bytes(document.content)


@contextmanager
def running(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A program beside us. It has a session of its own, so that Ctrl-C reaches us alone and we end both in order."""
    process = subprocess.Popen(command, cwd=messages.ROOT, start_new_session=True)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_open(server: subprocess.Popen[bytes], port: int) -> None:
    """Return as soon as the site answers."""
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        with closing(socket.socket()) as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.1)
    stop("The web server did not start; its own message stands above.")


def introduce(port: int) -> None:
    """Say where everything is."""
    from django.core.management import call_command

    site = f"http://localhost:{port}"
    say("\nThe programme is open:")
    for code, name in LANGUAGES.items():
        say(f"    {site}/{code}/    {name}")
    say(f"The staff's side:\n    {site}/fr/admin/    (or /ar/admin/, /nl/admin/)")
    call_command("demo_sign_ins")
    say(f"Reports (PDF):\n    {VAR / 'reports'}\nMails, with the reports attached:\n    {VAR / 'mail'}")
    say("Ctrl-C stops it and keeps everything.\n")


def serve(port: int) -> None:
    """The web server with the sweeper beside it, until Ctrl-C or until one of them ends."""
    bind = ["--bind", f"{HOST}:{port}", "--workers", "2", "--no-control-socket", "--log-level", "warning"]
    with ExitStack() as stack:
        server = stack.enter_context(running([sys.executable, "-m", "gunicorn", *bind, "config.wsgi:application"]))
        sweeper = stack.enter_context(running([sys.executable, "manage.py", "sweep", "--forever"]))
        wait_until_open(server, port)
        introduce(port)
        while server.poll() is None and sweeper.poll() is None:
            time.sleep(0.5)
        stop(f"The {'web server' if server.poll() is not None else 'sweeper'} ended; its own message stands above.")


def leave(_signum: int, _frame: object) -> NoReturn:
    """Ctrl-C, a closed terminal and a plain kill all end the demonstration in order."""
    raise SystemExit(0)


def main() -> None:
    """Prepare the demonstration and serve it."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, leave)
    port = read_port()
    VAR.mkdir(exist_ok=True)
    os.environ.update(demo_settings(port))
    prepare()
    serve(port)


if __name__ == "__main__":
    main()
