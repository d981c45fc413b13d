"""A hub of its own for the tests of the clients, and two ways to it that are not straight.

Everything that a test wants to know is in the environment (`Hub.environment`):

OTAHUB_ADDRESS, OTAHUB_USER, OTAHUB_PASSWORD
    the gRPC port and a user who may do everything
OTAHUB_HTTP_ADDRESS
    the HTTP port, for devices
OTAHUB_FLAKY_ADDRESS
    the gRPC port through a line that hangs up: on every other connection at once, on the rest
    after 300 kB
OTAHUB_TLS_ADDRESS, OTAHUB_TLS_CA
    the gRPC port behind TLS, and the file of who issued its certificate
OTAHUB_MTLS_ADDRESS, OTAHUB_MTLS_CERT, OTAHUB_MTLS_KEY
    the hub's own port for gRPC over TLS, which asks for a certificate, and the files of one
"""

import asyncio
import os
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from pathlib import Path

# How many bytes from the hub the flaky line passes on before it hangs up.
FLAKY_BYTES = 300_000
# How long a hub may take to be ready, in seconds.
READY_SECONDS = 120


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Line:
    """Passes connections on to the hub's gRPC port, in a thread of its own."""

    def __init__(self, hub_port: int, *, flaky: bool = False, tls: ssl.SSLContext | None = None):
        self.port = free_port()
        self._hub_port = hub_port
        self._flaky = flaky
        self._tls = tls
        self._connections = 0
        threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True).start()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._connected, "127.0.0.1", self.port, ssl=self._tls)
        await server.serve_forever()

    async def _connected(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        self._connections += 1
        if self._flaky and self._connections % 2 == 1:
            back.close()
            return
        far, forth = await asyncio.open_connection("127.0.0.1", self._hub_port)
        up = asyncio.create_task(self._pass_on(near, forth, None))
        down = asyncio.create_task(self._pass_on(far, back, FLAKY_BYTES if self._flaky else None))
        await asyncio.wait([up, down], return_when=asyncio.FIRST_COMPLETED)
        if self._flaky and not up.done():
            # what was passed on arrives: a connection that is closed with something unread in it
            # is reset, which would drop it
            back.write_eof()
            await up
        for way in (up, down):
            way.cancel()
        back.close()
        forth.close()

    @staticmethod
    async def _pass_on(
        source: asyncio.StreamReader, sink: asyncio.StreamWriter, limit: int | None
    ) -> None:
        try:
            while data := await source.read(65536):
                sink.write(data if limit is None else data[:limit])
                await sink.drain()
                if limit is not None:
                    limit -= len(data)
                    if limit <= 0:
                        return
        except OSError:
            pass


class Hub:
    """A hub on free ports with new data; ends with the `with` block."""

    def __init__(self, binary: Path):
        self._binary = binary
        self._folder = tempfile.TemporaryDirectory(prefix="otahub-clients.")
        self.grpc_port, self.http_port, self.grpcs_port = free_port(), free_port(), free_port()

    def __enter__(self) -> "Hub":
        folder = Path(self._folder.name)
        self._log = folder / "log"
        tls = self._certificates(folder)
        self._process = subprocess.Popen(
            [
                *(str(self._binary), "serve", "--data-dir", str(folder / "data")),
                *("--http", f"127.0.0.1:{self.http_port}"),
                *("--grpc", f"127.0.0.1:{self.grpc_port}"),
                *("--grpcs", f"127.0.0.1:{self.grpcs_port}", "--grpcs-client-ca", str(self._ca)),
                *("--tls-cert", str(folder / "hub.crt"), "--tls-key", str(folder / "hub.key")),
            ],
            stdout=self._log.open("wb"),
            stderr=subprocess.STDOUT,
        )
        self._wait()
        self._flaky = Line(self.grpc_port, flaky=True)
        self._secure = Line(self.grpc_port, tls=tls)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()
        self._folder.cleanup()

    def _wait(self) -> None:
        begun = time.monotonic()
        while "ready" not in self._log.read_text().splitlines():
            if self._process.poll() is not None or time.monotonic() - begun > READY_SECONDS:
                raise SystemExit(f"the hub does not start:\n{self._log.read_text()}")
            time.sleep(0.1)

    def _certificates(self, folder: Path) -> ssl.SSLContext:
        """The hub's and a client's; how the hub's is shown."""
        self._ca = folder / "ca.crt"
        authority, key, certificate = folder / "ca.key", folder / "hub.key", folder / "hub.crt"
        self._cert, self._key = folder / "client.crt", folder / "client.key"
        self._issue(self._ca, authority, "/CN=Test", "basicConstraints=critical,CA:TRUE")
        for name, chain, private in [
            ("localhost", certificate, key),
            ("client", self._cert, self._key),
        ]:
            self._issue(
                chain,
                private,
                f"/CN={name}",
                "basicConstraints=critical,CA:FALSE",
                *("-addext", f"subjectAltName=DNS:{name},IP:127.0.0.1"),
                *("-CA", str(self._ca), "-CAkey", str(authority)),
            )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        context.set_alpn_protocols(["h2"])
        return context

    @staticmethod
    def _issue(certificate: Path, key: Path, subject: str, kind: str, *more: str) -> None:
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-nodes", "-days", "2"]
        command += ["-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", subject]
        command += ["-addext", kind, *more, "-keyout", str(key), "-out", str(certificate)]
        subprocess.run(command, check=True, capture_output=True)

    def environment(self) -> dict[str, str]:
        """The environment of a test."""
        return os.environ | {
            "OTAHUB_ADDRESS": f"http://127.0.0.1:{self.grpc_port}",
            "OTAHUB_HTTP_ADDRESS": f"http://127.0.0.1:{self.http_port}",
            "OTAHUB_FLAKY_ADDRESS": f"http://127.0.0.1:{self._flaky.port}",
            "OTAHUB_TLS_ADDRESS": f"https://localhost:{self._secure.port}",
            "OTAHUB_TLS_CA": str(self._ca),
            "OTAHUB_MTLS_ADDRESS": f"https://localhost:{self.grpcs_port}",
            "OTAHUB_MTLS_CERT": str(self._cert),
            "OTAHUB_MTLS_KEY": str(self._key),
            "OTAHUB_USER": "admin",
            "OTAHUB_PASSWORD": "admin",
        }
