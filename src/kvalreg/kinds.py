"""The kinds of faults: each has a number that never changes, and a section in `workbench/faults.md`.

Owns the numbers. `kvalreg explain KV104` shows a kind's section, and the documentation shows them all.
"""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What sort of thing is wrong. A number is never used again for something else."""

    # files and keys: registry.yml, deliveries.yml
    FILE_UNREADABLE = "KV101"
    NOT_UTF8 = "KV102"
    TAB = "KV103"
    NOT_YAML = "KV104"
    FILE_EMPTY = "KV105"
    YAML_REFUSED = "KV106"
    KEY_TWICE = "KV107"
    KEY_MISSING = "KV108"
    KEY_UNKNOWN = "KV109"
    VALUE_WRONG = "KV110"
    KEYS_DISAGREE = "KV111"
    ID_TWICE = "KV112"
    ID_UNKNOWN = "KV113"
    FOLDER_NAME = "KV114"
    NO_DESCRIPTOR = "KV115"
    TEXT_LONG = "KV116"
    # units.csv
    UNIT_CELL = "KV201"
    UNIT_TWICE = "KV202"
    NATION = "KV203"
    PARENT = "KV204"
    UNIT_NAME = "KV205"
    # slugs.csv
    SLUG_WRONG = "KV211"
    SLUG_MISSING = "KV212"
    # deliveries: the file
    NOT_A_TABLE = "KV301"
    NO_ROWS = "KV302"
    NO_HEADER = "KV303"
    COLUMN_MISSING = "KV304"
    COLUMN_UNKNOWN = "KV305"
    CELLS_ASTRAY = "KV306"
    # deliveries: the rows
    INDICATOR_UNKNOWN = "KV311"
    UNIT_UNKNOWN = "KV312"
    CONTEXT_UNKNOWN = "KV313"
    NO_VALUE = "KV314"
    NOT_A_NUMBER = "KV315"
    YEAR_WRONG = "KV316"
    DENOMINATOR_WRONG = "KV317"
    NUMERATOR_WRONG = "KV318"
    ROW_TWICE = "KV319"
    LEVELS_MIXED = "KV320"
    NUMERATOR_LARGE = "KV321"
    UNIT_CLOSED = "KV322"
    MAYBE_THOUSANDS = "KV323"
    ROW_REPEATED = "KV324"
    TOTAL_WRONG = "KV325"
    NO_DENOMINATORS = "KV326"
    # deliveries: the list
    NOT_A_DELIVERY = "KV331"
    DATES_UNKNOWN = "KV332"
    FILE_TWICE = "KV333"
    ROWS_LEFT_OUT = "KV334"
    UNIT_KNOWN = "KV335"
    NOT_APPROVED = "KV336"
    APPROVED_GONE = "KV337"
    NO_DELIVERY = "KV338"
    EXPECTATION = "KV341"
    # notebooks
    NOT_A_NOTEBOOK = "KV401"
    NO_KERNEL = "KV402"
    NO_PARAMETERS = "KV403"
    PARAMETER_WRONG = "KV404"
    OUTPUTS_SAVED = "KV405"
    NOT_PYTHON = "KV406"
    CELL_LONG = "KV407"
    MORE_THAN_CALLS = "KV408"
    MAY_SHOW_ROWS = "KV409"
    NOTEBOOK_FAILED = "KV410"
    PAGE_EMPTY = "KV411"
    # texts
    HARD_TO_READ = "KV501"
    HTML_REMOVED = "KV502"
    EMAIL_WRONG = "KV503"
    ADDRESS_WRONG = "KV504"
    PHONE_WRONG = "KV505"
    TEXT_MISSING = "KV506"
    REVIEW_DUE = "KV507"
    PERIOD_WRONG = "KV508"
    PUBLICATION_BARE = "KV509"
    TEXT_TO_FILL_IN = "KV510"
    BIBLIOGRAPHY_BROKEN = "KV511"
    # deadlines
    DEADLINE = "KV601"
    # what may be published
    CELL_EXPOSED = "KV701"
    AUDIT_FAILED = "KV702"
    NOT_ATTACKED = "KV703"
    # the ledger of editions
    LEDGER_MISSING = "KV711"
    LEDGER_DAMAGED = "KV712"
    LEDGER_FOREIGN = "KV713"
    LEDGER_DISAGREES = "KV714"
    SNAPSHOT_LOST = "KV715"
    # what pages and files tell
    NO_ADDRESS = "KV721"
    NO_ROLES = "KV722"
    CELL_UNKNOWN = "KV723"
    CELL_SUPPRESSED = "KV724"
    NUMBER_WRONG = "KV725"
    UNIT_WRONG = "KV726"
    FILE_UNKNOWN = "KV727"
    # the site
    PAGE_LANGUAGE = "KV801"
    PAGE_ADDRESS = "KV802"
    QUARTO_YML = "KV803"
    NOT_MADE = "KV804"
    EXTENSION_OLD = "KV805"
    PAGE_INCOMPLETE = "KV811"
    LINK_DEAD = "KV812"
    FOREIGN_HOST = "KV813"
    PAGE_REFUSED = "KV814"
    # imports
    DEFINITION_WRONG = "KV901"
    DEFINITION_CHANGED = "KV902"
    DELIVERY_WITHOUT_DEFINITION = "KV903"
    # kvalreg itself
    DEFECT = "KV991"
