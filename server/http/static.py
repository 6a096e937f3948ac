"""Static files of web/css, web/js and web/vendor: revalidated at each use, so that a page never runs on old code."""

import mimetypes
from pathlib import Path

from aiohttp import web

from server.errors import NotFound

from .templates import ROOT

FOLDERS = frozenset({"css", "js", "vendor"})
TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


class Static:
    """Serves `/static/{path}`."""

    def __init__(self, root: Path = ROOT) -> None:
        self._root = root.resolve()

    async def file(self, request: web.Request) -> web.StreamResponse:
        """Raises NotFound for everything outside the three folders."""
        wanted = request.match_info["path"]
        path = (self._root / wanted).resolve()
        inside = path.is_relative_to(self._root) and path.relative_to(self._root).parts[:1]
        if not inside or inside[0] not in FOLDERS or not path.is_file():
            raise NotFound(detail="static file")
        kind = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        response = web.FileResponse(path, headers={"Cache-Control": "no-cache", "Content-Type": kind})
        return response
