"""Placement is pure: the least loaded node, one kept empty."""

from hypothesis import given
from hypothesis import strategies as st

from server.nodes.placement import Load, choose

LOADS = st.dictionaries(
    st.sampled_from([f"node-{number}" for number in range(1, 6)]),
    st.builds(Load, conferences=st.integers(0, 4), capacity=st.integers(1, 4)),
)


def test_one_empty_node_is_kept_warm_while_others_have_room() -> None:
    assert choose({"node-1": Load(0, 8), "node-2": Load(0, 8)}) == "node-1"
    assert choose({"node-1": Load(1, 8), "node-2": Load(0, 8)}) == "node-1"
    assert choose({"node-1": Load(1, 8), "node-2": Load(0, 8), "node-3": Load(0, 8)}) == "node-2"


def test_spare_is_used_when_nothing_else_has_room() -> None:
    assert choose({"node-2": Load(0, 8)}) == "node-2"
    assert choose({"node-1": Load(8, 8), "node-2": Load(0, 8)}) == "node-2"
    assert choose({"node-1": Load(1, 8), "node-2": Load(0, 8)}, avoid={"node-1"}) == "node-2"


def test_nothing_is_chosen_where_nothing_has_room() -> None:
    assert choose({}) is None
    assert choose({"node-1": Load(8, 8)}) is None


@given(LOADS, st.sets(st.sampled_from(["node-1", "node-2"])))
def test_chosen_node_has_room_and_is_not_avoided(loads: dict[str, Load], avoid: set[str]) -> None:
    chosen = choose(loads, avoid)
    having_room = {n for n, load in loads.items() if load.conferences < load.capacity and n not in avoid}
    assert (chosen in having_room) if having_room else chosen is None
