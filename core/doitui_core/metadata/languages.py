"""Language codes: which DataCite keeps, which it rewrites, and which name no language.

DataCite keeps `language` as a code of two letters wherever ISO 639-1 has one, without what follows the first hyphen
(lupo's doi.rb, update_language): `deu`, `ger`, `de-AT` and `German` become `de`. `lang` of titles, names and texts
stays as it is. Both may be any tag that has the form of BCP 47, whether or not there is such a language.
"""

from __future__ import annotations

import re
from functools import lru_cache

#: Characters of a tag that are looked at.
LONGEST = 100

FORM = re.compile(r"[a-zA-Z]{1,8}(?:-[a-zA-Z0-9]{1,8})*")

#: English names of ISO 639-1 that have the form of a code.
_ENGLISH = """
Abkhaz=ab Afar=aa Albanian=sq Amharic=am Arabic=ar Aragonese=an Armenian=hy Assamese=as Avestan=ae Aymara=ay Bashkir=ba
Basque=eu Bengali=bn Bislama=bi Bosnian=bs Breton=br Burmese=my Catalan=ca Chechen=ce Chinese=zh Chuvash=cv Cornish=kw
Corsican=co Cree=cr Croatian=hr Czech=cs Danish=da Divehi=dv Dutch=nl Dzongkha=dz English=en Estonian=et Ewe=ee
Faroese=fo Fijian=fj Finnish=fi French=fr Fulah=ff Galician=gl Ganda=lg Georgian=ka German=de Greek=el Guarani=gn
Gujarati=gu Haitian=ht Hausa=ha Hebrew=he Herero=hz Hindi=hi Ido=io Igbo=ig Irish=ga Italian=it Japanese=ja Javanese=jv
Kannada=kn Kanuri=kr Kashmiri=ks Kazakh=kk Komi=kv Kongo=kg Korean=ko Kurdish=ku Lao=lo Latin=la Latvian=lv Lingala=ln
Malagasy=mg Malay=ms Maltese=mt Manx=gv Maori=mi Marathi=mr Nauru=na Navajo=nv Ndonga=ng Nepali=ne Occitan=oc Ojibwa=oj
Oriya=or Oromo=om Pali=pi Persian=fa Polish=pl Pushto=ps Quechua=qu Romanian=ro Romansh=rm Rundi=rn Russian=ru Samoan=sm
Sango=sg Sanskrit=sa Serbian=sr Shona=sn Sindhi=sd Sinhala=si Slovak=sk Somali=so Spanish=es Swahili=sw Swati=ss
Swedish=sv Tagalog=tl Tahitian=ty Tajik=tg Tamil=ta Tatar=tt Telugu=te Thai=th Tibetan=bo Tigrinya=ti Tsonga=ts
Tswana=tn Turkish=tr Turkmen=tk Twi=tw Uighur=ug Urdu=ur Uzbek=uz Venda=ve Walloon=wa Welsh=cy Wolof=wo Xhosa=xh
Yiddish=yi Yoruba=yo Zhuang=za Zulu=zu
"""
_NAMES = dict(pair.split("=") for pair in _ENGLISH.split())
#: Longer names have not the form of a code: DataCite refuses them, and people write them.
_LONGER = {"icelandic": "is", "norwegian": "no", "portuguese": "pt", "slovenian": "sl", "ukrainian": "uk"}
_BY_NAME = {name.casefold(): code for name, code in _NAMES.items()} | _LONGER

#: Known without langcodes, whose import takes a tenth of a second: most documents name no other language.
_COMMON = frozenset(_BY_NAME.values())


@lru_cache(1024)
def kept_as(text: str) -> str:
    """What DataCite keeps of `text` as the language of a resource."""
    first = text.partition("-")[0]
    if first in _COMMON:
        return first
    if len(first) == 2 and first.islower() and _is_language(first) and _two_letters(first) == first:
        return first
    if len(first) == 3 and first.islower() and _is_language(first):
        return _two_letters(first) or text
    return _NAMES.get(first[:1].upper() + first[1:], text)


@lru_cache(1024)
def is_language(text: str) -> bool:
    """Whether `text`, which has the form of a tag, begins with a language that there is."""
    first = text.partition("-")[0]
    return first in _COMMON or _is_language(first) or text[:2].lower() in ("x-", "i-")


@lru_cache(1024)
def meant_by(text: str) -> str:
    """A tag that `text` seems to mean: a language's English name, the code of its country, `en_US`. Empty: none."""
    text = text.strip()
    if FORM.fullmatch(hyphened := text.replace("_", "-")) and is_language(hyphened):
        return hyphened
    word = re.split(r"[-_ ,;/(]", text)[0]
    return _BY_NAME.get(word.casefold()) or (_of_country(word) if len(word) == 2 and word.isascii() else "")


def _is_language(code: str) -> bool:
    import langcodes

    return 2 <= len(code) <= 3 and code.isalpha() and code.isascii() and langcodes.tag_is_valid(code)


def _two_letters(code: str) -> str:
    """The code of ISO 639-1 for a code of ISO 639-1 or 639-2; empty where it has none."""
    import langcodes

    found = langcodes.Language.get(code, normalize=True).language or ""
    if len(found) != 2:
        return ""
    language = langcodes.Language.make(language=found)
    return found if code in (found, language.to_alpha3("T"), language.to_alpha3("B")) else ""


def _of_country(code: str) -> str:
    """The language most spoken in a country; empty where there is no such country."""
    import langcodes

    try:
        found = langcodes.Language.make(territory=code.upper()).maximize().language or ""
    except ValueError:
        return ""
    return "" if found in ("und", "en") and code.upper() not in ("GB", "US", "AU", "NZ", "IE") else found
