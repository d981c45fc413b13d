"""What `otactl` does beside the scenario (otactl.py): declared fleets, every resource, profiles.

Takes the hub from the environment (hub.py), and OTACTL.
"""

import json
import os
import shutil
import stat
import subprocess
import tempfile
import time
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "clients/cli/examples/fleet"
HUB = [f"--hub={os.environ['OTAHUB_ADDRESS']}"]
ADMIN = [f"--user={os.environ['OTAHUB_USER']}:{os.environ['OTAHUB_PASSWORD']}"]


def run(
    *words: str, code: int = 0, more: list[str] = HUB + ADMIN, said: str = ""
) -> tuple[str, str]:
    """What the command writes to its two streams, when `said` comes in."""
    command = [os.environ["OTACTL"], *words, *more]
    done = subprocess.run(command, capture_output=True, check=False, text=True, input=said)
    assert done.returncode == code, (words, done)
    return done.stdout, done.stderr


def answer(*words: str) -> dict:
    """What the command answers in JSON."""
    return json.loads(run(*words, "-o", "json")[0])


def apply(folder: Path, *words: str) -> tuple[dict[str, dict], str]:
    """What became of each document, and the remark."""
    out, err = run("apply", "-f", str(folder), *words, "-o", "json")
    entries = [json.loads(line) for line in out.splitlines()]
    return {f"{entry['kind']} {entry['key']}".strip(): entry for entry in entries}, err


def outcomes(entries: dict[str, dict]) -> set[str]:
    """The words of what became of documents."""
    return {entry["outcome"] for entry in entries.values()}


def declared() -> None:
    """The example is applied, and a second time changes nothing."""
    planned, remark = apply(EXAMPLE, "--dry-run")
    assert "dry run" in remark and answer("targets", "list")["totalSize"] == 0
    made, _ = apply(EXAMPLE)
    assert planned == made, (planned, made)
    settings = made.pop("Settings")
    assert settings["outcome"] == "updated", settings
    assert outcomes(made) == {"created"} and len(made) == 12, made
    again, remark = apply(EXAMPLE)
    assert outcomes(again) == {"unchanged"}, again
    assert remark == "0 created, 0 updated, 13 unchanged\n", remark
    assert outcomes(apply(EXAMPLE, "--dry-run")[0]) == {"unchanged"}


def as_it_says() -> None:
    """What was applied is there, and goes by what people know it by."""
    target = answer("targets", "show", "gate-7")
    assert (target["group"], target["targetTypeDisplayName"]) == ("site1/north", "Gate"), target
    tags = answer("target-tags", "list", "--target", "gate-7")["targetTags"]
    assert [tag["displayName"] for tag in tags] == ["canary"], tags
    release = answer("sets", "show", "gate:1.0.0")
    assert release["complete"] and len(release["softwareModules"]) == 2
    assert answer("sets", "list", "--tag", "released")["totalSize"] == 1
    files = answer("artifacts", "list", "--module", "gate-os:1.0.0")["artifacts"]
    assert [file["filename"] for file in files] == ["image.swu"], files
    notes = answer("modules", "metadata", "gate-os:1.0.0")["metadata"]
    assert [entry["targetVisible"] for entry in notes] == [False, True], notes
    auto = answer("filters", "show", "north")["autoAssignment"]
    assert (auto["type"], auto["weight"]) == ("ACTION_TYPE_SOFT", 500), auto
    assert answer("settings", "get", "pollingTime")["value"] == "00:01:00"
    groups = answer("rollouts", "groups", "gates to 1.0.0")["rolloutGroups"]
    assert [group["spec"]["displayName"] for group in groups] == ["canary", "rest"], groups


def changed(folder: Path) -> None:
    """What differs is changed, and nothing else."""
    shutil.copytree(EXAMPLE, folder)
    file = folder / "fleet.yaml"
    text = file.read_text()
    for old, new in [
        ("Gate 7, north", "Gate 7"),
        ("tags: [canary]", "tags: []"),
        ("owner: facilities", "owner: security"),
        ("weight: 500", "weight: 600"),
        ("vendor: Example", "vendor: Another"),
        ("pollingTime: 00:01:00", "pollingTime: 00:02:00"),
    ]:
        assert old in text, old
        text = text.replace(old, new)
    file.write_text(text)
    planned, _ = apply(folder, "--dry-run")
    made, remark = apply(folder)
    assert planned == made and remark == "0 created, 4 updated, 9 unchanged\n", (made, remark)
    assert made["Target gate-7"]["changes"] == ["displayName", "metadata.owner", "tags"]
    assert made["TargetFilter north"]["changes"] == ["autoAssignment"]
    assert made["SoftwareModule gate-os:1.0.0"]["changes"] == ["vendor"]
    assert outcomes(apply(folder)[0]) == {"unchanged"}
    auto = answer("filters", "show", "north")["autoAssignment"]
    assert (auto["type"], auto["weight"]) == ("ACTION_TYPE_SOFT", 600), auto


def faults(folder: Path) -> None:
    """What cannot be is told with its place, and nothing changes before all is looked at."""
    file = folder / "fleet.yaml"
    text = file.read_text()
    more = "\n---\nkind: Target\ncontrollerId: early\n"
    for old, new, code, words in [
        ("vendor: Another", "vendr: Another", 2, "document 8 (SoftwareModule): vendr: "),
        ('"1.0.0"\ntypeKey: gate-os', "1.0\ntypeKey: gate-os", 2, "(SoftwareModule): version: "),
        ("type: soft", "type: hard", 2, "document 11 (TargetFilter): autoAssignment.type: "),
        ("kind: Rollout", "kind: Rollouts", 2, "document 13 (Rollouts): kind: "),
        ("targetType: gate", "targetType: door", 5, "document 1 (Target): targetType: "),
        ("maxAssignments: 1\n", "maxAssignments: 2\n", 2, "maxAssignments: it cannot change"),
    ]:
        assert old in text, old
        file.write_text(text.replace(old, new) + more)
        _, err = run("apply", "-f", str(folder), code=code)
        assert words in err and "fleet.yaml" in err, (words, err)
        run("targets", "show", "early", code=5)
    file.write_text(text)
    (folder / "image.txt").write_text("other bytes\n")
    _, err = run("apply", "-f", str(file), code=2)
    assert "artifacts[0].sha256: " in err, err
    file.write_text("\n".join(line for line in text.splitlines() if "sha256" not in line))
    _, err = run("apply", "-f", str(file), code=8)
    assert "artifacts[0]: the module has other bytes under the name «image.swu»" in err, err


def from_a_pipe() -> None:
    """Documents may be JSON, and a name may look like a number."""
    tag = {"kind": "TargetTag", "displayName": "2026"}
    target = {"kind": "Target", "controllerId": "piped", "tags": ["2026"]}
    for remark in ["2 created, 0 updated, 0 unchanged\n", "0 created, 0 updated, 2 unchanged\n"]:
        _, err = run("apply", "-f", "-", said=json.dumps([target, tag]))
        assert err == remark, err
    _, err = run("apply", "-f", "-", said=json.dumps(target | {"group": "new"}))
    assert err == "0 created, 1 updated, 0 unchanged\n", err
    run("targets", "delete", "piped")


def securely() -> None:
    """TLS with an issuer that the machine does not know."""
    hub = ["--hub", os.environ["OTAHUB_TLS_ADDRESS"], *ADMIN]
    run("whoami", more=[*hub, "--ca", os.environ["OTAHUB_TLS_CA"]])
    run("whoami", code=69, more=hub)
    away = ["--hub", "https://127.0.0.1:1", *ADMIN, "--ca", os.environ["OTAHUB_TLS_CA"]]
    _, err = run("whoami", code=69, more=away)
    assert "cannot be reached" in err, err


def every_resource() -> None:
    """Lists of all nouns, and verbs that no other test calls."""
    for noun in ["targets", "target-types", "target-tags", "filters", "modules", "module-types"]:
        assert run(noun, "list", "-o", "name")[0], noun
    for noun in ["sets", "set-types", "set-tags", "rollouts", "users", "tokens", "tenants"]:
        run(noun, "list", "-o", "yaml")
    assert "CONTROLLER ID" in run("targets", "list")[0]
    columns = run("targets", "list", "--columns", "controllerId,group")[0].splitlines()
    assert columns[1].split() == ["gate-7", "site1/north"], columns
    answer("target-tags", "assign", "canary", "gate-7")
    assert answer("targets", "list", "--tag", "canary")["totalSize"] == 1
    answer("target-tags", "unassign", "canary", "gate-7")
    answer("targets", "group", "site2", "--target", "gate-7")
    assert answer("targets", "groups")["groups"] == ["site2"]
    entries = answer("targets", "set-metadata", "gate-7", "a=1", "b=2")["metadata"]
    assert [entry["key"] for entry in entries] == ["a", "b"], entries
    assert answer("targets", "delete-metadata", "gate-7", "a", "b") == {"deleted": ["a", "b"]}
    assert answer("modules", "show", "gate-config:1.0.0")["locked"]
    assert not answer("modules", "unlock", "gate-config:1.0.0")["locked"]
    answer("sets", "set-metadata", "gate:1.0.0", "a=1")
    statistics = answer("sets", "statistics", "gate:1.0.0")
    assert statistics["autoAssignmentCount"] == 1, statistics
    answer("set-tags", "unassign", "released", "gate:1.0.0")
    answer("filters", "stop-auto-assign", "north")
    assert "autoAssignment" not in answer("filters", "show", "north")
    auto = answer("filters", "auto-assign", "north", "--set", "gate:1.0.0", "--type", "soft")
    assert auto["autoAssignment"]["type"] == "ACTION_TYPE_SOFT", auto
    answer("target-types", "update", "gate", "--colour", "#000000")
    answer("rollouts", "update", "gates to 1.0.0", "--description", "all of them")
    run("settings", "set", "user.confirmation.flow.enabled", "true")
    assert answer("targets", "auto-confirm", "gate-7", "--remark", "trusted")["active"]
    run("targets", "auto-confirm", "gate-7", code=6)
    run("rollouts", "resume", "gates to 1.0.0", code=8)
    assert not answer("targets", "stop-auto-confirm", "gate-7")["active"]
    run("targets", "create", "gate-7", code=6)
    run("sets", "invalidate", "gate:1.0.0", "--cancel", "none")
    assert not answer("sets", "show", "gate:1.0.0")["valid"]
    assert run("watch", "--target", "nobody", "--timeout", "100ms")[0] == ""


def events() -> None:
    """A watch tells what happens, and goes on after its token."""
    kind = ["--kind", "target-created"]
    words = [os.environ["OTACTL"], "watch", "--count", "2", *kind, "-o", "json", *HUB, *ADMIN]
    watch = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    made, begun = 0, time.monotonic()
    while watch.poll() is None and time.monotonic() - begun < 120:
        run("targets", "create", f"watched-{made}")
        made += 1
    assert watch.poll() == 0, made
    lines = [json.loads(line) for line in watch.communicate()[0].splitlines()]
    assert [line["kind"] for line in lines] == ["EVENT_KIND_TARGET_CREATED"] * 2, lines
    run("targets", "create", "late")
    after = ["watch", "--count", "1", *kind, "--resume", lines[0]["resumeToken"]]
    assert answer(*after)["resource"] == lines[1]["resource"]


def profiles(folder: Path) -> None:
    """Hubs by name."""
    folder.mkdir()
    config = ["--config", str(folder / "otactl.toml")]
    token = answer("tokens", "create", "profile", "--authority", "READ_TARGET")["secret"]
    (folder / "token").write_text(f"{token}\n")
    add = ["profile", "add", "reader", "--token-file", str(folder / "token")]
    run(*add, more=HUB + config)
    run(*add, code=6, more=HUB + config)
    run("profile", "add", "boss", more=HUB + ADMIN + config)
    mode = stat.S_IMODE((folder / "otactl.toml").stat().st_mode)
    assert mode == 0o600, oct(mode)
    run("targets", "show", "gate-7", more=config)
    run("targets", "delete", "gate-7", code=7, more=config)
    run("targets", "delete", "gate-7", more=[*config, "--profile", "boss"])
    run("profile", "use", "boss", more=config)
    listed = json.loads(run("profile", "list", "-o", "json", more=config)[0])["profiles"]
    assert [(p["name"], p["inUse"]) for p in listed] == [("boss", True), ("reader", False)]
    assert os.environ["OTAHUB_PASSWORD"] not in run("profile", "show", more=config)[0].split()[3:]
    run("profile", "remove", "boss", more=config)
    run("whoami", code=5, more=[*config, "--profile", "boss"])


if __name__ == "__main__":
    os.environ.pop("OTAHUB_USER"), os.environ.pop("OTAHUB_HUB", None)
    with tempfile.TemporaryDirectory() as scratch:
        declared()
        as_it_says()
        changed(Path(scratch) / "fleet")
        faults(Path(scratch) / "fleet")
        from_a_pipe()
        securely()
        every_resource()
        events()
        profiles(Path(scratch) / "profiles")
