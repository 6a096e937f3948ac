"""Any bytes to a Reading, or to an ImportProblem that says what is wrong with the file and what to do."""

from server.errors import ImportProblem

from . import from_csv, from_xlsx, from_xml, limits
from .sheet import Reading

_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_FOREIGN: tuple[tuple[bytes, str], ...] = (
    (
        b"\xd0\xcf\x11\xe0",
        "Это файл старого Excel (.xls) или книга с паролем. Откройте его, уберите пароль и сохраните в формате .xlsx.",
    ),
    (b"%PDF", "Это PDF, а не таблица. Возьмите исходную таблицу в формате XLSX или CSV."),
    (b"{\\rtf", "Это текстовый документ (RTF). Скопируйте таблицу в Excel и сохраните в формате .xlsx."),
    (b"\x1f\x8b", "Это архив. Распакуйте его и загрузите таблицу из него."),
    (b"Rar!", "Это архив. Распакуйте его и загрузите таблицу из него."),
    (b"7z\xbc\xaf", "Это архив. Распакуйте его и загрузите таблицу из него."),
    (b"\x89PNG", "Это картинка, а не таблица. Возьмите исходную таблицу в формате XLSX или CSV."),
    (b"\xff\xd8\xff", "Это картинка, а не таблица. Возьмите исходную таблицу в формате XLSX или CSV."),
)


def read(content: bytes, filename: str = "") -> Reading:
    """Every row of the file, each with its participant or its problems. The format is told by the content.

    Raises ImportProblem for a file that cannot be read at all. `filename` only helps to word that.
    """
    if not content.strip():
        raise ImportProblem("Файл пустой. Проверьте, что выбран нужный файл и что он сохранён.")
    if len(content) > limits.MAX_BYTES:
        raise ImportProblem(
            f"Файл больше {limits.MAX_BYTES // 2**20} МБ. Оставьте в нём только список участников и сохраните заново."
        )
    for start, text in _FOREIGN:
        if content.startswith(start):
            raise ImportProblem(text)
    if content.startswith(b"PK"):
        return from_xlsx.read(content)
    if _opens_with_tag(content):
        return from_xml.read(content)
    if filename.lower().endswith((".xlsx", ".xlsm")):
        raise ImportProblem("Имя файла оканчивается на .xlsx, но внутри не книга Excel. Сохраните её заново.")
    return from_csv.read(content)


def _opens_with_tag(content: bytes) -> bool:
    start = content[:200]
    for bom in _BOMS:
        start = start.removeprefix(bom)
    return start.replace(b"\x00", b"").lstrip().startswith(b"<")
