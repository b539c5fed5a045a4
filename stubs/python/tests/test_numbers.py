"""Numbers in JSON are exact or refused."""

from __future__ import annotations

import math
import random
import struct

import pytest
from google.protobuf import struct_pb2

import qairon
from qairon.v1 import application_pb2, bulk_service_pb2

EDGES = [0.0, -0.0, 0.1, 1 / 3, 1.7976931348623157e308, 5e-324, 2.0**53, 2.0**53 + 2, 2.0**60, 1e16, 1e22, 1e23, 1e300]


def doubles(count: int) -> list[float]:
    bits = random.Random(10)
    numbers = list(EDGES)
    while len(numbers) < count:
        (number,) = struct.unpack("<d", bits.randbytes(8))
        if math.isfinite(number):
            numbers.append(number)
    return numbers


def holding(numbers: list[float]) -> struct_pb2.Struct:
    object = struct_pb2.Struct()
    object.get_or_create_list("n").extend(numbers)
    return object


def bits_of(message: application_pb2.Application) -> list[bytes]:
    return [struct.pack("<d", value.number_value) for value in message.defaults.fields["n"].list_value.values]


def test_every_double_comes_back(client: qairon.Client) -> None:
    numbers = doubles(500)
    wanted = application_pb2.Application(id="exact-numbers-python", defaults=holding(numbers))
    created = client.catalog.CreateApplication(application_pb2.CreateApplicationRequest(application=wanted)).application
    got = client.catalog.GetApplication(application_pb2.GetApplicationRequest(id=wanted.id)).application
    request = application_pb2.ListApplicationsRequest(filter=f'id = "{wanted.id}"')
    listed = list(client.items(client.catalog.ListApplications, request))
    export = bulk_service_pb2.ExportObjectsRequest(resources=["application"], filter=f'id = "{wanted.id}"')
    exported = application_pb2.Application()
    for part in client.bulk.ExportObjects(export):
        for object in part.objects:
            object.object.Unpack(exported)
    for found in (created, got, listed[0], exported):
        assert bits_of(found) == [struct.pack("<d", number) for number in numbers]
    for index, number in enumerate(numbers[:60]):
        request.filter = f'id = "{wanted.id}" AND defaults.n.{index} = {number!r}'
        assert len(list(client.items(client.catalog.ListApplications, request))) == 1, request.filter


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_refused_by_its_path(client: qairon.Client, number: float) -> None:
    wanted = application_pb2.Application(id="no-number-python", defaults=holding([0.0, number]))
    with pytest.raises(qairon.InvalidArgument) as raised:
        client.catalog.CreateApplication(application_pb2.CreateApplicationRequest(application=wanted))
    assert (raised.value.reason, raised.value.field) == ("INVALID_VALUE", "defaults.n[1]")
