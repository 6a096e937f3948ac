"""Pages in a browser, without media."""

from tests.e2e.conftest import chromium, service

__all__ = ["chromium", "service"]
