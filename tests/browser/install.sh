#!/bin/sh
# Installs a browser, and what judges how accessible a page is, where that is possible. Where it is not, the browser
# tests say that they were skipped.
if ! command -v chromium >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null
fi
command -v chromium >/dev/null || echo "no browser and no way to install one: the browser tests will be skipped"
if [ ! -e .axe/node_modules/axe-core/axe.min.js ] && command -v npm >/dev/null; then
    npm install --prefix .axe --silent --no-audit --no-fund --ignore-scripts axe-core@4.14.1 >/dev/null
fi
[ -e .axe/node_modules/axe-core/axe.min.js ] || echo "no axe-core and no npm to get it: accessibility will not be tested"
exit 0
