"""What the answer to "Where does this number come from?" says beside the data: words, and names of registries.

Comes in: the site's registries. Goes out: one script, which the extension's `number.js` loads when a reader asks. Texts
of the catalogues and names only: every number of an answer comes from the open data.
"""

from __future__ import annotations

import json

from kvalreg.report.not_shown import FOOTNOTES
from kvalreg.report.wording import LANGUAGES, words
from kvalreg.site.content import Content, Site
from kvalreg.statistics.funnel import MIN_COVERAGE

NUMBER_WORDS = "tall.js"
"""Its address on the site. A script, since a page opened from a disk may not fetch."""
_BEGINS = "window.kvNumbers="


def number_words(site: Site) -> Content:
    """The words as a script."""
    registries = {
        one.id: {"name": one.name, "language": one.language} for one in (s.published.registry for s in site.shown)
    }
    told = {"words": catalogues(), "coverage": round(MIN_COVERAGE * 100), "registries": registries}
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return Content(files={NUMBER_WORDS: f"{_BEGINS}{text};\n".encode()})


def catalogues() -> dict[str, dict[str, str]]:
    """The texts by language: those of the answer itself, and why a result is not shown."""
    return {language: _texts(language) for language in LANGUAGES}


def _texts(language: str) -> dict[str, str]:
    say = words(language)
    texts = {key: str(text) for key, text in say.catalogue["number"].items()}
    states = [status for status, code in FOOTNOTES.items() if code]
    texts |= {key: say.forms(f"states.{key}")[0] for status in states for key in (status.value, f"{status}_note")}
    return texts | {key: say(f"message.{key}") for key in ("caregiver", "resident")} | {"nation": say("units.nation")}
