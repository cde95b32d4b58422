"""One report printed by WeasyPrint and the same HTML by headless Chromium: seconds a page and peak memory."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from pypdf import PdfReader

from tests.services import ROOT

CHROMIUM_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-pdf-header-footer",
)


@dataclass(frozen=True)
class Printed:
    """Wall seconds, pages and peak resident memory in MB of one whole process with its children."""

    seconds: float
    pages: int
    megabytes: float

    @property
    def seconds_a_page(self) -> float:
        """Seconds divided by pages."""
        return self.seconds / self.pages


def by_weasyprint(html: Path, pdf: Path, language: str) -> Printed:
    """The report's own way, in a process of its own that starts from nothing."""
    return _measured([sys.executable, "-m", "benchmarks.printing", str(html), str(pdf), language], pdf)


def by_chromium(html: Path, pdf: Path, profile: Path) -> Printed | None:
    """The same file printed by Chromium with an empty profile; None where there is no Chromium."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        return None
    return _measured(
        [program, *CHROMIUM_FLAGS, f"--user-data-dir={profile}", f"--print-to-pdf={pdf}", html.as_uri()], pdf
    )


def _measured(command: list[str], pdf: Path) -> Printed:
    """Runs in a helper process, whose children's peak memory is then this command's own."""
    began = time.perf_counter()
    peak = subprocess.run(
        [sys.executable, "-c", _RUN_AND_TELL_PEAK, *command], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split()[-1]
    return Printed(time.perf_counter() - began, len(PdfReader(pdf).pages), int(peak) / 1024)


_RUN_AND_TELL_PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def main(html: str, pdf: str, language: str) -> None:
    """What the measured WeasyPrint process does."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.settings")
    import django

    django.setup()
    from transparency.reports import pdf as writer

    Path(pdf).write_bytes(writer.write(Path(html).read_text(), language=language).content)


if __name__ == "__main__":
    main(*sys.argv[1:])
