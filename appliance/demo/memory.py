"""What the demo remembers in its folder from one day to the next; its file also says that the folder may be deleted."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from appliance.app import owned
from appliance.settings import BadSettings

FILE = "demo.json"


@dataclass(slots=True)
class Memory:
    """How many letters of each pile were posted."""

    file: Path
    posted: dict[str, int]

    @classmethod
    def of(cls, directory: Path) -> "Memory":
        """Raises BadSettings for a folder that holds something else: a demo must not move into an installation."""
        file = directory / FILE
        if file.is_file():
            return cls(file, _read(file))
        if directory.is_dir() and any(directory.iterdir()):
            raise BadSettings(f"{directory}: holds something that is no demo; name another folder with --dir")
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        memory = cls(file, {})
        memory.keep()
        return memory

    def count(self, pile: str) -> None:
        self.posted[pile] = self.posted.get(pile, 0) + 1
        self.keep()

    def keep(self) -> None:
        text = {"what": "A world of `posthouse demo`; --reset deletes this folder.", "posted": self.posted}
        fresh = self.file.with_suffix(".new")
        fresh.write_text(json.dumps(text, indent=2) + "\n")
        fresh.replace(self.file)


def forget(directory: Path) -> None:
    """Delete the demo's folder. Raises BadSettings when it is not one, or when somebody is in it."""
    if not directory.exists():
        return
    if directory.is_symlink() or not (directory / FILE).is_file():
        raise BadSettings(f"{directory}: is no demo's folder (it has no {FILE}), so --reset leaves it alone")
    with owned(directory):
        shutil.rmtree(directory)


def _read(file: Path) -> dict[str, int]:
    try:
        posted = json.loads(file.read_text())["posted"]
        return {str(pile): int(number) for pile, number in posted.items()}
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise BadSettings(f"{file}: cannot be read ({error}); --reset begins anew") from error
