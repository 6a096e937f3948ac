"""Every address of the service and who may open it. `access` obeys this table; a test walks all of it."""

from .access import EVERYBODY, SIGNED_IN, Key, Role, Rule, of_day, of_school, of_server

_O, _H, _S, _U = Role.ORGANIZER, Role.HEAD, Role.SPECIALIST, Role.USHER

MATRIX: dict[Key, Rule] = {
    # Pages of the exam: the door checks the link.
    ("GET", "/"): EVERYBODY,
    ("GET", "/healthz"): EVERYBODY,
    ("GET", "/static/{path}"): EVERYBODY,
    ("GET", "/j/{token}"): EVERYBODY,
    ("GET", "/j/{token}/ws"): EVERYBODY,
    # Signing in.
    ("GET", "/login"): EVERYBODY,
    ("POST", "/login"): EVERYBODY,
    ("GET", "/login/second"): EVERYBODY,
    ("POST", "/login/second"): EVERYBODY,
    ("POST", "/login/passkey/options"): EVERYBODY,
    ("POST", "/login/passkey"): EVERYBODY,
    ("GET", "/invitation"): EVERYBODY,
    ("POST", "/invitation"): EVERYBODY,
    ("POST", "/logout"): SIGNED_IN,
    # What everybody who signed in has.
    ("GET", "/office"): SIGNED_IN,
    ("GET", "/seat/{seat}"): SIGNED_IN,
    ("GET", "/seat/{seat}/ws"): SIGNED_IN,
    # Schools, by the operator of the server.
    ("GET", "/schools"): of_server(Role.OPERATOR),
    ("POST", "/schools"): of_server(Role.OPERATOR),
    ("POST", "/schools/{school}/organizers"): of_school(Role.OPERATOR),
    # A school, by its organizer.
    ("GET", "/schools/{school}"): of_school(_O, Role.OPERATOR),
    ("POST", "/schools/{school}"): of_school(_O, Role.OPERATOR),
    ("POST", "/schools/{school}/calendar"): of_school(_O),
    ("POST", "/schools/{school}/calendar/{correction}/remove"): of_school(_O),
    ("GET", "/schools/{school}/participants"): of_school(_O),
    ("GET", "/schools/{school}/participants/new"): of_school(_O),
    ("POST", "/schools/{school}/participants/new"): of_school(_O),
    ("GET", "/schools/{school}/participants/{participant}"): of_school(_O),
    ("POST", "/schools/{school}/participants/{participant}"): of_school(_O),
    ("POST", "/schools/{school}/participants/{participant}/archive"): of_school(_O),
    ("GET", "/schools/{school}/import"): of_school(_O),
    ("POST", "/schools/{school}/import"): of_school(_O),
    ("POST", "/schools/{school}/import/{upload}"): of_school(_O),
    ("GET", "/schools/{school}/export/{format}"): of_school(_O),
    ("GET", "/schools/{school}/staff"): of_school(_O),
    ("GET", "/schools/{school}/staff/new"): of_school(_O),
    ("POST", "/schools/{school}/staff/new"): of_school(_O),
    ("GET", "/schools/{school}/staff/{person}"): of_school(_O),
    ("POST", "/schools/{school}/staff/{person}"): of_school(_O),
    ("POST", "/schools/{school}/staff/{person}/archive"): of_school(_O),
    ("POST", "/schools/{school}/staff/{person}/account"): of_school(_O),
    # Days.
    ("GET", "/schools/{school}/days"): of_school(_O),
    ("POST", "/schools/{school}/days"): of_school(_O),
    ("GET", "/days/{day}"): of_day(_O, _H, _S, _U),
    ("GET", "/days/{day}/board"): of_day(_O, _H, _S, _U),
    ("POST", "/days/{day}/open"): of_day(_O, _S),
    ("POST", "/days/{day}/absent/{sitting}"): of_day(_O, _U),
    ("POST", "/days/{day}/arrived/{member}"): of_day(_O),
    ("GET", "/days/{day}/participants"): of_day(_O, _H),
    ("POST", "/days/{day}/participants"): of_day(_O),
    ("GET", "/days/{day}/commission"): of_day(_O, _H),
    ("POST", "/days/{day}/commission"): of_day(_O),
    ("GET", "/days/{day}/plan"): of_day(_O, _H, _S, _U),
    ("POST", "/days/{day}/plan"): of_day(_O),
    ("GET", "/days/{day}/links"): of_day(_O, _S),
    ("POST", "/days/{day}/links"): of_day(_O, _S),
    ("GET", "/days/{day}/print"): of_day(_O, _H, _S),
    ("GET", "/days/{day}/print/{document}"): of_day(_O, _H, _S),
    ("GET", "/days/{day}/deadlines"): of_day(_O, _H),
    ("POST", "/days/{day}/deadlines"): of_day(_O),
}
