"""Reads Dockerfile and docker-compose.yml, since not every machine can build them, and names what would go wrong.

    python -m bin.containers

Run from the project's folder.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from bin.system import say, stop

ROOT = Path(__file__).resolve().parent.parent
INSTRUCTIONS = {"FROM", "ENV", "RUN", "WORKDIR", "COPY", "USER", "VOLUME", "EXPOSE", "CMD"}
SERVICES = {"web", "worker", "beat", "migrate", "postgres", "redis"}


def dockerfile_steps(text: str) -> list[tuple[str, str]]:
    """Each instruction and its arguments; continued lines are joined and comments left out."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    steps = [line.strip().partition(" ") for line in joined.splitlines() if line.strip()]
    return [(instruction, arguments.strip()) for instruction, _, arguments in steps]


def dockerfile_faults(steps: list[tuple[str, str]]) -> Iterator[str]:
    """What would stop the build, or run it as root."""
    for instruction, arguments in steps:
        if instruction not in INSTRUCTIONS:
            yield f"unknown instruction {instruction}"
        if instruction == "COPY" and not all((ROOT / source).exists() for source in arguments.split()[:-1]):
            yield f"COPY {arguments}: no such file"
    if steps[0][0] != "FROM" or ":" not in steps[0][1]:
        yield "must begin FROM an image with a version"
    users = [arguments for instruction, arguments in steps if instruction == "USER"]
    if not users or users[-1] in {"root", "0"}:
        yield "must end as a user other than root"


def compose_faults(compose: dict[str, Any]) -> Iterator[str]:
    """Missing services, names that lead nowhere, and a Redis that would lose queued work."""
    services = compose["services"]
    if set(services) != SERVICES:
        yield f"services are {sorted(services)}, not {sorted(SERVICES)}"
    for name, service in services.items():
        for other in set(service.get("depends_on", {})) - set(services):
            yield f"{name} waits for {other}, which is no service"
        for volume in service.get("volumes", []):
            if volume.split(":")[0] not in compose["volumes"]:
                yield f"{name} mounts {volume}, which is no volume"
    for option in ("--appendonly yes", "--maxmemory-policy noeviction"):
        if option not in services["redis"]["command"]:
            yield f"redis without {option}"


def application_commands(steps: list[tuple[str, str]], compose: dict[str, Any]) -> dict[str, list[str]]:
    """What each service made from our own image starts: its own command, else the image's."""
    image_command = dict(steps)["CMD"]
    return {
        name: shlex.split(service["command"]) if "command" in service else json.loads(image_command)
        for name, service in compose["services"].items()
        if "build" in service
    }


def read_files() -> tuple[list[tuple[str, str]], dict[str, Any]]:
    """The Dockerfile's steps and the compose file as data."""
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return dockerfile_steps((ROOT / "Dockerfile").read_text()), compose


def main() -> None:
    """Exits with status 1 and the faults, if there are any."""
    steps, compose = read_files()
    found = [f"Dockerfile: {fault}" for fault in dockerfile_faults(steps)]
    found += [f"docker-compose.yml: {fault}" for fault in compose_faults(compose)]
    if found:
        stop("\n".join(found))
    say("containers: Dockerfile and docker-compose.yml read, no fault found (not built)")


if __name__ == "__main__":
    main()
