"""Schools, their settings and their calendars, through the pages."""

from server import profiles
from server.store import accounts, schools
from tests.http.office import Office, form, plain, wrong


async def test_the_operator_adds_a_school_and_invites_its_organizer(office: Office) -> None:
    page = await office.operator.page("/schools")
    fields = form(page, "/schools") | {
        "name": "Средняя общеобразовательная школа № 17 имени Героя Советского Союза А. В. Ворожейкина",
        "code": "640017",
        "municipality": "Саратовский район",
        "timezone": "Europe/Samara",
        "profile": "saratov-2020",
    }
    path = (await office.operator.saved("/schools", fields)).split("?")[0]
    assert "имени Героя" in await office.operator.page(path)
    organizer = {
        "organizer_last": "Ковалёва",
        "organizer_first": "Ольга",
        "organizer_patronymic": "Ильинична",
    }
    response, text = await office.operator.post(f"{path}/organizers", organizer)
    assert response.status == 200
    assert response.headers["Cache-Control"] == "no-store"
    code = text.split('id="code">')[1].split("<")[0]
    async with office.day.house.store.read() as session:
        held = await accounts.holder_of(session, office.day.house.secret, code, office.day.clock.now())
    assert held is not None
    assert (held[0].login, held[0].standing, held[1]) == ("kovaleva.oi", "organizer", "invitation")
    assert code not in str(office.day.journal())
    assert "kovaleva.oi" in await office.operator.page("/schools")


async def test_a_school_code_is_unique_and_the_mistake_stands_beside_the_field(office: Office) -> None:
    fields = {"name": "Школа", "code": "640002", "timezone": "Europe/Moscow"}
    response, text = await office.operator.post("/schools", fields)
    assert response.status == 422
    assert wrong(text) == ["Школа с кодом 640002 уже есть."]
    assert 'href="#code"' in text
    async with office.day.house.store.read() as session:
        assert len(await schools.listed(session)) == 2


async def test_an_organizer_sees_neither_the_list_of_schools_nor_invites_organizers(office: Office) -> None:
    assert (await office.organizer.get("/schools"))[0].status == 403
    response, _ = await office.organizer.post(office.path("/organizers"), {"organizer_last": "А"})
    assert response.status == 403


async def test_settings_show_all_that_the_profile_leaves_out(office: Office) -> None:
    path = office.path()
    fields = form(await office.organizer.page(path), path) | {"profile": "tyva-2019", "phone": "+7 394 1"}
    await office.organizer.saved(path, fields)
    text = plain(await office.organizer.page(path))
    profile = profiles.load("tyva-2019")
    assert profile.missing
    for sentence in (*profile.missing.values(), profile.about.region, profile.about.order):
        assert " ".join(sentence.split()) in text


async def test_the_scheme_is_chosen_only_where_the_profile_leaves_it_to_the_school(office: Office) -> None:
    path = office.path()
    base = {"name": "Ш", "code": "640001", "timezone": "Europe/Moscow", "scheme": "2"}
    await office.organizer.saved(path, base | {"profile": "tambov-2026"})
    assert "scheme" not in form(await office.organizer.page(path), path)
    async with office.day.house.store.read() as session:
        assert {one.school.chosen_scheme for one in await schools.listed(session)} == {None}
    await office.organizer.saved(path, base | {"profile": "tyva-2019"})
    assert form(await office.organizer.page(path), path)["scheme"] == "2"


async def test_a_profile_of_the_region_with_a_mistake_is_told_with_file_and_line(office: Office) -> None:
    folder = office.day.seeded.path.parent / "profiles"
    folder.mkdir()
    (folder / "penza-2026.toml").write_text('[about]\nid = "penza-2026"\nregion = Пенза\n', encoding="utf-8")
    text = plain(await office.organizer.page(office.path()))
    assert "penza-2026.toml, строка 3" in text
    good = (profiles.SHIPPED / "tambov-2026.toml").read_text(encoding="utf-8")
    (folder / "penza-2026.toml").write_text(good.replace("tambov-2026", "penza-2026"), encoding="utf-8")
    text = await office.organizer.page(office.path())
    assert "строка 3" not in text
    assert 'value="penza-2026"' in text


async def test_a_profile_that_does_not_exist_is_refused(office: Office) -> None:
    fields = {"name": "Ш", "code": "640001", "timezone": "Europe/Moscow", "profile": "../../etc/passwd"}
    response, text = await office.organizer.post(office.path(), fields)
    assert response.status == 422
    assert wrong(text) == ["Такого профиля нет. Выберите из списка."]


async def test_corrections_of_the_calendar_are_added_replaced_and_removed(office: Office) -> None:
    path = office.path("/calendar")
    day = {"date": "2026-02-11", "working": "0", "note": "Указ губернатора"}
    await office.organizer.saved(path, day)
    await office.organizer.saved(path, day | {"note": "Указ № 2"})
    text = await office.organizer.page(office.path())
    assert "11 февраля 2026 года, среда" in text
    assert "Указ № 2" in text
    assert "Указ губернатора" not in text
    async with office.day.house.store.read() as session:
        (known,) = await schools.corrections(session, office.school)
    stranger = await office.stranger.post(office.path(f"/calendar/{known.id}/remove", other=True))
    assert stranger[0].status == 404
    await office.organizer.saved(office.path(f"/calendar/{known.id}/remove"))
    assert "Поправок нет" in await office.organizer.page(office.path())


async def test_a_correction_without_a_date_keeps_what_was_typed(office: Office) -> None:
    response, text = await office.organizer.post(
        office.path("/calendar"), {"working": "1", "note": "Суббота"}
    )
    assert response.status == 422
    assert wrong(text) == ["Заполните это поле."]
    assert 'value="Суббота"' in text


async def test_a_locked_out_organizer_is_let_in_by_the_operator(office: Office) -> None:
    path = office.path("/organizers")
    assert "orlova" in await office.operator.page(office.path())
    response, text = await office.operator.post(path, {"account": str(office.organizer.account)})
    assert response.status == 200
    code = text.split('id="code">')[1].split("<")[0]
    async with office.day.house.store.read() as session:
        held = await accounts.holder_of(session, office.day.house.secret, code, office.day.clock.now())
    assert held is not None
    assert (held[0].id, held[1]) == (office.organizer.account, "reset")
    for foreign in (office.stranger.account, office.operator.account):
        assert (await office.operator.post(path, {"account": str(foreign)}))[0].status == 404


async def test_a_school_without_a_day_is_told_what_comes_first(office: Office) -> None:
    text = plain(await office.stranger.page("/office"))
    assert "Выбрать регион От него зависят даты и сроки. Выбрать регион Внести участников" in text
    path = office.path(other=True)
    fields = form(await office.stranger.page(path), path) | {"profile": "tambov-2026"}
    await office.stranger.saved(path, fields)
    text = plain(await office.stranger.page("/office"))
    assert "Выбрать регион готово" in text
    assert "по одному. Внести участников" in text
    assert "С чего начать" not in await office.organizer.page("/office")
