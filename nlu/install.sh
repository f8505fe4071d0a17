#!/bin/sh
# Builds nlu/.venv from requirements.lock; does nothing when the lock has not changed since.
# Rasa 3.6 needs Python 3.10, which no other part of the project uses, so this environment stands
# alone. Looks for a python3.10 that really runs (a version manager's shim may not), then for the
# version manager's own copy, and at last lets uv fetch one. Safe to run twice or after a crash:
# the stamp is written last.
set -eu
cd "$(dirname "$0")"

sum() { if command -v sha256sum >/dev/null 2>&1; then sha256sum "$@"; else shasum -a 256 "$@"; fi; }
wanted=$(cat requirements.lock install.sh | sum | cut -d' ' -f1)
stamp=.venv/installed
if [ -x .venv/bin/python ] && [ "$(cat "$stamp" 2>/dev/null || true)" = "$wanted" ]; then
    touch "$stamp"
    exit 0
fi

is_310() { [ "$("$1" -c 'import sys; print(sys.version_info[:2] == (3, 10))' 2>/dev/null)" = True ]; }

find_uv() {
    for candidate in "${UV:-}" "$(command -v uv || true)" ../.venv/bin/uv; do
        if [ -n "$candidate" ] && "$candidate" --version >/dev/null 2>&1; then
            echo "$candidate"
            return
        fi
    done
}

find_python() {
    for candidate in python3.10 \
        "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.10*/bin/python \
        "$HOME"/.pyenv/versions/3.10*/bin/python; do
        if is_310 "$candidate"; then
            echo "$candidate"
            return
        fi
    done
}

uv=$(find_uv)
python=$(find_python)
if [ -z "$python" ] && [ -z "$uv" ]; then
    echo "nlu: needs Python 3.10; install it, or install uv so that it can be fetched" >&2
    exit 1
fi

echo "nlu: installing its environment (about 2.5 GB, once; ${python:-Python fetched by uv})" >&2
if [ -n "$uv" ]; then
    "$uv" venv --quiet --clear --python "${python:-3.10}" .venv
    "$uv" pip install --quiet --python .venv/bin/python --require-hashes -r requirements.lock
else
    "$python" -m venv --clear .venv
    .venv/bin/python -m pip install --quiet --disable-pip-version-check \
        --require-hashes -r requirements.lock
fi
echo "$wanted" > "$stamp"
echo "nlu: environment ready" >&2
