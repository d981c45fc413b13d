"""What following events takes, whether it waits or is awaited."""

import grpc
from google.rpc import status_pb2

from otahub import v1
from otahub._resume import Backoff
from otahub.errors import Unavailable

_OVER = (
    v1.ACTION_STATE_CANCELED,
    v1.ACTION_STATE_FINISHED,
    v1.ACTION_STATE_FAILED,
    v1.ACTION_STATE_DOWNLOADED,
)


class Following:
    """Where a watch stands."""

    def __init__(self, request: v1.WatchEventsRequest) -> None:
        """Begins where the request says."""
        self.request = v1.WatchEventsRequest()
        self.request.CopyFrom(request)

    def note(self, message: v1.WatchEventsResponse) -> None:
        """Moves on past a message."""
        self.request.resume_token = message.resume_token

    @staticmethod
    def ended(backoff: Backoff) -> float:
        """A hub ends a watch only with an error: for how many seconds to wait if one does not."""
        status = status_pb2.Status()
        return backoff.wait(Unavailable(grpc.StatusCode.UNAVAILABLE, "the watch ended", status))


def is_over(action: v1.Action) -> bool:
    """Whether an action changes no more."""
    return action.state in _OVER
