"""PDFs made in this process; loads WeasyPrint and Pango, so only the child imports it."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from weasyprint import CSS, HTML
from weasyprint import Document as Pages
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from .catalogue import Document
from .pages import TEMPLATES, environment

STYLE = TEMPLATES / "forms" / "print.css"
FONTS = Path(__file__).resolve().parent / "fonts"


class OwnFonts(URLFetcher):  # type: ignore[misc]  # weasyprint ships no types
    """Gives the fonts beside this module and nothing else: a view can make the printer ask for nothing."""

    def __init__(self) -> None:
        super().__init__(allowed_protocols=("file",), allow_redirects=False, fail_on_errors=True)

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        name = url.rpartition("/")[2]
        if url != (FONTS / name).as_uri():
            raise ValueError("not one of the fonts")
        return super().fetch(url, headers)


def pages_of(document: Document, view: Any) -> list[str]:
    """The HTML of each part; a view without parts gives one blank."""
    template = environment().get_template(document.template)
    parts = tuple(document.parts(view)) or (view,)
    return [template.render(document=document, view=part, head=part.head) for part in parts]


def pdf(sources: Sequence[str]) -> bytes:
    """One PDF of several documents, one after another, fonts embedded."""
    fonts, fetcher = FontConfiguration(), OwnFonts()
    style = CSS(
        string=STYLE.read_text(encoding="utf-8"),
        base_url=FONTS.as_uri() + "/",
        font_config=fonts,
        url_fetcher=fetcher,
    )
    rendered = [
        HTML(string=source, url_fetcher=fetcher, base_url=None).render(stylesheets=[style], font_config=fonts)
        for source in sources
    ]
    return bytes(_joined(rendered).write_pdf())


def _joined(rendered: Iterable[Pages]) -> Pages:
    first, *others = rendered
    return first.copy([*first.pages, *(page for one in others for page in one.pages)])
