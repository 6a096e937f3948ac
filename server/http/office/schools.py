"""`/schools`: the operator's list of schools, and a new one."""

from dataclasses import dataclass

from aiohttp import web

from server.errors import Refused
from server.http.access import viewer
from server.store import journal, schools

from . import regions, zones
from .desk import Desk, see
from .fields import Fields
from .school import read_card


@dataclass(frozen=True, slots=True)
class Schools:
    desk: Desk

    async def show(self, request: web.Request) -> web.Response:
        return await self._page(request, Fields({"timezone": self.desk.settings.timezone}))

    async def add(self, request: web.Request) -> web.Response:
        """A new school; its organizer is invited on its own page, next."""
        fields = await self.desk.fields(request)
        card = read_card(fields, self.desk)
        if card is not None:
            try:
                async with self.desk.store.begin() as session:
                    school = await schools.add(session, card)
                    await journal.append(
                        session, "school.added", at=self.desk.clock.now(), day=None,
                        data={"school": school.id, "by": viewer(request).account.id},
                    )  # fmt: skip
            except Refused as refusal:
                fields.wrong("code", refusal.text)
            else:
                raise see(f"/schools/{school.id}", "added")
        return await self._page(request, fields)

    async def _page(self, request: web.Request, fields: Fields) -> web.Response:
        async with self.desk.store.read() as session:
            found = await schools.listed(session)
            municipalities = await schools.municipalities(session)
        context = {
            "schools": [
                {
                    "one": one.school,
                    "participants": one.participants,
                    "organizers": one.organizers,
                    "zone": dict(zones.options(one.school.timezone))[one.school.timezone],
                    "region": None
                    if one.school.profile is None
                    else regions.region(self.desk.settings, one.school.profile),
                }
                for one in found
            ],
            "municipalities": municipalities,
            "zones": zones.options(fields.values.get("timezone", "")),
            "regions": regions.all_of(self.desk.settings),
        }
        return self.desk.page(request, "office/schools.html", context, fields=fields)
