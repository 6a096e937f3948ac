"""Small things that lists of people share: searching as people type, numbers in addresses."""

from server.errors import NotFound


def folded(text: str) -> str:
    """For searching: no case, ё as е."""
    return text.casefold().replace("ё", "е")


def number_of(text: str) -> int:
    """A number of the address. Raises NotFound for anything else."""
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise NotFound(detail="a number in the address")
    return int(text)
