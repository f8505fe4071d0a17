"""What the bot did not understand: kept, labelled by staff, taught to the model (C3, S9).

`queue` writes and labels, `accuracy` counts, `sentences` reads marks, `school` speaks to the nlu
server, whose training is its own business.
"""
