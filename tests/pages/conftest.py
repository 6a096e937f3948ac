"""Pages in a browser, without media: they may share the machine with other tests."""

from tests.e2e.conftest import chromium, service

__all__ = ["chromium", "service"]
