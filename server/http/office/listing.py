"""What lists of people share: searching as people type."""


def folded(text: str) -> str:
    """For searching: no case, ё as е."""
    return text.casefold().replace("ё", "е")
