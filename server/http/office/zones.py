"""The eleven time zones of Russia, as people name them: hours from Moscow and the cities that live by them."""

ZONES: tuple[tuple[str, str], ...] = (
    ("Europe/Kaliningrad", "МСК−1 — Калининград"),
    ("Europe/Moscow", "МСК — Москва, Санкт-Петербург, Тамбов, Калуга"),
    ("Europe/Samara", "МСК+1 — Самара, Саратов, Ульяновск, Ижевск"),
    ("Asia/Yekaterinburg", "МСК+2 — Екатеринбург, Челябинск, Уфа, Пермь"),
    ("Asia/Omsk", "МСК+3 — Омск"),
    ("Asia/Krasnoyarsk", "МСК+4 — Красноярск, Новосибирск, Томск, Кызыл"),
    ("Asia/Irkutsk", "МСК+5 — Иркутск, Улан-Удэ"),
    ("Asia/Yakutsk", "МСК+6 — Якутск, Чита, Благовещенск"),
    ("Asia/Vladivostok", "МСК+7 — Владивосток, Хабаровск"),
    ("Asia/Magadan", "МСК+8 — Магадан, Южно-Сахалинск"),
    ("Asia/Kamchatka", "МСК+9 — Петропавловск-Камчатский, Анадырь"),
)
"""Key of the time zone database and title; several keys share an hour, one is enough for a choice."""

KEYS = frozenset(key for key, _ in ZONES)


def options(current: str = "") -> tuple[tuple[str, str], ...]:
    """What a page offers; a school's own key that is not among the eleven stays as it is."""
    if current and current not in KEYS:
        return (*ZONES, (current, current))
    return ZONES
