"""排课 The timetable: who meets when and where, without a clash."""
