"""The tables of the journal's database, and how older ones are brought up to date."""

import sqlalchemy as sa

metadata = sa.MetaData()

runs = sa.Table(
    "run",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("show", sa.Text, nullable=False),
    sa.Column("slot", sa.Text, nullable=False),
    sa.Column("options", sa.Text, nullable=False),
    sa.Column("status", sa.Text),  # none: never came to an end
    sa.Column("held", sa.Boolean, nullable=False),  # only a person can take it further
    sa.Column("closed", sa.Boolean, nullable=False),  # never taken up again
    sa.Column("report", sa.Text),
    sa.Column("owner", sa.Text),
    sa.Column("epoch", sa.Integer, nullable=False),  # counts the owners: the fence
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("closes", sa.Float, nullable=False),  # a failed run is retried until then
)
workers = sa.Table(
    "worker",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("lock", sa.Text, nullable=False),  # a file that is locked while the process lives
    sa.Column("lease", sa.Float, nullable=False),  # thought alive until then
)
items = sa.Table(
    "item",
    metadata,
    sa.Column("run", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("deed", sa.Text, nullable=False),  # step | once
    sa.Column("state", sa.Text, nullable=False),  # intent -> done, or intent -> gone
    sa.Column("result", sa.Text),
    sa.Column("kept", sa.Text, nullable=False),
    sa.Column("begun", sa.Float, nullable=False),
    sa.Column("ended", sa.Float),
)
stories = sa.Table(
    "story",
    metadata,
    sa.Column("show", sa.Text, primary_key=True),
    sa.Column("identity", sa.Text, primary_key=True),
    sa.Column("run", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),  # reserved -> told | passed, or reserved -> owed -> gone
    sa.Column("story", sa.Text, nullable=False),
    sa.Column("noted", sa.Float),  # when it was reserved; none in rows of older versions
    sa.Column("memory", sa.Text),  # what is remembered of the story, in one row for each
)
memories = sa.Table(
    "memory",
    metadata,
    sa.Column("scope", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

berths = sa.Table(
    "berth",
    metadata,
    sa.Column("account", sa.Text, primary_key=True),  # a key of a service, as a digest
    sa.Column("item", sa.Text, primary_key=True),  # run and deed
    sa.Column("show", sa.Text, nullable=False),
    sa.Column("slot", sa.Float, nullable=False),
    sa.Column("asked", sa.Float, nullable=False),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("taken", sa.Boolean, nullable=False),
)

spending = sa.Table(
    "spending",
    metadata,
    sa.Column("run", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),  # of the deed that costs it
    sa.Column("show", sa.Text, nullable=False),
    sa.Column("what", sa.Text, nullable=False),  # render, speech, script
    sa.Column("reserved", sa.Float, nullable=False),  # USD
    sa.Column("actual", sa.Float),  # USD; none: not known yet
    sa.Column("at", sa.Float, nullable=False),  # when it was reserved
)

pauses = sa.Table(
    "pause",
    metadata,
    sa.Column("show", sa.Text, primary_key=True),
    sa.Column("since", sa.Float, primary_key=True),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("until", sa.Float),  # none: it goes on
    sa.Column("ended_by", sa.Text),
)

cancels = sa.Table(
    "cancel",  # runs that are to stop and that somebody still airs
    metadata,
    sa.Column("run", sa.Text, primary_key=True),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("via", sa.Text, nullable=False),  # console, command line, …
    sa.Column("deed", sa.Text, nullable=False),
    sa.Column("show", sa.Text, nullable=False),
    sa.Column("run", sa.Text, nullable=False),
    sa.Column("item", sa.Text, nullable=False),
    sa.Column("said", sa.Text, nullable=False),  # what the person said with it
    sa.Column("outcome", sa.Text),  # done | failed; none: not known yet
    sa.Column("words", sa.Text, nullable=False),  # what came of it
    sa.Column("ended", sa.Float),
)

approvals = sa.Table(
    "approval",
    metadata,
    sa.Column("run", sa.Text, primary_key=True),
    sa.Column("gate", sa.Text, primary_key=True),  # script/EDITION | video/EDITION
    sa.Column("token", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),  # signs the links by which it is answered
    sa.Column("asked", sa.Float, nullable=False),
    sa.Column("ends", sa.Float, nullable=False),
    sa.Column("fallback", sa.Text, nullable=False),  # the answer where nobody gives one
    sa.Column("verdict", sa.Text),  # approved | rejected; none: not answered yet
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("via", sa.Text, nullable=False),
    sa.Column("said", sa.Text, nullable=False),
    sa.Column("script", sa.Text),  # as it was edited
    sa.Column("at", sa.Float),
)

#: One tuple of statements a version. Never edit one that has been released: add another.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE run (
            id TEXT PRIMARY KEY, show TEXT NOT NULL, slot TEXT NOT NULL, options TEXT NOT NULL, status TEXT,
            held BOOLEAN NOT NULL, closed BOOLEAN NOT NULL, report TEXT, owner TEXT, epoch INTEGER NOT NULL,
            created DOUBLE PRECISION NOT NULL, closes DOUBLE PRECISION NOT NULL)""",
        "CREATE INDEX run_by_show ON run (show, slot)",
        """CREATE TABLE worker (
            id TEXT PRIMARY KEY, host TEXT NOT NULL, lock TEXT NOT NULL, lease DOUBLE PRECISION NOT NULL)""",
        """CREATE TABLE item (
            run TEXT NOT NULL, key TEXT NOT NULL, deed TEXT NOT NULL, state TEXT NOT NULL, result TEXT,
            kept TEXT NOT NULL, begun DOUBLE PRECISION NOT NULL, ended DOUBLE PRECISION, PRIMARY KEY (run, key))""",
        """CREATE TABLE story (
            show TEXT NOT NULL, identity TEXT NOT NULL, run TEXT NOT NULL, state TEXT NOT NULL,
            story TEXT NOT NULL, PRIMARY KEY (show, identity))""",
        "CREATE INDEX story_by_run ON story (run)",
        """CREATE TABLE memory (
            scope TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (scope, name))""",
    ),
    (
        """CREATE TABLE berth (
            account TEXT NOT NULL, item TEXT NOT NULL, show TEXT NOT NULL, slot DOUBLE PRECISION NOT NULL,
            asked DOUBLE PRECISION NOT NULL, owner TEXT NOT NULL, taken BOOLEAN NOT NULL,
            PRIMARY KEY (account, item))""",
    ),
    (
        """CREATE TABLE spending (
            run TEXT NOT NULL, key TEXT NOT NULL, show TEXT NOT NULL, what TEXT NOT NULL,
            reserved DOUBLE PRECISION NOT NULL, actual DOUBLE PRECISION, at DOUBLE PRECISION NOT NULL,
            PRIMARY KEY (run, key))""",
        "CREATE INDEX spending_by_show ON spending (show, at)",
    ),
    (
        "ALTER TABLE story ADD COLUMN noted DOUBLE PRECISION",
        "ALTER TABLE story ADD COLUMN memory TEXT",
    ),
    (
        """CREATE TABLE pause (
            show TEXT NOT NULL, since DOUBLE PRECISION NOT NULL, "by" TEXT NOT NULL, until DOUBLE PRECISION,
            ended_by TEXT, PRIMARY KEY (show, since))""",
        """CREATE TABLE cancel (run TEXT NOT NULL PRIMARY KEY, "by" TEXT NOT NULL, at DOUBLE PRECISION NOT NULL)""",
        """CREATE TABLE audit (
            id TEXT PRIMARY KEY, at DOUBLE PRECISION NOT NULL, who TEXT NOT NULL, via TEXT NOT NULL,
            deed TEXT NOT NULL, show TEXT NOT NULL, run TEXT NOT NULL, item TEXT NOT NULL, said TEXT NOT NULL,
            outcome TEXT, words TEXT NOT NULL, ended DOUBLE PRECISION)""",
        "CREATE INDEX audit_by_at ON audit (at)",
        "CREATE INDEX audit_by_run ON audit (run, at)",
        "CREATE INDEX run_by_slot ON run (slot, id)",
        "CREATE INDEX run_by_status ON run (status, slot, id)",
        "CREATE INDEX run_lately ON run (show, slot, id, status)",
        "CREATE INDEX spending_by_at ON spending (at)",
        "CREATE INDEX spending_by_month ON spending (show, at, what, actual, reserved)",
        "CREATE INDEX run_held ON run (slot) WHERE held",
        "CREATE INDEX item_open ON item (run) WHERE state = 'intent'",
    ),
    (
        """CREATE TABLE approval (
            run TEXT NOT NULL, gate TEXT NOT NULL, token TEXT NOT NULL UNIQUE, "key" TEXT NOT NULL,
            asked DOUBLE PRECISION NOT NULL, ends DOUBLE PRECISION NOT NULL, fallback TEXT NOT NULL, verdict TEXT,
            who TEXT NOT NULL, via TEXT NOT NULL, said TEXT NOT NULL, script TEXT, at DOUBLE PRECISION,
            PRIMARY KEY (run, gate))""",
        "CREATE INDEX approval_open ON approval (ends) WHERE verdict IS NULL",
        "CREATE INDEX approval_by_at ON approval (at)",
    ),
)
