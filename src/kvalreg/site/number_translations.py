"""The texts of "Where does this number come from?": translations, and names of registries.

Input: the site's registries. Output: one script, which the extension's `number.js` loads when a reader asks about a
number. It holds translations and names only: every number in the explanation comes from the open data.
"""

from __future__ import annotations

import json

from kvalreg.report.footnotes import FOOTNOTE_CODES
from kvalreg.report.translation import LANGUAGES, get_translator
from kvalreg.site.site_model import Site, SiteOutput
from kvalreg.statistics.funnel import MIN_COVERAGE

NUMBER_TRANSLATIONS = "tall.js"
"""The script's address on the site; a script, since a page opened from disk may not fetch JSON."""
_SCRIPT_PREFIX = "window.kvNumbers="


def generate_number_translations(site: Site) -> SiteOutput:
    """The translations as a script."""
    registries = {
        registry.id: {"name": registry.name, "language": registry.language}
        for registry in (published_registry.published.registry for published_registry in site.registries)
    }
    data = {"words": texts_by_language(), "coverage": round(MIN_COVERAGE * 100), "registries": registries}
    # with `<` escaped no text can end a script element
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return SiteOutput(files={NUMBER_TRANSLATIONS: f"{_SCRIPT_PREFIX}{text};\n".encode()})


def texts_by_language() -> dict[str, dict[str, str]]:
    """The texts by language: those of the explanation itself, and why a result is not shown."""
    return {language: _texts(language) for language in LANGUAGES}


def _texts(language: str) -> dict[str, str]:
    translator = get_translator(language)
    texts = {key: str(text) for key, text in translator.catalogue["number"].items()}
    # a state is a sentence that may depend on a count: the scripts need its singular alone
    states = [status for status, code in FOOTNOTE_CODES.items() if code]
    texts |= {
        key: translator.plural_forms(f"states.{key}")[0]
        for status in states
        for key in (status.value, f"{status}_note")
    }
    return (
        texts
        | {key: translator(f"message.{key}") for key in ("caregiver", "resident")}
        | {"nation": translator("units.nation")}
    )
