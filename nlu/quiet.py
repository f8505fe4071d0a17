"""Settings that must be made before Rasa is imported: import this module first.

No telemetry, one thread for each library: two processes fill two cores, and threads beside busy
neighbours only wait for each other.
"""

import os
import sys
import warnings
from pathlib import Path

HERE = Path(__file__).parent
# Where the models are kept; the link `current` beside them names the one to serve.
MODELS = Path(os.environ.get("NLU_MODELS", HERE / "models"))

os.environ.update(
    RASA_TELEMETRY_ENABLED="false",
    # Rasa keeps trained components by their data and config; it would not see changed code.
    RASA_MAX_CACHE_SIZE="0",
    OMP_NUM_THREADS="1",
    OPENBLAS_NUM_THREADS="1",
    MKL_NUM_THREADS="1",
    TF_CPP_MIN_LOG_LEVEL="3",
    TF_NUM_INTRAOP_THREADS="1",
    TF_NUM_INTEROP_THREADS="1",
    CUDA_VISIBLE_DEVICES="-1",
    SQLALCHEMY_SILENCE_UBER_WARNING="1",
)
# Rasa pins old libraries that warn about each other at every start; some of them also reset the
# filters, so the printing itself is switched off.
warnings.showwarning = lambda *_, **__: None
if str(HERE) not in sys.path:
    sys.path.insert(0, str(HERE))
