"""Logins proposed from names."""

import pytest

from server.access import names
from server.access.proposal import latin, proposed


@pytest.mark.parametrize(
    "name, login",
    [
        (("Щёголева", "Ирина", "Яковлевна"), "shchegoleva.iy"),
        (("Салтыков-Щедрин", "Михаил", "Евграфович"), "saltykov-shchedrin.me"),
        (("Ким", "Алексей", ""), "kim.a"),
        (("Ли", "", ""), "li-login"),
        (("'''", "…", ""), "login"),
        (("Магомед-оглы", "Ахмед", ""), "magomed-ogly.a"),
    ],
)
def test_a_login_is_latin_and_is_accepted(name: tuple[str, str, str], login: str) -> None:
    assert proposed(*name, taken=()) == login
    assert names.new(login) == login


def test_a_number_tells_namesakes_apart() -> None:
    assert proposed("Ким", "Алексей", "", {"kim.a", "kim.a2"}) == "kim.a3"


def test_a_very_long_surname_still_makes_a_login() -> None:
    login = proposed("Щ" * 200, "Анна", "", ())
    assert names.new(login) == login


def test_soft_signs_vanish() -> None:
    assert latin("Объездьев") == "obezdev"
