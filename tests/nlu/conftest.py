"""Lets these tests read nlu's own modules: it is a project apart, on its own path."""

import sys
from pathlib import Path

NLU = Path(__file__).parents[2] / "nlu"
sys.path.insert(0, str(NLU))
