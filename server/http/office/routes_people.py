"""Addresses of the pages about schools, participants and staff."""

from aiohttp import web

from .desk import Desk
from .importing import Importing
from .participants import Participants
from .school import SchoolPages
from .schools import Schools
from .staff_pages import StaffPages


def people_routes(desk: Desk) -> list[web.RouteDef]:
    schools, school, people = Schools(desk), SchoolPages(desk), Participants(desk)
    staff, lists = StaffPages(desk), Importing(desk)
    base = "/schools/{school}"
    return [
        web.get("/schools", schools.show),
        web.post("/schools", schools.add),
        web.post(f"{base}/organizers", school.invite_organizer),
        web.get(base, school.show),
        web.post(base, school.save),
        web.post(f"{base}/calendar", school.correct),
        web.post(f"{base}/calendar/{{correction}}/remove", school.remove_correction),
        web.get(f"{base}/participants", people.show),
        web.get(f"{base}/participants/new", people.new),
        web.post(f"{base}/participants/new", people.add),
        web.get(f"{base}/participants/{{participant}}", people.edit),
        web.post(f"{base}/participants/{{participant}}", people.save),
        web.post(f"{base}/participants/{{participant}}/archive", people.archive),
        web.get(f"{base}/import", lists.show),
        web.post(f"{base}/import", lists.upload),
        web.post(f"{base}/import/{{upload}}", lists.apply),
        web.get(f"{base}/export/{{format}}", lists.export),
        web.get(f"{base}/staff", staff.show),
        web.get(f"{base}/staff/new", staff.new),
        web.post(f"{base}/staff/new", staff.add),
        web.get(f"{base}/staff/{{person}}", staff.edit),
        web.post(f"{base}/staff/{{person}}", staff.save),
        web.post(f"{base}/staff/{{person}}/archive", staff.archive),
        web.post(f"{base}/staff/{{person}}/account", staff.account),
    ]
