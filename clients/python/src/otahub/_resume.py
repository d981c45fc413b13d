"""When a stream that broke is taken up again."""

import random

from otahub.errors import HubError

_FIRST_WAIT = 0.25
_LONGEST_WAIT = 8.0
# How often in a row, which takes about a minute.
_ATTEMPTS_MAX = 12


class Backoff:
    """Waits longer each time, until something has come again."""

    def __init__(self) -> None:
        """Begins anew."""
        self._failures = 0

    def progress(self) -> None:
        """Notes that something has come."""
        self._failures = 0

    def wait(self, error: HubError) -> float:
        """For how many seconds to wait after `error`, which is raised if waiting is of no use."""
        self._failures += 1
        if not error.is_transient or self._failures > _ATTEMPTS_MAX:
            raise error
        wait = min(_FIRST_WAIT * 2 ** (self._failures - 1), _LONGEST_WAIT)
        return float(max(error.retry_after or 0, wait * random.uniform(0.5, 1)))
