"""Builds, checks and tests the clients, and has them all do the same on one hub.

    run.py [CLIENT…]        of: rust python go java typescript otactl

Wants the binaries `otahub` and `otactl` in the target folder (or OTAHUB_BIN, OTACTL). What is built
and downloaded goes into the folders that each language has for it, and into target/tools. The last
line counts like cargo's.
"""

import difflib
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from hub import Hub

ROOT = Path(__file__).resolve().parents[2]
CLIENTS = ROOT / "clients"
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
PYTHON = ROOT / "target/tools/clients-python"
GOTOOLS = ROOT / "target/tools/go"
# How a runner of tests says how many passed.
COUNTS = re.compile(
    r"^(?:test result: ok\. |=* ?|# pass )(\d+)(?: passed|$)"
    r"|^--- (PASS)"
    r"|Tests run: (\d+),.*Time elapsed",
    re.MULTILINE,
)


def binary(name: str) -> Path:
    """A binary of the workspace."""
    variable = {"otahub": "OTAHUB_BIN", "otactl": "OTACTL"}[name]
    return Path(os.environ.get(variable, TARGET / "debug" / name))


@dataclass
class Client:
    """How a client is built, checked and run; each command in its folder."""

    folder: Path
    build: list[str]
    check: list[str]
    test: list[str]
    scenario: str
    environment: dict[str, str] = field(default_factory=dict)


VENV = [
    f"test -x {PYTHON}/bin/pip || python3 -m venv {PYTHON}",
    f"{PYTHON}/bin/pip install -q --disable-pip-version-check grpcio-tools==1.85.1",
]
CARGO = "cargo {} --locked -p otahub-client"
ALL = {
    "rust": Client(
        ROOT,
        build=[CARGO.format("build") + " --examples"],
        check=[],
        test=[CARGO.format("test")],
        scenario=str(TARGET / "debug/examples/scenario"),
    ),
    "python": Client(
        CLIENTS / "python",
        build=[*VENV, f"{PYTHON}/bin/pip install -q --disable-pip-version-check '.[dev]'"],
        check=[f"{PYTHON}/bin/ruff {what}" for what in ("check .", "format --check .")]
        + [f"{PYTHON}/bin/mypy"],
        test=[f"{PYTHON}/bin/pytest -q"],
        scenario=f"{PYTHON}/bin/python examples/scenario.py",
    ),
    "go": Client(
        CLIENTS / "go",
        build=[*VENV, f"go build -o {GOTOOLS}/scenario ./examples/scenario"],
        check=[
            'test -z "$(gofmt -l . | tee /dev/stderr)"',
            "go vet ./...",
            "./generate.sh",
            "git diff --exit-code --stat -- v1 device",
        ],
        test=["go test -v ."],
        scenario=f"{GOTOOLS}/scenario",
        environment={"PROTOC": f"{PYTHON}/bin/python -m grpc_tools.protoc"},
    ),
    "java": Client(
        CLIENTS / "java",
        # lints are the compiler's own, and errors
        build=["mvn -B -ntp -q test-compile"],
        check=[],
        test=["mvn -B -ntp surefire:test"],
        scenario="mvn -B -ntp -q exec:java -Dexec.mainClass=dev.otahub.examples.Scenario",
    ),
    "typescript": Client(
        CLIENTS / "typescript",
        build=["npm ci --no-fund --no-audit --loglevel=error", "npm run --silent build"],
        check=["npm run --silent lint"],
        test=["npm test --silent"],
        scenario="node dist/examples/scenario.js",
    ),
    "otactl": Client(
        ROOT,
        build=[],
        check=[],
        test=["python3 tests/clients/with_hub.py python3 tests/clients/otactl_more.py"],
        scenario="python3 tests/clients/otactl.py",
        environment={"OTACTL": str(binary("otactl"))},
    ),
}


@dataclass
class Tally:
    """What came of it."""

    passed: int = 0
    failed: list[str] = field(default_factory=list)
    transcripts: dict[str, str] = field(default_factory=dict)

    def note(self, what: str, is_good: bool, tests: int = 1) -> bool:
        """Counts a step."""
        print(f"{what}: {'ok' if is_good else 'FAILED'}", flush=True)
        if is_good:
            self.passed += tests
        else:
            self.failed.append(what)
        return is_good


def run(command: str, client: Client, environment: dict[str, str]) -> tuple[bool, str, str]:
    """Whether a command succeeds, and what it says; shows all of it if it does not."""
    done = subprocess.run(
        command,
        shell=True,
        cwd=client.folder,
        env=environment | client.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        print(f"$ {command}\n{done.stdout}{done.stderr}", flush=True)
    return done.returncode == 0, done.stdout, done.stderr


def counted(said: str) -> int:
    """How many tests passed, by what their runner says; at least the one that it ran at all."""
    return max(1, sum(int(a or b.replace("PASS", "1") or c) for a, b, c in COUNTS.findall(said)))


def examine(name: str, environment: dict[str, str], tally: Tally) -> None:
    """Builds, checks and tests one client, and has it run the scenario."""
    client, begun = ALL[name], time.monotonic()
    for step in ("build", "check", "test"):
        for command in getattr(client, step):
            is_good, said, _ = run(command, client, environment)
            tests = counted(said) if step == "test" else 1
            if not tally.note(f"{name}: {command}", is_good, tests) and step == "build":
                return
    is_good, said, _ = run(client.scenario, client, environment | {"OTAHUB_SCENARIO": f"scenario-{name}"})
    tally.note(f"{name}: scenario", is_good)
    # Maven colours even nothing
    tally.transcripts[name] = re.sub(r"\x1b\[[0-9;]*m", "", said).strip()
    print(f"{name}: {time.monotonic() - begun:.0f} s", flush=True)


def compare(transcripts: dict[str, str], tally: Tally) -> None:
    """All transcripts have to be the same."""
    names = iter(transcripts)
    first = next(names, None)
    if first is None:
        return
    print(transcripts[first])
    for name in names:
        lines = [transcripts[which].splitlines() for which in (first, name)]
        difference = "\n".join(difflib.unified_diff(*lines, first, name, lineterm=""))
        if not tally.note(f"{name}: the same as {first}", not difference):
            print(difference)


def main(names: list[str]) -> int:
    """Examines the clients with these names."""
    tally = Tally()
    os.environ["OTACTL"] = str(binary("otactl"))
    with Hub(binary("otahub")) as hub:
        environment = hub.environment()
        enable = "settings set authentication.targettoken.enabled true"
        otactl = f"$OTACTL {enable} --hub $OTAHUB_ADDRESS --user $OTAHUB_USER:$OTAHUB_PASSWORD"
        tally.note("devices have tokens", run(otactl, ALL["otactl"], environment)[0])
        for name in names:
            examine(name, environment, tally)
        compare(tally.transcripts, tally)
    verdict = "FAILED" if tally.failed else "ok"
    print(*(f"failed: {what}" for what in tally.failed), sep="\n")
    print(f"test result: {verdict}. {tally.passed} passed; {len(tally.failed)} failed;")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    wanted = sys.argv[1:] or list(ALL)
    unknown = [name for name in wanted if name not in ALL]
    sys.exit(f"no client {unknown}: of {list(ALL)}" if unknown else main(wanted))
