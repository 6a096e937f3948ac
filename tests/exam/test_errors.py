"""The one tree of errors and its two tables."""

import re
from collections.abc import Iterator

import pytest

from server import errors
from server.errors import ExamError, LinkProblem, LinkProblemKind, StoreFull, http_status, websocket_close


def tree(root: type[ExamError]) -> Iterator[type[ExamError]]:
    yield root
    for kind in root.__subclasses__():
        yield from tree(kind)


PLAIN = [kind for kind in tree(ExamError) if kind is not LinkProblem and kind.__module__ == errors.__name__]


@pytest.mark.parametrize("kind", PLAIN)
def test_every_error_has_a_status_a_code_and_a_russian_text(kind: type[ExamError]) -> None:
    error = kind()
    assert 400 <= http_status(error) < 600
    assert websocket_close(error) in {None, 4400, 4429}
    assert re.fullmatch(r"[a-z_]+", error.code)
    assert re.search("[а-я]", error.text)


@pytest.mark.parametrize("kind", list(tree(ExamError)))
def test_the_drawing_shows_every_error(kind: type[ExamError]) -> None:
    if kind.__module__ == errors.__name__:
        assert kind.__name__ in (errors.__doc__ or "")


@pytest.mark.parametrize(
    "kind, status", [("foreign", 404), ("revoked", 410), ("wrong_day", 403), ("expired", 410)]
)
def test_a_link_problem_has_the_status_of_its_kind(kind: LinkProblemKind, status: int) -> None:
    problem = LinkProblem(kind, phone="+7 000")
    assert (http_status(problem), websocket_close(problem)) == (status, 4003)
    assert problem.code == f"link_{kind}"


def test_the_detail_is_for_the_log_only() -> None:
    error = StoreFull(detail="database or disk is full")
    assert str(error) == "store_full: database or disk is full"
    assert "disk" not in error.text
