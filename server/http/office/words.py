"""Words of the office: what a change is answered with, and dates as people write them."""

from datetime import date, datetime

from server.forms.words import MONTHS, WEEKDAYS

DONE: dict[str, str] = {
    "saved": "Сохранено.",
    "added": "Добавлено.",
    "removed": "Убрано.",
    "restored": "Возвращено.",
    "day_added": "День назначен. Теперь выберите, кто сдаёт.",
    "enrolled": "Список участников дня изменён.",
    "withdrawn": "Участник снят с этого дня.",
    "drafted": "Черновик плана готов. Проверьте его и утвердите.",
    "draft_dropped": "Черновик убран, действует утверждённый план.",
    "moved": "Черновик изменён.",
    "undone": "Последнее изменение отменено.",
    "applied": "План утверждён: места и ссылки готовы.",
    "opened": "Конференция открыта.",
    "absent": "Отмечено «Н».",
    "present": "Отметка «Н» снята.",
    "arrived": "Отметка о приходе сохранена.",
    "link_replaced": "Ссылка заменена: прежняя больше не действует.",
    "link_revoked": "Ссылка закрыта.",
    "link_given": "Ссылка выдана.",
    "deadline_done": "Отмечено как сделанное.",
    "deadline_undone": "Отметка снята.",
    "imported": "Список загружен.",
}
"""What the page says after a change, by the key in its address."""

LABELS: dict[str, str] = {
    "last": "Фамилия",
    "first": "Имя",
    "class_label": "Класс",
    "birth_date": "Дата рождения",
    "document_kind": "Документ",
    "document_number": "Номер документа",
    "ground": "Основание",
    "consent_on": "Согласие",
    "applied_on": "Заявление",
    "accompanying": "Сопутствующее заболевание",
    "break_minutes": "Перерыв",
    "name": "Название",
    "code": "Код школы",
    "timezone": "Часовой пояс",
    "profile": "Профиль региона",
    "organizer_last": "Фамилия организатора",
    "organizer_first": "Имя организатора",
    "email": "Почта",
    "login": "Логин",
    "date": "День",
}
"""What a field is called in the list of mistakes above a form, where the mistake alone does not say it."""


def date_words(day: date) -> str:
    """«11 февраля 2026 года, среда»."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year} года, {WEEKDAYS[day.weekday()]}"


def short_date(day: date) -> str:
    """«11.02.2026»."""
    return day.strftime("%d.%m.%Y")


def clock(at: datetime | None) -> str:
    """«09:20», of a local moment; nothing for None."""
    return "" if at is None else at.strftime("%H:%M")


def capital(text: str) -> str:
    """The first letter large, the others as they are."""
    return text[:1].upper() + text[1:]
