"""TLS, on the servers that the suite starts: it runs the same cases with every client."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import qairon
from qairon.v1 import application_pb2


def test_tls_is_spoken_and_what_is_wrong_with_it_is_explained() -> None:
    file = os.environ.get("QAIRON_TLS_CASES")
    assert file, "QAIRON_TLS_CASES is unset: `cargo test --workspace --test suite python_client` sets it"
    cases = json.loads(Path(file).read_text(encoding="utf-8"))
    assert cases
    for case in cases:
        with qairon.connect(case["endpoint"], ca_file=case["ca_file"]) as client:
            request = application_pb2.ListApplicationsRequest(page_size=1)
            if not case["told"]:
                client.catalog.ListApplications(request)
                continue
            with pytest.raises(qairon.Unavailable) as raised:
                client.catalog.ListApplications(request)
            assert str(raised.value).startswith(case["told"]), case


def test_a_ca_file_is_read_for_tls_and_its_faults_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    damaged = tmp_path / "damaged.pem"
    damaged.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    for path, told in [
        (tmp_path / "no.pem", "does not exist: correct its path"),
        (tmp_path, "is a directory: name a file in it"),
        (Path(os.devnull), "has no certificate: write the issuer's to it, in PEM"),
        (damaged, "has a damaged certificate: write it anew, in PEM"),
    ]:
        with pytest.raises(ValueError, match="CA file") as raised:
            qairon.connect("https://a:1", ca_file=str(path))
        assert str(raised.value) == f"the CA file {path} of `ca_file` {told}"
        monkeypatch.setenv("QAIRON_CA_FILE", str(path))
        with pytest.raises(ValueError, match="CA file") as raised:
            qairon.connect("https://a:1")
        assert str(raised.value) == f"the CA file {path} of QAIRON_CA_FILE {told}"
        qairon.connect("http://a:1").close()
