#!/bin/sh
# Install or update Posthouse as a service of this Debian machine. Run as root, as often as you like: it changes only what is new.
#   systemd/install.sh --domain example.org [--hostname mail.example.org] [--admin NAME] [--language it] [--time-zone Europe/Rome]
# The words go to "posthouse init", which leaves an existing installation as it is. POSTHOUSE_... settings are written into its file.
set -eu
umask 022
source=$(cd "$(dirname "$0")/.." && pwd)
program=/usr/local/lib/posthouse
state=/var/lib/posthouse
changed=

"$source/bin/packages" python3-venv

if ! id posthouse >/dev/null 2>&1; then
    useradd --system --user-group --home-dir "$state" --no-create-home --shell /usr/sbin/nologin posthouse
fi
[ -d "$state" ] || install -d -o posthouse -g posthouse -m 0700 "$state"

newer() {
    [ ! -e "$program/installed" ] ||
        [ -n "$(find "$source/appliance" "$source/pyproject.toml" "$source/package-lock.json" "$source/hatch_build.py" \
            -name __pycache__ -prune -o -path "$source/appliance/web/static/vendor" -prune -o -name '*.mo' -o \
            -type f -newer "$program/installed" -print)" ]
}

if newer; then
    begun=$(mktemp)
    [ -x "$program/bin/python" ] || /usr/bin/python3 -m venv "$program"
    "$program/bin/pip" install -qq --disable-pip-version-check --no-input "$source"
    # The version may be the same while the sources are newer.
    "$program/bin/pip" install -qq --disable-pip-version-check --no-input --no-deps --force-reinstall "$source"
    cp "$source/README.md" "$program/README.md"
    touch -r "$begun" "$program/installed"
    rm "$begun"
    changed=yes
fi
[ -L /usr/local/bin/posthouse ] || ln -s "$program/bin/posthouse" /usr/local/bin/posthouse

unit=/etc/systemd/system/posthouse.service
if ! cmp -s "$source/systemd/posthouse.service" "$unit"; then
    install -m 0644 "$source/systemd/posthouse.service" "$unit"
    changed=yes
fi

if [ $# -gt 0 ]; then
    (cd "$state" && runuser -u posthouse -- "$program/bin/posthouse" init "$state" "$@")
    # Commands find the settings here without being told.
    mkdir -p /etc/posthouse
    [ -e /etc/posthouse/posthouse.toml ] || ln -s "$state/posthouse.toml" /etc/posthouse/posthouse.toml
fi

if [ ! -e "$state/posthouse.toml" ]; then
    echo "The program is there. Name your domain to go on: $0 --domain example.org" >&2
    exit 0
fi
systemctl --quiet enable posthouse
# In an image that is being built nothing can be started yet; it starts with the machine.
[ -d /run/systemd/system ] || exit 0
systemctl daemon-reload
if [ -n "$changed" ]; then systemctl restart posthouse; else systemctl start posthouse; fi
systemctl --no-pager --lines 0 status posthouse
