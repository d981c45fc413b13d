"""The hub, for asyncio."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar, cast

from otahub import v1
from otahub._artifacts import Download, Progress, Upload
from otahub._calls import AsyncChannel
from otahub._follow import Following, is_over
from otahub._resume import Backoff
from otahub._settings import Settings
from otahub.errors import HubError

if TYPE_CHECKING:
    import grpc

_Page = TypeVar("_Page")
_Item = TypeVar("_Item")


class AsyncHub:
    """As `Hub`, but calls are awaited: `await hub.targets.GetTarget(…)`."""

    def __init__(
        self,
        address: str,
        *,
        user: str | None = None,
        password: str | None = None,
        token: str | None = None,
        ca: str | Path | None = None,
        cert: str | Path | None = None,
        key: str | Path | None = None,
    ) -> None:
        """Connects with the first call; see `Hub`. Belongs to the event loop that runs."""
        settings = Settings.of(
            address, user=user, password=password, token=token, ca=ca, cert=cert, key=key
        )
        self._channel = AsyncChannel(settings)
        channel = cast("grpc.aio.Channel", self._channel)
        self.actions = v1.ActionServiceStub(channel)
        self.distribution_sets = v1.DistributionSetServiceStub(channel)
        self.distribution_set_tags = v1.DistributionSetTagServiceStub(channel)
        self.distribution_set_types = v1.DistributionSetTypeServiceStub(channel)
        self.events = v1.EventServiceStub(channel)
        self.rollouts = v1.RolloutServiceStub(channel)
        self.software = v1.SoftwareServiceStub(channel)
        self.software_module_types = v1.SoftwareModuleTypeServiceStub(channel)
        self.target_filters = v1.TargetFilterServiceStub(channel)
        self.targets = v1.TargetServiceStub(channel)
        self.target_tags = v1.TargetTagServiceStub(channel)
        self.target_types = v1.TargetTypeServiceStub(channel)
        self.tenant = v1.TenantServiceStub(channel)
        self.tenants = v1.TenantAdminServiceStub(channel)
        self.users = v1.UserServiceStub(channel)
        self.webhooks = v1.WebhookServiceStub(channel)

    async def __aenter__(self) -> "AsyncHub":
        """Nothing happens yet."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Ends the connection."""
        await self.close()

    async def close(self) -> None:
        """Ends the connection."""
        await self._channel.close()

    async def pages(
        self, call: Callable[[Any], Awaitable[_Page]], request: Any
    ) -> AsyncIterator[_Page]:
        """As `Hub.pages`."""
        request = type(request).FromString(request.SerializeToString())
        while True:
            page: Any = await call(request)
            yield page
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    async def each(
        self,
        call: Callable[[Any], Awaitable[_Page]],
        request: Any,
        items: Callable[[_Page], Iterable[_Item]],
    ) -> AsyncIterator[_Item]:
        """As `Hub.each`."""
        async for page in self.pages(call, request):
            for item in items(page):
                yield item

    async def watch(self, request: v1.WatchEventsRequest) -> AsyncIterator[v1.WatchEventsResponse]:
        """As `Hub.watch`."""
        following, backoff = Following(request), Backoff()
        while True:
            stream = self.events.WatchEvents(following.request)
            try:
                async for message in stream:
                    backoff.progress()
                    following.note(message)
                    yield message
                await asyncio.sleep(following.ended(backoff))
            except HubError as error:
                await asyncio.sleep(backoff.wait(error))
            finally:
                stream.cancel()

    async def watch_action(self, name: str) -> AsyncIterator[v1.Action]:
        """As `Hub.watch_action`."""
        etag = ""
        async for _ in self.watch(v1.WatchEventsRequest(action=name)):
            action = await self.actions.GetAction(v1.GetActionRequest(name=name))
            if action.etag != etag:
                etag = action.etag
                yield action
            if is_over(action):
                return

    async def upload(
        self,
        module: str,
        file: str | Path,
        *,
        name: str | None = None,
        sha256: str | None = None,
        progress: Progress | None = None,
    ) -> v1.Artifact:
        """As `Hub.upload`."""
        steps = Upload(module, file, name, progress).steps(sha256)

        async def awaited() -> AsyncIterator[v1.UploadArtifactRequest]:
            while (step := await asyncio.to_thread(next, steps, None)) is not None:
                yield step

        return await self.software.UploadArtifact(awaited())

    async def download(
        self, artifact: v1.Artifact, sink: BinaryIO, *, progress: Progress | None = None
    ) -> None:
        """As `Hub.download`."""
        download, backoff = Download(artifact, sink, progress), Backoff()
        while download.is_missing_some:
            try:
                async for answer in self.software.DownloadArtifact(download.request()):
                    backoff.progress()
                    download.take(answer)
            except HubError as error:
                await asyncio.sleep(backoff.wait(error))
        download.check()
