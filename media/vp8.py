"""As much of the VP8 payload format (RFC 7741) as forwarding and recording need."""


def descriptor_size(payload: bytes, start: int, end: int) -> int:
    """Length of the payload descriptor at `start`. ValueError if it is truncated."""
    if start >= end:
        raise ValueError("VP8 payload is empty")
    size = 1
    first = payload[start]
    if first & 0x80:
        if start + 1 >= end:
            raise ValueError("VP8 descriptor is truncated")
        flags = payload[start + 1]
        size += 1
        if flags & 0x80:
            if start + size >= end:
                raise ValueError("VP8 descriptor is truncated")
            size += 2 if payload[start + size] & 0x80 else 1
        if flags & 0x40:
            size += 1
        if flags & 0x30:
            size += 1
    if start + size > end:
        raise ValueError("VP8 descriptor is truncated")
    return size


def starts_frame(payload: bytes, start: int) -> bool:
    """Whether the packet begins a frame: S set, partition 0."""
    return payload[start] & 0x17 == 0x10


def starts_key_frame(data: bytes, start: int, end: int) -> bool:
    """Whether the packet begins a key frame. False for anything malformed."""
    if start >= end or data[start] & 0x17 != 0x10:
        return False
    try:
        body = start + descriptor_size(data, start, end)
    except ValueError:
        return False
    return body < end and data[body] & 1 == 0


def is_key_frame(frame: bytes) -> bool:
    """Whether an assembled frame is a key frame."""
    return bool(frame) and frame[0] & 1 == 0


def frame_size(frame: bytes) -> tuple[int, int] | None:
    """Width and height in pixels of a key frame, None for anything else."""
    if len(frame) < 10 or frame[0] & 1 or frame[3:6] != b"\x9d\x01\x2a":
        return None
    return int.from_bytes(frame[6:8], "little") & 0x3FFF, int.from_bytes(frame[8:10], "little") & 0x3FFF
