#!/usr/bin/env bash
# One call of `broadcast run`; its exit code, status and whether a render is waited for become outputs of the step.
set -uo pipefail

arguments=("$SHOW" --json --timeout "$TIMEOUT" --summary "$GITHUB_STEP_SUMMARY")
if [ -n "$SLOT" ]; then
  arguments+=(--slot "$SLOT")
elif [ "$EVENT" = schedule ]; then
  arguments+=(--due)
fi
if [ "$DRY_RUN" = true ]; then
  arguments+=(--dry-run)
fi
# What the repository has no secret for arrives as an empty variable.
for name in $(compgen -e); do
  if [ -z "${!name}" ]; then unset "$name"; fi
done
if [ -n "${BROADCAST_DATABASE_URL:-}" ] || [ "${BROADCAST_STATE:-}" = none ]; then
  unset BROADCAST_STATE # a database of one's own remembers more
fi

report="$RUNNER_TEMP/broadcast-report.json"
"$RUNNER_TEMP/venv/bin/broadcast" run "${arguments[@]}" > "$report"
code=$?
cat "$report"

"$RUNNER_TEMP/venv/bin/python" - "$report" "$code" >> "$GITHUB_OUTPUT" << 'PYTHON'
import json, sys

try:
    report = json.load(open(sys.argv[1], encoding="utf-8"))
except ValueError:
    report = {}
print(f"code={sys.argv[2]}")
print(f"status={report.get('status', 'failed')}")
print(f"waits={str(report.get('kind') == 'Waiting').lower()}")
PYTHON
