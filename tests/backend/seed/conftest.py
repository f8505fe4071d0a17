"""The stage of the transcripts: the institution as it is loaded."""

from tests.dialogues.conftest import seeded_file, stage

__all__ = ["seeded_file", "stage"]
