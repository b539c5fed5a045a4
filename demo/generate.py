#!/usr/bin/env python3
"""Writes the CSV files of the demo organisation next to this file.

Without arguments it writes them; with `--check` it writes nothing and fails when they are not what it would write.
The modules of `organisation/` hold the data, each for one area of the model."""

import argparse
import pathlib
import sys

from organisation import capacity, catalog, config, delivery, dependency, deployment, infrastructure, network
from organisation.tables import Tables

HERE = pathlib.Path(__file__).resolve().parent


def organisation():
    """The path and the text of every file."""
    tables = Tables()
    services = catalog.build(tables)
    targets = infrastructure.build(tables)
    network.build(tables, targets)
    builds = delivery.build(tables, services)
    deployments = deployment.build(tables, services, builds, targets)
    config.build(tables, services, deployments)
    capacity.build(tables, targets, deployments)
    dependency.build(tables, services, targets, deployments)
    return tables.files()


def present():
    """The CSV files that are there, by path below the demo's directory."""
    return {str(path.relative_to(HERE)): path.read_bytes().decode() for path in sorted(HERE.rglob("*.csv"))}


def main():
    parser = argparse.ArgumentParser(description="writes the CSV files of the demo organisation")
    parser.add_argument("--check", action="store_true", help="fail when the files are not current, and write nothing")
    check = parser.parse_args().check
    wanted, found = organisation(), present()
    stale = sorted(path for path in {*wanted, *found} if wanted.get(path) != found.get(path))
    if check:
        for path in stale:
            print(f"`demo/{path}` is not current: run `python3 demo/generate.py`", file=sys.stderr)
        return 1 if stale else 0
    for path in stale:
        file = HERE / path
        if path in wanted:
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(wanted[path].encode())
        else:
            file.unlink()
    print(f"{len(wanted)} files, {len(stale)} of them changed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
