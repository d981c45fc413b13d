"""Sends every example of a hub's OpenAPI document to the hub itself.

    python examples.py http://127.0.0.1:8080 [keep]

The hub has to be a new one, with its user admin:admin. First goes what creates, last what
deletes, which `keep` leaves out; where an operation needs things to be in a certain state,
PREPARATIONS bring it about. Ends with 0 if each was answered with success.
"""

import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

ADMIN = "Basic YWRtaW46YWRtaW4="
DEVICE = "GatewayToken fuzz"
JSON = "application/json"


class Hub:
    """The hub, with the numbers of actions that were made on the way."""

    def __init__(self, base: str):
        self.base = base
        self.action = 1
        self.rollout = 1

    def send(self, method: str, path: str, body=None, kind=JSON, credential=ADMIN):
        """The status and the JSON, if it is some, of an answer."""
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, method=method)
        request.add_header("Authorization", credential)
        if data is not None:
            request.add_header("Content-Type", kind)
        try:
            answer = urllib.request.urlopen(request)
        except urllib.error.HTTPError as error:
            answer = error
        content = answer.read()
        is_json = "json" in (answer.headers.get("Content-Type") or "")
        return answer.status, json.loads(content) if content and is_json else content

    def must(self, method: str, path: str, body=None):
        status, answer = self.send(method, "/rest/v1" + path, body)
        assert 200 <= status < 300, f"{method} {path}: {status} {answer}"
        return answer

    def assign(self, target: str = "pump-7") -> None:
        """Gives a target something new to do: `action` is its number."""
        module = {"name": f"m{self.action}", "version": "1", "type": "os"}
        module = self.must("POST", "/softwaremodules", [module])[0]["id"]
        body = {"name": "again", "version": str(self.action), "type": "os"}
        made = self.must("POST", "/distributionsets", [body | {"modules": [{"id": module}]}])[0]
        done = self.must("POST", f"/targets/{target}/assignedDS", [{"id": made["id"]}])
        self.action = done["assignedActions"][0]["id"]

    def wait_for_consent(self) -> None:
        """The next action has to be confirmed."""
        self.must("PUT", "/system/configs", {"user.confirmation.flow.enabled": True})
        self.assign()
        self.must("PUT", "/system/configs", {"user.confirmation.flow.enabled": False})

    def stop(self) -> None:
        """The action is to be stopped."""
        self.assign()
        self.must("DELETE", f"/targets/pump-7/actions/{self.action}")

    def finish(self) -> None:
        """The device says that the action is done."""
        self.assign()
        body = {"status": {"execution": "closed", "result": {"finished": "success"}}}
        path = f"/DEFAULT/controller/v1/pump-7/deploymentBase/{self.action}/feedback"
        status, answer = self.send("POST", path, body, credential=DEVICE)
        assert status == 200, answer

    def roll(self, *commands: str, first: str = "ready", options: dict | None = None) -> None:
        """A rollout of two groups is made and gets these commands; `rollout` is its number."""
        body = {
            "name": f"r{self.rollout}", "distributionSetId": self.rolled(), "amountGroups": 2,
            "targetFilterQuery": "id==pump*",
        }
        self.rollout = self.must("POST", "/rollouts", body | (options or {}))["id"]
        self.reach(first)
        for command in commands:
            self.must("POST", f"/rollouts/{self.rollout}/{command}")
            self.reach(AFTER[command])

    def rolled(self) -> int:
        """The number of a set for rollouts, and there are two targets that get it."""
        status, _ = self.send("GET", "/rest/v1/targets/pump-8")
        if status == 404:
            self.must("POST", "/targets", [{"controllerId": "pump-8"}])
        body = {"name": "rolled", "version": str(self.rollout), "type": "os"}
        module = {"name": "rolled", "version": str(self.rollout), "type": "os"}
        module = self.must("POST", "/softwaremodules", [module])[0]["id"]
        body["modules"] = [{"id": module}]
        return self.must("POST", "/distributionsets", [body])[0]["id"]

    def reach(self, wanted: str) -> None:
        """Waits until the rollout is in a status."""
        end = time.monotonic() + 60
        while (seen := self.must("GET", f"/rollouts/{self.rollout}")["status"]) != wanted:
            assert time.monotonic() < end, f"rollout {self.rollout} is {seen}, not {wanted}"
            time.sleep(0.1)

    def approvable(self) -> None:
        """A rollout waits for approval."""
        self.must("PUT", "/system/configs", {"rollout.approval.enabled": True})
        try:
            self.roll(first="waiting_for_approval")
        finally:
            self.must("PUT", "/system/configs", {"rollout.approval.enabled": False})

    def fail(self) -> None:
        """A rollout is over in which a device failed."""
        one = {"targetFilterQuery": "id==pump-7", "amountGroups": 1}
        never = {"condition": "THRESHOLD", "expression": "100"}
        self.roll("start", options=one | {"errorCondition": never})
        path = "/targets/pump-7/actions?limit=1&sort=id:DESC"
        action = self.must("GET", path)["content"][0]["id"]
        body = {"status": {"execution": "closed", "result": {"finished": "failure"}}}
        path = f"/DEFAULT/controller/v1/pump-7/deploymentBase/{action}/feedback"
        status, answer = self.send("POST", path, body, credential=DEVICE)
        assert status == 200, answer
        self.reach("finished")

    def consent(self, wanted: bool) -> None:
        """The standing consent is given, or is not."""
        if self.must("GET", "/targets/pump-7/autoConfirm")["active"] != wanted:
            word = "activate" if wanted else "deactivate"
            self.must("POST", f"/targets/pump-7/autoConfirm/{word}")


def unlock(path: str):
    return lambda hub: hub.must("PUT", path, {"locked": False})


# What a rollout is in after a command.
AFTER = {"start": "running", "pause": "paused"}
# What has to be done before an operation, by its name.
PREPARATIONS = {
    "postAssignedDistributionSet": lambda hub: hub.must("DELETE", "/targets/pump-7/targettype"),
    "updateActionConfirmation": Hub.wait_for_consent,
    "getControllerDeploymentBaseAction": Hub.assign,
    "getControllerCancelAction": Hub.stop,
    "getControllerInstalledAction": Hub.finish,
    "getConfirmationBaseAction": Hub.wait_for_consent,
    "postConfirmationActionFeedback": Hub.wait_for_consent,
    "activateAutoConfirm": lambda hub: hub.consent(False),
    "activateAutoConfirmation": lambda hub: hub.consent(False),
    "cancelAction": Hub.assign,
    "assignSoftwareModules": unlock("/distributionsets/1"),
    "deleteAssignSoftwareModules": unlock("/distributionsets/1"),
    "deleteArtifact": unlock("/softwaremodules/1"),
    "invalidateDistributionSet": lambda hub: hub.must(
        "POST", "/distributionsets/1/assignedSM", [{"id": 1}]
    ),
    "approve": Hub.approvable,
    "deny": Hub.approvable,
    "start": Hub.roll,
    "pause": lambda hub: hub.roll("start"),
    "resume": lambda hub: hub.roll("start", "pause"),
    "stop": lambda hub: hub.roll("start"),
    "triggerNextGroup": lambda hub: hub.roll("start"),
    "retryRollout": Hub.fail,
    "getSoftwareModulesArtifacts": lambda hub: hub.must(
        "POST", "/targets/pump-7/assignedDS", [{"id": 1}]
    ),
}
# Operations on the action that the preparations made.
OF_ACTION = {
    "updateActionConfirmation",
    "cancelAction",
    "getControllerDeploymentBaseAction",
    "postDeploymentBaseActionFeedback",
    "getControllerCancelAction",
    "postCancelActionFeedback",
    "getControllerInstalledAction",
    "getConfirmationBaseAction",
    "postConfirmationActionFeedback",
}
# Operations on the rollout that the preparations made.
OF_ROLLOUT = set(AFTER) | {"approve", "deny", "resume", "stop", "triggerNextGroup", "retryRollout"}
# Operations after which little else works.
FINAL = {"invalidateDistributionSet"}
ROLLOUTS = "/rest/v1/rollouts"
# Where these stand in the order.
DELETES = 2


def in_order(document: dict) -> list:
    """The operations: what creates, what looks and changes, what deletes, the deepest first."""
    found = []
    for place, (path, operations) in enumerate(document["paths"].items()):
        for method, operation in operations.items():
            # a rollout locks its set: it comes after what changes sets
            creates = method == "post" and "{" not in path and not path.startswith(ROLLOUTS)
            deletes = method == "delete" or operation["operationId"] in FINAL
            last = (DELETES, -path.count("/"), -place)
            rank = last if deletes else (0 if creates else 1, place)
            found.append((rank, method.upper(), path, operation))
    return sorted(found, key=lambda each: each[0])


def form(file: bytes) -> tuple[bytes, str]:
    """A form with a file."""
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="firmware.bin"\r\n\r\n'
    return head + file + b"\r\n--x--\r\n", "multipart/form-data; boundary=x"


def try_one(hub: Hub, method: str, path: str, operation: dict) -> str:
    """Sends an example; what went wrong, if anything did."""
    name = operation["operationId"]
    PREPARATIONS.get(name, lambda hub: None)(hub)
    query = {}
    body, kind = None, JSON
    content = operation.get("requestBody", {}).get("content", {})
    if "multipart/form-data" in content:
        body, kind = form(b"the new firmware")
    elif JSON in content:
        body = content[JSON]["example"]
    for parameter in operation.get("parameters", []):
        value = parameter.get("example")
        if parameter["name"] == "actionId" and name in OF_ACTION:
            value = hub.action
        if parameter["name"] == "rolloutId" and name in OF_ROLLOUT:
            value = hub.rollout
        if parameter["in"] == "path":
            path = path.replace("{%s}" % parameter["name"], urllib.parse.quote(str(value)))
        elif value is not None:
            query[parameter["name"]] = value
    address = path + ("?" + urllib.parse.urlencode(query) if query else "")
    credential = ADMIN if path.startswith("/rest/") else DEVICE
    status, answer = hub.send(method, address, body, kind, credential)
    if str(status) in operation["responses"] and 200 <= status < 300:
        return ""
    return f"{method} {address}: {status} {answer}"


def main(base: str, keep: bool) -> None:
    hub = Hub(base)
    token = {"authentication.gatewaytoken.enabled": True, "authentication.gatewaytoken.key": "fuzz"}
    hub.must("PUT", "/system/configs", token)
    status, document = hub.send("GET", "/v3/api-docs")
    assert status == 200, status
    operations = in_order(document)
    if keep:
        operations = [each for each in operations if each[0][0] != DELETES]
    wrong = [said for each in operations if (said := try_one(hub, *each[1:]))]
    print("\n".join(wrong + [f"{len(operations)} examples, {len(wrong)} wrong"]))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main(sys.argv[1], "keep" in sys.argv[2:])
