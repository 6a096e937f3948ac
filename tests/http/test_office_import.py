"""Lists of participants as files, through the pages: dry run, all or nothing, hostile files."""

import io
import os
import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from server.exchange import limits, reading
from server.exchange.comparing import compare
from server.http.office.importing import Importing, version
from server.store import journal, participants
from tests.http.office import Office, form, plain, wrong

HEAD = ("№ п/п", "Фамилия", "Имя", "Отчество", "Класс", "Дата рождения")
ROWS = [
    (1, "Абрамова", "Дарья", "Олеговна", "9А", date(2010, 5, 1)),
    (2, "Васильев", "Артём", "Игоревич", "9А", date(2010, 6, 2)),
    (3, "Гусева", "Полина", "Максимовна", "9Б", date(2010, 7, 3)),
]


def xlsx(rows: Sequence[Sequence[Any]] = ROWS, head: Sequence[str] = HEAD) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(head))
    for row in rows:
        sheet.append(list(row))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def uploads(office: Office) -> list[Path]:
    return sorted((office.day.seeded.path.parent / "uploads").glob("*"))


async def _dry_run(office: Office, content: bytes) -> tuple[str, str]:
    """The address and the text of the page."""
    response, text = await office.organizer.send(office.path("/import"), content)
    assert response.status == 303, wrong(text)
    where = response.headers["Location"]
    return where, await office.organizer.page(where)


async def _names(office: Office) -> list[str]:
    return [str(row.participant.name) for row in await office.everybody()]


def _apply_path(office: Office, where: str) -> str:
    return office.path(f"/import/{where.split('upload=')[1]}")


async def test_a_file_is_first_shown_and_then_imported_and_then_gone(office: Office) -> None:
    where, text = await _dry_run(office, xlsx())
    assert await _names(office) == []
    assert "Добавится 3 Изменится 0 Без изменений 0 Ошибок 0" in plain(text)
    (file,) = uploads(office)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    apply = _apply_path(office, where)
    await office.organizer.saved(apply, form(text, apply))
    assert await _names(office) == [
        "Абрамова Дарья Олеговна",
        "Васильев Артём Игоревич",
        "Гусева Полина Максимовна",
    ]
    assert uploads(office) == []
    (event,) = office.day.journal("participants.imported")
    assert event[1] == {
        "school": office.school, "by": office.organizer.account, "added": 3, "changed": 0, "same": 0,
    }  # fmt: skip


async def test_importing_again_changes_only_what_changed_and_shows_old_and_new(office: Office) -> None:
    where, text = await _dry_run(office, xlsx())
    await office.organizer.saved(_apply_path(office, where), form(text, _apply_path(office, where)))
    before = {row.id: row for row in await office.everybody()}
    office.day.clock.move(minutes=5)
    where, text = await _dry_run(office, xlsx())
    assert "Всё уже загружено" in text
    assert 'value="1"><button' not in text
    changed = [ROWS[0], (*ROWS[1][:4], "9В", ROWS[1][5]), ROWS[2]]
    where, text = await _dry_run(office, xlsx(changed))
    assert "Добавится 0 Изменится 1 Без изменений 2 Ошибок 0" in plain(text)
    assert "Класс: 9А → 9В" in plain(text)
    await office.organizer.saved(_apply_path(office, where), form(text, _apply_path(office, where)))
    after = {row.id: row for row in await office.everybody()}
    assert after.keys() == before.keys()
    moved = [row for row in after.values() if row.changed_at != before[row.id].changed_at]
    assert [row.participant.class_label for row in moved] == ["9В"]


async def test_one_mistake_and_nothing_can_be_imported(office: Office) -> None:
    rows = [
        ROWS[0],
        (2, "Васильев", "Артём", "Игоревич", "9А", "32.13.2010"),
        (3, "", "Полина", "", "9Б", None),
    ]
    where, text = await _dry_run(office, xlsx(rows))
    read = plain(text)
    assert "В файле есть ошибки" in read
    assert "Столбец «Дата рождения»" in read
    assert f'action="{_apply_path(office, where)}"' not in text
    response, _ = await office.organizer.post(_apply_path(office, where), {"version": "x"})
    assert response.status == 409
    assert await _names(office) == []


async def test_a_forced_confirmation_does_not_import_a_file_with_mistakes(office: Office) -> None:
    """The version of the very dry run is known to who wrote the file: it must not be enough."""
    rows = [ROWS[0], (2, "", "Артём", "", "9А", None)]
    where, _ = await _dry_run(office, xlsx(rows))
    forced = version(compare(reading.read(xlsx(rows)).rows, []), ())
    response, _ = await office.organizer.post(_apply_path(office, where), {"version": forced})
    assert response.status == 409
    assert await _names(office) == []


async def test_a_fault_in_the_middle_leaves_nothing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    known = await office.participant("Абрамова", "9А")
    rows = [(1, "Абрамова", "Анна", "Петровна", "9А", date(2010, 5, 1)), *ROWS[1:]]
    where, text = await _dry_run(office, xlsx(rows))
    assert "Добавится 2 Изменится 1" in plain(text)
    writes: list[str] = []
    append = journal.append

    async def broken(session: Any, event: str, **more: Any) -> None:
        if event == "participants.imported":
            writes.extend(str(row.participant.name) for row in await participants.of_school(session, 1))
            raise OSError("the disk is gone")
        await append(session, event, **more)

    monkeypatch.setattr(journal, "append", broken)
    response, _ = await office.organizer.post(
        _apply_path(office, where), form(text, _apply_path(office, where))
    )
    assert response.status >= 500
    assert len(writes) == 3, "the fault came after everything was written"
    (row,) = await office.everybody()
    assert (row.id, row.participant.birth_date) == (known, None)
    assert len(uploads(office)) == 1


async def test_if_the_school_changed_meanwhile_the_new_dry_run_is_shown_instead(office: Office) -> None:
    where, text = await _dry_run(office, xlsx())
    agreed = form(text, _apply_path(office, where))
    await office.participant("Абрамова", "9А")
    async with office.day.house.store.begin() as session:
        (row,) = await participants.of_school(session, office.school)
        await participants.archive(session, office.school, row.id, at=office.day.clock.now())
    await office.organizer.saved(_apply_path(office, where), agreed)
    where, text = await _dry_run(office, xlsx([(1, "Ермаков", "Тимофей", "Денисович", "9Б", None)]))
    agreed = form(text, _apply_path(office, where))
    path = office.path("/participants/new")
    await office.second.saved(
        path, {"last": "Ермаков", "first": "Тимофей", "patronymic": "Денисович", "class_label": "9Б",
               "form": "distance", "place": "school", "answer": "oral"},
    )  # fmt: skip
    response, text = await office.organizer.post(_apply_path(office, where), agreed)
    assert response.status == 409
    assert "данные школы изменились" in text
    assert "Всё уже загружено" in text
    assert len([name for name in await _names(office) if name.startswith("Ермаков")]) == 1


async def test_a_change_between_comparing_and_writing_is_noticed(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    where, text = await _dry_run(office, xlsx())
    compared = Importing._compared

    async def slow(self: Importing, *arguments: Any) -> Any:
        result = await compared(self, *arguments)
        monkeypatch.setattr(Importing, "_compared", compared)
        await office.participant("Васильев", "9А")
        return result

    monkeypatch.setattr(Importing, "_compared", slow)
    response, page = await office.organizer.post(
        _apply_path(office, where), form(text, _apply_path(office, where))
    )
    assert response.status == 409
    assert "данные школы изменились" in page
    assert await _names(office) == ["Васильев Анна Петровна"]


async def test_one_put_aside_comes_back_with_the_list(office: Office) -> None:
    where, text = await _dry_run(office, xlsx())
    await office.organizer.saved(_apply_path(office, where), form(text, _apply_path(office, where)))
    first = (await office.everybody())[0]
    await office.organizer.saved(office.path(f"/participants/{first.id}/archive"))
    where, text = await _dry_run(office, xlsx())
    assert "вернётся" in text
    await office.organizer.saved(_apply_path(office, where), form(text, _apply_path(office, where)))
    assert [row.archived_at for row in await office.everybody()] == [None] * 3


async def test_an_hour_later_the_file_is_gone(office: Office) -> None:
    where, text = await _dry_run(office, xlsx())
    office.day.clock.move(minutes=61)
    response, page = await office.organizer.get(where)
    assert response.status == 404
    assert "прошёл час" in page
    assert uploads(office) == []
    response, _ = await office.organizer.post(
        _apply_path(office, where), form(text, _apply_path(office, where))
    )
    assert response.status == 404
    assert await _names(office) == []


async def test_who_decides_against_it_leaves_no_file(office: Office) -> None:
    where, _ = await _dry_run(office, xlsx())
    await office.organizer.saved(_apply_path(office, where), {"forget": "1"})
    assert uploads(office) == []


def _bomb() -> bytes:
    """A workbook of a few hundred kilobytes whose sheet is 300 MiB of spaces."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(xlsx())) as good,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as bad,
    ):
        for name in good.namelist():
            if name != "xl/worksheets/sheet1.xml":
                bad.writestr(name, good.read(name))
        with bad.open("xl/worksheets/sheet1.xml", "w") as part:
            for _ in range(300):
                part.write(b" " * 2**20)
    return stream.getvalue()


XXE = b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>
<participants xmlns="urn:x"><participant>&b;</participant></participants>"""


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\0" * (10 * 2**20), id="ten megabytes of zeros"),
        pytest.param(_bomb(), id="zip bomb"),
        pytest.param(XXE, id="external entity"),
        pytest.param(b"", id="empty"),
        pytest.param(os.urandom(4096), id="noise"),
        pytest.param(b"PK\x03\x04" + b"\xff" * 1000, id="broken zip"),
        pytest.param("<p>Абрамова</p>".encode(), id="html"),
    ],
)
async def test_a_hostile_file_is_refused_in_words_and_not_kept(office: Office, content: bytes) -> None:
    response, text = await office.organizer.send(office.path("/import"), content)
    if response.status == 303:  # bytes that are rows of rubbish: the dry run names them
        text = await office.organizer.page(response.headers["Location"])
        assert "Загрузить</button>" not in text
    else:
        assert response.status == 422
        assert len(wrong(text)) == 1
        assert "root:" not in text
        assert uploads(office) == []
    assert await _names(office) == []


async def test_a_file_over_the_limit_is_refused_before_it_is_read(office: Office) -> None:
    async def endless() -> Any:
        for _ in range(limits.MAX_BYTES // 2**20 + 2):
            yield b"9" * 2**20

    for content in (b"9" * (limits.MAX_BYTES + 1), endless()):
        response, text = await office.organizer.send(office.path("/import"), content)
        assert response.status == 422
        assert f"больше {limits.MAX_BYTES // 2**20} МБ" in wrong(text)[0]
    assert uploads(office) == []


async def test_without_the_right_token_not_a_byte_of_a_file_is_read(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("the file was read")

    monkeypatch.setattr(reading, "read", never)
    for token in ("", "x" * 64, office.second.csrf):
        response, _ = await office.organizer.send(office.path("/import"), xlsx(), csrf=token)
        assert response.status == 403
    assert uploads(office) == []


async def test_a_file_of_another_site_is_refused(office: Office) -> None:
    response, _ = await office.organizer.send(
        office.path("/import"), xlsx(), **{"Sec-Fetch-Site": "cross-site"}
    )
    assert response.status == 403


@pytest.mark.parametrize(
    "body", [b"", b"--x\r\n", b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n--x--"]
)
async def test_a_broken_form_is_no_fault_of_the_server(office: Office, body: bytes) -> None:
    who = office.organizer
    headers = {"Cookie": f"login={who.cookie}", "Content-Type": "multipart/form-data; boundary=x"}
    url = office.day.url(f"{office.path('/import')}?csrf={who.csrf}")
    async with office.day.session.post(url, data=body, headers=headers) as response:
        assert response.status in {400, 422}


async def test_an_upload_of_another_school_does_not_exist(office: Office) -> None:
    where, text = await _dry_run(office, xlsx())
    name = where.split("upload=")[1]
    response, _ = await office.stranger.get(office.path(f"/import?upload={name}", other=True))
    assert response.status == 404
    fields = form(text, _apply_path(office, where))
    response, _ = await office.stranger.post(office.path(f"/import/{name}", other=True), fields)
    assert response.status == 404
    for foreign in ("../secret", "..%2f..%2fsecret", "x", "%00"):
        response, _ = await office.organizer.get(office.path(f"/import?upload={foreign}"))
        assert response.status == 404
    async with office.day.house.store.read() as session:
        assert await participants.of_school(session, office.other_school) == ()


@pytest.mark.parametrize("kind", ["csv", "xlsx", "xml"])
async def test_an_export_reads_back_the_same_and_is_in_the_journal(office: Office, kind: str) -> None:
    where, text = await _dry_run(office, xlsx())
    await office.organizer.saved(_apply_path(office, where), form(text, _apply_path(office, where)))
    who = office.organizer
    url = office.day.url(office.path(f"/export/{kind}"))
    async with office.day.session.get(url, headers={"Cookie": f"login={who.cookie}"}) as response:
        assert response.status == 200
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["Content-Disposition"].startswith("attachment;")
        content = await response.read()
    found = [row.participant for row in reading.read(content).rows]
    assert found == [row.participant for row in await office.everybody()]
    (event,) = office.day.journal("participants.exported")
    assert event[1] == {"school": office.school, "by": who.account, "format": kind, "rows": 3}


async def test_the_template_is_a_workbook_and_other_formats_do_not_exist(office: Office) -> None:
    who = office.organizer
    url = office.day.url(office.path("/export/template.xlsx"))
    async with office.day.session.get(url, headers={"Cookie": f"login={who.cookie}"}) as response:
        assert (await response.read())[:2] == b"PK"
    assert "xs:schema" in (await who.get(office.path("/export/participants.xsd")))[1]
    assert (await who.get(office.path("/export/pdf")))[0].status == 404
