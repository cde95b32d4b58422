"""Every benchmark in one run; prints the ratios and writes them to benchmarks/README.md with the machine and the command.

make bench
"""

from __future__ import annotations

import os
import platform
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PAGE_PROJECTS, REPORT_PROJECTS, DECIDED_PROJECTS, SHEET_PROJECTS = 1000, 50, 500, 100
README = Path(__file__).with_name("README.md")


def set_environment(folder: Path, database: str) -> None:
    """The settings of this run and of every process it starts."""
    from tests.services import with_database

    os.environ.update(
        DJANGO_SETTINGS_MODULE="benchmarks.settings",
        DATABASE_URL=with_database(os.environ["DATABASE_URL"], database),
        SECRET_KEY=secrets.token_urlsafe(64),
        ALLOWED_HOSTS="localhost,127.0.0.1",
        SITE_URL="http://localhost:8000",
        EMAIL_URL=f"filemail://{folder}/mail",
        STATIC_ROOT=str(folder / "static"),
        MEDIA_ROOT=str(folder / "media"),
        BENCHMARK_PAGES=str(folder),
        DEBUG="0",
        DEMO="0",
    )


@contextmanager
def own_database() -> Iterator[str]:
    """A database of this run's own on the PostgreSQL that DATABASE_URL names; dropped at the end."""
    import psycopg2

    from tests.services import with_database

    name = f"benchmark_{secrets.token_hex(4)}"
    connection = psycopg2.connect(with_database(os.environ["DATABASE_URL"], "postgres"))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
        try:
            yield name
        finally:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
            connection.close()


def prepare(projects: int) -> None:
    """Tables, static files and a programme of that many projects."""
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    from benchmarks import programme

    programme.build(projects)


def serving(folder: Path) -> list[str]:
    """(a) home and project list beside a bare view."""
    from benchmarks import serving as pages

    times = pages.measure(folder)
    rows = [
        f"| {name} | {times[name]:.1f} | {times[f'bare {name}']:.2f} | {times[name] / times[f'bare {name}']:.1f} |"
        for name in pages.PAGES
    ]
    return [
        f"## Pages, uncached, {PAGE_PROJECTS} projects, PostgreSQL",
        "",
        f"Median of {pages.ROUNDS} requests each, in turns, one gunicorn worker, a new connection for each request. The bare view",
        "returns the same bytes through the same middleware and server.",
        "",
        "| page | ms | bare view, ms | ratio |",
        "| --- | ---: | ---: | ---: |",
        *rows,
    ]


def printing(folder: Path) -> list[str]:
    """(b) one report beside the same HTML printed by Chromium."""
    from benchmarks import printing as printers

    html = report_html(folder)
    ours = printers.by_weasyprint(html, folder / "ours.pdf", "fr")
    theirs = printers.by_chromium(html, folder / "theirs.pdf", folder / "profile")
    rows = [("WeasyPrint", ours), ("headless Chromium", theirs)]
    lines = [
        f"| {name} | {one.pages} | {one.seconds:.1f} | {one.seconds_a_page:.3f} | {one.megabytes:.0f} |"
        for name, one in rows
        if one is not None
    ]
    ratio = f"Ratio of whole seconds: {ours.seconds / theirs.seconds:.2f}." if theirs else "There is no Chromium here."
    return [
        f"## One report of {REPORT_PROJECTS} projects, French",
        "",
        "Whole processes, from start to the written file. Memory is the largest resident size of the largest process.",
        "",
        "| printer | pages | seconds | seconds a page | peak MB |",
        "| --- | ---: | ---: | ---: | ---: |",
        *lines,
        "",
        ratio,
    ]


def deciding(_folder: Path) -> list[str]:
    """(c) joint decisions at once, and a long register."""
    from benchmarks import deciding as decisions

    speeds, bare, seconds = decisions.measure()
    rows = [f"| {signers} | {speed:.0f} | {speed / bare:.3f} |" for signers, speed in speeds.items()]
    short, long = seconds[decisions.SHORT], seconds[decisions.LONG]
    return [
        "## Joint decisions on PostgreSQL, register append included",
        "",
        "Each signer is a process with a connection of its own and gives the last approval to decisions of its own, all of one",
        f"protocol and so of one chain. Ratio to commits of one bare row on one connection ({bare:.0f} a second).",
        "",
        "| signers at once | decisions a second | ratio |",
        "| ---: | ---: | ---: |",
        *rows,
        "",
        f"Verifying {decisions.LONG:,} entries with the statements they cite: {long:.1f} s; {decisions.SHORT:,} entries: {short:.2f} s;",
        f"ratio {long / short:.1f} for ten times as many.",
    ]


def iati(folder: Path) -> list[str]:
    """(d) initiatives of others from an IATI file as large as may be sent."""
    from benchmarks import iati as files

    found = files.measure(folder)
    rows = [
        ("read, without keeping anything", found.rows, found.reading),
        ("read, its rows kept", found.rows, found.keeping),
        ("looked at: compared with what stands", found.rows, found.looking),
        ("saved, with history and texts to translate", files.SAVED, found.saving),
    ]
    return [
        f"## An IATI file of {found.megabytes:.0f} MB, {found.rows:,} activities, PostgreSQL",
        "",
        "| what | rows | seconds | rows a second |",
        "| --- | ---: | ---: | ---: |",
        *[f"| {what} | {count:,} | {seconds:.1f} | {count / seconds:,.0f} |" for what, count, seconds in rows],
        "",
        f"Peak memory of a process that reads, keeps and looks: {found.peak:.0f} MB, of which {found.alone:.0f} MB without the file.",
        f"Saving a row beside reading it: ratio {found.saving / files.SAVED / (found.reading / found.rows):.1f}.",
    ]


def sheets(_folder: Path) -> list[str]:
    """(e) a spreadsheet of 5,000 transactions, looked at and taken in."""
    from benchmarks import sheets as spreadsheet

    return spreadsheet.section()


def report_html(folder: Path) -> Path:
    """The report's HTML as the renderer makes it, in a file."""
    import datetime

    from partnership import canonical
    from partnership.equality import Reader
    from partnership.models import Protocol
    from transparency.reports import render, snapshot
    from transparency.reports.periods import Period

    protocol = Protocol.objects.get(primary=True)
    now = datetime.datetime(2026, 7, 1, 6, tzinfo=datetime.UTC)
    text = canonical.text(snapshot.collect(protocol, Period.parse("2026-S1"), now))
    html = render.html(snapshot.read(text), reader=Reader("fr", council_position=2), digest=canonical.digest(text))
    path = folder / "report.html"
    path.write_text(html)
    return path


def machine() -> str:
    """One line on where the figures come from."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}"


def section(projects: int, measure_in: str) -> list[str]:
    """One benchmark with a database and a programme of its own, in this process."""
    with tempfile.TemporaryDirectory() as name, own_database() as database:
        folder = Path(name)
        set_environment(folder, database)
        prepare(projects)
        measured = {"serving": serving, "printing": printing, "deciding": deciding, "iati": iati, "sheets": sheets}
        lines = measured[measure_in](folder)
        from django.db import connections

        connections.close_all()
    return lines


def alone(projects: int, measure_in: str) -> list[str]:
    """A section in a process of its own, since each sets Django up anew. A forked one finds what is defined in a __main__."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as process:
        return process.submit(section, projects, measure_in).result()


def main() -> None:
    """Measure, print, write."""
    sections = [
        (PAGE_PROJECTS, "serving"),
        (REPORT_PROJECTS, "printing"),
        (DECIDED_PROJECTS, "deciding"),
        (0, "iati"),
        (SHEET_PROJECTS, "sheets"),
    ]
    parts = [alone(*each) for each in sections]
    head = ["# Benchmarks", "", f"`make bench`, all in one run. {machine()}.", ""]
    text = "\n".join([*head, *(line for part in parts for line in (*part, ""))])
    README.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
