#!/bin/sh
# Makes .venv from the lock files: python's own venv and pip bring a pinned uv, and uv brings the rest.
# Arguments: the workspace members, installed editable. Run by make, from the root of the checkout.
set -eu

say() { printf '%s\n' "dealerlog: $*" >&2; }
fits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' >/dev/null 2>&1; }

find_python() {
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
        if fits "$candidate"; then
            printf '%s' "$candidate"
            return
        fi
    done
    say "needs Python 3.11 to 3.14; found $(${PYTHON:-python3} -V 2>&1 || true). Install one, or name it: make PYTHON=… "
    return 1
}

install_uv() {
    if .venv/bin/python -m pip --version >/dev/null 2>&1; then
        .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock
    elif "$python" -m pip --version >/dev/null 2>&1; then # a python built without ensurepip: its own pip helps out
        "$python" -m pip --python .venv/bin/python install --quiet --disable-pip-version-check --require-hashes \
            -r requirements-uv.lock
    else
        say "$python has neither ensurepip nor pip: install the package python3-venv (Debian, Ubuntu) and try again"
        return 1
    fi
}

fits .venv/bin/python || {
    python=$(find_python)
    say "making .venv with $($python -V); this happens once and takes about a minute"
    rm -rf .venv
    "$python" -m venv .venv >/dev/null 2>&1 || "$python" -m venv --clear --without-pip .venv
}
python=${python:-python3}
[ -x .venv/bin/uv ] && [ .venv/bin/uv -nt requirements-uv.lock ] || install_uv

export VIRTUAL_ENV="$PWD/.venv" UV_CACHE_DIR="${UV_CACHE_DIR:-$PWD/.local/cache/uv}" UV_SYSTEM_CERTS=1
.venv/bin/uv pip sync --quiet --require-hashes requirements.lock
for member in "$@"; do
    set -- "$@" -e "./$member"
    shift
done
.venv/bin/uv pip install --quiet --no-deps --no-build-isolation "$@"
