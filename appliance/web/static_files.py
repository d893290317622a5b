"""Style, scripts and icons: under a path that names their content they may be kept for ever."""

import hashlib
from pathlib import Path

from aiohttp import web

from appliance.errors import NotFound
from appliance.web.keys import STATIC

FOLDER = Path(__file__).parent / "static"
FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "public, no-cache"


class StaticFiles:
    """The folder as it is at the start. Its version is part of the URL, so modules import each other in one version."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder.resolve()
        self._version = _version(self._folder)

    def url(self, path: str) -> str:
        return f"/static/{self._version}/{path}"

    def find(self, path: str) -> tuple[Path, str]:
        """The file and what to tell caches about it. Raises NotFound."""
        bare = path.removeprefix(f"{self._version}/")
        file = (self._folder / bare).resolve() if bare.isprintable() else self._folder
        if not file.is_relative_to(self._folder) or not file.is_file():
            raise NotFound("there is no such file")
        return file, ASK_AGAIN if bare == path else FOR_EVER


async def show(request: web.Request) -> web.StreamResponse:
    file, caching = request.app[STATIC].find(request.match_info["path"])
    return web.FileResponse(file, headers={"Cache-Control": caching})


def _version(folder: Path) -> str:
    content = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        content.update(file.relative_to(folder).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return f"~{content.hexdigest()[:12]}"
