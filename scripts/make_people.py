"""Makes fixtures/data/people.csv: names and companies by locale, drawn once with Faker 40.54.0.

Run by `make data`. If names were drawn at run time, the same seed would give other people after a release of
Faker, and every start would take a quarter of a second longer.
"""

import argparse
import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from anyascii import anyascii
from faker import Faker

OUT = Path(__file__).parent.parent / "fixtures" / "data" / "people.csv"
SEED = 20_260_206
PEOPLE_PER_LOCALE = 120
LOCALES = (
    *("ar_AA", "cs_CZ", "da_DK", "de_DE", "el_GR", "en_GB", "en_IN", "en_US", "es_ES", "es_MX", "fi_FI"),
    *("fr_FR", "he_IL", "hu_HU", "id_ID", "it_IT", "ja_JP", "ko_KR", "nl_NL", "no_NO", "pl_PL", "pt_BR"),
    *("pt_PT", "ro_RO", "ru_RU", "sv_SE", "th_TH", "tr_TR", "uk_UA", "vi_VN", "zh_CN", "zh_TW"),
)
# In these locales the family name comes first.
FAMILY_FIRST = frozenset({"hu_HU", "ja_JP", "ko_KR", "vi_VN", "zh_CN", "zh_TW"})
# In these locales there is no space between family name and given name.
UNSPACED = frozenset({"ko_KR", "zh_CN", "zh_TW"})


class Person(NamedTuple):
    """A row of the file; `handle` is the name in an e-mail address."""

    locale: str
    name: str
    handle: str
    company: str


def main() -> None:
    """Writes the file, and prints its name."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT)
    out = parser.parse_args().out
    people = [person for locale in LOCALES for person in make_people(locale)]
    with out.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(Person._fields)
        rows.writerows(people)
    print(f"{out}: {len(people)} people in {len(LOCALES)} locales")


def make_people(locale: str) -> list[Person]:
    """Returns people of a locale, with distinct names and distinct handles."""
    fake = Faker(locale)
    fake.seed_instance(f"{SEED}/{locale}")
    people: dict[str, Person] = {}
    for name, handle in _names(fake, locale):
        if name not in {person.name for person in people.values()}:
            people.setdefault(handle, Person(locale, name, handle, _company(fake, locale)))
        if len(people) == PEOPLE_PER_LOCALE:
            break
    return list(people.values())


def _names(fake: Faker, locale: str) -> Iterator[tuple[str, str]]:
    """Yields pairs of a name and a handle, without end. The names have no titles."""
    while True:
        if locale == "ja_JP":
            given, given_latin = _pair(fake.first_name_pair())
            family, family_latin = _pair(fake.last_name_pair())
        else:
            # The sex is drawn first, since in many languages the family name depends on it.
            woman = fake.boolean()
            given = given_latin = fake.first_name_female() if woman else fake.first_name_male()
            family = family_latin = fake.last_name_female() if woman else fake.last_name_male()
        handle = ".".join(filter(None, (_slug(given_latin), _slug(family_latin))))
        if re.fullmatch(r"[a-z0-9]+\.[a-z0-9]+", handle):
            yield _joined(locale, given, family), handle


def _pair(names: tuple[str, str, str]) -> tuple[str, str]:
    """Returns a Japanese name in kanji and in Latin letters."""
    own, _, latin = names
    return own, latin


def _joined(locale: str, given: str, family: str) -> str:
    parts = (family, given) if locale in FAMILY_FIRST else (given, family)
    return _plain(("" if locale in UNSPACED else " ").join(parts))


def _company(fake: Faker, locale: str) -> str:
    """Returns a company's name. Russian names are made here, because some of Faker's are real companies."""
    if locale == "ru_RU":
        return f"{fake.company_prefix()} «{fake.last_name_male()}»"
    return _plain(fake.company())


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", anyascii(text).lower())


def _plain(text: str) -> str:
    """Returns the text in one line, without superfluous spaces."""
    return " ".join(text.split())


if __name__ == "__main__":
    main()
