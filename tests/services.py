"""PostgreSQL and Redis for tests and benchmarks.

What DATABASE_URL and REDIS_URL name, else what answers on this machine, else private ones on free ports that end
with the command:

    python -m tests.services COMMAND [ARGUMENT ...]    run a command with both addresses in its environment
"""

from __future__ import annotations

import atexit
import getpass
import hashlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import redis

from bin.system import install, say, stop

ROOT = Path(__file__).resolve().parent.parent
# A name of its own for each checkout, so that two on one machine do not share a database.
DATABASE = f"partnership_{hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]}"
LOCAL_POSTGRES = (
    f"postgres://postgres@127.0.0.1:5432/{DATABASE}",
    f"postgres:///{DATABASE}?host=/var/run/postgresql",
    f"postgres:///{DATABASE}?host=/tmp",
)
LOCAL_REDIS = "redis://127.0.0.1:6379/0"
OURS = "partnership-platform-tests"
READY_SECONDS = 20


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nothing listens on at this moment."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def services() -> Iterator[dict[str, str]]:
    """DATABASE_URL and REDIS_URL of servers that answer for as long as the block runs."""
    with ExitStack() as stack:
        yield {
            "DATABASE_URL": os.environ.get("DATABASE_URL")
            or answering_postgres()
            or stack.enter_context(private_postgres()),
            "REDIS_URL": os.environ.get("REDIS_URL") or answering_redis() or stack.enter_context(private_redis()),
        }


def answering_postgres() -> str | None:
    """The address of a PostgreSQL on this machine that lets us in without a password and make databases."""
    return next(filter(lets_us_make_databases, LOCAL_POSTGRES), None)


def with_database(url: str, name: str) -> str:
    """The same server's address with another database name (urllib drops the // of an address without a host)."""
    server, rest = re.match(r"([a-z]+://[^/]*/)[^?]*(.*)", url).groups()  # type: ignore[union-attr]
    return f"{server}{name}{rest}"


def lets_us_make_databases(url: str) -> bool:
    """Whether a test database could be made there."""
    try:
        connection = psycopg2.connect(with_database(url, "postgres"), connect_timeout=3)
    except psycopg2.OperationalError:
        return False
    with closing(connection), connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolcreatedb FROM pg_roles WHERE rolname = current_user")
        return bool(cursor.fetchone()[0])


@contextmanager
def private_postgres() -> Iterator[str]:
    """A PostgreSQL of our own, made, started and removed. It refuses to run as root, so root lends it a user."""
    binaries = postgres_binaries()
    owner = "postgres" if os.geteuid() == 0 else getpass.getuser()
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="partnership-postgres-") as folder:
        shutil.chown(folder, owner)
        cluster = ["-D", f"{folder}/data"]
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c synchronous_commit=off"
        making = ["-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        run_as(owner, [f"{binaries}/initdb", *cluster, *making])
        run_as(owner, [f"{binaries}/pg_ctl", *cluster, "-w", "-l", f"{folder}/log", "-o", options, "start"])
        try:
            yield f"postgres://postgres@127.0.0.1:{port}/{DATABASE}"
        finally:
            run_as(owner, [f"{binaries}/pg_ctl", *cluster, "-w", "-m", "immediate", "stop"])


def postgres_binaries() -> Path:
    """The folder of initdb and pg_ctl, which Debian keeps off the PATH; installs them where that is allowed."""
    if found := find_postgres_binaries():
        return found
    install(["postgresql"], "No PostgreSQL answers on this machine (DATABASE_URL can name another).")
    return find_postgres_binaries() or stop("PostgreSQL was installed, but initdb is not where it is expected.")


def find_postgres_binaries() -> Path | None:
    """The newest PostgreSQL of this machine."""
    on_path = shutil.which("initdb")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return Path(on_path).resolve().parent if on_path else debian[-1].parent if debian else None


def run_as(owner: str, command: list[str]) -> None:
    """Run a quiet command as another user; what it printed is shown when it fails."""
    user = owner if os.geteuid() == 0 else None
    finished = subprocess.run(command, user=user, cwd="/", capture_output=True, text=True)
    if finished.returncode:
        stop(f"{' '.join(command)}\n{finished.stdout}{finished.stderr}")


def answering_redis() -> str | None:
    """The address of a Redis on this machine that lets us in without a password."""
    return LOCAL_REDIS if redis_answers(LOCAL_REDIS) else None


def redis_answers(url: str) -> bool:
    """Whether a Redis answers there within a second."""
    with closing(redis.Redis.from_url(url, socket_connect_timeout=1, socket_timeout=1)) as client:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False


@contextmanager
def private_redis() -> Iterator[str]:
    """A Redis of our own on a free port, keeping nothing."""
    if shutil.which("redis-server") is None:
        install(["redis-server"], "No Redis answers on this machine (REDIS_URL can name another).")
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with tempfile.TemporaryDirectory(prefix="partnership-redis-") as folder:
        server = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, start_new_session=True)
        try:
            url = f"redis://127.0.0.1:{port}/0"
            wait_until_redis_answers(url)
            yield url
        finally:
            server.terminate()
            server.wait()


def wait_until_redis_answers(url: str) -> None:
    """Return as soon as it does; stop the program when it does not in time."""
    deadline = time.monotonic() + READY_SECONDS
    while not redis_answers(url):
        if time.monotonic() > deadline:
            stop(f"redis-server did not answer at {url}.")
        time.sleep(0.05)


class RedisDatabase:
    """One numbered database of a Redis server, claimed for this process so that flushing it harms nobody.

    A database is free when it is empty, or was left by an earlier test run, and no other client is connected to it. Our
    own open connection is the claim, so it ends with the process. Two that arrive together both see each other, and the
    younger connection gives way.
    """

    def __init__(self, server: str) -> None:
        self.server = urlsplit(server)
        for number in reversed(range(16)):
            self.url = urlunsplit(self.server._replace(path=f"/{number}"))
            self.client = redis.Redis.from_url(self.url, single_connection_client=True)
            if self.is_free(number):
                self.flush()
                atexit.register(self.release)
                return
            self.client.close()
        stop(f"Every database of the Redis at {self.server.netloc} is in use. Name another in REDIS_URL.")

    def is_free(self, number: int) -> bool:
        """Whether nobody's data is there and no connection is older than ours."""
        ours = self.client.client_id()
        others = [int(row["id"]) for row in self.client.client_list() if row["db"] == str(number)]
        return min(others, default=ours) >= ours and (self.client.dbsize() == 0 or bool(self.client.exists(OURS)))

    def flush(self) -> None:
        """Empty this database and no other; the mark tells the next run that what is found here may go."""
        self.client.flushdb()
        self.client.set(OURS, os.getpid())

    def release(self) -> None:
        """Leave it empty for whoever comes next."""
        self.client.flushdb()
        self.client.close()


def end_cleanly_when_told() -> None:
    """Turn SIGTERM into an ordinary exit, so that private servers are stopped."""

    def leave(signum: int, _frame: object) -> NoReturn:
        raise SystemExit(128 + signum)

    signal.signal(signal.SIGTERM, leave)


def run(command: list[str], environment: dict[str, str]) -> int:
    """Run a command to its end and return its exit status, leaving it time to clean up when we are interrupted."""
    with subprocess.Popen(command, env=environment, cwd=ROOT) as child:
        try:
            return child.wait()
        except KeyboardInterrupt:
            return child.wait()  # Ctrl-C reached it as well
        except SystemExit:
            child.terminate()
            raise


def main(command: list[str]) -> int:
    """Run a command beside the services; its exit status is ours."""
    end_cleanly_when_told()
    with services() as found:
        return run(command, {**os.environ, **found})


if __name__ == "__main__":
    if not sys.argv[1:]:
        say(__doc__ or "")
        sys.exit(2)
    sys.exit(main(sys.argv[1:]))
