"""What deploy/ and .github/ call is there, is held on a short lead, and does what its words say."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from airing import Town

from broadcast import cli, config, settings
from broadcast.config import yamlfile

HERE = Path(__file__).parent
ROOT = HERE.parent
DEPLOY, GITHUB = ROOT / "deploy", ROOT / ".github"
ACTION = GITHUB / "actions" / "broadcast"
UNITS = sorted((DEPLOY / "systemd").iterdir())
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
WORKFLOWS = [*sorted((GITHUB / "workflows").iterdir()), DEPLOY / "github" / "daily-news.yaml"]
KNOWN = set(re.findall(r"^# ([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.M))
SYSTEMS = {"AWS_DEFAULT_REGION", "PATH", "HOME", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"}


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def documents() -> list[Any]:
    return [one for path in MANIFESTS for one in yaml.safe_load_all(path.read_text())]


def of(kind: str, name: str = "") -> Any:
    return next(one for one in documents() if one["kind"] == kind and name in ("", one["metadata"]["name"]))


def pods() -> list[Any]:
    return [
        of("Deployment", "broadcast")["spec"]["template"]["spec"],
        of("Deployment", "broadcast-worker")["spec"]["template"]["spec"],
        of("CronJob")["spec"]["jobTemplate"]["spec"]["template"]["spec"],
    ]


def compose() -> Any:
    return load(DEPLOY / "docker" / "compose.yaml")


def dockerfile() -> str:
    text = (DEPLOY / "docker" / "Dockerfile").read_text()
    return re.sub(r"\\\n\s*", "", text)


def steps(path: Path) -> list[Any]:
    tree = load(path)
    return (
        [step for job in tree["jobs"].values() for step in job["steps"]]
        if "jobs" in tree
        else tree["runs"]["steps"]
    )


def calls() -> Iterator[tuple[str, list[str]]]:
    """Yield every call of `broadcast` in these files."""
    crontab = (DEPLOY / "cron" / "crontab.example").read_text()
    yield from (("crontab", shlex.split(one)) for one in re.findall(r"bin/broadcast (.*?) >>", crontab))
    for unit in UNITS:
        for line in re.findall(r"^ExecStart=\S+/broadcast (.+)", unit.read_text(), re.M):
            yield unit.name, shlex.split(line.replace("%i", "daily-news"))
    yield "Dockerfile", json.loads(re.findall(r"^CMD (.+)", dockerfile(), re.M)[-1])
    yield from (("compose", compose()["services"][name]["command"]) for name in ("broadcast", "worker"))
    yield from (("kubernetes", pod["containers"][0]["args"]) for pod in pods())
    script = (ACTION / "run.sh").read_text()
    flags = re.findall(r"--[a-z-]+", script)
    values = {"--slot": "2026-11-23T17:00:00Z", "--timeout": "0", "--summary": "x"}
    for flag in flags:
        yield f"run.sh {flag}", ["run", "daily-news", flag, *([values[flag]] if flag in values else [])]
    for text in re.findall(r"`broadcast ([a-z][^`]*)`", (DEPLOY / "README.md").read_text()):
        yield "README", shlex.split(text)


FOUND = list(calls())


def test_the_calls_are_found() -> None:
    assert {"crontab", "broadcast@.service", "broadcast-serve.service", "Dockerfile", "compose", "kubernetes"} <= {
        where for where, _ in FOUND
    }
    assert {"--json", "--timeout", "--summary", "--slot", "--due", "--dry-run"} == {
        where.partition(" ")[2] for where, _ in FOUND if where.startswith("run.sh")
    }


@pytest.mark.parametrize(("where", "arguments"), FOUND)
def test_every_call_is_one_of_ours(where: str, arguments: list[str]) -> None:
    assert arguments[0] == cli._parser().parse_args(arguments).command


# --- GitHub


def secrets(path: Path) -> set[str]:
    return set(re.findall(r"secrets\.([A-Z0-9_]+)", path.read_text()))


def test_the_workflow_passes_on_every_secret_of_ours_and_declares_it() -> None:
    path = GITHUB / "workflows" / "broadcast.yml"
    declared = load(path)[True]["workflow_call"]["secrets"]
    air = next(step for step in steps(path) if "env" in step)

    assert secrets(path) == set(declared)
    # Actions' own, and those of `serve`
    own = {"GITHUB_TOKEN", "BROADCAST_API_TOKEN", "HEYGEN_WEBHOOK_SECRET", "SLACK_APP_TOKEN"}
    assert set(settings.SECRETS) - own <= set(declared)
    assert secrets(path) <= KNOWN
    assert set(air["env"]) <= KNOWN | SYSTEMS
    assert all(not one["required"] for one in declared.values())


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_nothing_but_what_its_job_says(path: Path) -> None:
    tree = load(path)

    assert {} == tree["permissions"]
    for job in tree["jobs"].values():
        assert job["permissions"] in ({"contents": "read"}, {"contents": "write"})
    assert "concurrency" in tree
    assert secrets(path) <= KNOWN


def test_runs_of_one_show_wait_for_each_other_and_none_is_cut_off() -> None:
    tree = load(GITHUB / "workflows" / "broadcast.yml")
    named = "inputs.show || vars.BROADCAST_SHOW"

    assert {"group": f"broadcast-${{{{ {named} }}}}", "cancel-in-progress": False} == tree["concurrency"]
    assert named == tree["jobs"]["air"]["if"]  # names no show: does nothing


@pytest.mark.parametrize("path", [*WORKFLOWS, ACTION / "action.yml"], ids=lambda path: path.name)
def test_every_action_is_pinned_to_a_commit_and_no_text_of_others_is_code(path: Path) -> None:
    for line in re.findall(r"^[ -]*uses: (.+)", path.read_text(), re.M):
        pinned = re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+", line)
        ours = line.startswith(("./.broadcast-source/", "OWNER/REPOSITORY/.github/actions/broadcast@"))
        assert pinned or ours, line
    for step in steps(path):
        inside = re.findall(r"\$\{\{(.+?)\}\}", step.get("run", ""))
        assert all(one.strip() == "github.action_path" for one in inside), step


def test_an_action_has_one_commit_everywhere() -> None:
    text = "".join(path.read_text() for path in [*WORKFLOWS, ACTION / "action.yml"])
    pins = set(re.findall(r"(actions/[a-z-]+)@([0-9a-f]{40})", text))

    assert len(pins) == len({name for name, _ in pins})


def test_the_workflow_gives_the_action_only_what_it_takes() -> None:
    action, path = load(ACTION / "action.yml"), GITHUB / "workflows" / "broadcast.yml"
    step = next(step for step in steps(path) if step.get("uses", "").startswith("./"))
    given = load(path)[True]

    assert set(step["with"]) <= set(action["inputs"])
    assert (ROOT / step["uses"].removeprefix("./.broadcast-source/") / "action.yml").is_file()
    used = set(re.findall(r"inputs\.([a-z-]+)", path.read_text()))
    assert used == set(given["workflow_dispatch"]["inputs"]) | set(given["workflow_call"]["inputs"])
    assert set(re.findall(r"inputs\.([a-z-]+)", (ACTION / "action.yml").read_text())) == set(action["inputs"])


def test_a_repository_of_a_user_needs_fifteen_lines() -> None:
    path = DEPLOY / "github" / "daily-news.yaml"
    step = steps(path)[-1]

    assert 15 == len(path.read_text().splitlines())
    assert "github.event_name == 'schedule' && '0' || '30m'" in step["with"]["timeout"], "a call by hand waits"
    assert set(step["with"]) <= set(load(ACTION / "action.yml")["inputs"])


class Runner:
    """A machine of GitHub's, as the action's steps see it."""

    def __init__(self, town: Town) -> None:
        self.town, self.temp = town, town.folder / "temp"
        bin = self.temp / "venv" / "bin"
        bin.mkdir(parents=True)
        for name, call in (("python", ""), ("broadcast", "-m broadcast ")):
            (bin / name).write_text(f'#!/bin/sh\nexec {sys.executable} {call}"$@"\n')
            (bin / name).chmod(0o755)
        town.file()

    def run(self, **inputs: str) -> tuple[dict[str, str], str]:
        """Run the step, and return its outputs and the summary."""
        asked = {"SHOW": "town", "SLOT": "", "DRY_RUN": "false", "TIMEOUT": "0", "EVENT": "workflow_dispatch"}
        files = {name: self.temp / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for file in files.values():
            file.unlink(missing_ok=True)
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{HERE}:{ROOT}", "RUNNER_TEMP": str(self.temp)}
        environment |= {name: str(file) for name, file in files.items()}
        environment |= {"BROADCAST_DATA_DIR": str(self.temp / "broadcast"), "BROADCAST_STATE": "none"}
        environment |= {"HEYGEN_API_KEY": "", "BROADCAST_DATABASE_URL": "", **asked, **inputs}
        subprocess.run([ACTION / "run.sh"], cwd=self.town.folder, env=environment, check=True, capture_output=True)
        outputs = dict(line.split("=", 1) for line in files["GITHUB_OUTPUT"].read_text().splitlines())
        summary = files["GITHUB_STEP_SUMMARY"]
        return outputs, summary.read_text() if summary.exists() else ""


def test_the_step_airs_and_writes_the_summary(tmp_path: Path) -> None:
    runner = Runner(Town(tmp_path))

    outputs, summary = runner.run(SLOT="2026-11-20T17:00:00Z")

    assert {"code": "0", "status": "aired", "waits": "false"} == outputs
    assert summary.startswith("### town\\@2026\\-11\\-20T17\\:00\\:00Z: aired")
    assert "Velmora opens tidal power plant story 0" in summary
    assert "| chat | \\@town | sent | url |" in summary.replace("|  |", "| \\@town |")


def test_an_extra_that_is_named_is_one_of_ours() -> None:
    ours = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"])

    for path in (ACTION / "action.yml", GITHUB / "workflows" / "broadcast.yml"):
        (named,) = re.findall(r"what to install besides, of (.+)", path.read_text())
        assert set(named.split(", ")) == ours - {"all", "dev", "worker"}  # a job is no worker


def test_a_render_is_asked_for_in_one_job_and_collected_in_a_later_one(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.tree["renderer"]["ready_after"] = 2
    runner = Runner(town)

    first, _ = runner.run()
    second, _ = runner.run()
    third, _ = runner.run()

    waiting = {"code": "4", "status": "unfinished", "waits": "true"}
    assert [waiting, waiting, {"code": "0", "status": "aired", "waits": "false"}] == [first, second, third]
    assert ["pay main"] == town.lines("pay")


def test_a_clock_that_rings_when_nothing_is_due_airs_nothing(tmp_path: Path) -> None:
    town = Town(tmp_path)
    ago = datetime.now(UTC) - timedelta(hours=5)
    town.tree["schedule"] = {"cron": f"{ago.minute} {ago.hour} * * *", "grace": "1h"}
    runner = Runner(town)

    outputs, summary = runner.run(EVENT="schedule")

    assert {"code": "0", "status": "quiet", "waits": "false"} == outputs
    assert "nothing is due" in summary
    assert [] == town.lines()


def test_a_clock_that_rings_late_airs_the_slot_that_was_due(tmp_path: Path) -> None:
    town = Town(tmp_path)
    ago = datetime.now(UTC) - timedelta(hours=2)
    town.tree["schedule"] = {"cron": f"{ago.minute} {ago.hour} * * *", "grace": "4h"}
    runner = Runner(town)

    outputs, summary = runner.run(EVENT="schedule")

    assert "aired" == outputs["status"]
    assert f"{ago:%H}\\:{ago:%M}\\:00Z" in summary


def test_a_call_that_cannot_start_has_outputs_as_well(tmp_path: Path) -> None:
    outputs, _ = Runner(Town(tmp_path)).run(SHOW="nobody")

    assert {"code": "2", "status": "failed", "waits": "false"} == outputs


@pytest.mark.parametrize(
    ("code", "waits", "timeout", "ends"),
    [
        ("0", "false", "30m", 0),
        ("4", "true", "0", 0),  # a later job collects it
        ("4", "true", "30m", 4),
        ("4", "false", "0", 4),  # something cannot be known: for a person
        ("5", "false", "0", 5),
    ],
)
def test_a_job_is_green_where_nothing_is_left_for_a_person(code: str, waits: str, timeout: str, ends: int) -> None:
    script = steps(ACTION / "action.yml")[-1]["run"]
    environment = {"PATH": os.environ["PATH"], "CODE": code, "WAITS": waits, "TIMEOUT": timeout}

    assert (
        ends
        == subprocess.run(
            ["bash", "-e", "-c", script], env=environment, check=False, capture_output=True
        ).returncode
    )


# --- the machine itself


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    for unit in UNITS:
        text = unit.read_text().replace("/srv/broadcast/.venv/bin/broadcast", sys.executable)
        (tmp_path / unit.name).write_text(text)

    names = [tmp_path / unit.name.replace("@.", "@daily-news.") for unit in UNITS]
    done = subprocess.run(["systemd-analyze", "verify", *names], capture_output=True, text=True, check=False)

    assert "" == "\n".join(
        line for line in done.stderr.splitlines() if str(tmp_path) in line or "broadcast" in line
    )
    assert 0 == done.returncode


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
@pytest.mark.parametrize("unit", [one for one in UNITS if one.suffix == ".service"], ids=lambda unit: unit.name)
def test_a_service_is_exposed_to_little(unit: Path, tmp_path: Path) -> None:
    path = tmp_path / unit.name.replace("@.", "@daily-news.")
    path.write_text(unit.read_text())
    call = ["systemd-analyze", "security", "--offline=true", "--threshold=25", path]

    done = subprocess.run(call, capture_output=True, text=True, check=False)

    assert 0 == done.returncode, done.stdout[-300:] + done.stderr


def test_the_image_has_no_compiler_runs_as_nobody_and_says_how_it_is() -> None:
    stages = re.split(r"^FROM ", dockerfile(), flags=re.M)[1:]
    last = stages[-1]

    assert 2 == len(stages)
    assert not re.search(r"pip|apt|build-essential|gcc", last)
    assert re.search(r"^USER 10001$", last, re.M)
    assert re.search(r"^HEALTHCHECK .*CMD \[.*/live", last, re.M)
    assert re.search(r"^VOLUME /var/lib/broadcast$", last, re.M)
    for name in re.findall(r"([A-Z][A-Z_]+)=", last):
        assert name in KNOWN | SYSTEMS, name
    for copied in re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile(), re.M):
        assert all((ROOT / name).exists() for name in copied.split()), copied


def test_all_that_the_image_copies_is_sent_to_the_builder() -> None:
    sent = set(re.findall(r"^!(.+)", (DEPLOY / "docker" / "Dockerfile.dockerignore").read_text(), re.M))
    copied = {
        name for line in re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile(), re.M) for name in line.split()
    }

    assert copied == sent


@pytest.mark.parametrize("name", ["broadcast", "worker"])
def test_compose_runs_ours_read_only_beside_a_database(name: str) -> None:
    tree = compose()
    ours, database = tree["services"][name], tree["services"]["postgres"]

    assert ours["read_only"]
    assert ["ALL"] == ours["cap_drop"]
    assert ["no-new-privileges:true"] == ours["security_opt"]
    assert all(port.startswith("127.0.0.1:") for port in ours.get("ports", ()))
    assert set(ours["environment"]) <= KNOWN
    assert {"condition": "service_healthy"} == ours["depends_on"]["postgres"]
    assert "pg_isready" in database["healthcheck"]["test"]
    mounts = [mount.split(":")[0] for service in (ours, database) for mount in service["volumes"]]
    assert set(tree["volumes"]) == {mount for mount in mounts if "/" not in mount}
    folder = DEPLOY / "docker"
    assert (folder / ours["build"]["context"] / ours["build"]["dockerfile"]).is_file()
    assert "8808" in ours["command"], "the image's health check asks there"


def test_compose_has_a_daemon_that_puts_in_line_and_two_workers() -> None:
    services = compose()["services"]

    assert "--queue" in services["broadcast"]["command"]
    assert ("worker", 2) == (services["worker"]["command"][0], services["worker"]["deploy"]["replicas"])
    assert {"broadcast", "worker", "postgres"} == set(services)


@pytest.mark.parametrize("pod", pods(), ids=["daemon", "worker", "CronJob"])
def test_a_pod_is_held_on_a_short_lead(pod: Any) -> None:
    (container,) = pod["containers"]
    held = container["securityContext"]

    assert pod["securityContext"]["runAsNonRoot"]
    assert (True, False) == (held["readOnlyRootFilesystem"], held["allowPrivilegeEscalation"])
    assert ["ALL"] == held["capabilities"]["drop"]
    assert pod["automountServiceAccountToken"] is False
    assert "memory" in container["resources"]["limits"]
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}


def test_the_manifests_name_what_there_is() -> None:
    names = {(one["kind"], one["metadata"]["name"]) for one in documents()}

    for pod in pods():
        assert ("Secret", pod["containers"][0]["envFrom"][0]["secretRef"]["name"]) in names
        for volume in pod["volumes"]:
            if "configMap" in volume:
                assert ("ConfigMap", volume["configMap"]["name"]) in names
            if "persistentVolumeClaim" in volume:
                assert ("PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"]) in names
    assert set(of("Secret")["stringData"]) <= KNOWN
    deployments = [one["spec"] for one in documents() if one["kind"] == "Deployment"]
    labels = [one["template"]["metadata"]["labels"] for one in deployments]
    assert labels == [one["selector"]["matchLabels"] for one in deployments]
    assert labels[0] != labels[1], "each would count the other's pods as its own"


def test_the_show_of_the_manifests_is_accepted_with_no_key() -> None:
    for name, text in of("ConfigMap")["data"].items():
        show = config.build(Path(name).stem, yamlfile.parse(text, Path(name), {}), settings.load())
        assert () == show.notes


@pytest.mark.parametrize("path", [*UNITS, DEPLOY / "cron" / "crontab.example"], ids=lambda path: path.name)
def test_every_variable_of_a_unit_is_known(path: Path) -> None:
    for name in re.findall(r"^(?:Environment=)(\w+)=", path.read_text(), re.M):
        assert name in KNOWN


def test_the_readme_of_deploy_has_five_lines_for_each_way_and_links_to_what_is_there() -> None:
    text = (DEPLOY / "README.md").read_text()
    sections = re.split(r"^## ", text, flags=re.M)[1:]

    assert ["cron", "systemd", "Docker", "Kubernetes", "GitHub Actions"] == [
        one.splitlines()[0] for one in sections
    ]
    for section in sections:
        assert 5 == len(re.findall(r"^\d\. ", section, re.M)), section
    for link in re.findall(r"\]\(([^)]+)\)", text):
        assert (DEPLOY / link).exists(), link
