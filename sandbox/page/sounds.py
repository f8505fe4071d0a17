"""A voice message for those who have no microphone at hand."""

_HEADER = b"#!AMR\n"
_NO_SPEECH = bytes([0x7C])
_FRAMES_PER_SECOND = 50


def silent_voice(seconds: int) -> bytes:
    """Return a valid AMR-NB file of silence: a header and one empty frame for each 20 ms."""
    return _HEADER + _NO_SPEECH * (_FRAMES_PER_SECOND * seconds)
