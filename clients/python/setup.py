"""Builds the package: generates the messages and stubs from the contract before it is packed."""

import shutil
import subprocess
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

HERE = Path(__file__).parent
OWN_COPY = HERE / "proto"
CONTRACT = OWN_COPY if OWN_COPY.is_dir() else HERE.parent.parent / "proto"
SOURCES = HERE / "src"
PACKAGES = {"otahub.v1": "What operators may do.", "otahub.device.v1": "What devices may do."}


def generate() -> None:
    """Fills the packages that hold nothing but what the contract says."""
    from grpc_tools import protoc  # noqa: PLC0415

    files = sorted(str(file.relative_to(CONTRACT)) for file in CONTRACT.glob("otahub/**/*.proto"))
    folders = [SOURCES / package.replace(".", "/") for package in PACKAGES]
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
    included = Path(protoc.__file__).parent / "_proto"
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{CONTRACT}", f"-I{included}"]
    command += [f"--{kind}_out={SOURCES}" for kind in ("python", "grpc_python")]
    command += [f"--{kind}_out=quiet:{SOURCES}" for kind in ("mypy", "mypy_grpc")]
    subprocess.run([*command, *files], check=True)
    for folder, about in zip(folders, PACKAGES.values(), strict=True):
        (folder / "__init__.py").write_text(f'"""{about}"""\n\n{exports(folder)}')
    (SOURCES / "otahub/device/__init__.py").write_text('"""For devices and gateways."""\n')


def exports(folder: Path) -> str:
    """Everything that the modules of `folder` define, so that one import is enough."""
    package = ".".join(folder.relative_to(SOURCES).parts)
    modules = sorted(file.stem for file in folder.glob("*_pb2*.py"))
    return "".join(f"from {package}.{module} import *\n" for module in modules)


class Build(build_py):
    """Generates before it builds."""

    def run(self) -> None:
        """Runs the command."""
        generate()
        self.packages = sorted({*self.packages, "otahub.device", *PACKAGES})
        super().run()


class Archive(sdist):
    """Takes a copy of the contract along."""

    def run(self) -> None:
        """Runs the command."""
        for file in CONTRACT.glob("otahub/**/*.proto"):
            copy = OWN_COPY / file.relative_to(CONTRACT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
        try:
            super().run()
        finally:
            if CONTRACT != OWN_COPY:
                shutil.rmtree(OWN_COPY)


if __name__ == "__main__":
    setup(cmdclass={"build_py": Build, "sdist": Archive})
