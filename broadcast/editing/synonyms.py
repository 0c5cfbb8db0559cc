"""Words that headlines put in each other's place and mean the same by: "strikes" and "hits". Pure.

Where a headline is another one with a word in place of another, it is of another event unless both words are known
here: nearly every word can stand in a place of a headline and change what it says. All languages are looked at
together.
"""

from functools import lru_cache

SHORT = 3  #: characters of what only a whole word is
#: Groups of words, and of what words begin with: see `_fits`.
GROUPS = tuple(
    tuple(group.split())
    for group in (
        # English
        "strik struck hit hits rock shak jolt rattl",
        "break broke shatter smash",
        "halt stop suspend paus",
        "clos shut shutter",
        "buy buys bought acquir purchas takeover",
        "kill dead dies died death deadly fatal",
        "cut cuts slash axe axes axing reduc trim shed",
        "fall fell drop slid sink sank slump plung tumbl",
        "rise rose climb jump increas grow grew surg soar",
        "win wins won take takes took claim secur land clinch",
        "find found discover uncover unearth detect spot",
        "unveil reveal present show",
        "fire blaze flame burn",
        "arrest detain held custody",
        "approv pass passes passed clear",
        "resign quit step",
        "ban bans banned outlaw prohibit",
        "begin began start launch kick",
        "near close outside",
        "plane jet jets aircraft airliner",
        "ship vessel ferry boat",
        "quake earthquake tremor",
        "thousand hundred dozen",
        "order tell told urge urges urged",
        "job jobs post posts position worker",
        # German
        "brand großbrand feuer flamme",
        "tot tote toter toten getötet stirbt starb sterben gestorben todesopfer",
        "streich baut abbau",
        "kauf kauft übernimm übernahm",
        "schließ schloss dicht",
        "sink sank gesunken fäll fiel gefallen",
        "steig stieg gestiegen kletter wächst gewachsen",
        "gewinn gewann holt holte sieg siegt siegte",
        "find gefunden entdeck",
        "festgenommen verhaft festnahm",
        "unfall unglück",
        "beschließ beschloss beschlossen billig verabschied",
        "zurück rücktritt",
        # Spanish
        "muer fallec",
        "incend fuego llamas",
        "sube suben subió subida aument crec",
        "baja bajan bajó cae caen cayó descien abarat",
        "deten arrest",
        "gana ganan ganó venc conquist premio",
        "hall descub descubr encontr encuentr",
        "cierr cerrar cierre claus",
        "terremoto seísmo sismo",
        "aprueb aprob aval",
        "cerca cercanías aguas junto",
        # French
        "mort meurt décè décéd",
        "incend feu flamm",
        "haus augment grimp",
        "baiss recul chut",
        "arrêt interpel",
        "gagn remport",
        "découv trouv",
        "séisme tremblement",
    )
)


def same(one: str, other: str) -> bool:
    """Say whether two words in lower case may mean the same in a headline."""
    return not _groups(one).isdisjoint(_groups(other))


@lru_cache(maxsize=20_000)
def _groups(word: str) -> frozenset[int]:
    return frozenset(number for number, group in enumerate(GROUPS) if any(_fits(word, stem) for stem in group))


def _fits(word: str, stem: str) -> bool:
    """Say whether *word* is *stem*, inflected: a short one stands for itself ("win" is not in "winter")."""
    return word == stem or (
        len(stem) > SHORT and word.startswith(stem) and len(word) - len(stem) <= (3 if len(stem) < 6 else 6)
    )
