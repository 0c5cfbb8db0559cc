"""YAML and environment to a show: what is wrong is named with file, line and key, and with what was meant."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from broadcast import config, settings
from broadcast.config import yamlfile
from broadcast.errors import ConfigError
from broadcast.show import Show
from broadcast.types import Budget

GOOD = """\
title: Daily update
kind: daily-news
language: en
seconds: 60
schedule: {cron: "0 17 * * mon-fri", timezone: UTC, missed: last, grace: 2h}
window: 24h
sources:
  hacker-news: {use: rss, url: "https://news.example.com/rss", limit: 5}
  this-week:
    use: metrics
    url: https://api.example.com/weekly-stats
    headers: {Authorization: "Bearer ${METRICS_TOKEN}"}
    title: "This week: {new_users} new users, {revenue} revenue"
    summary: "Growth of {growth_pct}% week over week"
quorum: 1
stories: 3
writer: extractive
renderer: {use: newsdesk, patience: 30m, orientation: portrait}
channels:
  folder: {use: folder, path: out}
brand: {name: Daily Signal, colour: "#FF4455"}
"""
TOKEN = {"METRICS_TOKEN": "not-a-real-token"}


def build(text: str, variables: dict[str, str] | None = None) -> Show:
    document = yamlfile.parse(text, Path("config/daily.yaml"), TOKEN if variables is None else variables)
    return config.build("daily", document, settings.load())


def changed(**changes: Any) -> str:
    tree = {**yaml.safe_load(GOOD), **changes}
    return yaml.safe_dump({key: value for key, value in tree.items() if value is not None}, sort_keys=False)


def refusal(text: str, variables: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        build(text, variables)
    return str(caught.value)


def test_two_shows_of_one_name_are_refused_and_counted_once(tmp_path: Path) -> None:
    known = settings.load(broadcast_config_dir=tmp_path)
    for name in ("daily.yaml", "daily.yml", "weekly.yml"):
        (tmp_path / name).write_text(GOOD.replace("${METRICS_TOKEN}", "x"))

    assert ["daily", "weekly"] == config.shows(known)
    assert "weekly" == config.load("weekly", known).name
    with pytest.raises(ConfigError, match=r"daily\.yaml and daily\.yml are two shows of one name: rename one"):
        config.load("daily", known)


def test_a_good_file_is_a_show() -> None:
    show = build(GOOD)

    assert ("daily", "Daily update", "daily-news", 1) == (show.name, show.title, show.kind.name, show.quorum)
    assert ["hacker-news", "this-week"] == list(show.sources)
    assert (timedelta(hours=24), timedelta(hours=2)) == (show.window, show.grace)
    edition = show.editions[0]
    assert ("main", "en", 60, 3, ("folder",)) == (
        edition.name,
        edition.language,
        edition.seconds,
        edition.stories,
        edition.channels,
    )
    assert (timedelta(minutes=30), "portrait") == (edition.ways[0].patience, edition.ways[0].orientation)


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("stories: 3", "storys: 3", 16, "there is no key `storys`; did you mean `stories`?"),
        ("limit: 5}", "limt: 5}", 8, "there is no key `sources.hacker-news.limt`; did you mean `limit`?"),
        ("limit: 5}", "limit: five}", 8, "`sources.hacker-news.limit`: must be a whole number, without a unit"),
        ("use: rss", "use: rs", 8, "there is no source 'rs'; did you mean `rss`?"),
        ("use: rss, url", "url", 8, "says no `use:`; write `use: rss`"),
        (', url: "https://news.example.com/rss"', "", 8, "`sources.hacker-news.url` is missing"),
        ("kind: daily-news", "kind: daily-new", 2, "did you mean 'daily-news'?"),
        ("language: en", "language: english", 3, "`language`: write the two letters of a language, as en"),
        ("language: en", "language: no", 3, "`language`: input should be a valid string"),
        ("seconds: 60", "seconds: 6000", 4, "less than or equal to 600"),
        ("grace: 2h", "grase: 2h", 5, "there is no key `schedule.grase`; did you mean `grace`?"),
        ("grace: 2h", "grace: soon", 5, "write it like 90s, 30m, 24h or 7d"),
        ("0 17 * * mon-fri", "0 17 * *", 5, "it needs 5"),
        ("timezone: UTC", "timezone: Berlin", 5, "write it like Europe/Berlin"),
        ("missed: last", "missed: some", 5, "`schedule.missed`: input should be 'skip', 'last' or 'all'"),
        ("window: 24h", "window: yesterday", 6, "`window"),
        ("quorum: 1", "quorum: 3", 15, "more than the 2 sources there are"),
        ("patience: 30m", "patiense: 30m", 18, "did you mean `patience`?"),
        ("use: newsdesk", "use: news-desk", 18, "did you mean `newsdesk`?"),
        ("use: folder", "use: telegram", 20, "telegram cannot be used: TELEGRAM_TOKEN is not set"),
        ("use: folder", "use: discord", 20, "discord cannot be used: DISCORD_WEBHOOK is not set; get one at https"),
        ("use: folder", "use: my_package.chat:Chat", 20, "there is no channel 'my_package.chat:Chat'"),
        ("  folder: {", "  fol der: {", 20, "`channels.fol der`: a name is made of letters, digits"),
        ('colour: "#FF4455"', "colour: red", 21, '`brand.colour`: write it like "#FF4455"'),
        (
            'brand: {name: Daily Signal, colour: "#FF4455"}',
            "brand:\n  colour: #FF4455",
            22,
            "`brand.colour`: stands there with nothing",
        ),
        ("title: Daily update", "title:", 1, "`title`: stands there with nothing behind it"),
        ("name: Daily Signal", "logo: missing.png", 21, "there is no file config/missing.png"),
        ("title: Daily update", "title: [Daily]", 1, "`title`: input should be a valid string"),
        ("stories: 3", "stories: 3\nstories: 4", 17, "`stories` is there twice"),
        ("stories: 3", "stories: 3\n  x: 1", 17, "is not YAML: a colon too many"),
        ("stories: 3", "\tstories: 3", 16, "is not YAML: there is a tab; indent with spaces"),
        (
            "grace: 2h}",
            "grace: 2h",
            6,
            "is not YAML: the { that is opened in line 5 is not closed, or lacks a comma",
        ),
        ("stories: 3", "stories: [3", 17, "is not YAML: the [ that is opened in line 16 is not closed"),
        (
            'colour: "#FF4455"}',
            "colour: '#FF4455}",
            22,
            "is not YAML: the quote that is opened in line 21 is not closed",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_line_and_what_was_meant(old: str, new: str, line: int, said: str) -> None:
    assert old in GOOD

    message = refusal(GOOD.replace(old, new))

    assert message.startswith(f"config/daily.yaml:{line}: "), message
    assert said in message


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"schedule": "0 17 * * *"}, "`schedule`: must hold keys and values"),
        ({"sources": [{"use": "rss"}]}, "`sources`: must hold keys and values: a name"),
        ({"publish": {"use": "folder", "path": "site"}}, "`publish` gives no lasting address"),
    ],
)
def test_what_has_the_wrong_shape_is_told_what_to_write_and_not_what_python_would_want(
    changes: dict[str, Any], said: str
) -> None:
    assert said in refusal(changed(**changes))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"title": None}, "`title` is missing"),
        ({"sources": None}, "`sources` is missing"),
        ({"sources": {}}, "`sources` is missing: only a show whose hooks bring a `story` can do without"),
        ({"channels": None}, "`channels` is missing"),
        ({"writer": []}, "`writer`: list should have at least 1 item"),
        ({"publish": {"use": "folder", "path": "site"}}, "gives no lasting address"),
        ({"editions": {"de": {"channels": ["foldr"]}}}, "there is no channel 'foldr'; did you mean `folder`?"),
        ({"editions": {"de": {"lang": "de"}}}, "there is no key `editions.de.lang`; did you mean `language`?"),
    ],
)
def test_what_is_missing_is_named(changes: dict[str, Any], said: str) -> None:
    assert said in refusal(changed(**changes))


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        (
            [{"cron": "0 9 * * *"}, {"cron": "0 9 * * *", "grase": "2h"}],
            "`schedule.1.grase`; did you mean `grace`?",
        ),
        ([{"cron": "0 9 * * *"}, {"cron": "0 9 * *"}], '`schedule.1`: "0 9 * *" has 4 fields'),
        ([{"cron": "0 9 * * *"}, {"timezone": "UTC"}], "`schedule.1.cron` is missing"),
        ("0 9 * * *", "`schedule`: must hold keys and values"),
        ({"cron": "0 9 * * *", "timezone": "Mars"}, "`schedule.timezone`: there is no time zone 'Mars'"),
    ],
)
def test_what_is_wrong_with_one_of_several_schedules_is_named_with_its_number(schedule: Any, said: str) -> None:
    assert said in refusal(changed(schedule=schedule))


def test_a_show_may_have_no_schedule_one_or_several() -> None:
    one = {"cron": "0 9 * * *"}
    found = [len(build(changed(schedule=said)).schedules) for said in (None, [], one, [one], [one, one])]

    assert [0, 0, 1, 1, 2] == found


def test_all_that_is_wrong_with_a_file_is_named_at_once_in_its_order() -> None:
    text = """\
titel: Daily update
kind: daily-new
seconds: 6000
quorum: 9
schedule: {cron: "0 17 * *", grase: 2h}
sources:
  one: {use: rss, limt: 5, weight: 100}
  two: {use: metrics, url: "${NOWHERE}"}
writer: [claud, extractive]
renderer: {use: newsdesk, patiense: 30m, frame_mode: slow}
editions:
  en: {channels: [foldr]}
  de: {seconds: 1, langage: de}
channels:
  folder: {use: folder}
  chat: {use: telegram}
publish: folder
"""
    said = refusal(text, {}).splitlines()

    assert [
        "1: there is no key `titel`; did you mean `title`?",
        "2: there is no kind 'daily-new'; did you mean 'daily-news'?",
        "3: `seconds`: input should be less than or equal to 600",
        "4: `quorum: 9` is more than the 2 sources there are",
        "5: there is no key `schedule.grase`; did you mean `grace`?",
        '5: `schedule`: "0 17 * *" has 4 fields; it needs 5: minute hour day month weekday',
        "7: `sources.one.url` is missing",
        "7: there is no key `sources.one.limt`; did you mean `limit`?",
        "7: `sources.one.weight`: input should be less than or equal to 10",
        "8: ${NOWHERE} is not set; set it in the environment or in .env",
        "9: there is no writer 'claud'; did you mean `claude`?",
        "10: `renderer.frame_mode`: input should be 'cfr' or 'vfr'",
        "10: there is no key `renderer.patiense`; did you mean `patience`?",
        "12: there is no channel 'foldr'; did you mean `folder`?",
        "13: `editions.de.seconds`: input should be greater than or equal to 10",
        "13: there is no key `editions.de.langage`; did you mean `language`?",
        "15: `channels.folder.path` is missing",
        "16: telegram cannot be used: TELEGRAM_TOKEN is not set; get one at https://t.me/BotFather",
        "17: `publish.path` is missing",
    ] == [line.removeprefix("config/daily.yaml:") for line in said]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"channels": None, "seconds": 1}, ["`channels` is missing", "`seconds`: input"]),
        ({"sources": None, "seconds": 1}, ["`seconds`: input", "`sources` is missing"]),
        ({"channels": None, "chanels": {"chat": "slack"}, "editions": {"de": {"channels": ["chat"]}}}, ["chanels"]),
        ({"sources": None, "sorces": {"a": "rss", "b": "rss"}, "quorum": 2}, ["sorces"]),
        ({"keep": "1h", "writer": ["claud"]}, ["at least 1d", "no writer 'claud'"]),
        (
            {"schedule": [{"timezone": "UTC"}, {"cron": "1 2 * *"}], "publish": "foldr"},
            ["cron", "4 fields", "foldr"],
        ),
        ({"sources": {"a b": "rss"}, "editions": {"de": {"channels": ["x"]}}}, ["`sources", "no channel 'x'"]),
        ({"channels": {"a b": "folder"}, "editions": {"de": {"channels": ["x"]}}}, ["`channels"]),
        ({"brand": "red", "alerts": "rss", "ping": 3}, ["`brand`", "no channel 'rss'", "`ping`"]),
    ],
)
def test_what_is_wrong_only_because_of_something_else_is_not_named(
    changes: dict[str, Any], said: list[str]
) -> None:
    lines = refusal(changed(**changes)).splitlines()

    assert len(said) == len(lines), lines
    for one in said:
        assert any(one in line for line in lines), (one, lines)


def test_a_missing_variable_is_named_with_its_line() -> None:
    message = refusal(GOOD, {})

    assert "config/daily.yaml:12: ${METRICS_TOKEN} is not set; set it in the environment or in .env" == message


def test_a_value_of_the_environment_is_in_no_error_and_in_no_repr() -> None:
    text = GOOD.replace("limit: 5", "limit: ${METRICS_TOKEN}")

    assert "not-a-real-token" not in refusal(text)
    assert "not-a-real-token" not in repr(build(GOOD))


def test_a_dollar_can_be_written_twice_to_stay() -> None:
    assert "Costs ${X}" == build(GOOD.replace("Daily update", "Costs $${X}")).title


def test_of_a_list_of_renderers_one_without_its_key_is_left_out_with_a_note() -> None:
    show = build(changed(renderer=["heygen", "newsdesk"], writer=["claude", "extractive"]))

    assert ["newsdesk"] == [way.name for way in show.editions[0].ways]
    assert ["extractive"] == list(show.writers)
    assert (
        "claude is left out: ANTHROPIC_API_KEY is not set; get one at https://console.anthropic.com/settings/keys",
        "heygen is left out: HEYGEN_API_KEY is not set; get one at https://app.heygen.com/settings",
    ) == show.notes


def test_a_renderer_that_is_alone_and_has_no_key_names_the_variable() -> None:
    assert "HEYGEN_API_KEY is not set" in refusal(changed(renderer="heygen"))


VOICE = {"use": "heygen", "voice_id": "daphne_german"}


def test_a_borrowed_voice_takes_its_key_from_the_environment_and_the_key_is_a_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HEYGEN_API_KEY", "hg_not_a_real_key")
    monkeypatch.setenv("HEYGEN_BASE_URL", "https://heygen.example.com")
    show = build(changed(renderer={"use": "newsdesk", "voice": VOICE}))

    voice = show.editions[0].ways[0].renderer.voice  # type: ignore[attr-defined]
    assert ("hg_not_a_real_key", "https://heygen.example.com") == (voice.key.get_secret_value(), voice.base)
    assert "hg_not_a_real_key" in show.secrets
    assert "hg_not_a_real_key" not in repr(show)


@pytest.mark.parametrize("voice", ["local", {"use": "local"}])
def test_the_voice_that_comes_along_needs_no_key(voice: Any) -> None:
    show = build(changed(renderer={"use": "newsdesk", "voice": voice}))

    assert build(changed(renderer="newsdesk")).editions[0].ways[0].renderer == show.editions[0].ways[0].renderer


@pytest.mark.parametrize(
    ("voice", "said"),
    [
        (
            VOICE,
            "newsdesk with voice heygen cannot be used: HEYGEN_API_KEY is not set; get one at https://app.heygen.com",
        ),
        ({"use": "heygen", "key": "k"}, "`renderer.voice.voice_id` is missing"),
        ("heygen", "`renderer.voice.voice_id` is missing"),
        (VOICE | {"key": "k", "speed": 3}, "`renderer.voice.speed`: input should be less than or equal to 2"),
        (VOICE | {"key": "k", "locale": "Bavaria"}, "`renderer.voice.locale`: string should match pattern"),
        (
            VOICE | {"key": "k", "voiceid": "x"},
            "there is no key `renderer.voice.voiceid`; did you mean `voice_id`?",
        ),
        ({"use": "espeak"}, "`renderer.voice`: input tag 'espeak' found using 'use' does not match"),
        ({"use": "local", "voice_id": "x"}, "there is no key `renderer.voice.voice_id`"),
    ],
)
def test_a_wrong_voice_is_named_with_its_line(voice: Any, said: str) -> None:
    message = refusal(changed(renderer={"use": "newsdesk", "voice": voice}))

    assert message.startswith("config/daily.yaml:")
    assert said in message


def test_a_bare_word_is_a_plugin_with_its_defaults(tmp_path: Path) -> None:
    assert ["newsdesk"] == [way.name for way in build(changed(renderer="newsdesk")).editions[0].ways]


def test_editions_say_only_what_is_different_and_share_out_the_channels() -> None:
    show = build(
        changed(
            channels={name: {"use": "folder", "path": name} for name in ("a", "b", "c")},
            editions={"main": {}, "de": {"language": "de", "seconds": 30, "channels": ["b"]}},
        )
    )

    described = [(one.name, one.language, one.seconds, one.channels) for one in show.editions]
    assert [("main", "en", 60, ("a", "c")), ("de", "de", 30, ("b",))] == described


def test_an_unknown_show_names_those_there_are(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "morning.yaml").write_text(GOOD)

    with pytest.raises(ConfigError, match="there is no show 'mornin'; did you mean `morning`"):
        config.load("mornin", settings.load())
    with pytest.raises(ConfigError, match="there is no show"):
        config.load("../config/morning", settings.load())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"- a list", "must hold keys and values"),
        (b"title: \xff", "is not UTF-8"),
        (b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
            b"%c: &%c [%s]\n" % (98 + n, 98 + n, b",".join([b"*%c" % (97 + n)] * 9)) for n in range(8)
        ), "holds too much"),
        (b"a: " + b"[" * 1000 + b"]" * 1000, "nested too deeply"),
        (b"a: " + b"[" * 100_000, "nested too deeply"),
        (b"a:\n " + b"- " * 100_000, "nested too deeply"),
        (b"title: " + b"x" * 2_000_000, "is larger than"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_show_is_a_plain_sentence(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_bytes(content)

    with pytest.raises(ConfigError, match=said):
        yamlfile.read(path, {})


def test_settings_are_read_from_the_environment_and_from_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("BROADCAST_DATA_DIR=from-file\nMETRICS_TOKEN=from-file\n")
    monkeypatch.setenv("BROADCAST_CONFIG_DIR", "from-environment")

    known = settings.load()

    assert ("from-file", "from-environment") == (str(known.broadcast_data_dir), str(known.broadcast_config_dir))
    assert "from-file" == known.variables["METRICS_TOKEN"]
    assert known.database_url.endswith("from-file/broadcast.db")


def test_a_hook_that_cannot_be_read_does_not_leave_the_show_without_stories() -> None:
    hook = {"verify": "token", "secret": "${HOOK_TOKEN}", "story": {"title": "{action}"}}
    text = changed(sources=None, quorum=None, schedule=None, hooks={"release": hook})

    message = refusal(text)

    assert "${HOOK_TOKEN} is not set" in message
    assert "`sources`" not in message


@pytest.mark.parametrize("key", ["run", "day", "month"])
def test_a_budget_has_a_run_a_day_and_a_month(key: str) -> None:
    assert Budget(**{key: 5}) == build(GOOD + f"budget: {{{key}: 5}}\n").budget
    for wrong, said in (
        ("-1", "greater than or equal to 0"),
        (".inf", "finite"),
        (".nan", "finite"),
        ("five", "must be a number"),
    ):
        message = refusal(GOOD + f"budget: {{{key}: {wrong}}}\n")
        assert f"daily.yaml:22: `budget.{key}`" in message
        assert said in message
    assert f"did you mean `{key}`?" in refusal(GOOD + f"budget: {{{key}s: 5}}\n")


def test_a_show_says_what_it_would_rather_tell_and_an_edition_may_say_otherwise() -> None:
    feeds = {
        "a": {"use": "rss", "url": "https://a.example/rss", "weight": 2},
        "b": {"use": "rss", "url": "https://b.example/"},
    }
    editions = {"main": {}, "sport": {"topics": {"want": ["cup"]}, "per_source": 1, "channels": ["phone"]}}
    channels = {"folder": {"use": "folder", "path": "out"}, "phone": {"use": "folder", "path": "phone"}}
    topics = {"want": ["ai"], "avoid": ["gossip"]}

    show = build(
        changed(
            sources=feeds,
            topics=topics,
            per_source=2,
            updates=False,
            editions=editions,
            channels=channels,
            quorum=1,
        )
    )

    main, sport = (edition.taste for edition in show.editions)
    assert ({"a": 2.0, "b": 1.0}, False) == (show.weights, show.updates)
    assert (("ai",), ("gossip",), 2) == (main.want, main.avoid, main.per_source)
    assert (("cup",), (), 1) == (sport.want, sport.avoid, sport.per_source)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sources": {"a": {"use": "rss", "url": "https://a.example/", "weight": 0}}}, "sources.a.weight"),
        ({"sources": {"a": {"use": "rss", "url": "https://a.example/", "wieght": 2}}}, "did you mean `weight`?"),
        ({"topics": {"wants": ["ai"]}}, "did you mean `want`?"),
        ({"topics": {"avoid": [""]}}, "topics.avoid"),
        ({"topics": ["ai"]}, "`topics`"),
        ({"per_source": 0}, "`per_source`"),
        ({"updates": "often"}, "`updates`"),
    ],
)
def test_a_preference_that_cannot_be_meant_is_named(change: dict[str, Any], said: str) -> None:
    assert said in refusal(changed(**change))
