"""Known vulnerabilities in the installed packages. Fails when there are any; says so when nobody could be asked.

python -m bin.audit
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from bin.system import say, stop

COMMAND = [sys.executable, "-m", "pip_audit", "--local", "--format=json", "--progress-spinner=off", "--desc=off"]


def ask() -> list[dict[str, Any]]:
    """Each installed package with its `vulns`, or with a `skip_reason`. Empty when the service cannot be reached."""
    finished = subprocess.run(COMMAND, capture_output=True, text=True)
    try:
        return list(json.loads(finished.stdout)["dependencies"])
    except ValueError:
        return []


def main() -> None:
    """Print what is known. Exits with status 1 when a package has a known vulnerability."""
    packages = ask()
    audited = [package for package in packages if "vulns" in package]
    if not audited:
        say("dependency audit: NOT DONE, its service cannot be reached from here")
        return
    vulnerable = [
        f"{package['name']} {package['version']}: {vulnerability['id']}, mended in {vulnerability['fix_versions']}"
        for package in audited
        for vulnerability in package["vulns"]
    ]
    if vulnerable:
        stop("\n".join(vulnerable))
    unknown = [package["name"] for package in packages if "vulns" not in package]
    say(f"dependency audit: {len(audited)} packages clean" + (f"; not known: {', '.join(unknown)}" if unknown else ""))


if __name__ == "__main__":
    main()
