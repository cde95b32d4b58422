"""What this project takes from the operating system: installed where that is allowed, otherwise named.

Standard library only, since it runs before anything is installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import NoReturn

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def say(message: str) -> None:
    """Print at once, also when the output is a file."""
    print(message, flush=True)


def stop(message: str) -> NoReturn:
    """End the program with exit status 1 and the message on standard error."""
    print(f"\n{message}\n", file=sys.stderr, flush=True)
    raise SystemExit(1)


def chromium() -> str | None:
    """Path of the browser for the browser tests: CHROMIUM from the environment, else what is on the PATH."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


def may_install() -> bool:
    """Whether Debian's package manager is here and we are root."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(packages: list[str], reason: str) -> None:
    """Install Debian packages as root; anyone else is told the exact command, and the program stops."""
    names = " ".join(packages)
    if not may_install():
        stop(
            f"{reason} Install it and try again. On Debian or Ubuntu:\n"
            f"    sudo apt-get update && sudo apt-get install {names}\n"
            "On another system these packages have the same or a similar name."
        )
    say(f"{reason} Installing {names} ...")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *packages]):
        finished = subprocess.run(["apt-get", *command], env=environment, capture_output=True, text=True)
        if finished.returncode:
            stop(
                f"{finished.stdout}{finished.stderr}\napt-get {' '.join(command)} failed; its own message stands above."
            )
