"""Foreign text made fit to be spoken, without changing a word of it. Pure.

What comes out is always a span of what came in: a sentence that would have to be repaired is left out instead.
"""

import re
import unicodedata
from functools import lru_cache

from broadcast.text import clean

#: Characters of a story that are read. Sources hand over less; a hostile one may not cost more.
READ = 12_000

#: Scripts that put no spaces between words.
UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
DENSE = re.compile(rf"[{UNSPACED}\uac00-\ud7af]")
TAG = re.compile(r"</?[a-zA-Z][^<>]{0,400}>|<!--.{0,400}?-->")

PLAIN = dict.fromkeys("‘’‚‛‹›′`´", "'") | dict.fromkeys("“”„‟«»″", '"') | dict.fromkeys("‐‑‒–—―−", "-")
CURLY = re.compile(f"[{''.join(PLAIN)}]")  # ten times as fast as str.translate on a long text

ENDS = re.compile(r"[.!?。！？।॥؟۔]+[\"'”’»›）)」』]*$")
CUT = re.compile(r"(?:\.\.\.|…|\[\s*…\s*\]|\[\.\.\.\])[\"'”’»)\]]*\s*[.]?$")

#: "LONDON (Reuters) - ", "BERLIN, Nov 23 — ", "(AP) — ", "BRUSSELS: ", and the number of a list's entry.
DATELINE = re.compile(
    r"^(?:[A-Z][A-Z.'/ -]{2,30}(?:,\s[^-–—()]{2,25})?\s*(?:\([^()]{2,30}\)\s*)?|\([^()]{2,30}\)\s*)[-–—]+\s+(?=\S)"
    r"|^[A-Z]{4,}(?:\s[A-Z]{3,}){0,2}:\s+|^\d{1,2}(?:[.)]|\s?[-–])\s+(?=[^\W\d])"
)
MARKED = re.compile(r"^\s*(?:\[[^\[\]]{1,40}\]\s*)+|(?:\s*\[[^\[\]]{1,40}\])+\s*$")
SYMBOL = ("So", "Sk", "Cs", "Co", "Cn")

#: A number as it stands in a sentence, with what it counts in: "$98,765.40,", "12.5%", "(+3", "№5" is none.
WRITTEN = re.compile(
    r"[(\"'“„«]?[-+−]?[$€£¥₹]?\d{1,3}(?:[.,'’]?\d{3})*(?:[.,]\d+)?(?:%|pc|bn|m|k|st|nd|rd|th|[€£°])?[)\"'”“»]?[.,;:!?]*"
)
#: A remark in brackets, and text with holes in it.
ASIDE = re.compile(r"^[(（].*[)）]$|\s[.,](?:\s|$)")

#: Sentences that feeds put around a story: calls to go on reading, credits, notices.
BOILERPLATE = re.compile(
    r"\b(?:continue reading|read more|read the (?:full|rest)|keep reading|sign up(?!s)|newsletter (?:sign|here)"
    r"|(?:our|my|this|free|daily|weekly) newsletter|subscribe\b|subscribing to (?:my|our|the|this)|click here"
    r"|follow us|all rights reserved|appeared first on|originally (?:appeared|published)|cookies? policy"
    r"|advertisement|sponsored by|affiliate|share this|leave a comment|view (?:comments|this email)|comments? url"
    r"|photo(?:graph)?s?(?: by| credit)|image credit|getty images|table of contents|thanks for reading"
    r"|last updated|min(?:ute)?s? read|download the app|watch the video|listen to|listen now"
    r"|in this (?:post|article|video|tutorial)"
    r"|weiterlesen|jetzt abonnieren|mehr zum thema|zum artikel|lire la suite|abonnez-vous|seguir leyendo|leer más"
    r"|suscríb|leia mais|continue lendo|inscreva-se|leggi (?:tutto|anche)|continua a leggere|iscriviti"
    r"|lees (?:meer|verder))"
    r"|^(?:by|von|par|por|di|door|photo|image|video|source|related|note|tags?|update|edit|credits?|figure|fig\.?)\s*:"
    r"|और पढ़ें|続きを読む|この記事は|阅读全文|点击|来源：|責任編輯|责任编辑",
    re.IGNORECASE,
)


@lru_cache(maxsize=256)
def base(language: str) -> str:
    """Return the language of a tag without its country or script: "pt" of "pt-BR"."""
    return re.split(r"[-_]", language.lower())[0]


def lines(text: str) -> list[str]:
    """Return the paragraphs of *text*, each on one line. A tag that was left in it ends a paragraph."""
    parted = TAG.sub("\n", text[:READ])
    return [line for line in (clean(line, len(line)) for line in parted.splitlines()) if line]


@lru_cache(maxsize=256)
def fold(text: str) -> str:
    """Return *text* so that two spellings of the same words are equal: quotes, dashes, width, case, spaces."""
    visible = " ".join(clean(line, len(line)) for line in text.splitlines())
    plain = straight(unicodedata.normalize("NFKC", straight(visible)))
    return " ".join(plain.casefold().split())


def straight(text: str) -> str:
    """Return *text* with the quotes and dashes that a keyboard has."""
    return CURLY.sub(lambda match: PLAIN[match[0]], text)


@lru_cache(maxsize=512)  # a story's are counted for each of its sentences that is looked at
def words(text: str) -> int:
    """Return how many words *text* has; scripts without spaces count three characters as one."""
    dense = len(DENSE.findall(text))
    return len(re.findall(r"\w+(?:['’.,-]\w+)*", DENSE.sub(" ", text))) + -(-dense // 3)


def speakable(sentence: str) -> str:
    """Return the span of *sentence* that can be said, or "" where it is no whole sentence of running text."""
    said = _trimmed(DATELINE.sub("", sentence.strip()))
    if not ENDS.search(said) or CUT.search(said) or BOILERPLATE.search(said):
        return ""
    if words(said) < 4 or said[0].islower() or not balanced(said) or ASIDE.search(said):
        return ""
    return said if _prose(said) else ""


def headline(title: str, publisher: str = "") -> str:
    """Return the span of *title* that can be said as a sentence, without a mark at its end where it has none.

    The name of its site, which many titles end with, is left out. A cut title is "".
    """
    said = _trimmed(clean(TAG.sub(" ", title), 300))
    if publisher:
        said = re.sub(rf"\s*[-–—|:·»]\s*{re.escape(publisher)}\s*$", "", said, flags=re.IGNORECASE)
    said = re.split(r"\s+[|»·]\s+", said)[0].strip()
    return "" if CUT.search(said) or not re.search(r"[^\W\d_]{2}", said) else said


def stripped(title: str) -> str:
    """Return the words of *title* without what cannot be said: addresses, brackets, signs of code and layout.

    For a story that has nothing else. It is no longer verbatim, so its quote has to be.
    """
    said = re.sub(r"https?:\S+|www\.\S+|\[[^\[\]]*\]|\(\)|\.\.\.|…", " ", clean(TAG.sub(" ", title), 300))
    said = re.sub(r"(?<!\w)(?:--?|[@#])(?=\w)|[`*~^\\{}<>\[\]]", "", said)
    said = re.sub(r"\s*\|+\s*", ", ", re.sub(r"[_=]+", " ", said))
    return headline(" ".join(said.split()))


def closed(text: str, language: str) -> str:
    """Return *text* with a mark at its end."""
    if re.search(r"[.!?。！？।॥؟۔…][\"'”’»›）)」』]*$", text):
        return text
    return text.rstrip(" ,;:–—-") + {"ja": "。", "zh": "。", "hi": "।"}.get(language, ".")


def balanced(text: str) -> bool:
    """Say whether every quotation and bracket that begins in *text* ends there."""
    if any(text.count(one) != text.count(other) for one, other in zip("“(（「『《", "”)）」』》", strict=True)):
        # German closes with the mark that English opens with.
        return text.count("„") == text.count("“") > 0 == text.count("”") and text.count("(") == text.count(")")
    return text.count('"') % 2 == 0 and text.count("«") == text.count("»")


def _trimmed(text: str) -> str:
    """Return *text* without marks in square brackets, bullets and pictures at its ends."""
    text = MARKED.sub("", text)
    start, end = 0, len(text)
    while start < end and (
        text[start] in " *•·-–—>|:#=~\ufe0f\u200d" or unicodedata.category(text[start]) in SYMBOL
    ):
        start += 1
    while end > start and (text[end - 1] in " *•·|=~\ufe0f\u200d" or unicodedata.category(text[end - 1]) in SYMBOL):
        end -= 1
    return text[start:end]


def _prose(text: str) -> bool:
    """Say whether *text* is mostly letters, or tells of numbers, and is neither shouted nor a table."""
    letters = sum(character.isalpha() or unicodedata.category(character) in ("Mn", "Mc") for character in text)
    capitals = sum(character.isupper() for character in text)
    longest = max((len(word) for word in DENSE.sub(" ", text).split()), default=0)
    size = len(text.replace(" ", ""))
    return (letters >= 0.65 * size or _counts(text, letters, size)) and capitals <= 0.5 * letters and longest <= 50


def _counts(text: str, letters: int, size: int) -> bool:
    """Say whether *text* is a sentence with numbers: each as people write them, and fewer than its words."""
    numbers = [word for word in text.split() if any(character.isdigit() for character in word)]
    digits = sum(character.isdigit() for character in text)
    said = len(re.findall(r"[^\W\d_]{2,}", text))
    return letters + digits >= 0.7 * size and said > max(2, len(numbers)) and all(map(WRITTEN.fullmatch, numbers))
