from hypothesis import given
from hypothesis import strategies as st

from bench.loss import CASES, first_losses, gaps_ms, heard, markdown, paused_ms
from media.timing import PACKET, REBASED, TimingRecord


def arrived(*packets: tuple[int, int]) -> list[TimingRecord]:
    """Records of packets given by number and arrival in milliseconds."""
    return [TimingRecord(PACKET, 1, seq, seq * 960, at * 1000) for seq, at in packets]


def test_what_came_in_order_was_never_missing() -> None:
    assert first_losses(arrived((1, 0), (2, 20), (3, 400))) == 0
    assert first_losses([]) == 0


def test_a_repaired_packet_and_one_that_never_came_were_missing() -> None:
    assert first_losses(arrived((1, 0), (3, 40), (4, 60), (2, 90), (6, 100))) == 2


def test_what_came_right_after_its_successor_was_never_missing() -> None:
    assert first_losses(arrived((1, 0), (3, 40), (2, 55), (4, 60))) == 0


def test_every_connection_counts_its_own_numbers() -> None:
    second = [TimingRecord(PACKET, 2, seq, 0, at * 1000) for seq, at in ((900, 5000), (902, 5040))]
    assert first_losses([*arrived((1, 0), (2, 20)), *second]) == 1


def test_a_track_set_right_is_no_packet() -> None:
    records = arrived((1, 0), (2, 20))
    assert first_losses([*records, TimingRecord(REBASED, 0, 9, 0, 0)]) == 0


@given(st.lists(st.integers(0, 40), unique=True, min_size=1), st.randoms(use_true_random=False))
def test_never_more_is_missing_than_there_was(numbers: list[int], chance: object) -> None:
    records = arrived(*((seq, at * 30) for at, seq in enumerate(numbers)))
    assert 0 <= first_losses(records) <= max(numbers) - min(numbers) + 1


def test_gaps_of_a_recorded_voice() -> None:
    assert gaps_ms([0.0, 0.02, 0.04, 0.1, 0.12, 0.141]) == [40]


def test_what_the_browser_left_out_is_no_loss() -> None:
    records = arrived((1, 0), (2, 20), (4, 60))
    later = [TimingRecord(PACKET, 1, 5, 4 * 960 + 48_000, 1060_000)]
    assert paused_ms(records) == 0
    assert paused_ms(records + later) == 980


def test_only_what_grew_counts_and_a_new_connection_counts_alone() -> None:
    before = {"totalSamplesReceived": 48_000.0, "concealedSamples": 960.0}
    after = {"totalSamplesReceived": 96_000.0, "concealedSamples": 2880.0}
    assert heard(before, after, 1.0)["concealed_ms"] == 40
    assert heard({"totalSamplesReceived": 1e9, "concealedSamples": 1e6}, after, 1.0)["concealed_ms"] == 60


def test_every_case_has_a_line_of_its_own() -> None:
    view = heard({}, {}, 1.0)
    recorded = {"before_repair_ms": 1, "after_repair_ms": 2, "longest_gap_ms": 3, "paused_ms": 4}
    case = {"recorded": recorded, "examiner": view, "participant": view, "back": None}
    cut = {**case, "back": {"recorder_s": 0.5, "a": None, "b": 1.0, "c": 2.0}}
    text = markdown({"seconds": 10, "cases": {"good": case, "cut": cut}})
    rows = [line.count("|") for line in text.splitlines() if line.startswith("|")]
    assert rows == [14, 14, 14, 14, 6, 6, 6]
    assert len({case.name for case in CASES}) == len(CASES)
