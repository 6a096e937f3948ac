import pytest
from aioice import stun as reference

from media import stun


def test_checks_are_read_by_another_implementation() -> None:
    attributes = [(stun.USERNAME, b"a:b"), (stun.USE_CANDIDATE, b"")]
    data = stun.message(stun.REQUEST, b"t" * 12, attributes, b"secret")
    message = reference.parse_message(data)
    assert message.check_message_integrity(b"secret")
    assert not message.check_message_integrity(b"other")
    assert message.attributes["USERNAME"] == "a:b"
    assert stun.kind_of(data) == (stun.REQUEST, b"t" * 12)


@pytest.mark.parametrize("data", [b"", b"\x80" * 40, bytes(20)])
def test_what_is_not_stun_is_none(data: bytes) -> None:
    assert stun.kind_of(data) is None
    assert stun.answer(data, ("192.0.2.7", 1), b"a:b", b"p") is None


def test_a_check_is_answered_only_if_it_is_authentic() -> None:
    user, password, transaction = b"node:page", b"p" * 22, bytes(range(12))
    attributes = [(stun.USERNAME, user), (stun.PRIORITY, bytes(4)), (stun.CONTROLLING, bytes(8))]
    good = stun.message(stun.REQUEST, transaction, attributes, password)
    for address in (("192.0.2.7", 4711), ("2001:db8::7", 4712)):
        said = stun.answer(good, address, user, password)
        assert said is not None
        theirs = reference.parse_message(said)
        assert theirs.check_message_integrity(password)
        assert theirs.message_class == reference.Class.RESPONSE
        assert theirs.transaction_id == transaction
        assert theirs.attributes["XOR-MAPPED-ADDRESS"] == address
    for other in ((b"node:other", password), (user, b"q" * 22)):
        assert stun.answer(good, ("192.0.2.7", 4711), *other) is None
    controlled = [*attributes[:2], (stun.CONTROLLED, bytes(8))]
    assert (
        stun.answer(stun.message(stun.REQUEST, transaction, controlled, password), ("h", 1), user, password)
        is None
    )
    response = stun.message(stun.RESPONSE, transaction, attributes, password)
    assert stun.answer(response, ("h", 1), user, password) is None
    for end in range(len(good) - 8):  # what follows the integrity is not covered by it
        assert stun.answer(good[:end], ("192.0.2.7", 1), user, password) is None
        bent = good[:end] + bytes([good[end] ^ 0x40]) + good[end + 1 :]
        assert stun.answer(bent, ("192.0.2.7", 1), user, password) is None
