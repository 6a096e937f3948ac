"""Cards of the staff and their accounts, through the pages."""

import re

import pytest

from server.exam.people import Qualification
from server.store import accounts, logins, one_time, staff
from server.store.records import Account
from tests.http.office import Office, form, plain, signed_in, wrong

CARD = {"last": "Голенищева-Кутузова", "first": "Елизавета", "patronymic": "Константиновна"}


async def _account(office: Office, person: int) -> Account | None:
    async with office.day.house.store.read() as session:
        return await accounts.account_of_person(session, person)


def _code(text: str) -> str:
    return text.split('id="code">')[1].split("<")[0]


async def test_a_card_is_added_changed_and_found(office: Office) -> None:
    path = office.path("/staff")
    fields = CARD | {"position": "учитель", "employed": "1", "can_russian": "1", "can_interlocutor": "1"}
    where = (await office.organizer.saved(f"{path}/new", fields)).split("?")[0]
    text = plain(await office.organizer.page(path))
    assert "Голенищева-Кутузова Елизавета Константиновна" in text
    assert "учитель русского языка и литературы, подготовка собеседника" in text
    typed = form(await office.organizer.page(where), where) | {"phone": "+7 900 000-00-00"}
    typed.pop("can_interlocutor")
    await office.organizer.saved(where, typed)
    async with office.day.house.store.read() as session:
        row = await staff.load_person(session, office.school, int(where.rsplit("/", 1)[1]))
    assert row.person.qualifications == {Qualification.RUSSIAN}
    assert row.person.phone == "+7 900 000-00-00"
    assert row.person.employed
    assert "Голенищева" in await office.organizer.page(f"{path}?q=ГОЛЕНИЩЕВА+елиз")
    assert "Никого не нашлось" in await office.organizer.page(f"{path}?q=нет+такой")


async def test_a_card_without_a_name_is_shown_again_with_everything_typed(office: Office) -> None:
    response, text = await office.organizer.post(
        office.path("/staff/new"), {"last": "", "first": "Анна", "position": "завуч", "email": "без собаки"}
    )
    assert response.status == 422
    assert wrong(text) == ["Заполните это поле.", "В адресе почты должен быть знак @."]
    assert 'value="завуч"' in text
    assert 'href="#last"' in text


async def test_a_stale_card_is_told_and_nothing_typed_is_lost(office: Office) -> None:
    path = office.path(f"/staff/{await office.person('Соколова', position='учитель')}")
    mine, theirs = [form(await one.page(path), path) for one in (office.organizer, office.second)]
    await office.second.saved(path, theirs | {"position": "директор"})
    response, text = await office.organizer.post(path, mine | {"phone": "8 (475) 2"})
    assert response.status == 409
    assert "изменил кто-то другой" in text
    assert "Должность: директор" in text
    assert 'value="8 (475) 2"' in text
    await office.organizer.saved(path, form(text, path))
    kept = form(await office.organizer.page(path), path)
    assert (kept["position"], kept["phone"]) == ("учитель", "8 (475) 2")


async def test_an_account_is_made_with_the_proposed_login_and_its_code_is_shown_once(office: Office) -> None:
    person = await office.person("Щёголева")
    path = office.path(f"/staff/{person}")
    typed = form(await office.organizer.page(path), f"{path}/account")
    assert typed["login"] == "shchegoleva.i"
    response, text = await office.organizer.post(f"{path}/account", typed)
    assert response.status == 200
    assert response.headers["Cache-Control"] == "no-store"
    code = _code(text)
    account = await _account(office, person)
    assert account is not None
    assert (account.login, account.standing) == ("shchegoleva.i", None)
    assert code not in await office.organizer.page(path)
    assert code not in str(office.day.journal())
    assert (
        "account.invited",
        {"account": account.id, "by": office.organizer.account},
    ) in office.day.journal()


async def test_namesakes_get_logins_of_their_own(office: Office) -> None:
    for number in ("", "2", "3"):
        path = office.path(f"/staff/{await office.person('Ким')}")
        typed = form(await office.organizer.page(path), f"{path}/account")
        assert typed["login"] == f"kim.i{number}"
        await office.organizer.post(f"{path}/account", typed)


async def test_a_taken_login_is_told_beside_its_field(office: Office) -> None:
    path = office.path(f"/staff/{await office.person('Ким')}")
    response, text = await office.organizer.post(f"{path}/account", {"action": "create", "login": "Orlova"})
    assert response.status == 422
    assert wrong(text) == ["Такой логин уже занят. Придумайте другой."]
    assert 'value="Orlova"' in text


async def test_a_locked_out_expert_is_back_with_one_code(office: Office) -> None:
    """What the organizer does: one press. The code opens the account without a password or a second factor."""
    expert = await signed_in(office.day, office.school, "expert", None)
    path = office.path(f"/staff/{expert.person}")
    assert "Не может войти: выдать код" in await office.organizer.page(path)
    response, text = await office.organizer.post(f"{path}/account", {"action": "reset"})
    assert response.status == 200
    async with office.day.house.store.read() as session:
        held = await accounts.holder_of(session, office.day.house.secret, _code(text), office.day.clock.now())
    assert held is not None
    assert (held[0].id, held[1]) == (expert.account, "reset")
    assert (await expert.get("/office"))[0].status == 303


async def test_a_new_sheet_has_codes_that_work_and_voids_the_one_before(office: Office) -> None:
    expert = await signed_in(office.day, office.school, "expert", None)
    path = office.path(f"/staff/{expert.person}/account")
    sheets = []
    for _ in range(2):
        _, text = await office.organizer.post(path, {"action": "codes"})
        sheets.append(re.findall(r"<li>([0-9A-Z-]{14})</li>", text))
    assert [len(one) for one in sheets] == [10, 10]
    secret, now = office.day.house.secret, office.day.clock.now()
    async with office.day.house.store.begin() as session:
        old, new = [
            await one_time.use_code(session, secret, expert.account, sheet[0], "second_factor", now)
            for sheet in sheets
        ]
    assert (old, new) == (False, True)


async def test_a_disabled_account_is_out_until_it_is_enabled(office: Office) -> None:
    expert = await signed_in(office.day, office.school, "expert", None)
    path = office.path(f"/staff/{expert.person}/account")
    await office.organizer.saved(path, {"action": "disable"})
    assert (await expert.get("/office"))[0].status == 303
    response, text = await office.organizer.post(path, {"action": "reset"})
    assert response.status == 422
    assert wrong(text) == ["Учётная запись отключена. Сначала включите её."]
    await office.organizer.saved(path, {"action": "enable"})
    account = await _account(office, expert.person)
    assert account is not None
    assert not account.disabled


async def test_signing_out_everywhere_ends_every_browser(office: Office) -> None:
    expert = await signed_in(office.day, office.school, "expert", None)
    async with office.day.house.store.begin() as session:
        await logins.open_login(
            session, expert.account, agent="second", now=office.day.clock.now(), complete=True
        )
    await office.organizer.saved(office.path(f"/staff/{expert.person}/account"), {"action": "sign_out"})
    async with office.day.house.store.read() as session:
        assert await logins.logins_of(session, expert.account, office.day.clock.now()) == ()
    (event,) = office.day.journal("account.signed_out")
    assert event[1] == {"account": expert.account, "by": office.organizer.account}


async def test_who_left_cannot_sign_in_and_does_not_come_back_by_the_card_alone(office: Office) -> None:
    expert = await signed_in(office.day, office.school, "expert", None)
    path = office.path(f"/staff/{expert.person}")
    await office.organizer.saved(f"{path}/archive")
    account = await _account(office, expert.person)
    assert account is not None
    assert account.disabled
    response, text = await office.organizer.post(f"{path}/account", {"action": "enable"})
    assert response.status == 422
    assert wrong(text) == ["Карточка отложена. Сначала верните её."]
    await office.organizer.saved(f"{path}/archive", {"back": "1"})
    account = await _account(office, expert.person)
    assert account is not None
    assert account.disabled


@pytest.mark.parametrize("action", ["reset", "codes", "disable", "invite", "sign_out"])
async def test_an_organizer_cannot_take_over_the_operator(office: Office, action: str) -> None:
    """An operator whose card a school keeps: a reset code of his would open the whole server."""
    chief = await signed_in(office.day, office.school, "chief", "operator")
    path = office.path(f"/staff/{chief.person}")
    response, text = await office.organizer.post(f"{path}/account", {"action": action})
    assert response.status == 403
    assert "code" not in text
    assert (await office.organizer.post(f"{path}/archive"))[0].status == 403
    assert (await chief.get("/office"))[0].status == 200


async def test_nobody_disables_himself(office: Office) -> None:
    path = office.path(f"/staff/{office.organizer.person}")
    response, text = await office.organizer.post(f"{path}/account", {"action": "disable"})
    assert response.status == 422
    assert "Это ваша учётная запись" in wrong(text)[0]
    assert (await office.organizer.post(f"{path}/archive"))[0].status == 409
    assert (await office.organizer.get("/office"))[0].status == 200


async def test_cards_of_another_school_do_not_exist(office: Office) -> None:
    own = await office.person("Соколова")
    for path in (office.path(f"/staff/{own}"), office.path(f"/staff/{own}", other=True)):
        assert (await office.stranger.get(path))[0].status == 404
        for tail in ("", "/archive", "/account"):
            data = CARD | {"action": "create", "login": "stolen"}
            assert (await office.stranger.post(path + tail, data))[0].status == 404
    assert await _account(office, own) is None


async def test_a_form_of_another_sign_in_changes_nothing(office: Office) -> None:
    response, _ = await office.organizer.post(
        office.path("/staff/new"), CARD | {"employed": "1"}, csrf=office.second.csrf
    )
    assert response.status == 403
    assert "Голенищева" not in await office.organizer.page(office.path("/staff"))


async def test_the_page_of_a_card_is_marked_in_the_navigation(office: Office) -> None:
    text = await office.organizer.page(office.path("/staff/new"))
    marked = re.findall(r'href="([^"]*)" aria-current="(\w+)"', text)
    assert marked == [(office.path("/staff"), "true")]
    text = await office.organizer.page(office.path("/import"))
    assert re.findall(r'href="([^"]*)" aria-current', text) == [office.path("/participants")]
    text = await office.organizer.page(office.path())
    assert re.findall(r'href="([^"]*)" aria-current="(\w+)"', text) == [(office.path(), "page")]
