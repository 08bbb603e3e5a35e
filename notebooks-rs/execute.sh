#!/usr/bin/env bash
# Runs the chapters as notebooks, from top to bottom: all of them, or those that are named.
#
#   notebooks-rs/execute.sh
#   notebooks-rs/execute.sh mixtures mhvae
#
# The kernel (evcxr, compiled by cargo), jupytext and nbconvert are installed once, into ~/.cache/elbow/notebooks or
# $ELBOW_NOTEBOOKS; what is compiled for the notebooks stays there, too. The first run takes some fifteen minutes on two cores.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache="${ELBOW_NOTEBOOKS:-$HOME/.cache/elbow/notebooks}"
evcxr=0.22.0

skip() {
    echo "notebooks: skipped, $1"
    exit 0
}

command -v python3 > /dev/null || skip "there is no python3"
python3 -c 'import venv, ensurepip' 2> /dev/null || skip "this python3 cannot make a virtual environment"

# Where other programs compile to does not concern these.
unset CARGO_TARGET_DIR
mkdir -p "$cache"
wanted=$(cat "$here/requirements.txt")
if [ "$(cat "$cache/installed" 2> /dev/null)" != "$wanted" ]; then
    python3 -m venv "$cache/python"
    "$cache/python/bin/pip" install --quiet -r "$here/requirements.txt"
    echo "$wanted" > "$cache/installed"
fi
kernel="$cache/evcxr-$evcxr"
[ -x "$kernel/bin/evcxr_jupyter" ] || cargo install --quiet --locked --root "$kernel" --version "$evcxr" evcxr_jupyter
export JUPYTER_PATH="$cache/jupyter"
"$kernel/bin/evcxr_jupyter" --install > /dev/null

# One folder for all: what the chapters share is compiled once. Its libraries look for the standard library relative to a folder
# from which evcxr moves them.
export EVCXR_TMPDIR="$cache/compiled"
mkdir -p "$EVCXR_TMPDIR"
LD_LIBRARY_PATH="$(rustc --print target-libdir)${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
export LD_LIBRARY_PATH

"$cache/python/bin/python" "$here/notebooks.py" --execute "$@"
