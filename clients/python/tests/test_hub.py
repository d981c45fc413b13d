"""The synchronous hub, against a real one."""

import hashlib
import io
import os
from pathlib import Path

import grpc
import pytest
from conftest import who

from otahub import (
    AlreadyExists,
    Hub,
    InvalidArgument,
    NotFound,
    Unauthenticated,
    Unavailable,
    Violation,
    target_name,
)
from otahub._artifacts import ChecksumError
from otahub.v1 import (
    EVENT_KIND_TARGET_CREATED,
    Artifact,
    CreateSoftwareModuleRequest,
    CreateTargetRequest,
    GetCallerRequest,
    GetTargetRequest,
    Hashes,
    ListTargetsRequest,
    SoftwareModule,
    Target,
    WatchEventsRequest,
)

BYTES = bytes(i * 7 % 251 for i in range(700_000))


def create(hub: Hub, controller_id: str) -> Target:
    return hub.targets.CreateTarget(CreateTargetRequest(target=Target(controller_id=controller_id)))


def module(hub: Hub, name: str) -> SoftwareModule:
    wanted = SoftwareModule(type_key="os", display_name=name, version="1")
    return hub.software.CreateSoftwareModule(CreateSoftwareModuleRequest(software_module=wanted))


def test_pages_hold_every_item_once(hub: Hub, prefix: str) -> None:
    names = [create(hub, f"{prefix}-{n}").name for n in range(5)]
    request = ListTargetsRequest(page_size=2, filter=f'controller_id = "{prefix}*"')
    pages = [len(page.targets) for page in hub.pages(hub.targets.ListTargets, request)]
    assert pages == [2, 2, 1]
    found = hub.each(hub.targets.ListTargets, request, lambda page: page.targets)
    assert [target.name for target in found] == names
    assert not request.page_token, "the caller's request stays as it is"


def test_errors_are_typed(hub: Hub, prefix: str) -> None:
    create(hub, prefix)
    with pytest.raises(AlreadyExists) as taken:
        create(hub, prefix)
    assert (taken.value.reason, taken.value.metadata) == ("ALREADY_EXISTS", {"type": "Target"})
    with pytest.raises(NotFound) as missing:
        hub.targets.GetTarget(GetTargetRequest(name=target_name("nobody")))
    assert missing.value.code == grpc.StatusCode.NOT_FOUND
    with pytest.raises(InvalidArgument) as invalid:
        create(hub, "a b")
    [violation] = invalid.value.fields
    assert violation == Violation("controller_id", violation.description)
    assert not invalid.value.is_transient


def test_a_wrong_password_is_refused() -> None:
    address = os.environ["OTAHUB_ADDRESS"]
    with Hub(address, user="admin", password="wrong") as hub, pytest.raises(Unauthenticated):
        hub.tenant.GetCaller(GetCallerRequest())
    with pytest.raises(ValueError, match="not both"):
        Hub("http://localhost:1", user="a", token="b")
    with pytest.raises(ValueError, match="no address"):
        Hub("localhost:1")


def test_tls_with_a_private_issuer() -> None:
    address, ca = os.environ["OTAHUB_TLS_ADDRESS"], os.environ["OTAHUB_TLS_CA"]
    with Hub(address, ca=ca, **who()) as hub:
        assert hub.tenant.GetCaller(GetCallerRequest()).username == "admin"
    with Hub(address, **who()) as trusting_others, pytest.raises(Unavailable):
        trusting_others.tenant.GetCaller(GetCallerRequest())


def test_tls_with_a_certificate_of_ones_own() -> None:
    address, ca = os.environ["OTAHUB_MTLS_ADDRESS"], os.environ["OTAHUB_TLS_CA"]
    cert, key = os.environ["OTAHUB_MTLS_CERT"], os.environ["OTAHUB_MTLS_KEY"]
    with Hub(address, ca=ca, cert=cert, key=key, **who()) as hub:
        assert hub.tenant.GetCaller(GetCallerRequest()).username == "admin"
    with Hub(address, ca=ca, **who()) as nobody, pytest.raises(Unavailable):
        nobody.tenant.GetCaller(GetCallerRequest())
    with pytest.raises(ValueError, match="its key"):
        Hub(address, ca=ca, cert=cert)


def test_reads_and_identified_writes_survive_a_line_that_hangs_up(prefix: str) -> None:
    for n in range(4):
        with Hub(os.environ["OTAHUB_FLAKY_ADDRESS"], **who()) as hub:
            assert hub.tenant.GetCaller(GetCallerRequest()).username == "admin"
            assert create(hub, f"{prefix}-{n}").controller_id == f"{prefix}-{n}"


def test_artifacts_arrive_whole_on_a_line_that_hangs_up(prefix: str, tmp_path: Path) -> None:
    file = tmp_path / "firmware.bin"
    file.write_bytes(BYTES)
    told: list[tuple[int, int]] = []
    with Hub(os.environ["OTAHUB_ADDRESS"], **who()) as hub:
        name = module(hub, prefix).name
        artifact = hub.upload(name, file, progress=lambda *done: told.append(done))
        assert artifact.hashes.sha256 == hashlib.sha256(BYTES).hexdigest()
        assert told[-1] == (len(BYTES), len(BYTES))
        with pytest.raises(InvalidArgument) as refused:
            hub.upload(name, file, name="other.bin", sha256="0" * 64)
        assert refused.value.reason == "CHECKSUM_MISMATCH"
    with Hub(os.environ["OTAHUB_FLAKY_ADDRESS"], **who()) as hub:
        sink, told = io.BytesIO(), []
        hub.download(artifact, sink, progress=lambda *done: told.append(done))
        assert sink.getvalue() == BYTES
        assert told == sorted(told) and told[-1] == (len(BYTES), len(BYTES))
        wrong = Artifact()
        wrong.CopyFrom(artifact)
        wrong.hashes.CopyFrom(Hashes(sha256="0" * 64))
        with pytest.raises(ChecksumError):
            hub.download(wrong, io.BytesIO())


def test_a_watch_on_a_line_that_hangs_up_misses_nothing(hub: Hub, prefix: str) -> None:
    request = WatchEventsRequest(kinds=[EVENT_KIND_TARGET_CREATED])
    first = next(hub.watch(request))
    assert not first.HasField("event")
    names = [create(hub, f"{prefix}-{n}").name for n in range(3)]
    request.resume_token = first.resume_token
    seen: list[str] = []
    for _ in names:
        # a new connection each time, of which every other one is hung up on
        with Hub(os.environ["OTAHUB_FLAKY_ADDRESS"], **who()) as flaky:
            watch = (message for message in flaky.watch(request) if message.HasField("event"))
            message = next(watch)
            seen.append(message.event.resource)
            request.resume_token = message.resume_token
    assert seen == names
