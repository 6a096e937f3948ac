"""Cards: the link of each is the card's own, in letters and in the code; nothing runs over the cut."""

from dataclasses import replace
from datetime import time

import msgspec
import numpy as np
import pypdfium2
import pytest
import segno

from server.forms.cards import LinkCard, LinkCards, StaffCards
from server.forms.catalogue import DOCUMENTS, Format
from server.forms.making import make
from tests.forms.conftest import ANNA, HEAD, LINK, LONG, OGLY
from tests.forms.reading import letters

Dots = np.ndarray[tuple[int, int], np.dtype[np.bool_]]
HALF = 842 / 2
CARDS = tuple(
    LinkCard(name, f"{LINK}{n}", time(9, 10 * n), "9А") for n, name in enumerate((LONG, OGLY, ANNA))
)


def halves(file: bytes) -> list[str]:
    """The text of each half of each page, from above."""
    found = []
    for page in pypdfium2.PdfDocument(file):
        text = page.get_textpage()
        found += [text.get_text_bounded(0, HALF, 600, 842), text.get_text_bounded(0, 0, 600, HALF)]
    return found


@pytest.fixture(scope="module")
def printed() -> bytes:
    return make(DOCUMENTS["link-cards"], Format.PDF, LinkCards(HEAD, CARDS))


def test_each_half_page_has_one_participant_with_the_own_link_and_time(printed: bytes) -> None:
    texts = halves(printed)
    assert len(texts) == 4
    assert not texts[3].strip()
    for number, card in enumerate(CARDS):
        text = letters(texts[number])
        assert letters(str(card.name)) in text
        assert letters(card.link) in text
        assert f"09:{number}0" in texts[number]
        others = [other for other in CARDS if other is not card]
        assert not [
            other for other in others if letters(other.link) in text or letters(str(other.name)) in text
        ]


def test_the_code_on_paper_is_that_of_the_link_beside_it(printed: bytes) -> None:
    document = pypdfium2.PdfDocument(printed)
    for number, card in enumerate(CARDS):
        picture = np.asarray(document[number // 2].render(scale=4).to_pil().convert("L")) < 128
        half = picture.shape[0] // 2
        card_picture = picture[:half] if number % 2 == 0 else picture[half:]
        # The code stands right of the words, above the framed link.
        side = card_picture[:, int(picture.shape[1] * 0.68) :]
        wanted = np.array(
            [[bool(module) for module in row] for row in segno.make(card.link, error="m", micro=False).matrix]
        )
        assert any(np.array_equal(found, wanted) for found in codes(side, wanted.shape[0]))


def codes(
    picture: "np.ndarray[tuple[int, int], np.dtype[np.bool_]]", modules: int
) -> list["np.ndarray[tuple[int, int], np.dtype[np.bool_]]"]:
    """Squares of the width of a block of dark lines, read module by module."""
    dark_rows = np.flatnonzero(picture.any(axis=1))
    blocks = np.split(dark_rows, np.flatnonzero(np.diff(dark_rows) > 4) + 1)
    found = []
    for block in blocks:
        if len(block) < 4 * modules:
            continue
        top, bottom = block[0], block[-1] + 1
        columns = np.flatnonzero(picture[top:bottom].any(axis=0))
        left, right = columns[0], columns[-1] + 1
        at_rows = (top + (np.arange(modules) + 0.5) * (bottom - top) / modules).astype(int)
        at_columns = (left + (np.arange(modules) + 0.5) * (right - left) / modules).astype(int)
        found.append(picture[np.ix_(at_rows, at_columns)])
    return found


def test_the_longest_link_and_name_stay_within_their_half() -> None:
    link = ("https://xn------8cdjjfccb1ac9asheaki0ccr7j8eud.example/j/" + "W" * 160)[:160]
    things = tuple(f"{n} вещь с названием, которое едва помещается в строку карточки"[:60] for n in range(6))
    card = replace(CARDS[0], link=link, to_have=things)
    view = LinkCards(replace(HEAD, school=HEAD.school * 2), (card, card))
    assert msgspec.json.decode(msgspec.json.encode(view), type=LinkCards) == view
    texts = halves(make(DOCUMENTS["link-cards"], Format.PDF, view))
    assert len(texts) == 2
    for text in texts:
        assert letters(link) in letters(text)
        assert letters("позвоните в школу: +7 (8453) 55-12-34") in letters(text)


@pytest.mark.parametrize("link", ["javascript:alert(1)", "https://a b", "https://" + "a" * 200])
def test_what_is_no_link_is_not_printed_as_one(link: str) -> None:
    sent = msgspec.json.encode(LinkCards(HEAD, (replace(CARDS[0], link=link),)))
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(sent, type=LinkCards)


def test_a_card_for_the_rehearsal_does_not_speak_of_the_exam_desk() -> None:
    text = " ".join(
        halves(make(DOCUMENTS["link-cards"], Format.PDF, LinkCards(HEAD, CARDS[:1], rehearsal=True)))
    )
    assert "Проверка связи" in text
    assert "Приготовьте" not in text


def test_staff_cards_hold_ten_codes_and_the_invitation_of_their_own_person(views: dict[str, object]) -> None:
    view = views["staff-cards"]
    assert isinstance(view, StaffCards)
    texts = halves(make(DOCUMENTS["staff-cards"], Format.PDF, view))
    for card, text in zip(view.cards, texts, strict=False):
        assert [code for code in card.codes if letters(code) not in letters(text)] == []
        assert letters(card.invitation) in letters(text)
        assert letters(card.login) in letters(text)
        assert "до 18:00 10.02.2026" in text
