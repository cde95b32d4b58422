"""Make the virtual environment .venv and check that what it needs from the system is there.

    python3 -m bin.environment run    what `make run` needs
    python3 -m bin.environment dev    that, and what the tests and checks need

Standard library only. Takes a tenth of a second when nothing has changed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from bin.system import chromium, install, say, stop

VENV = Path(".venv")
VENV_PYTHON = VENV / "bin" / "python"
REQUIREMENTS = {"run": ["requirements.txt"], "dev": ["requirements.txt", "requirements-dev.txt"]}
OLDEST, NEWEST = (3, 11), (3, 13)
PANGO = ["libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz0b", "libharfbuzz-subset0", "fontconfig"]


def main(kind: str) -> None:
    """Bring the environment of this kind ("run" or "dev") up to date. Exits with status 1 and the remedy."""
    use_a_supported_python()
    if not venv_works():
        make_venv()
    if read_stamp(kind) != fingerprint(kind):
        install_requirements(kind)
        check_system_libraries()
        write_stamp(kind)
    if kind == "dev":
        check_programs()


def use_a_supported_python() -> None:
    """Go on under the first Python that will do: this one, else another on the PATH."""
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        other = shutil.which(f"python3.{minor}")
        if other and succeeds([other, "-c", "import venv"]):
            os.execv(other, [other, "-m", "bin.environment", *sys.argv[1:]])
    found = ".".join(map(str, sys.version_info[:2]))
    stop(
        f"Python 3.11, 3.12 or 3.13 is needed; python3 is {found}.\nName one that is: make run PYTHON=/path/to/python3.13"
    )


def succeeds(command: list[str]) -> bool:
    """Whether the command ends with status 0; what it prints is dropped."""
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def venv_works() -> bool:
    """Whether .venv has a supported Python with pip. One whose Python was removed or replaced does not."""
    script = f"import pip, sys; sys.exit(not {OLDEST} <= sys.version_info[:2] <= {NEWEST})"
    return VENV_PYTHON.exists() and succeeds([str(VENV_PYTHON), "-c", script])


def make_venv() -> None:
    """Make .venv with pip in it, whichever way this system allows.

    Debian keeps ensurepip in a package of its own (python3-venv); without it the system's pip fills the environment.
    """
    say("Making the virtual environment .venv ...")
    bare = [sys.executable, "-m", "venv", "--clear", "--without-pip", str(VENV)]
    borrowed_pip = [sys.executable, "-m", "pip", "--python", str(VENV_PYTHON), "install", "-q", "pip"]
    if not make_whole_venv() and not (succeeds(bare) and succeeds(borrowed_pip)):
        install(["python3-venv"], "This Python cannot make a virtual environment (no ensurepip and no pip).")
        if not make_whole_venv():
            stop(f"{sys.executable} -m venv {VENV} failed. Run it by hand to see why.")
    renew_bundled_packages()


def make_whole_venv() -> bool:
    """Make .venv the ordinary way. False where Python has no ensurepip."""
    return succeeds([sys.executable, "-c", "import ensurepip"]) and succeeds(
        [sys.executable, "-m", "venv", "--clear", str(VENV)]
    )


def renew_bundled_packages() -> None:
    """The pip that Python brings is old, and 3.11 brings a setuptools nobody asked for: the audit would find both."""
    pip = [str(VENV_PYTHON), "-m", "pip"]
    succeeds([*pip, "uninstall", "-y", "setuptools"])
    succeeds([*pip, "install", "--upgrade", "pip"])


def fingerprint(kind: str) -> str:
    """What the environment was made from: a digest of the requirement files and the Python version."""
    contents = b"".join(Path(name).read_bytes() for name in REQUIREMENTS[kind])
    return hashlib.sha256(contents + sys.version.encode()).hexdigest()


def stamp(kind: str) -> Path:
    """The file that remembers what this kind of environment was made from."""
    return VENV / f"made-for-{kind}"


def read_stamp(kind: str) -> str:
    """The fingerprint of the last complete installation, or an empty text."""
    return stamp(kind).read_text() if stamp(kind).exists() else ""


def write_stamp(kind: str) -> None:
    """Remember a complete installation; a "dev" environment serves for "run" as well."""
    for each in {kind, "run"}:
        stamp(each).write_text(fingerprint(each))


def install_requirements(kind: str) -> None:
    """Install the requirement files into .venv."""
    files = REQUIREMENTS[kind]
    say(f"Installing {' and '.join(files)} into .venv (about a minute, once) ...")
    options = [argument for name in files for argument in ("-r", name)]
    command = [str(VENV_PYTHON), "-m", "pip", "install", "-qq", "--disable-pip-version-check", *options]
    if subprocess.run(command).returncode:
        stop("pip could not install the packages; its own message stands above. Is the package index reachable?")


def check_system_libraries() -> None:
    """WeasyPrint needs Pango from the system; say or install what is missing."""
    weasyprint = [str(VENV_PYTHON), "-c", "import weasyprint"]
    if succeeds(weasyprint):
        return
    if sys.platform == "darwin":
        stop("The PDFs need Pango. Install it and try again:\n    brew install pango")
    install(PANGO, "The PDFs need Pango, which is not on this system.")
    if not succeeds(weasyprint):
        stop(f"WeasyPrint still cannot be loaded. To see why:\n    {' '.join(weasyprint[:2])} 'import weasyprint'")


def check_programs() -> None:
    """The programs that tests and checks call. PostgreSQL and Redis come later: see tests/services.py."""
    wanted = {"gettext": shutil.which("xgettext"), "chromium": chromium()}
    missing = [package for package, path in wanted.items() if path is None]
    if missing:
        install(missing, f"Tests and checks need {' and '.join(missing)}.")


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in REQUIREMENTS:
        stop(__doc__ or "")
    main(sys.argv[1])
