"""What uploads and downloads have in common, whether they wait or are awaited."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from otahub import v1

Progress = Callable[[int, int], None]
"""Is told how many bytes are done, and how many there are."""

# What is sent at once, in bytes; the hub takes up to 1 MiB.
_PIECE_BYTES = 256 << 10


class ChecksumError(Exception):
    """The bytes that came are not those that the hub has."""


class Upload:
    """A file on its way to the hub."""

    def __init__(
        self, module: str, file: str | Path, name: str | None, progress: Progress | None
    ) -> None:
        """Takes the name of the file unless it is to have another."""
        self._path = Path(file)
        self._total = self._path.stat().st_size
        self._start = v1.UploadArtifactStart(parent=module, filename=name or self._path.name)
        self._progress = progress or _silent
        self._sha256 = hashlib.sha256()

    def steps(self, sha256: str | None) -> Iterator[v1.UploadArtifactRequest]:
        """What to send. Last comes the hash, for the hub to check: `sha256`, or what was sent."""
        yield v1.UploadArtifactRequest(start=self._start)
        done = 0
        with self._path.open("rb") as file:
            while piece := file.read(_PIECE_BYTES):
                self._sha256.update(piece)
                yield v1.UploadArtifactRequest(data=piece)
                done += len(piece)
                self._progress(done, self._total)
        hashes = v1.Hashes(sha256=sha256 or self._sha256.hexdigest())
        yield v1.UploadArtifactRequest(expected_hashes=hashes)


class Download:
    """An artifact on its way from the hub."""

    def __init__(self, artifact: v1.Artifact, sink: BinaryIO, progress: Progress | None) -> None:
        """Nothing has come yet."""
        self._artifact = artifact
        self._sink = sink
        self._progress = progress or _silent
        self._done = 0
        self._sha256 = hashlib.sha256()

    def request(self) -> v1.DownloadArtifactRequest:
        """Asks for what is missing."""
        return v1.DownloadArtifactRequest(name=self._artifact.name, offset_bytes=self._done)

    @property
    def is_missing_some(self) -> bool:
        """Whether there is something to ask for."""
        return self._done < self._artifact.size_bytes

    def take(self, answer: v1.DownloadArtifactResponse) -> None:
        """Writes what has come."""
        self._sink.write(answer.data)
        self._sha256.update(answer.data)
        self._done += len(answer.data)
        self._progress(self._done, self._artifact.size_bytes)

    def check(self) -> None:
        """Raises `ChecksumError` if the bytes are not those that the hub announced."""
        found, announced = self._sha256.hexdigest(), self._artifact.hashes.sha256
        if found != announced:
            raise ChecksumError(f"{self._artifact.filename} is {found}, not {announced}")


def _silent(_done: int, _total: int) -> None:
    pass
