"""The stage of the transcripts, for tests of the bot's parts."""

from tests.dialogues.conftest import rasa_server, seeded_file, stage

__all__ = ["rasa_server", "seeded_file", "stage"]
