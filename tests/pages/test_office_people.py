"""An organizer fills the school from a messy table, mends it, edits a participant, adds staff and hands out a code."""

import io
from datetime import UTC, date, datetime
from pathlib import Path

from openpyxl import Workbook
from playwright.async_api import Page, expect

from bench.exam import Browsers, Service
from server.exam.people import Name, StaffPerson
from server.store import accounts, logins, schools, staff
from server.store.database import Store

ROWS: list[list[object]] = [
    ["", "", "Список участников итогового собеседования", "", "", ""],
    ["№ п/п", "ФИО", "Класс", "Д.р.", "Паспорт", "Примечание"],
    [
        1,
        "Рождественский-Богоявленский  Святослав Владиславович",
        "9 «А»",
        date(2010, 3, 8),
        "6815 123456",
        "",
    ],
    [2, "гаджиева зухра абдурахмановна", "9а", "14.05.2010", "6815 223344", "РАС?"],
    [3, "Щербаков Пётр Ильич", "9Б", "31.02.2010", "6815 765432", ""],
    [4, "Цой Виктор", "9Б", "01.09.2010", "", ""],
]


def table(path: Path, *, mended: bool) -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in ROWS:
        sheet.append(["28.02.2010" if mended and cell == "31.02.2010" else cell for cell in row])
    sheet.merge_cells("C1:F1")
    stream = io.BytesIO()
    book.save(stream)
    path.write_bytes(stream.getvalue())
    return path


async def sign_in(service: Service, page: Page) -> int:
    """The organizer of the demo school, signed in; the id of the school."""
    now = datetime.now(UTC)
    async with Store(f"sqlite+aiosqlite:///{service.data / 'exam.sqlite3'}") as store:
        async with store.begin() as session:
            school = (await schools.listed(session))[0].school
            await schools.change(
                session,
                school.id,
                schools.SchoolCard(school.code, school.name, school.timezone, profile="tambov-2026"),
            )
            person = await staff.add_person(
                session, school.id, StaffPerson(Name("Белоусова", "Марина", "Викторовна"))
            )
            account = await accounts.create_account(
                session, person.id, "organizer-of-the-walk", "organizer", now
            )
            token = await logins.open_login(session, account.id, agent="", now=now, complete=True)
    await page.context.add_cookies([{"name": "login", "value": token, "url": service.url}])
    return school.id


async def test_an_organizer_fills_the_school(service: Service, chromium: Browsers, tmp_path: Path) -> None:
    page = (await chromium.open(devices=False)).page
    base = f"{service.url}/schools/{await sign_in(service, page)}"

    await page.goto(f"{base}/participants")
    await page.get_by_role("link", name="Загрузить списком").first.click()
    await page.set_input_files("#file", table(tmp_path / "messy.xlsx", mended=False))
    await page.get_by_role("button", name="Проверить файл").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("В файле есть ошибки")
    await expect(page.get_by_role("row", name="Щербаков")).to_contain_text("31.02.2010")
    await expect(page.get_by_role("button", name="Загрузить", exact=True)).to_have_count(0)

    await page.get_by_role("link", name="Выбрать исправленный файл").click()
    await page.set_input_files("#file", table(tmp_path / "mended.xlsx", mended=True))
    await page.get_by_role("button", name="Проверить файл").click()
    await expect(page.locator(".tally")).to_contain_text("Добавится4")
    await page.get_by_role("button", name="Загрузить", exact=True).click()
    await expect(page.get_by_role("status")).to_have_text("Список загружен.")
    await expect(page.get_by_role("link", name="Гаджиева Зухра Абдурахмановна")).to_be_visible()

    await page.get_by_role("link", name="Цой Виктор").click()
    await page.get_by_label("Основание для дистанционной формы").select_option(label="Карантин")
    await page.get_by_label("Согласие на обработку данных").fill("2026-01-15")
    await page.get_by_role("button", name="Сохранить").click()
    await expect(page.get_by_role("status")).to_have_text("Сохранено.")
    row = page.get_by_role("row", name="Цой Виктор")
    await expect(row).to_contain_text("карантин")
    await expect(row).not_to_contain_text("нет согласия")
    await expect(row).to_contain_text("нет документа")

    await page.get_by_role("link", name="Сотрудники").click()
    await page.get_by_role("link", name="Добавить").first.click()
    await page.get_by_label("Фамилия").fill("Сухово-Кобылина")
    await page.get_by_label("Имя", exact=True).fill("Елизавета")
    await page.get_by_label("Учитель русского языка и литературы").check()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Сухово-Кобылина Елизавета")
    await expect(page.get_by_label("Логин")).to_have_value("sukhovo-kobylina.e")
    await page.get_by_role("button", name="Создать и получить код").click()
    assert len((await page.locator("#code").inner_text()).replace("-", "")) == 16
    await page.get_by_role("link", name="Готово").click()
    await expect(page.locator("#account")).to_contain_text("код выдан, пароля ещё нет")
