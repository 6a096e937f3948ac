"""Jinja2 templates of web/templates, escaped by default; a name that a page misses is an error, not a blank."""

from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

ROOT = Path(__file__).resolve().parents[2] / "web"


class Templates:
    """Renders pages that nobody keeps a copy of."""

    def __init__(self, root: Path = ROOT) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(root / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def page(self, name: str, context: dict[str, Any], *, status: int = 200) -> web.Response:
        text = self._environment.get_template(name).render(context)
        headers = {"Cache-Control": "no-store"}
        return web.Response(text=text, status=status, content_type="text/html", headers=headers)
