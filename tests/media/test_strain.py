import pytest

from media.strain import LATE, LEAST, OFTEN, WINDOW, Strain


def observed(*late: float) -> Strain:
    strain = Strain()
    for seconds in late:
        strain.note(seconds)
    return strain


def test_a_stall_now_and_then_is_the_machines() -> None:
    strain = observed(0.0, 5.0, 0.0, 0.0, 3.0, 0.0)
    assert not strain.strained
    assert strain.share == 1.0
    assert strain.late == 0.0


def test_a_loop_that_is_late_time_and_again_takes_nothing_more() -> None:
    strain = observed(*[0.0] * 5, *[LATE * 2] * OFTEN)
    assert strain.strained
    assert strain.late == LATE * 2


def test_strain_is_over_when_the_window_has_passed() -> None:
    strain = observed(*[1.0] * OFTEN, *[0.0] * (WINDOW - OFTEN))
    assert strain.strained
    strain.note(0.0)
    assert not strain.strained


def test_pictures_give_way_to_the_least_and_come_back() -> None:
    strain = observed(*[1.0] * 100)
    assert strain.share == LEAST
    for _ in range(200):
        strain.note(0.0)
    assert strain.share == 1.0


@pytest.mark.parametrize("count", range(OFTEN))
def test_few_observations_prove_nothing(count: int) -> None:
    assert not observed(*[9.0] * count).strained
