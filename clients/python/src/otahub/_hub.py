"""The hub, for code that waits for answers."""

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, cast

import grpc

from otahub import v1
from otahub._artifacts import Download, Progress, Upload
from otahub._calls import SyncChannel
from otahub._follow import Following, is_over
from otahub._resume import Backoff
from otahub._settings import Settings
from otahub.errors import HubError

_Page = TypeVar("_Page")
_Item = TypeVar("_Item")


class Hub:
    """A connection to a hub; ends with `close` or the `with` block. Threads may share it.

    Each service is an attribute with the calls of the contract: `hub.targets.GetTarget(…)`.
    Calls raise `HubError`. Those that only read, and those that carry a request id, are tried
    again with back-off while the hub is out of reach; the id is made up unless there is one.
    """

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
        """Connects with the first call.

        `address` is `http://HOST:PORT` or, with TLS, `https://HOST:PORT`; `ca` is a PEM file of
        issuers to trust instead of the usual ones; `cert` and `key` are PEM files of a certificate
        to show the hub, and of its key. Who calls is a user with a password, or an API token or
        OIDC token.
        """
        settings = Settings.of(
            address, user=user, password=password, token=token, ca=ca, cert=cert, key=key
        )
        self._channel = SyncChannel(settings)
        channel = cast(grpc.Channel, self._channel)
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

    def __enter__(self) -> "Hub":
        """Nothing happens yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Ends the connection."""
        self.close()

    def close(self) -> None:
        """Ends the connection."""
        self._channel.close()

    def pages(self, call: Callable[[Any], _Page], request: Any) -> Iterator[_Page]:
        """The pages of a list, from where `request` begins."""
        request = type(request).FromString(request.SerializeToString())
        while True:
            page: Any = call(request)
            yield page
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    def each(
        self, call: Callable[[Any], _Page], request: Any, items: Callable[[_Page], Iterable[_Item]]
    ) -> Iterator[_Item]:
        """The items of a list, page by page.

        `hub.each(hub.targets.ListTargets, ListTargetsRequest(), lambda page: page.targets)`
        """
        for page in self.pages(call, request):
            yield from items(page)

    def watch(self, request: v1.WatchEventsRequest) -> Iterator[v1.WatchEventsResponse]:
        """Events as they happen, without gaps and repeats even if the connection breaks.

        Each comes with the token to resume after it, also in another process. A message without
        an event is a sign of life: the first one, at once, says that the hub is listened to.
        """
        following, backoff = Following(request), Backoff()
        while True:
            stream = self.events.WatchEvents(following.request)
            try:
                for message in stream:
                    backoff.progress()
                    following.note(message)
                    yield message
                time.sleep(following.ended(backoff))
            except HubError as error:
                time.sleep(backoff.wait(error))
            finally:
                stream.cancel()

    def watch_action(self, name: str) -> Iterator[v1.Action]:
        """An action `actions/{id}` as it is, and then each time it changed, until it is over."""
        etag = ""
        for _ in self.watch(v1.WatchEventsRequest(action=name)):
            action = self.actions.GetAction(v1.GetActionRequest(name=name))
            if action.etag != etag:
                etag = action.etag
                yield action
            if is_over(action):
                return

    def upload(
        self,
        module: str,
        file: str | Path,
        *,
        name: str | None = None,
        sha256: str | None = None,
        progress: Progress | None = None,
    ) -> v1.Artifact:
        """Uploads a file into `softwareModules/{id}`; the hub checks its SHA-256.

        That is the one that is given, or else what was read from the file.
        """
        return self.software.UploadArtifact(Upload(module, file, name, progress).steps(sha256))

    def download(
        self, artifact: v1.Artifact, sink: BinaryIO, *, progress: Progress | None = None
    ) -> None:
        """Writes an artifact's bytes; goes on where it was if the connection breaks.

        Raises `ChecksumError` if what has come is not what the hub announced.
        """
        download, backoff = Download(artifact, sink, progress), Backoff()
        while download.is_missing_some:
            try:
                for answer in self.software.DownloadArtifact(download.request()):
                    backoff.progress()
                    download.take(answer)
            except HubError as error:
                time.sleep(backoff.wait(error))
        download.check()
