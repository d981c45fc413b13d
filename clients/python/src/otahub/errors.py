"""What a hub answers when it refuses, and what happens when it cannot be reached."""

from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

import grpc
from google.protobuf.message import DecodeError, Message
from google.rpc import error_details_pb2, status_pb2

_DETAILS = "grpc-status-details-bin"
_M = TypeVar("_M", bound=Message)


@dataclass(frozen=True)
class Violation:
    """A rule that was broken: of a field (INVALID_ARGUMENT), or a quota (RESOURCE_EXHAUSTED)."""

    subject: str
    description: str


class HubError(Exception):
    """A call failed. The classes below tell the gRPC codes apart."""

    code: grpc.StatusCode
    """gRPC's code: what to go by when the reason is unknown."""
    reason: str
    """Why, from `otahub.v1.Reason` without its prefix: `ACTION_CLOSED`. Empty if nobody said."""
    message: str
    """A text for people."""
    metadata: dict[str, str]
    """What the text mentions; `errors.proto` names the keys of each reason."""
    fields: list[Violation]
    """Fields of the request that break a rule."""
    quotas: list[Violation]
    """Quotas that are full."""
    retry_after: float | None
    """After how many seconds the same call may succeed."""

    _by_code: ClassVar[dict[grpc.StatusCode, type["HubError"]]] = {}

    def __init_subclass__(cls, code: grpc.StatusCode) -> None:
        """Notes which class stands for `code`."""
        HubError._by_code[code] = cls

    def __init__(self, code: grpc.StatusCode, message: str, details: status_pb2.Status) -> None:
        """Takes apart what came with the status."""
        self.code, self.message = code, message
        info = _detail(details, error_details_pb2.ErrorInfo())
        self.reason, self.metadata = info.reason, dict(info.metadata)
        request = _detail(details, error_details_pb2.BadRequest())
        self.fields = [Violation(v.field, v.description) for v in request.field_violations]
        quota = _detail(details, error_details_pb2.QuotaFailure())
        self.quotas = [Violation(v.subject, v.description) for v in quota.violations]
        retry = _detail(details, error_details_pb2.RetryInfo())
        delay = retry.retry_delay if retry.HasField("retry_delay") else None
        self.retry_after = None if delay is None else delay.ToTimedelta().total_seconds()
        super().__init__(f"{message} ({self.reason or code.name})")

    @property
    def is_transient(self) -> bool:
        """Whether the connection failed, or the hub asks to try again."""
        broken = {grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN}
        return self.code == grpc.StatusCode.UNAVAILABLE or (not self.reason and self.code in broken)

    @staticmethod
    def of(error: Any) -> "HubError":
        """The error that one of gRPC's stands for: a `grpc.Call` or a `grpc.aio.AioRpcError`."""
        details = status_pb2.Status()
        for key, value in error.trailing_metadata() or ():
            if key == _DETAILS:
                _parse(details, value)
        kind = HubError._by_code.get(error.code(), HubError)
        return kind(error.code(), error.details() or "", details)


def _parse(message: Message, value: str | bytes) -> None:
    try:
        message.ParseFromString(value if isinstance(value, bytes) else value.encode())
    except DecodeError:
        message.Clear()


def _detail(details: status_pb2.Status, kind: _M) -> _M:
    any(detail.Unpack(kind) for detail in details.details)
    return kind


class InvalidArgument(HubError, code=grpc.StatusCode.INVALID_ARGUMENT):
    """The request can never succeed as it is; see `fields`."""


class Unauthenticated(HubError, code=grpc.StatusCode.UNAUTHENTICATED):
    """No credential, or one that does not fit."""


class PermissionDenied(HubError, code=grpc.StatusCode.PERMISSION_DENIED):
    """A permission is missing."""


class NotFound(HubError, code=grpc.StatusCode.NOT_FOUND):
    """There is no such thing."""


class AlreadyExists(HubError, code=grpc.StatusCode.ALREADY_EXISTS):
    """The name is taken."""


class FailedPrecondition(HubError, code=grpc.StatusCode.FAILED_PRECONDITION):
    """The state of things forbids it."""


class Aborted(HubError, code=grpc.StatusCode.ABORTED):
    """Somebody else changed it first: read again, try again."""


class ResourceExhausted(HubError, code=grpc.StatusCode.RESOURCE_EXHAUSTED):
    """A quota is full; see `quotas`."""


class Unavailable(HubError, code=grpc.StatusCode.UNAVAILABLE):
    """The hub, or something that it needs, does not answer."""


class DeadlineExceeded(HubError, code=grpc.StatusCode.DEADLINE_EXCEEDED):
    """The call took too long."""


class Unimplemented(HubError, code=grpc.StatusCode.UNIMPLEMENTED):
    """This version of the hub does not serve it."""
