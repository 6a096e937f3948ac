"""The list of participants and their cards, through the pages."""

from datetime import date

import pytest

from server.exam.people import Document, DocumentKind, Participant
from server.exam.profile_parts import Answer, Category, Ground, Outcome, Place
from server.http.office.fields import Fields
from server.http.office.person_form import form_of, read
from server.store import participants
from server.store.schools import SchoolCard, change
from tests.http.office import Office, form, plain, wrong

FULL = {
    "last": "Воскресенский-Преображенский", "first": "Святослав", "patronymic": "Владиславович",
    "class_label": "9А", "number": "42", "birth_date": "2010-03-08",
    "document_kind": "passport", "document_series": "6815", "document_number": "123456",
    "form": "distance", "ground": "health", "place": "home", "category": "motor_with_other",
    "accompanying": "weak_sight", "pmpk": "№ 12 от 01.12.2025", "answer": "written", "break_minutes": "15",
    "applied_on": "2026-01-20", "consent_on": "2026-01-20", "family": "Воскресенские", "note": "Заикается\nдома",
    "rep0_last": "Воскресенская", "rep0_first": "Нина", "rep0_relation": "мать", "rep0_phone": "+7 900 1",
    "rep2_last": "Преображенский", "rep2_first": "Пётр", "rep2_email": "p@example.org",
    "outcome0_date": "2025-12-10", "outcome0": "fail",
}  # fmt: skip


async def _profile(office: Office, name: str | None, scheme: int | None = None) -> None:
    card = SchoolCard("640001", "Школа № 1", "Europe/Moscow", profile=name, chosen_scheme=scheme)
    async with office.day.house.store.begin() as session:
        await change(session, office.school, card)


async def test_every_field_of_a_participant_is_kept_and_shown_again(office: Office) -> None:
    await _profile(office, "saratov-2020")
    path = office.path("/participants")
    known = await office.person("Соколова")
    await office.organizer.saved(f"{path}/new", FULL | {"familiar": str(known), f"kin_{known}": "1"})
    (row,) = await office.everybody()
    person = row.participant
    assert person.document == Document(DocumentKind.PASSPORT, "6815", "123456")
    assert (person.ground, person.place, person.answer) == (Ground.HEALTH, Place.HOME, Answer.WRITTEN)
    assert (person.category, person.accompanying) == (Category.MOTOR_WITH_OTHER, Category.WEAK_SIGHT)
    assert (person.birth_date, person.consent_on) == (date(2010, 3, 8), date(2026, 1, 20))
    assert [one.name.first for one in person.representatives] == ["Нина", "Пётр"]
    assert (row.familiar_examiner_id, row.kin) == (known, frozenset({known}))
    assert row.outcomes == ((date(2025, 12, 10), Outcome.FAIL),)
    own = f"{path}/{row.id}"
    typed = form(await office.organizer.page(own), own)
    office.day.clock.move(minutes=1)
    await office.organizer.saved(own, typed)
    (again,) = await office.everybody()
    assert again.participant == person
    assert (again.familiar_examiner_id, again.kin, again.outcomes) == (
        known,
        frozenset({known}),
        row.outcomes,
    )


async def test_every_field_survives_an_edit_of_another(office: Office) -> None:
    path = office.path("/participants")
    await office.organizer.saved(f"{path}/new", FULL)
    (row,) = await office.everybody()
    own = f"{path}/{row.id}"
    await office.organizer.saved(own, form(await office.organizer.page(own), own) | {"class_label": "9Б"})
    (again,) = await office.everybody()
    assert again.participant.class_label == "9Б"
    assert again.participant.note == row.participant.note
    assert again.participant.representatives == row.participant.representatives


@pytest.mark.parametrize(
    "field, value, text",
    [
        ("last", " ", "Заполните это поле."),
        ("birth_date", "2026-02-30", "Такой даты нет. Напишите, например, 11.02.2026."),
        ("birth_date", "2027-01-01", "Этот день ещё не наступил."),
        ("consent_on", "0026-01-20", "Проверьте год."),
        ("document_number", "", "Укажите номер документа или уберите вид документа."),
        ("document_kind", "", "Выберите, какой это документ."),
        ("form", "in_person", "Основание нужно только для дистанционной формы."),
        (
            "category",
            "asd",
            "Сопутствующее указывают только при нарушениях опорно-двигательного аппарата с ним.",
        ),
        ("break_minutes", "много", "Напишите целое число от 0 до 240."),
        ("rep0_first", "", "Укажите имя."),
        ("outcome0_date", "", "Укажите день."),
        ("familiar", "999", "Выберите человека из списка."),
        ("ground", "wealth", "Выберите один из вариантов."),
    ],
)
async def test_a_mistake_stands_beside_its_field_and_nothing_is_kept(
    office: Office, field: str, value: str, text: str
) -> None:
    response, page = await office.organizer.post(office.path("/participants/new"), FULL | {field: value})
    assert response.status == 422
    assert wrong(page) == [text]
    assert "Воскресенская" in page
    assert await office.everybody() == ()


async def test_a_number_is_not_given_twice(office: Office) -> None:
    await office.participant("Абрамова", number="42")
    response, page = await office.organizer.post(office.path("/participants/new"), FULL)
    assert response.status == 422
    assert wrong(page) == ["Номер 42 уже есть у другого участника школы."]


async def test_a_stale_form_is_told_shown_again_and_nothing_is_lost(office: Office) -> None:
    number = await office.participant("Гусева")
    path = office.path(f"/participants/{number}")
    mine = form(await office.organizer.page(path), path)
    theirs = form(await office.second.page(path), path)
    office.day.clock.move(seconds=30)
    await office.second.saved(path, theirs | {"class_label": "9В", "note": "Переведена"})
    response, text = await office.organizer.post(path, mine | {"consent_on": "2026-01-15"})
    assert response.status == 409
    read = plain(text)
    assert "изменил кто-то другой" in read
    assert "Класс: 9В" in read
    assert "Примечание: Переведена" in read
    assert 'value="2026-01-15"' in text
    (row,) = await office.everybody()
    assert (row.participant.class_label, row.participant.consent_on) == ("9В", None)
    await office.organizer.saved(path, form(text, path))
    (row,) = await office.everybody()
    assert (row.participant.class_label, row.participant.consent_on) == ("9А", date(2026, 1, 15))


async def test_two_saves_within_one_tick_of_the_clock_are_told_apart(office: Office) -> None:
    path = office.path(f"/participants/{await office.participant('Гусева')}")
    mine, theirs = [form(await one.page(path), path) for one in (office.organizer, office.second)]
    await office.second.saved(path, theirs | {"class_label": "9В"})
    assert (await office.organizer.post(path, mine))[0].status == 409


async def test_the_list_says_calmly_what_is_missing_and_filters_by_it(office: Office) -> None:
    """C-02, D-01, D-14."""
    await _profile(office, "tambov-2026")
    await office.participant("Абрамова")
    await office.participant(
        "Гусева", "9Б", consent_on=date(2026, 1, 10), ground=Ground.HEALTH,
        document=Document(DocumentKind.PASSPORT, "6815", "000001"), category=Category.ASD, pmpk="№ 1",
    )  # fmt: skip
    path = office.path("/participants")
    text = plain(await office.organizer.page(path))
    assert "9А · 1" in text
    assert "нет согласия нет основания нет документа" in text
    assert "ОВЗ" in text
    for key, shown, hidden in (
        ("consent", "Абрамова", "Гусева"),
        ("ground", "Абрамова", "Гусева"),
        ("document", "Абрамова", "Гусева"),
        ("ovz", "Гусева", "Абрамова"),
        ("second", "Гусева", "Абрамова"),
    ):
        text = await office.organizer.page(f"{path}?show={key}")
        assert shown in text, key
        assert hidden not in text, key
    assert "Гусева" not in await office.organizer.page(f"{path}?class=9А")
    assert "Абрамова" not in await office.organizer.page(f"{path}?q=ГУС")
    assert "Никого не нашлось" in await office.organizer.page(f"{path}?q=Гусева&class=9А")


async def test_what_the_profile_leaves_out_is_told_instead_of_a_scheme(office: Office) -> None:
    number = await office.participant("Абрамова")
    path = office.path(f"/participants/{number}")
    assert "Профиль региона не выбран" in await office.organizer.page(path)
    await _profile(office, "tyva-2019")
    await office.second.page(office.path("/participants"))
    text = plain(await office.organizer.page(path))
    assert "Пока не определена" in text
    await _profile(office, "tambov-2026")
    assert "Ответ оценивает эксперт во время собеседования" in plain(await office.organizer.page(path))


async def test_whether_another_sitting_is_due_is_computed(office: Office) -> None:
    """C-07: an outcome of this school year counts, one of the year before does not."""
    await _profile(office, "saratov-2020")
    number = await office.participant("Абрамова")
    path = office.path(f"/participants/{number}")
    for day, expected in ((date(2025, 12, 10), True), (date(2025, 6, 1), False)):
        async with office.day.house.store.begin() as session:
            await participants.set_outcome(session, office.school, number, day, Outcome.FAIL)
        text = plain(await office.organizer.page(path))
        assert ("Может сдавать ещё раз" in text) is expected
        async with office.day.house.store.begin() as session:
            await participants.set_outcome(session, office.school, number, day, None)


async def test_put_aside_and_taken_back(office: Office) -> None:
    number = await office.participant("Абрамова")
    path = office.path("/participants")
    await office.organizer.saved(f"{path}/{number}/archive")
    assert "Абрамова" not in await office.organizer.page(path)
    assert "Абрамова" in await office.organizer.page(f"{path}?show=archived")
    await office.organizer.saved(f"{path}/{number}/archive", {"back": "1"})
    assert "Абрамова" in await office.organizer.page(path)


async def test_participants_of_another_school_do_not_exist(office: Office) -> None:
    number = await office.participant("Абрамова")
    for path in (office.path(f"/participants/{number}"), office.path(f"/participants/{number}", other=True)):
        assert (await office.stranger.get(path))[0].status == 404
        assert (await office.stranger.post(path, FULL))[0].status == 404
        assert (await office.stranger.post(f"{path}/archive"))[0].status == 404
    for tail in ("/participants", "/participants/new", "/import", "/export/csv", "/staff", ""):
        assert (await office.stranger.get(office.path(tail)))[0].status == 404
    (row,) = await office.everybody()
    assert (row.archived_at, row.participant.name.last) == (None, "Абрамова")


async def test_a_parent_is_chosen_among_the_school_s_own_staff_only(office: Office) -> None:
    stranger = office.stranger.person
    await office.organizer.saved(office.path("/participants/new"), FULL | {f"kin_{stranger}": "1"})
    (row,) = await office.everybody()
    assert row.kin == frozenset()


async def test_names_are_written_as_text_and_never_as_markup(office: Office) -> None:
    await office.participant("<script>alert(1)</script>", note='"><img src=x>', family="<b>")
    (row,) = await office.everybody()
    for path in (office.path("/participants"), office.path(f"/participants/{row.id}")):
        text = await office.organizer.page(path)
        assert "<script>alert" not in text
        assert "<img src=x>" not in text


async def test_no_name_enters_the_journal(office: Office) -> None:
    await office.organizer.saved(office.path("/participants/new"), FULL)
    assert "Воскресенск" not in str(office.day.journal())
    (event,) = office.day.journal("participant.added")
    (row,) = await office.everybody()
    assert event[1] == {"school": office.school, "participant": row.id, "by": office.organizer.account}


def test_a_plain_participant_is_what_the_form_begins_with() -> None:
    """The defaults of the form are those of the value."""
    fields = Fields(form_of(None) | {"last": "А", "first": "Б", "class_label": "9"})
    typed = read(fields, today=date(2026, 2, 1), people=[])
    assert fields.valid
    assert typed.participant == Participant(typed.participant.name, "9")
