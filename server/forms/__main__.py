"""`python -m server.forms KIND FORMAT`: the view as JSON on stdin, the file on stdout.

What goes wrong is an exit status (see `press`) and one line on stderr that names no person: the class of the
error and the place in the code.
"""

import os
import resource
import sys
import traceback

import msgspec

from .catalogue import DOCUMENTS, Format
from .making import NoLibrary, make
from .press import BAD_VIEW, BROKEN, NO_LIBRARY, NO_MEMORY

NICENESS = 15
MEMORY = 2_500_000_000
"""Bytes of addresses: 200 protocols in one file take 1 GB, whatever else is printed for 200 a fifth of it."""


def main(arguments: list[str]) -> int:
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    document, form = DOCUMENTS[arguments[0]], Format(arguments[1])
    try:
        view: object = msgspec.json.decode(sys.stdin.buffer.read(), type=document.view)
    except msgspec.MsgspecError as error:
        return _fail(BAD_VIEW, error)
    try:
        made = make(document, form, view)
    except NoLibrary as error:
        return _fail(NO_LIBRARY, error)
    except MemoryError as error:
        return _fail(NO_MEMORY, error)
    except Exception as error:
        return _fail(BROKEN, error)
    sys.stdout.buffer.write(made)
    sys.stdout.buffer.flush()
    return 0


def _fail(status: int, error: BaseException) -> int:
    place = traceback.extract_tb(error.__traceback__)[-1]
    print(f"{type(error).__name__} at {place.name}:{place.lineno}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
