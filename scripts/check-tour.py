#!/usr/bin/env python3
"""Runs the tour of a Markdown file and compares what its commands print with what the file says.

Every ```sh block of the section "Tour" is run by `bash -euo pipefail` and must succeed. A ```text block after it is
what it prints: exactly, but for `…`, which matches any text within a line and, alone on a line, for any lines.
The file shows the default address; the commands are sent to that of QAIRON_ENDPOINT.
"""

import os
import re
import subprocess
import sys

DEFAULT_ADDRESS = "127.0.0.1:50051"
BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def tour(markdown):
    """The commands of the tour, each with what it prints or None."""
    section = re.search(r"^## Tour\n(.*?)(?=^## |\Z)", markdown, re.MULTILINE | re.DOTALL)
    steps = []
    for kind, content in BLOCK.findall(section.group(1) if section else ""):
        if kind == "sh":
            steps.append([content, None])
        elif not steps or steps[-1][1] is not None:
            sys.exit("error: the tour has a ```text block that follows no ```sh block")
        else:
            steps[-1][1] = content
    if not steps:
        sys.exit("error: there is no section `## Tour` with ```sh blocks")
    return steps


def matches(expected, printed):
    lines = []
    for line in expected.splitlines():
        if line == "…":
            lines.append(r"(?:[^\n]*\n)*")
        else:
            lines.append("[^\n]*".join(re.escape(part) for part in line.rstrip().split("…")) + r"[ ]*\n")
    return re.fullmatch("".join(lines), printed if printed.endswith("\n") or not printed else printed + "\n")


def main():
    endpoint = os.environ.get("QAIRON_ENDPOINT", "http://" + DEFAULT_ADDRESS)
    address = endpoint.removeprefix("http://")
    with open(sys.argv[1], encoding="utf-8") as file:
        steps = tour(file.read())
    failures = 0
    for number, (commands, expected) in enumerate(steps, start=1):
        commands = commands.replace(DEFAULT_ADDRESS, address)
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", commands], capture_output=True, text=True)
        printed = done.stdout.replace(address, DEFAULT_ADDRESS)
        if done.returncode != 0:
            problem = f"it exited with {done.returncode}"
        elif expected is not None and not matches(expected, printed):
            problem = "it did not print what the tour says"
        else:
            continue
        failures += 1
        print(f"step {number} of the tour: {problem}\n{commands}--- printed\n{printed}{done.stderr}", file=sys.stderr)
        if expected is not None:
            print(f"--- the tour says\n{expected}", file=sys.stderr)
    if failures:
        sys.exit(f"{failures} of {len(steps)} steps of the tour in {sys.argv[1]} failed")
    print(f"{len(steps)} steps of the tour in {sys.argv[1]} do what it says")


if __name__ == "__main__":
    main()
