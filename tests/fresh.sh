#!/usr/bin/env bash
# Proves on a bare Debian that one command is enough. Needs root, debootstrap and unshare (util-linux).
#
#   tests/fresh.sh [--root FOLDER] [COMMAND …]
#
# Each COMMAND is what stands behind `python3 run.py`, in quotes where it has arguments of its own; by default demo,
# serve, fonts, a small bench, test and test --postgres. Each runs on the commit checked out here, in a root of its own:
# Debian's smallest with python3, python3-venv, git and ca-certificates. Mirrors, pip's settings and certificates are
# this machine's. FOLDER keeps the roots and every command's output; without it they lie in a temporary folder, gone at
# the end. Loopback is this machine's own.
set -euo pipefail

SUITE=bookworm
PACKAGES=python3,python3-venv,git,ca-certificates
HERE=$(cd "$(dirname "$0")/.." && pwd)
DEFAULT=(demo serve fonts 'bench --visits 200' test 'test --postgres')
FIRST_START=(--unit-name 青湖风景区管理局 --name 王一 --sign-in-name wang)
PATIENCE=900 # seconds for a server's first answer: it installs what it needs before

die() {
    echo "fresh.sh: $*" >&2
    exit 2
}

# --- the bare root

mirrors() { # as this machine's own apt has them: site and suite
    apt-get indextargets --format '$(SITE) $(RELEASE)' 'Created-By: Packages' 'Component: main' |
        awk -v suite="$SUITE" '$2 ~ "^" suite "(-updates|-security)?$" { print $1, $2 }' | sort -u
}

make_base() {
    local site
    site=$(mirrors | awk -v suite="$SUITE" '$2 == suite { print $1; exit }')
    [ -n "$site" ] || die "apt on this machine knows no mirror of Debian's $SUITE"
    say "making a bare $SUITE …"
    debootstrap --variant=minbase --include="$PACKAGES" "$SUITE" "$BASE.part" "$site" >"$WORK/debootstrap.log" 2>&1 ||
        die "debootstrap failed: $(tail -1 "$WORK/debootstrap.log")"
    settle "$BASE.part"
    mv "$BASE.part" "$BASE"
}

settle() { # this machine's way to the net, and no service that starts by itself
    local root=$1 file
    mirrors | sed 's/^/deb /; s/$/ main/' >"$root/etc/apt/sources.list"
    apt-config dump --format '%f "%v";%n' Acquire | grep -v -e IndexTargets -e ' "";' \
        >"$root/etc/apt/apt.conf.d/00this-machine" || true
    for file in /etc/apt/auth.conf.d /etc/apt/auth.conf /etc/apt/trusted.gpg.d /etc/apt/keyrings /etc/hosts \
        /etc/resolv.conf /etc/pip.conf /etc/xdg/pip "$HOME/.config/pip" "$HOME/.pip" /usr/local/share/ca-certificates; do
        [ -e "$file" ] || continue
        local to="${file/#$HOME//root}"
        mkdir -p "$root$(dirname "$to")"
        cp -aLT "$file" "$root$to"
    done
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod +x "$root/usr/sbin/policy-rc.d"
    chroot "$root" update-ca-certificates >/dev/null 2>&1
}

pip_folders() { # local ones that pip's settings name: a folder of wheels, or an index beside its files
    { python3 -m pip config list 2>/dev/null || true; } | grep -oE "/[^ '\",:]+" | sed 's,^//*,/,; s,/simple/*$,,' |
        sort -u | while read -r folder; do [ ! -d "$folder" ] || echo "$folder"; done
}

# --- inside: its own processes and mounts, all gone with this shell

inside() {
    local root=$1 words
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    mount -t sysfs -o ro sysfs "$root/sys" 2>/dev/null || true
    for folder in $(pip_folders); do
        mkdir -p "$root$folder"
        mount --bind -o ro "$folder" "$root$folder"
    done
    mkdir -p "$WORK/debs/partial" "$WORK/pip" "$root/root/.cache/pip"
    mount --bind "$WORK/debs" "$root/var/cache/apt/archives"
    mount --bind "$WORK/pip" "$root/root/.cache/pip"
    read -ra words <<<"$2"
    case ${words[0]} in
    demo) answers "$root" "${words[@]}" ;;
    serve) answers "$root" "${words[@]}" "${FIRST_START[@]}" ;;
    *) in_root "$root" python3 run.py "${words[@]}" ;;
    esac
}

in_root() { (become "$@"); }

become() { # a login's plain environment, and pip's settings where this machine has them there
    local root=$1 settings=()
    shift
    while IFS= read -r -d '' line; do
        case $line in PIP_* | [a-z]*_proxy=* | [A-Z]*_PROXY=*) settings+=("$line") ;; esac
    done < <(env -0)
    exec chroot "$root" env -i HOME=/root TERM=dumb PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        "${settings[@]}" sh -c 'cd /srv/logbook && exec "$@"' sh "$@"
}

answers() { # start a server, wait until it says that it is well, stop it, and see that it ends cleanly
    local root=$1 port server until=$((SECONDS + PATIENCE)) begun=$SECONDS
    shift
    port=$(chroot "$root" python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
    become "$root" python3 run.py "$@" --port "$port" </dev/null &
    server=$!
    until in_root "$root" python3 -c "import urllib.request as u; u.urlopen('http://127.0.0.1:$port/health', timeout=5)" \
        2>/dev/null; do
        kill -0 "$server" 2>/dev/null && [ "$SECONDS" -lt "$until" ] || return 1
        sleep 1
    done
    kill -TERM "$server"
    wait "$server" || return 1
    echo "/health answered 200 after $((SECONDS - begun)) s; stopped cleanly"
}

# --- outside

say() { echo "fresh.sh: $*"; }

prove() { # one command in a root of its own; a line that ends with the command's own last one
    local command=$1 log begun=$SECONDS
    root=$(mktemp -d "$WORK/root-XXXXXX") # two runs may share a folder
    log="$WORK/$(tr -c 'a-zA-Z0-9\n' _ <<<"$command" | cut -c -60).log"
    cp -aT --reflink=auto "$BASE" "$root"
    git clone --quiet --no-hardlinks "$HERE" "$root/srv/logbook"
    chown -R 0:0 "$root/srv/logbook"
    WORK=$WORK unshare --mount --pid --fork --kill-child bash "$HERE/tests/fresh.sh" --inside "$root" "$command" \
        >"$log" 2>&1 &
    running=$!
    if wait "$running"; then
        echo "green  run.py $command  ($((SECONDS - begun)) s): $(grep -v '^$' "$log" | tail -1)"
    else
        echo "red    run.py $command  ($((SECONDS - begun)) s): $(grep -v '^$' "$log" | tail -1)"
        tail -40 "$log" | sed 's/^/    /'
        red=1
    fi
    rm -rf --one-file-system "$root"
    running='' root=''
}

clean_up() {
    if [ -n "${running:-}" ]; then
        kill -KILL "$running" 2>/dev/null || true # unshare hears nothing else; all inside goes with it
        wait "$running" 2>/dev/null || true
    fi
    rm -rf --one-file-system "${root:-$BASE.part}"
    [ -z "${temporary:-}" ] || rm -rf --one-file-system "$WORK"
}

if [ "${1:-}" = --inside ]; then
    shift
    inside "$@"
    exit
fi

[ "$(id -u)" = 0 ] || die "run it as root: it makes and enters a root of its own"
for program in debootstrap unshare git apt-get; do
    command -v "$program" >/dev/null || die "$program is missing"
done
if [ "${1:-}" = --root ]; then
    WORK=$(mkdir -p "$2" && cd "$2" && pwd)
    shift 2
else
    temporary=yes
    WORK=$(mktemp -d)
fi
BASE="$WORK/base" red=0
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
[ -d "$BASE" ] || make_base
[ $# -gt 0 ] || set -- "${DEFAULT[@]}"
say "bare: $(chroot "$BASE" dpkg-query --show | wc -l) packages, $(chroot "$BASE" python3 --version), $(git -C "$HERE" rev-parse --short HEAD)"
for command in "$@"; do
    prove "$command"
done
exit "$red"
