"""An update from upload to installed, with refusals on the way; prints what came of each step.

The clients in other languages do the same and print the same. Takes the hub from the environment
(tests/clients/hub.py), and from OTAHUB_SCENARIO what all names are to begin with.
"""

import hashlib
import io
import os
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from device import Device

from otahub import Hub, HubError, v1

PREFIX = os.environ["OTAHUB_SCENARIO"]
ADDRESS = os.environ["OTAHUB_ADDRESS"]
FIRMWARE = bytes(i * 7 % 251 for i in range(700_000))


def main() -> None:
    """Runs all steps."""
    with Hub(
        ADDRESS, user=os.environ["OTAHUB_USER"], password=os.environ["OTAHUB_PASSWORD"]
    ) as hub:
        caller = hub.tenant.GetCaller(v1.GetCallerRequest())
        print(f"caller: {caller.username} of {caller.tenant}")
        target = targets(hub)
        strangers(hub)
        release = software(hub)
        action = assign(hub, target, release)
        install(hub, target, action)


def targets(hub: Hub) -> v1.Target:
    """Five targets, and what cannot be made, listed or found."""
    made = [create_target(hub, f"{PREFIX}-{n}") for n in range(1, 6)]
    request = v1.ListTargetsRequest(page_size=2, filter=f'controller_id = "{PREFIX}-*"')
    listed = hub.each(hub.targets.ListTargets, request, lambda page: page.targets)
    ids = " ".join(target.controller_id.removeprefix(f"{PREFIX}-") for target in listed)
    print(f"targets: {ids}")
    refused("the same again", lambda: create_target(hub, f"{PREFIX}-1"))
    refused("with a blank", lambda: create_target(hub, "a b"))
    missing = v1.GetTargetRequest(name="targets/nobody")
    refused("nobody", lambda: hub.targets.GetTarget(missing))
    return made[0]


def create_target(hub: Hub, controller_id: str) -> v1.Target:
    """A new target."""
    request = v1.CreateTargetRequest(target=v1.Target(controller_id=controller_id))
    return hub.targets.CreateTarget(request)


def strangers(hub: Hub) -> None:
    """Somebody with a wrong password, and a token that may only read."""
    caller = v1.GetCallerRequest()
    with Hub(ADDRESS, user="admin", password="wrong") as stranger:
        refused("a wrong password", lambda: stranger.tenant.GetCaller(caller))
    wanted = v1.ApiToken(description=PREFIX, authorities=["READ_TARGET"])
    token = hub.users.CreateApiToken(v1.CreateApiTokenRequest(api_token=wanted))
    with Hub(ADDRESS, token=token.secret) as reader:
        refused("a reader", lambda: create_target(reader, f"{PREFIX}-6"))
    hub.users.RevokeApiToken(v1.RevokeApiTokenRequest(name=token.api_token.name))


def software(hub: Hub) -> v1.DistributionSet:
    """A set with one module with one file."""
    wanted = v1.SoftwareModule(type_key="os", display_name=PREFIX, version="1.0")
    request = v1.CreateSoftwareModuleRequest(software_module=wanted)
    module = hub.software.CreateSoftwareModule(request)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "firmware.bin"
        file.write_bytes(FIRMWARE)
        refused("a wrong hash", lambda: hub.upload(module.name, file, sha256="0" * 64))
        artifact = hub.upload(module.name, file)
    print(f"uploaded: {artifact.filename}, {artifact.size_bytes} bytes, {artifact.hashes.sha256}")
    sink = io.BytesIO()
    hub.download(artifact, sink)
    data = sink.getvalue()
    print(f"downloaded: {len(data)} bytes, {hashlib.sha256(data).hexdigest()}")
    release = hub.distribution_sets.CreateDistributionSet(
        v1.CreateDistributionSetRequest(
            distribution_set=v1.DistributionSet(
                type_key="os", display_name=PREFIX, version="1.0", software_modules=[module]
            )
        )
    )
    print(f"set: version {release.version}, {'complete' if release.complete else 'incomplete'}")
    return release


def assign(hub: Hub, target: v1.Target, release: v1.DistributionSet) -> str:
    """An action, which a second order does not make again."""
    order = v1.Assignment(controller_id=target.controller_id, distribution_set=release.name)
    request = v1.AssignDistributionSetsRequest(assignments=[order])
    first = hub.actions.AssignDistributionSets(request)
    print(f"assigned: {len(first.assigned_actions)}, already {first.already_assigned_count}")
    again = v1.AssignDistributionSetsRequest(assignments=[order])
    second = hub.actions.AssignDistributionSets(again)
    print(f"assigned: {len(second.assigned_actions)}, already {second.already_assigned_count}")
    return f"actions/{first.assigned_actions[0].action}"


def install(hub: Hub, target: v1.Target, action: str) -> None:
    """The device does what it is told to, and the operator watches."""
    watch = hub.watch_action(action)
    next(watch)
    with ThreadPoolExecutor() as pool:
        last = pool.submit(lambda: [change.state for change in watch][-1])
        Device(
            os.environ["OTAHUB_HTTP_ADDRESS"], target.controller_id, target.security_token
        ).install()
        state = v1.ActionState.Name(last.result())
    print(f"watched: {state.removeprefix('ACTION_STATE_')}")
    history = hub.actions.ListActionEntries(
        v1.ListActionEntriesRequest(parent=action, order_by="id")
    )
    words = [v1.EntryStatus.Name(entry.status) for entry in history.entries]
    print(f"history: {' '.join(word.removeprefix('ENTRY_STATUS_') for word in words)}")
    status = hub.targets.GetTarget(v1.GetTargetRequest(name=target.name)).update_status
    print(f"target: {v1.UpdateStatus.Name(status).removeprefix('UPDATE_STATUS_')}")
    cancel = v1.CancelActionRequest(name=action)
    refused("too late to cancel", lambda: hub.actions.CancelAction(cancel))


def refused(what: str, call: Callable[[], Any]) -> None:
    """Prints why the hub refuses."""
    try:
        call()
    except HubError as error:
        fields = "".join(f", {field.subject}: {field.description}" for field in error.fields)
        keys = " ".join(sorted(error.metadata))
        print(f"refused: {what}: {error.code.name} {error.reason} [{keys}]{fields}")
    else:
        print(f"not refused: {what}")


if __name__ == "__main__":
    main()
