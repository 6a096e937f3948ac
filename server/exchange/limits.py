"""How much of a file is read. What is larger is refused as a whole, never cut."""

MAX_BYTES = 20 * 2**20
MAX_ROWS = 20_000
"""Participants in a file."""
MAX_COLUMNS = 256
MAX_SHEET_ROWS = 2**20
"""The last row of an Excel sheet."""
MAX_KEPT_ROWS = 200_000
"""Rows that a workbook keeps, empty ones too."""
MAX_UNPACKED = 64 * 2**20
"""Bytes of a workbook's parts when unpacked."""
MAX_TAGS = 6_000_000
"""Tags in all parts of a workbook."""
MAX_PARTS = 2_000
"""Files inside a workbook."""
MAX_ELEMENTS = 800_000
"""Elements of an XML file."""
HEADER_ROWS = 40
"""The header is looked for in as many rows from the top."""
MAX_PROBLEMS = 20
"""Mistakes named in the text about a file that is refused as a whole."""

SHORT_TEXT = 200
"""Characters of a name, a class, a phone and the like."""
LONG_TEXT = 4_000
"""Characters of a note."""
ESCAPED = 7
"""A cell may be so many times longer than its text: exact text has escapes."""
MAX_BREAK = 600
"""Minutes of a medical break."""
MAX_REPRESENTATIVES = 20
"""Parents and other representatives of one participant."""
FIRST_YEAR, LAST_YEAR = 1900, 2100
"""Years that a school's date may have."""
