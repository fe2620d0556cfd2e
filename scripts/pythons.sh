#!/usr/bin/env bash
# The quick suite, with all cases of what is sampled there, on every CPython from 3.11 to 3.15 that
# is found here; says which were not. Status 1 if one failed, or none was found.
#
#   scripts/pythons.sh [--lowest] [--sid FOLDER] [VERSION ...]
#
#   --lowest       each direct dependency in the lowest version that pyproject.toml allows
#   --sid FOLDER   what is not found here is taken from Debian sid, which debootstrap puts into
#                  FOLDER at the first time (as root; some 400 MB)
#   QUICK=1        without the further cases
#   PYTEST_ARGS    more for pytest, such as `-n 2 tests/wire`
#
# An interpreter is looked for on PATH and below pyenv; uv finds those of its own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export PYTHONDONTWRITEBYTECODE= PIP_DISABLE_PIP_VERSION_CHECK=1

marks='not real or sampled'
[ -z "${QUICK:-}" ] || marks='not real'
lowest='' sid='' versions=()
while [ $# -gt 0 ]; do
    case $1 in
        --lowest) lowest=-lowest ;;
        --sid) sid=${2:?--sid needs a folder}; shift ;;
        3.*) versions+=("$1") ;;
        *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit 2 ;;
    esac
    shift
done
[ ${#versions[@]} -gt 0 ] || versions=(3.11 3.12 3.13 3.14 3.15)

# Print the interpreter of a version, if there is one that runs.
found() {
    local candidate
    for candidate in "python$1" "${PYENV_ROOT:-$HOME/.pyenv}/versions/$1".*/bin/python3 \
        "$(uv python find --no-python-downloads "$1" 2>/dev/null || true)"; do
        [ -n "$candidate" ] || continue
        if [ "$("$candidate" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)" = "$1" ]; then
            echo "$candidate"
            return
        fi
    done
}

# Put sid into its folder, and give it what the machine has: names, roots, devices, this tree.
open_sid() {
    [ "$(id -u)" = 0 ] && command -v debootstrap >/dev/null || return 1
    if [ ! -x "$sid/usr/bin/python3.15" ]; then
        # procps and openssl are what the tests ask of a system.
        debootstrap --variant=minbase --include=ca-certificates,git,procps,openssl,python3.14-venv,python3.15-venv \
            sid "$sid" >&2
    fi
    cp /etc/resolv.conf "$sid/etc/resolv.conf"
    cp /etc/ssl/certs/ca-certificates.crt "$sid/etc/ssl/certs/ca-certificates.crt"
    mkdir -p "$sid/src"
    mountpoint -q "$sid/proc" || mount -t proc proc "$sid/proc"
    mountpoint -q "$sid/dev" || mount --rbind /dev "$sid/dev"
    mountpoint -q "$sid/src" || mount --bind "$PWD" "$sid/src"
    trap close_sid EXIT
}

close_sid() {
    umount "$sid/src" "$sid/proc" 2>/dev/null || true
    umount --recursive --lazy "$sid/dev" 2>/dev/null || true
}

# Make an environment and run the suite in it: `run INTERPRETER VENV`.
run() {
    local interpreter=$1 venv=$2 install
    [ -x "$venv/bin/python" ] || "$interpreter" -m venv "$venv"
    if [ -n "$lowest" ]; then
        "$venv/bin/python" -m pip install --quiet uv
        install=("$venv/bin/python" -m uv pip install --quiet --python "$venv/bin/python" --resolution lowest-direct)
    else
        install=("$venv/bin/python" -m pip install --quiet)
    fi
    "${install[@]}" --editable . --requirement requirements-quick.txt || return
    # shellcheck disable=SC2086  # several words
    "$venv/bin/python" -m pytest -q -n auto --dist worksteal -p no:cacheprovider -m "$marks" ${PYTEST_ARGS:-}
}

if [ -n "${INSIDE_SID:-}" ]; then
    run "python${versions[0]}" "/root/gradient-${versions[0]}$lowest"
    exit
fi

results=() failed=0 ran=0
for version in "${versions[@]}"; do
    interpreter=$(found "$version")
    echo "== Python $version: ${interpreter:-not here}"
    if [ -n "$interpreter" ]; then
        status=0
        run "$interpreter" ".venv-$version$lowest" || status=$?
    elif [ -n "$sid" ] && open_sid && [ -x "$sid/usr/bin/python$version" ]; then
        status=0
        chroot "$sid" env INSIDE_SID=1 QUICK="${QUICK:-}" PYTEST_ARGS="${PYTEST_ARGS:-}" HOME=/root \
            SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt PIP_CERT=/etc/ssl/certs/ca-certificates.crt \
            /src/scripts/pythons.sh ${lowest:+--lowest} "$version" || status=$?
    else
        results+=("$version  not found: not run")
        continue
    fi
    ran=$((ran + 1))
    [ "$status" = 0 ] && results+=("$version  passed") || { results+=("$version  FAILED"); failed=1; }
done

echo "== Python${lowest:+, lowest versions}"
printf '%s\n' "${results[@]}"
[ "$failed" = 0 ] && [ "$ran" -gt 0 ]
