"""The letter that brings a participant's link: warm and short, the same in plain text and in HTML."""

from dataclasses import dataclass
from datetime import date, time
from email.message import EmailMessage
from email.policy import SMTP

from server.exam.people import Name

from .cards import TO_HAVE
from .pages import environment
from .words import clock, day, plain, weekday


@dataclass(frozen=True, slots=True)
class LinkLetter:
    """What the letter says; whom it goes to is `server.mail`'s."""

    name: Name
    link: str
    day: date
    ready_at: time
    school: str = ""
    phone: str = ""
    to_have: tuple[str, ...] = TO_HAVE
    rehearsal: bool = False
    """The link is for testing the device on an earlier day."""


def subject(view: LinkLetter) -> str:
    """Without the participant's name: subjects are shown on locked screens."""
    what = "Проверка связи перед итоговым собеседованием" if view.rehearsal else "Итоговое собеседование"
    return f"{what}: ваша ссылка на {view.day.day} {day(view.day).split()[1]}"


def text(view: LinkLetter) -> str:
    name, school, phone = plain(str(view.name)), plain(view.school), plain(view.phone)
    about = (
        "это личная ссылка для проверки камеры, микрофона и связи. Проверьте их заранее, чтобы в день "
        "собеседования всё прошло спокойно."
        if view.rehearsal
        else "это личная ссылка для итогового собеседования по русскому языку."
    )
    lines = [
        f"Здравствуйте, {about}",
        "",
        f"Участник: {name}",
        f"Когда: {day(view.day)}, {weekday(view.day)}",
        f"Будьте готовы к {clock(view.ready_at)} по времени школы",
        "",
        plain(view.link),
        "",
    ]
    if not view.rehearsal:
        things = "; ".join(plain(thing) for thing in view.to_have)
        lines += [
            f"Приготовьте: {things}. Больше ничего на столе быть не должно, и в комнате тоже никого.",
            "",
        ]
    call = f"позвоните в школу: {phone}." if phone else "позвоните в школу."
    lines += [
        f"Ссылка личная: не пересылайте её и не публикуйте. Если она не открывается или попала к другим, {call}",
        "",
        "Всё получится!",
    ]
    if school:
        lines.append(school)
    return "\n".join(line.replace("\N{NO-BREAK SPACE}", " ") for line in lines) + "\n"


def link_letter(view: LinkLetter) -> EmailMessage:
    """Subject and both bodies; addresses, date and id are added when it is sent (`server.mail`)."""
    message = EmailMessage(policy=SMTP)
    message["Subject"] = subject(view)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text(view), charset="utf-8", cte="base64")
    html = environment().get_template("forms/letter.html").render(view=view, title=subject(view))
    message.add_alternative(html, subtype="html", charset="utf-8", cte="base64")
    return message
