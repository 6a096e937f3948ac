"""Links of a day and what is printed of it: states, replacing, files, letters, the journal of prints."""

import csv
import io
import json
import zipfile
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path

import pypdfium2
import pytest

from media.layout import SeatKind
from server.exam.people import CommissionRole, Name, Representative
from server.exam.profile_parts import Category
from server.forms.catalogue import DOCUMENTS
from server.http.office.papers import BLANKS, KIT, KIT_BLANKS, VIEWS
from server.store import journal, link_devices, participants, staff
from server.store.records import SeatRow
from tests.http.day_office import SPARE, Answer, School, foreign_day, open_school, sign_in
from tests.mail.test_mail import Mailbox, serving, smtp
from tests.signalling.house import Exam, Seeded, exam


@pytest.fixture
async def school(day: Exam) -> School:
    return await open_school(day)


async def seat_of(school: School, day: int, name: str) -> SeatRow:
    book = await school.book(day)
    sitting = book.sitting(school.people[name])
    assert sitting is not None
    assert sitting.seat_id is not None
    return book.day.seat(sitting.seat_id)


def pdf_text(answer: Answer) -> str:
    document = pypdfium2.PdfDocument(answer.body)
    try:
        return " ".join(page.get_textpage().get_text_range() for page in document)
    finally:
        document.close()


async def give_parent(school: School, name: str, email: str) -> None:
    async with school.day.house.store.begin() as session:
        row = await participants.load(session, school.id, school.people[name])
        parent = Representative(Name("Родителева", "Ольга"), "мать", "+7 900 000-00-01", email)
        one = replace(row.participant, representatives=(parent,))
        await participants.change(session, school.id, row.id, one, at=school.day.clock.now())


async def test_every_planned_participant_has_a_link_that_opens_the_own_page(school: School) -> None:
    day = await school.planned_day()
    page = await school.organizer.get(f"/days/{day}/links")
    assert page.words.count("ещё не открывалась") == 6
    await school.at(day, 0)
    for name in school.people:
        seat = await seat_of(school, day, name)
        token = school.day.house.door.token(seat.id, seat.link_number)
        assert f"/j/{token}" in page.text
        async with school.day.session.get(school.day.url(f"/j/{token}")) as opened:
            assert opened.status == 200
            assert json.dumps(name)[1:-1] in await opened.text()
    again = await school.organizer.get(f"/days/{day}/links")
    assert "ещё не открывалась" not in again.words


async def test_a_replaced_link_opens_nothing_and_the_new_one_does(school: School) -> None:
    day = await school.planned_day()
    await school.at(day, 0)
    seat = await seat_of(school, day, "Ким")
    old = school.day.house.door.token(seat.id, seat.link_number)
    path = f"/days/{day}/links"
    assert (await school.organizer.post(path, {"action": "replace", "seat": seat.id})).status == 303
    new = school.day.house.door.token(seat.id, seat.link_number + 1)
    for token, status in ((old, 410), (new, 200)):
        async with school.day.session.get(school.day.url(f"/j/{token}")) as opened:
            assert opened.status == status
    assert (await school.organizer.post(path, {"action": "revoke", "seat": seat.id})).status == 303
    async with school.day.session.get(school.day.url(f"/j/{new}")) as opened:
        assert opened.status == 410
    events = [event for event, _ in school.day.journal() if event.startswith("link.re")]
    assert events == ["link.replaced", "link.revoked"]


async def test_with_a_replaced_link_its_devices_are_forgotten(school: School) -> None:
    """Else the family's own device on the new link would be the alarm, on the day and after each restart."""
    day = await school.planned_day()
    seat = await seat_of(school, day, "Ким")
    async with school.day.house.store.begin() as session:
        data = {"device": "stranger", "network": "n"}
        await journal.append(
            session, link_devices.DEVICE, at=school.day.clock.now(), day=day, seat=seat.id, data=data
        )
    await school.organizer.post(f"/days/{day}/links", {"action": "replace", "seat": seat.id})
    async with school.day.house.store.read() as session:
        assert (await link_devices.of_day(session, day)).get(seat.id, {}) == {}


async def test_a_seat_of_another_day_is_not_found(school: School) -> None:
    day = await school.planned_day()
    foreign = school.day.seat("anna")
    answer = await school.organizer.post(f"/days/{day}/links", {"action": "revoke", "seat": foreign})
    assert answer.status == 404


async def test_an_official_without_an_account_gets_a_link_to_watch_one_room(school: School) -> None:
    day = await school.planned_day()
    async with school.day.house.store.begin() as session:
        member = await staff.appoint(
            session, day_id=day, person_id=school.staff[SPARE], role=CommissionRole.OFFICIAL
        )
    room = (await school.book(day)).day.rooms[1].id
    fields = {"action": "official", "member": member.id, "room": room}
    assert (await school.organizer.post(f"/days/{day}/links", fields)).status == 303
    [seat] = [one for one in (await school.book(day)).day.seats if one.person_id == school.staff[SPARE]]
    assert (seat.kind, seat.room_id, seat.by_link) == (SeatKind.OBSERVER, room, True)
    assert school.day.journal("link.given")


@pytest.mark.parametrize("action", ["give", "replace", "revoke"])
async def test_nobody_gets_a_link_to_the_seat_of_one_who_signs_in(school: School, action: str) -> None:
    """Else the technical specialist could sit down as the organizer or as an examiner."""
    day = await school.planned_day()
    specialist = await sign_in(school.day, school.staff["Техников"], "specialist-one")
    before = (await school.book(day)).day.seats
    for seat in before:
        if seat.kind is SeatKind.PARTICIPANT:
            continue
        for browser in (specialist, school.organizer):
            answer = await browser.post(f"/days/{day}/links", {"action": action, "seat": seat.id})
            assert answer.status == 404, seat.kind
    assert (await school.book(day)).day.seats == before


async def test_who_was_taken_off_the_list_gets_no_new_link(school: School) -> None:
    day = await school.planned_day()
    seat = await seat_of(school, day, "Ким")
    sitting = (await school.book(day)).sitting(school.people["Ким"])
    assert sitting is not None
    fields = {"action": "withdraw", "sitting": sitting.id}
    assert (await school.organizer.post(f"/days/{day}/participants", fields)).status == 303
    answer = await school.organizer.post(f"/days/{day}/links", {"action": "replace", "seat": seat.id})
    assert answer.status == 404
    assert (await school.book(day)).day.seat(seat.id).revoked_at is not None


async def test_an_official_is_not_let_into_a_room_of_another_day(school: School) -> None:
    day = await school.planned_day()
    own = (await school.book(day)).day.rooms[0].id
    foreign = school.day.seeded.rooms[0]
    async with school.day.house.store.begin() as session:
        member = await staff.appoint(
            session, day_id=day, person_id=school.staff[SPARE], role=CommissionRole.OFFICIAL
        )
    fields = {"action": "official", "member": member.id}
    for room, status in ((foreign, 404), (own, 303), (foreign, 404)):
        assert (await school.organizer.post(f"/days/{day}/links", fields | {"room": room})).status == status
    [seat] = [one for one in (await school.book(day)).day.seats if one.person_id == school.staff[SPARE]]
    assert seat.room_id == own


@pytest.mark.parametrize("number", ["9" * 30, "9" * 5000, "-1", "Ⅷ", "nobody"])
async def test_no_number_of_a_box_upsets_the_server(school: School, number: str) -> None:
    day = await school.ready_day()
    for path, action in (("links", "csv"), ("participants", "")):
        answer = await school.organizer.post(f"/days/{day}/{path}", {"action": action, "who": number})
        assert answer.status == 404


async def test_the_csv_has_a_row_for_each_and_the_parents_address(school: School) -> None:
    day = await school.planned_day()
    await give_parent(school, "Ким", "parent@example.org")
    answer = await school.organizer.post(f"/days/{day}/links", {"action": "csv"})
    assert answer.status == 200
    rows = list(csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig")), delimiter=";"))
    assert len(rows) == 6
    [kim] = [row for row in rows if row["ФИО"].startswith("Ким")]
    seat = await seat_of(school, day, "Ким")
    assert kim["Почта"] == "parent@example.org"
    assert kim["Ссылка"].endswith(school.day.house.door.token(seat.id, seat.link_number))


async def test_cards_of_those_chosen_only(school: School) -> None:
    day = await school.planned_day()
    sitting = (await school.book(day)).sitting(school.people["Ким"])
    assert sitting is not None
    answer = await school.organizer.post(f"/days/{day}/links", {"action": "cards", "who": sitting.id})
    text = pdf_text(answer)
    assert "Ким" in text
    assert "Абрамова" not in text
    [(_, data)] = school.day.journal("document.printed")
    assert (data["document"], data["count"]) == ("link-cards", 1)
    assert "Ким" not in str(data)


async def test_without_a_mail_server_nothing_is_sent(school: School) -> None:
    day = await school.planned_day()
    assert "Отправить по почте" not in (await school.organizer.get(f"/days/{day}/links")).words
    assert (await school.organizer.post(f"/days/{day}/links", {"action": "send"})).status == 404


async def test_every_document_of_the_day_is_made_and_journalled(school: School) -> None:
    day = await school.planned_day()
    no_form = {"is-10"}  # Tambov's texts know no observer's act
    wanted = [(kind, form) for kind in sorted(VIEWS.keys() - no_form) for form in DOCUMENTS[kind].formats]
    for kind, form in wanted:
        answer = await school.organizer.get(f"/days/{day}/print/{kind}?form={form.value}")
        assert answer.status == 200, answer.text[:500]
        assert answer.body[:4] == (b"%PDF" if form.value == "pdf" else b"PK\x03\x04")
    noted = [(data["document"], data["form"]) for _, data in school.day.journal("document.printed")]
    assert noted == [(kind, form.value) for kind, form in wanted]


async def test_the_list_of_the_day_has_rooms_and_absences(school: School) -> None:
    day = await school.planned_day()
    await school.at(day, 5)
    sitting = (await school.book(day)).sitting(school.people["Ким"])
    assert sitting is not None
    await school.organizer.post(f"/days/{day}/absent/{sitting.id}", {"reason": "болеет"})
    text = pdf_text(await school.organizer.get(f"/days/{day}/print/is-01"))
    for name in school.people:
        assert name in text
    row = text[text.index("Ким Алексей") :][:60]
    assert "Н" in row.split("9А")[1][:12]
    told = pdf_text(await school.organizer.get(f"/days/{day}/print/report"))
    assert "болеет" in told


async def test_a_blank_has_no_names(school: School) -> None:
    day = await school.planned_day()
    for kind in BLANKS.keys() - {"is-10"}:
        answer = await school.organizer.get(f"/days/{day}/print/{kind}?blank")
        assert answer.status == 200
        assert not any(name in pdf_text(answer) for name in school.people)


async def test_the_kit_holds_the_whole_day_on_paper(school: School) -> None:
    day = await school.planned_day()
    answer = await school.organizer.get(f"/days/{day}/print/kit")
    assert answer.status == 200
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        names = archive.namelist()
        assert len(names) == len(KIT) + len(KIT_BLANKS) - 1  # without the observer's act
        assert all(archive.read(name)[:4] == b"%PDF" for name in names)
    [(_, data)] = school.day.journal("document.printed")
    assert data["document"] == "kit"


async def test_the_sheet_of_a_room_holds_its_participants_with_their_documents(school: School) -> None:
    day = await school.planned_day()
    book = await school.book(day)
    for room in book.day.rooms:
        answer = await school.organizer.get(f"/days/{day}/print/is-02?room={room.number}")
        text = pdf_text(answer)
        inside = {book.day.seat(row.seat_id).last_name for row in book.day.in_room(room.id)}
        assert inside
        assert {name for name in school.people if name in text} == inside
        assert text.count("123456") == len(inside)


async def test_who_is_scored_from_the_record_is_not_on_the_experts_draft(school: School) -> None:
    """D-21: the expert does not hear a participant with ASD; the protocol waits for whoever scores later."""
    async with school.day.house.store.begin() as session:
        row = await participants.load(session, school.id, school.people["Ким"])
        one = replace(row.participant, category=Category.ASD, pmpk="№ 8")
        await participants.change(session, school.id, row.id, one, at=school.day.clock.now())
    day = await school.planned_day()
    draft = pdf_text(await school.organizer.get(f"/days/{day}/print/is-04"))
    assert {name for name in school.people if name in draft} == school.people.keys() - {"Ким"}
    pages = pypdfium2.PdfDocument((await school.organizer.get(f"/days/{day}/print/is-03")).body)
    texts = [page.get_textpage().get_text_range() for page in pages]
    pages.close()
    assert [any(name in text for name in ("Орлова", "Голенищева")) for text in texts] == [
        "Ким" not in text for text in texts
    ]
    assert len(texts) == len(school.people)


@pytest.mark.parametrize("kind", ["is-10", "is-02?room=99"])
async def test_a_form_that_the_region_has_not_is_not_offered(school: School, kind: str) -> None:
    day = await school.planned_day()
    assert (await school.organizer.get(f"/days/{day}/print/{kind}")).status == 404
    page = await school.organizer.get(f"/days/{day}/print")
    assert "Ведомость учёта" in page.words
    assert "Акт общественного наблюдения" not in page.words


@pytest.mark.parametrize(
    "path", ["nothing", "staff-cards", "slips?form=xlsx", "is-01?form=doc", "slips?blank"]
)
async def test_what_is_not_printed_is_not_found(school: School, path: str) -> None:
    day = await school.planned_day()
    assert (await school.organizer.get(f"/days/{day}/print/{path}")).status == 404


async def test_another_schools_links_and_papers_do_not_exist(school: School) -> None:
    _, day = await foreign_day(school.day)
    for page in ("links", "print", "print/is-01", "print/kit"):
        assert (await school.organizer.get(f"/days/{day}/{page}")).status == 404
    assert (await school.organizer.post(f"/days/{day}/links", {"action": "csv"})).status == 404


async def test_letters_go_by_the_schools_mail_server_and_each_address_is_answered(
    seeded: Seeded, tmp_path: Path
) -> None:
    mailbox = Mailbox()
    async with serving(mailbox) as port, exam(seeded, tmp_path, smtp=smtp(port)) as running:
        school = await open_school(running)
        day = await school.planned_day()
        await give_parent(school, "Ким", "parent@example.org")
        await give_parent(school, "Новиков", "nobody@example.org")
        page = await school.organizer.post(f"/days/{day}/links", {"action": "send"})
        assert page.status == 200
        assert "Отправлено писем: 1 из 2" in page.words
        assert "parent@example.org ушло" in page.words
        assert "nobody@example.org не ушло" in page.words
        assert "Нет адреса почты: Абрамова Дарья" in page.words
        seat = await seat_of(school, day, "Ким")
        [letter] = mailbox.came
        body = message_from_bytes(letter.original_content or b"", policy=policy.default).get_body(("plain",))
        assert body is not None
        assert running.house.door.token(seat.id, seat.link_number) in body.get_content()
        [(_, data)] = [one for one in running.journal("document.printed") if one[1]["form"] == "mail"]
        assert (data["count"], data["sent"]) == (2, 1)
