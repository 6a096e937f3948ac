"""`/schools/{school}/import` and `/export`: a list of participants as a file, with a dry run before all changes."""

import asyncio
import hashlib
from dataclasses import dataclass, field
from itertools import islice
from urllib.parse import quote

from aiohttp import BodyPartReader, web
from sqlalchemy.ext.asyncio import AsyncSession

from server.errors import BadMessage, ImportProblem, NotFound
from server.exchange import files, limits
from server.exchange.comparing import DryRun, Fate, compare
from server.exchange.matching import Known
from server.exchange.sheet import Reading
from server.http.access import Viewer, viewer
from server.store import following, journal, participants
from server.store.participants import ParticipantRow

from . import dry_run, regions
from .desk import UPLOAD_LIFE, Desk, see
from .fields import Fields
from .school import today_of
from .uploads import Uploads

FOLDER = "uploads"
"""Under DATA_DIR."""
AROUND_FILE = 64 * 1024
"""Bytes of a form besides its file."""

TEMPLATE, SCHEMA = "template.xlsx", "participants.xsd"


@dataclass(frozen=True, slots=True)
class Importing:
    desk: Desk
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """One file is read at a time: a large one needs a few hundred megabytes."""

    @property
    def _uploads(self) -> Uploads:
        return Uploads(self.desk.settings.data_dir / FOLDER, UPLOAD_LIFE)

    async def show(self, request: web.Request) -> web.Response:
        """Where a file is chosen; with `upload`, what importing that file would do."""
        name = request.query.get("upload", "")
        if not name:
            return self._choose(request)
        try:
            return await self._dry_run(request, name)
        except NotFound:
            return self._choose(request, gone=True, status=404)

    async def upload(self, request: web.Request) -> web.Response:
        """Takes the file, and leads to its dry run. A file that cannot be read at all is not kept."""
        try:
            content, filename = await _received(request)
            await self._read(content, filename)
        except ImportProblem as problem:
            return self._choose(request, problem=problem.text)
        here = viewer(request).here
        name = await asyncio.to_thread(self._uploads.keep, here.id, content, self.desk.clock.now())
        raise see(f"/schools/{here.id}/import", upload=name)

    async def apply(self, request: web.Request) -> web.Response:
        """Imports what the dry run showed, all or nothing. If it would now do something else, that is shown instead.

        The school's list is held and read again in the transaction that writes: what was compared is what is changed.
        """
        who, fields = viewer(request), await self.desk.fields(request)
        name = request.match_info["upload"]
        if fields.flag("forget"):
            await asyncio.to_thread(self._uploads.forget, who.here.id, name)
            raise see(f"/schools/{who.here.id}/import")
        try:
            content = await self._kept(who, name)
        except NotFound:
            return self._choose(request, gone=True, status=404)
        found = await self._read(content)
        known, planned = await self._compared(who, found)
        days: frozenset[int] = frozenset()
        agreed = planned.importable and fields.values.get("version", "") == version(planned, known)
        if agreed:
            async with self.desk.store.begin() as session:
                await participants.hold(session, who.here.id)
                agreed = await participants.of_school(session, who.here.id, archived=True) == known
                if agreed:
                    days = await self._write(session, who, planned, known)
        if not agreed:
            known, planned = await self._compared(who, found)
            return await self._shown(request, name, found, planned, known, changed=True)
        await asyncio.to_thread(self._uploads.forget, who.here.id, name)
        await self.desk.refresh(days)
        raise see(f"/schools/{who.here.id}/participants", "imported")

    async def export(self, request: web.Request) -> web.Response:
        """The school's participants as a file, each time journalled; or the table to fill in, the schema of XML."""
        who, kind = viewer(request), request.match_info["format"]
        if kind == TEMPLATE:
            return _file(
                await asyncio.to_thread(files.template), files.CONTENT_TYPES["xlsx"], "образец-списка.xlsx"
            )
        if kind == SCHEMA:
            return _file(await asyncio.to_thread(files.schema), files.CONTENT_TYPES["xml"], SCHEMA)
        if kind not in files.CONTENT_TYPES:
            raise NotFound(detail="format of an export")
        now = self.desk.clock.now()
        async with self.desk.store.begin() as session:
            rows = await participants.of_school(session, who.here.id)
            await journal.append(
                session, "participants.exported", at=now, day=None,
                data={"school": who.here.id, "by": who.account.id, "format": kind, "rows": len(rows)},
            )  # fmt: skip
        content = await asyncio.to_thread(files.write, kind, [row.participant for row in rows])
        today = today_of(self.desk, who.here)
        return _file(
            content, files.CONTENT_TYPES[kind], f"участники-{who.here.code}-{today.isoformat()}.{kind}"
        )

    async def _write(
        self, session: AsyncSession, who: Viewer, planned: DryRun, known: tuple[ParticipantRow, ...]
    ) -> frozenset[int]:
        """Changed ones first: a number may go from one of them to a new participant. The days that follow."""
        now = self.desk.clock.now()
        aside = {row.id for row in known if row.archived_at is not None}
        changed = {
            row.known_id: row.participant
            for row in (*planned.of(Fate.CHANGE), *planned.of(Fate.SAME))
            if row.known_id is not None
            and row.participant is not None
            and (row.fate is Fate.CHANGE or row.known_id in aside)
        }
        new = [row.participant for row in planned.of(Fate.ADD) if row.participant is not None]
        await participants.change_all(session, who.here.id, changed, at=now)
        await participants.add_all(session, who.here.id, new, at=now)
        counts = {"added": len(new), "changed": len(changed), "same": len(planned.of(Fate.SAME))}
        await journal.append(
            session, "participants.imported", at=now, day=None,
            data={"school": who.here.id, "by": who.account.id, **counts},
        )  # fmt: skip
        scheme = regions.schemes_of(self.desk.settings, who.here)
        return await following.participants_changed(session, changed, now, scheme=scheme)

    async def _dry_run(self, request: web.Request, name: str) -> web.Response:
        """Raises NotFound for a file that is gone."""
        who = viewer(request)
        found = await self._read(await self._kept(who, name))
        known, planned = await self._compared(who, found)
        return await self._shown(request, name, found, planned, known)

    async def _compared(self, who: Viewer, found: Reading) -> tuple[tuple[ParticipantRow, ...], DryRun]:
        """The school as it is now, and what the file would do to it. No transaction waits for the comparison."""
        async with self.desk.store.read() as session:
            known = await participants.of_school(session, who.here.id, archived=True)
        return known, await asyncio.to_thread(compare, found.rows, _known(known))

    async def _shown(
        self,
        request: web.Request,
        name: str,
        found: Reading,
        planned: DryRun,
        known: tuple[ParticipantRow, ...],
        *,
        changed: bool = False,
    ) -> web.Response:
        aside = frozenset(row.id for row in known if row.archived_at is not None)
        context = {
            "upload": name,
            "version": version(planned, known),
            "run": await asyncio.to_thread(dry_run.page_of, found, planned, aside),
            "changed": changed,
            "section": f"/schools/{viewer(request).here.id}/participants",
        }
        return self.desk.page(request, "office/dry_run.html", context, status=409 if changed else 200)

    def _choose(
        self, request: web.Request, *, problem: str = "", gone: bool = False, status: int = 200
    ) -> web.Response:
        fields = Fields({})
        if problem:
            fields.wrong("file", problem)
        context = {
            "gone": gone,
            "megabytes": limits.MAX_BYTES // 2**20,
            "section": f"/schools/{viewer(request).here.id}/participants",
        }
        return self.desk.page(request, "office/import.html", context, fields=fields, status=status)

    async def _kept(self, who: Viewer, name: str) -> bytes:
        return await asyncio.to_thread(self._uploads.read, who.here.id, name, self.desk.clock.now())

    async def _read(self, content: bytes, filename: str = "") -> Reading:
        async with self.turn:
            return await asyncio.to_thread(files.read, content, filename)


def _known(rows: tuple[ParticipantRow, ...]) -> list[Known]:
    return [Known(row.id, row.participant) for row in rows]


def version(planned: DryRun, known: tuple[ParticipantRow, ...]) -> str:
    """Of what an import would do: another one wherever it would do something else."""
    aside = {row.id for row in known if row.archived_at is not None}
    digest = hashlib.sha256()
    for row in planned.rows:
        known_id = row.known_id
        line = (row.number, row.fate.value, known_id, known_id in aside, row.participant, row.changes)
        digest.update(repr(line).encode())
    return digest.hexdigest()[:32]


async def _received(request: web.Request) -> tuple[bytes, str]:
    """The form's file and its name, read as it comes: never more than the limit. Raises ImportProblem, BadMessage."""
    if request.content_type != "multipart/form-data":
        raise BadMessage(detail="a form without a file")
    too_large = ImportProblem(
        f"Файл больше {limits.MAX_BYTES // 2**20} МБ. Оставьте в нём только список участников и сохраните заново."
    )
    if (request.content_length or 0) > limits.MAX_BYTES + AROUND_FILE:
        raise too_large
    try:
        parts = await request.multipart()
        while (part := await parts.next()) is not None:
            if not isinstance(part, BodyPartReader) or part.name != "file":
                raise BadMessage(detail="a part that is no file")
            content = bytearray()
            while chunk := await part.read_chunk(AROUND_FILE):
                content += chunk
                if len(content) > limits.MAX_BYTES:
                    raise too_large
            if not part.filename:
                break
            return bytes(content), part.filename
    except (ValueError, AssertionError) as error:
        raise BadMessage(detail="multipart") from error
    raise ImportProblem("Выберите файл со списком.")


def _file(content: bytes, content_type: str, name: str) -> web.Response:
    """Something to save, with a name in Russian and one for browsers that know no other."""
    plain = "".join(islice((sign if sign.isascii() and sign not in '"\\' else "_" for sign in name), 100))
    headers = {
        "Content-Type": content_type,
        "Cache-Control": "no-store",
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
    }
    return web.Response(body=content, headers=headers)
