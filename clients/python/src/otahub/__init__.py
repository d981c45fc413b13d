"""Client of otahub, a hub for over-the-air updates.

`Hub` for ordinary code, `AsyncHub` for asyncio. The messages are in `otahub.v1`.
"""

from otahub._aio import AsyncHub
from otahub._hub import Hub
from otahub.errors import (
    Aborted,
    AlreadyExists,
    DeadlineExceeded,
    FailedPrecondition,
    HubError,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    Unauthenticated,
    Unavailable,
    Unimplemented,
    Violation,
)
from otahub.names import target_name

__all__ = [
    "Aborted",
    "AlreadyExists",
    "AsyncHub",
    "DeadlineExceeded",
    "FailedPrecondition",
    "Hub",
    "HubError",
    "InvalidArgument",
    "NotFound",
    "PermissionDenied",
    "ResourceExhausted",
    "Unauthenticated",
    "Unavailable",
    "Unimplemented",
    "Violation",
    "target_name",
]
