"""Addresses of the days: what is done before, on and after them."""

from aiohttp import web

from server.forms.press import Press

from .day_board import DayBoard
from .day_commission import DayCommission
from .day_deadlines import DayDeadlines
from .day_links import DayLinks
from .day_list import DayList
from .day_people import DayPeople
from .day_plan import DayPlan
from .day_print import DayPrint
from .day_times import DayTimes
from .desk import Desk


def day_routes(desk: Desk) -> list[web.RouteDef]:
    listed, people, commission, plan = DayList(desk), DayPeople(desk), DayCommission(desk), DayPlan(desk)
    board, due, times = DayBoard(desk), DayDeadlines(desk), DayTimes(desk)
    printing = DayPrint(desk, Press())
    links = DayLinks(desk, printing)
    return [
        web.get("/schools/{school}/days", listed.show),
        web.post("/schools/{school}/days", listed.change),
        web.get("/days/{day}", board.show),
        web.get("/days/{day}/times", times.show),
        web.post("/days/{day}/times", times.save),
        web.get("/days/{day}/board", board.fragment),
        web.post("/days/{day}/open", board.open),
        web.post("/days/{day}/absent/{sitting}", board.absent),
        web.post("/days/{day}/arrived/{member}", board.arrived),
        web.get("/days/{day}/links", links.show),
        web.post("/days/{day}/links", links.change),
        web.get("/days/{day}/print", printing.show),
        web.get("/days/{day}/print/{document}", printing.document),
        web.get("/days/{day}/deadlines", due.show),
        web.post("/days/{day}/deadlines", due.change),
        web.get("/days/{day}/participants", people.show),
        web.post("/days/{day}/participants", people.change),
        web.get("/days/{day}/commission", commission.show),
        web.post("/days/{day}/commission", commission.change),
        web.get("/days/{day}/plan", plan.show),
        web.post("/days/{day}/plan", plan.change),
    ]
