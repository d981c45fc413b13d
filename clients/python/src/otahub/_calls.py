"""The way of every call: the credential goes along, a request id too, errors come back typed.

The generated stubs take these for channels, since they only ask a channel for its methods.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Generic, TypeVar

import grpc

from otahub._settings import Settings, identify
from otahub.errors import HubError

_T = TypeVar("_T")
_Call = Callable[..., Any]


class Answers(Generic[_T]):
    """What comes of a stream. `cancel` ends it."""

    def __init__(self, call: Any) -> None:
        """Takes over a call of gRPC's."""
        self._call = call
        self.cancel: Callable[[], Any] = call.cancel

    def __iter__(self) -> Iterator[_T]:
        """One after the other."""
        try:
            yield from self._call
        except grpc.RpcError as error:
            raise HubError.of(error) from None

    async def __aiter__(self) -> AsyncIterator[_T]:
        """One after the other."""
        try:
            async for answer in self._call:
                yield answer
        except grpc.aio.AioRpcError as error:
            raise HubError.of(error) from None


class _Channel:
    """What both kinds of channel do alike."""

    def __init__(self, inner: Any, metadata: tuple[tuple[str, str], ...]) -> None:
        self._inner = inner
        self._metadata = metadata
        self.close: Callable[[], Any] = inner.close

    def unary_stream(self, *method: Any, **options: Any) -> _Call:
        """A call with one request and many answers."""
        return self._many(self._inner.unary_stream(*method, **options))

    def stream_stream(self, *method: Any, **options: Any) -> _Call:
        """A call with many requests and many answers."""
        return self._many(self._inner.stream_stream(*method, **options))

    def _many(self, inner: _Call) -> _Call:
        def call(requests: Any, timeout: float | None = None) -> Answers[Any]:
            return Answers(inner(requests, timeout=timeout, metadata=self._metadata))

        return call

    def unary_unary(self, *method: Any, **options: Any) -> _Call:
        """A call with one request and one answer."""
        inner = self._single(self._inner.unary_unary(*method, **options))

        def call(request: Any, timeout: float | None = None) -> Any:
            identify(request)
            return inner(request, timeout=timeout, metadata=self._metadata)

        return call

    def stream_unary(self, *method: Any, **options: Any) -> _Call:
        """A call with many requests and one answer."""
        inner = self._single(self._inner.stream_unary(*method, **options))

        def call(requests: Any, timeout: float | None = None) -> Any:
            return inner(requests, timeout=timeout, metadata=self._metadata)

        return call

    def _single(self, inner: _Call) -> _Call:
        raise NotImplementedError


class SyncChannel(_Channel):
    """A channel whose calls wait for their answers."""

    def __init__(self, settings: Settings) -> None:
        """Connects with the first call."""
        options = settings.options()
        inner = (
            grpc.insecure_channel(settings.target, options)
            if settings.credentials is None
            else grpc.secure_channel(settings.target, settings.credentials, options)
        )
        super().__init__(inner, settings.metadata)

    def _single(self, inner: _Call) -> _Call:
        def call(*arguments: Any, **options: Any) -> Any:
            try:
                return inner(*arguments, **options)
            except grpc.RpcError as error:
                raise HubError.of(error) from None

        return call


class AsyncChannel(_Channel):
    """A channel whose calls are awaited."""

    def __init__(self, settings: Settings) -> None:
        """Connects with the first call."""
        options = settings.options()
        inner = (
            grpc.aio.insecure_channel(settings.target, options)
            if settings.credentials is None
            else grpc.aio.secure_channel(settings.target, settings.credentials, options)
        )
        super().__init__(inner, settings.metadata)

    def _single(self, inner: _Call) -> _Call:
        async def call(*arguments: Any, **options: Any) -> Any:
            try:
                return await inner(*arguments, **options)
            except grpc.aio.AioRpcError as error:
                raise HubError.of(error) from None

        return call
