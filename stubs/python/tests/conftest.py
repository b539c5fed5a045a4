"""The tests talk to the service at QAIRON_ENDPOINT, which they may fill, and to the qcli at QAIRON_QCLI.

Without them, the tests that need them fail: `cargo test --workspace --test suite python_client` sets both.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from typing import Any, Callable

# qcli is run from a process with calls under way: gRPC has nothing to hand over to it. Read when gRPC is imported.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")

import pytest
from factory import Factory
from recorder import Recorder

import qairon

#: Runs qcli and gives what it printed, parsed.
Qcli = Callable[..., Any]


@pytest.fixture(scope="session")
def endpoint() -> str:
    found = os.environ.get("QAIRON_ENDPOINT")
    assert found, "set QAIRON_ENDPOINT to a service that the tests may fill"
    return found


@pytest.fixture(scope="session")
def qcli() -> Qcli:
    program = os.environ.get("QAIRON_QCLI")
    assert program, "set QAIRON_QCLI to the program"

    def run(*arguments: str) -> Any:
        done = subprocess.run([program, *arguments, "-o", "json"], capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{arguments}: {done.stderr}"
        return json.loads(done.stdout)

    return run


@pytest.fixture(scope="session")
def client(endpoint: str) -> Iterator[qairon.Client]:
    with qairon.connect(endpoint) as connected:
        yield connected


@pytest.fixture(scope="session")
def session(endpoint: str) -> Iterator[Recorder]:
    with Recorder() as recorder:
        yield recorder


@pytest.fixture
def recorder(session: Recorder) -> Recorder:
    session.rows.clear()
    return session


@pytest.fixture(scope="session")
def factory(session: Recorder) -> Factory:
    return Factory(session)
