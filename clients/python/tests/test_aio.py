"""The hub for asyncio, against a real one."""

import hashlib
import io
import os
from pathlib import Path

import pytest
from conftest import who
from test_hub import BYTES

from otahub import AsyncHub, NotFound, target_name
from otahub.v1 import (
    EVENT_KIND_TARGET_CREATED,
    CreateSoftwareModuleRequest,
    CreateTargetRequest,
    GetCallerRequest,
    GetTargetRequest,
    ListTargetsRequest,
    SoftwareModule,
    Target,
    WatchEventsRequest,
)


async def create(hub: AsyncHub, controller_id: str) -> Target:
    request = CreateTargetRequest(target=Target(controller_id=controller_id))
    return await hub.targets.CreateTarget(request)


async def test_pages_errors_and_retries(prefix: str) -> None:
    async with AsyncHub(os.environ["OTAHUB_FLAKY_ADDRESS"], **who()) as hub:
        names = [(await create(hub, f"{prefix}-{n}")).name for n in range(3)]
        request = ListTargetsRequest(page_size=2, filter=f'controller_id = "{prefix}*"')
        found = hub.each(hub.targets.ListTargets, request, lambda page: page.targets)
        assert [target.name async for target in found] == names
        with pytest.raises(NotFound):
            await hub.targets.GetTarget(GetTargetRequest(name=target_name("nobody")))


async def test_tls_with_a_certificate_of_ones_own() -> None:
    address, ca = os.environ["OTAHUB_MTLS_ADDRESS"], os.environ["OTAHUB_TLS_CA"]
    cert, key = os.environ["OTAHUB_MTLS_CERT"], os.environ["OTAHUB_MTLS_KEY"]
    async with AsyncHub(address, ca=ca, cert=cert, key=key, **who()) as hub:
        assert (await hub.tenant.GetCaller(GetCallerRequest())).username == "admin"


async def test_artifacts_arrive_whole_on_a_line_that_hangs_up(prefix: str, tmp_path: Path) -> None:
    file = tmp_path / "firmware.bin"
    file.write_bytes(BYTES)
    async with AsyncHub(os.environ["OTAHUB_ADDRESS"], **who()) as hub:
        wanted = SoftwareModule(type_key="os", display_name=prefix, version="1")
        request = CreateSoftwareModuleRequest(software_module=wanted)
        module = await hub.software.CreateSoftwareModule(request)
        artifact = await hub.upload(module.name, file)
        assert artifact.hashes.sha256 == hashlib.sha256(BYTES).hexdigest()
    async with AsyncHub(os.environ["OTAHUB_FLAKY_ADDRESS"], **who()) as hub:
        sink = io.BytesIO()
        await hub.download(artifact, sink)
        assert sink.getvalue() == BYTES


async def test_a_watch_goes_on_where_another_ended(prefix: str) -> None:
    request = WatchEventsRequest(kinds=[EVENT_KIND_TARGET_CREATED])
    async with AsyncHub(os.environ["OTAHUB_FLAKY_ADDRESS"], **who()) as hub:
        first = await anext(hub.watch(request))
        name = (await create(hub, prefix)).name
        request.resume_token = first.resume_token
        async for message in hub.watch(request):
            if message.HasField("event"):
                assert message.event.resource == name
                break
