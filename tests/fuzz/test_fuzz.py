"""The corpus replayed, a short run that is always the same, and the long run's own machinery."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import strategies as st

from tests.fuzz import corpus
from tests.fuzz.campaign import campaign, trial
from tests.fuzz.hall import LODGER
from tests.fuzz.targets import TARGETS, Target


@pytest.fixture(scope="module", autouse=True)
def hall() -> Iterator[None]:
    yield
    LODGER.close()


@pytest.mark.parametrize("target", TARGETS)
def test_what_was_kept_does_no_harm(target: str) -> None:
    kept = corpus.kept(target)
    assert kept, "every target begins from something"
    for data in kept.values():
        TARGETS[target].run(data)


@pytest.mark.parametrize("target", TARGETS)
def test_a_short_run_finds_nothing(target: str) -> None:
    found = trial(TARGETS[target], TARGETS[target].share, None)
    assert found is None, found


def test_the_corpus_belongs_to_targets() -> None:
    assert {path.name for path in corpus.FOLDER.iterdir()} == set(TARGETS)


def fragile(data: bytes) -> None:
    assert b"\xff" not in data[:3]


def test_a_crash_is_found_made_small_and_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(corpus, "FOLDER", tmp_path)
    target = Target("fragile", fragile, st.binary(max_size=50), 300)
    assert campaign([target], 5) == 1
    assert list(corpus.kept("fragile").values()) == [b"\xff"]
    assert campaign([target], 0) == 1, "what was kept is tried first"


def test_a_run_in_which_nothing_is_found_ends_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert campaign([Target("sound", len, st.binary(), 1)], 0.01) == 0  # type: ignore[arg-type]
    assert "1 targets, 0 with something found" in capsys.readouterr().out
