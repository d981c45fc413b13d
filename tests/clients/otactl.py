"""The scenario of the clients (clients/python/examples/scenario.py) on the command line.

Takes the hub from the environment (hub.py), OTACTL, and OTAHUB_SCENARIO for names.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "clients/python/examples"))
from device import Device

PREFIX = os.environ["OTAHUB_SCENARIO"]
ADMIN = f"{os.environ['OTAHUB_USER']}:{os.environ['OTAHUB_PASSWORD']}"
# the exit codes of refusals
REFUSALS = {1, 5, 6, 7, 8, 9}
FIRMWARE = bytes(i * 7 % 251 for i in range(700_000))


def command(*words: str, **credential: str) -> list[str]:
    """`otactl` with these words."""
    who = [f"--{name}={value}" for name, value in (credential or {"user": ADMIN}).items()]
    hub = f"--hub={os.environ['OTAHUB_ADDRESS']}"
    return [os.environ["OTACTL"], *words, "-q", "-o", "json", hub, *who]


def otactl(*words: str) -> dict:
    """What the command answers."""
    done = subprocess.run(command(*words), stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(done.stdout)


def refused(what: str, *words: str, **credential: str) -> None:
    """Prints why the hub refuses."""
    done = subprocess.run(
        command(*words, **credential), capture_output=True, check=False, text=True
    )
    if done.returncode not in REFUSALS:
        print(f"not refused: {what}: {done}")
        return
    error = json.loads(done.stderr)
    fields = "".join(f", {v['subject']}: {v['description']}" for v in error["fields"])
    keys = " ".join(sorted(error["metadata"]))
    print(f"refused: {what}: {error['code']} {error['reason']} [{keys}]{fields}")


def number(name: str) -> str:
    """The number at the end of a resource's name."""
    return name.rpartition("/")[2]


def targets() -> dict:
    """Five targets, and what cannot be made or found."""
    made = [otactl("targets", "create", f"{PREFIX}-{n}") for n in range(1, 6)]
    listed = otactl("targets", "list", "--filter", f'controller_id = "{PREFIX}-*"')["targets"]
    ids = " ".join(target["controllerId"].removeprefix(f"{PREFIX}-") for target in listed)
    print(f"targets: {ids}")
    refused("the same again", "targets", "create", f"{PREFIX}-1")
    refused("with a blank", "targets", "create", "a b")
    refused("nobody", "targets", "show", "nobody")
    return made[0]


def strangers() -> None:
    """Somebody with a wrong password, and a token that may only read."""
    refused("a wrong password", "whoami", user="admin:wrong")
    token = otactl("tokens", "create", PREFIX, "--authority", "READ_TARGET")
    refused("a reader", "targets", "create", f"{PREFIX}-6", token=token["secret"])
    otactl("tokens", "revoke", number(token["name"]))


def software() -> dict:
    """A set with one module with one file."""
    module = number(otactl("modules", "create", PREFIX, "1.0", "--type", "os")["name"])
    with tempfile.TemporaryDirectory() as folder:
        file, copy = Path(folder) / "firmware.bin", Path(folder) / "copy.bin"
        file.write_bytes(FIRMWARE)
        upload = ["artifacts", "upload", str(file), "--module", module]
        refused("a wrong hash", *upload, "--sha256", "0" * 64)
        artifact = otactl(*upload)
        sha256 = artifact["hashes"]["sha256"]
        print(f"uploaded: {artifact['filename']}, {artifact['sizeBytes']} bytes, {sha256}")
        otactl("artifacts", "download", "firmware.bin", "--module", module, "--to", str(copy))
        data = copy.read_bytes()
    print(f"downloaded: {len(data)} bytes, {hashlib.sha256(data).hexdigest()}")
    release = otactl("sets", "create", PREFIX, "1.0", "--type", "os", "--module", module)
    state = "complete" if release.get("complete") else "incomplete"
    print(f"set: version {release['version']}, {state}")
    return release


def assign(target: dict, release: dict) -> str:
    """An action, which a second order does not make again."""
    order = command("assign", target["controllerId"], "--set", number(release["name"]))
    order.remove("-q")  # the remark tells how many had it already
    made = []
    for _ in range(2):
        done = subprocess.run(order, capture_output=True, check=True, text=True)
        actions = json.loads(done.stdout)["assignedActions"]
        print(f"assigned: {len(actions)}, already {(done.stderr or '0').split()[0]}")
        made += actions
    return str(made[0]["action"])


def install(target: dict, action: str) -> None:
    """The device does what it is told to, while the operator watches."""
    watch = subprocess.Popen(command("actions", "watch", action), stdout=subprocess.PIPE)
    hub = os.environ["OTAHUB_HTTP_ADDRESS"]
    Device(hub, target["controllerId"], target["securityToken"]).install()
    watch.communicate()
    ends = {0: "FINISHED", 3: "FAILED", 4: "CANCELED"}
    print(f"watched: {ends[watch.returncode]}")
    entries = otactl("actions", "history", action)["entries"]
    words = [entry["status"].removeprefix("ENTRY_STATUS_") for entry in entries]
    print(f"history: {' '.join(words)}")
    status = otactl("targets", "show", target["controllerId"])["updateStatus"]
    print(f"target: {status.removeprefix('UPDATE_STATUS_')}")
    refused("too late to cancel", "actions", "cancel", action)


if __name__ == "__main__":
    caller = otactl("whoami")
    print(f"caller: {caller['username']} of {caller['tenant']}", flush=True)
    first = targets()
    strangers()
    install(first, assign(first, software()))
