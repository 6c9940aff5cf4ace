"""Finding an answer by what somebody typed: word by word, with typing slips and other words for the same thing."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log

from rapidfuzz import fuzz, process

from portal.help.answers import Answer

SLIP = 78  # of 100: two words that are less alike are two words
LONG, ALIKE = 7, 88  # letters, and of 100: so long and so like a word that means the same as another, it is that word
FITS = 0.34  # of 1: below this an answer is about something else
NEAR_BEST = 0.5  # of the best one's score: what is further behind only fills the page
MOST = 6
WHOLE = 0.1  # what it adds when the whole question was asked
PARTS = (("question", 1.0), ("also", 0.95), ("words", 0.5))  # where a word stands, and what it is worth there

STOP = frozenset(re.findall(
    r"\w+", "a about after am an and any are at be been but by can cant could did do does dont for from get got had has have "
    "he how i if im in into is it its ive just me my now of on or our please so than that the their them then there they this "
    "to too was we what when where which who why will with would you your"))
# Words of a line mean the same here; the first is what the others are read as.
SAME = {other: line.split()[0] for line in (
    "fuel gas gasoline petrol diesel refuel refill fill pump",
    "ticket fine citation speeding redlight",
    "accident crash collision wreck hit bump",
    "insurance insured insurer deductible excess cover covered liability",
    "phone telephone hotline call ring",
    "person human agent somebody someone operator",
    "licence license permit",
    "price cost rate expensive cheap tariff",
    "unlock open opens",
    "car vehicle auto",
    "lot location station place neighborhood neighbourhood area",
    "leave quit close delete terminate",
    "charge charged billed",
    "lost forgot forgotten lose",
    "dirty filthy unclean mess messy",
    "late overdue delay delayed",
    "tire tyre puncture flat breakdown",
) for other in line.split()}


@dataclass(frozen=True, slots=True)
class Found:
    """An answer that fits, and the sentence of it that fits best."""

    answer: Answer
    passage: str


def find_answers(among: Sequence[Answer], typed: str) -> list[Found]:
    """Those that fit what was typed, the best first; none when no word of it is in any."""
    asked = list(dict.fromkeys(words_of(typed)))
    known = [_worth(answer) for answer in among]
    hits = {word: [_best(word, worth) for worth in known] for word in asked}
    # A word that many answers have says little; one that none has says that this may not be here.
    weight = {word: log((len(among) + 1) / (sum(1 for hit in of if hit) + 1)) + 0.1 if any(of) else 1.0
              for word, of in hits.items()}
    whole = sum(weight.values())
    if not whole:
        return []
    scores = [sum(weight[word] * hits[word][at] for word in asked) / whole + WHOLE * _asked_of(answer.question, asked)
              for at, answer in enumerate(among)]
    least = max(FITS, NEAR_BEST * max(scores, default=0))
    ranked = sorted(((score, -at) for at, score in enumerate(scores) if score >= least), reverse=True)
    return [Found(among[-at], passage_of(among[-at].words, asked)) for _score, at in ranked[:MOST]]


def words_of(text: str) -> list[str]:
    """The words that say something, each as its plain form."""
    found = re.findall(r"[a-z0-9]+", text.casefold().replace("’", "").replace("'", ""))
    return [_plain(word) for word in found if word not in STOP]


def passage_of(words: str, asked: Sequence[str]) -> str:
    """The sentence with most of what was asked; the first when none has any."""
    sentences = re.split(r"(?<=[.?!])\s+", words)
    return max(sentences, key=lambda sentence: sum(_best(word, dict.fromkeys(words_of(sentence), 1.0)) for word in asked))


def _asked_of(question: str, asked: Sequence[str]) -> float:
    """Which part of a question's words was asked, from 0 to 1."""
    words = set(words_of(question))
    return len(words & set(asked)) / len(words) if words else 0


def _plain(word: str) -> str:
    if word in SAME:
        return SAME[word]
    if len(word) >= LONG and (slip := process.extractOne(word, list(SAME), scorer=fuzz.ratio, score_cutoff=ALIKE)):
        return SAME[slip[0]]
    for ending in ("ling", "ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            bare = word.removesuffix(ending)
            return SAME.get(bare, SAME.get(f"{bare}e", bare))
    return word


def _worth(answer: Answer) -> dict[str, float]:
    """Each word of an answer, and what finding it is worth."""
    found: dict[str, float] = {}
    for part, worth in PARTS:
        for word in words_of(getattr(answer, part)):
            found[word] = max(found.get(word, 0), worth)
    return found


def _best(word: str, worth: Mapping[str, float]) -> float:
    """What a typed word finds among those of an answer: itself, one that begins with it, or one a slip away."""
    if word in worth:
        return worth[word]
    if len(word) < 4:
        return 0
    return max((value * (0.9 if other.startswith(word) or (len(other) >= 4 and word.startswith(other)) else alike / 100)
                for other, value in worth.items()
                if (alike := fuzz.ratio(word, other)) >= SLIP or other.startswith(word)
                or (len(other) >= 4 and word.startswith(other))), default=0)
