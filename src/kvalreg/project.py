"""The only place that knows folder and file names.

What comes in is the root of a project; what goes out are paths. It reads and writes nothing.
A project that lacks a shared file (`_quarto.yml`, the extension, the report notebooks) uses the one kvalreg ships.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from kvalreg.errors import UsageError

_PACKAGE = Path(__file__).resolve().parent
_SHIPPED = _PACKAGE / "shared"
"""In a wheel, the shared files lie here; in a checkout they lie at its root."""
QUARTOS_OWN = (".quarto", ".gitignore", "_site", "site_libs")
"""What Quarto itself leaves in a staged project that somebody renders or previews by hand."""


def shared_root() -> Path:
    """The folder that holds the `_quarto.yml`, `_extensions` and `notebooks` that kvalreg ships."""
    return _SHIPPED if _SHIPPED.is_dir() else _PACKAGE.parents[1]


@dataclass(frozen=True)
class Project:
    """One site's source folder, and where its generated files go.

    Parameters
    ----------
    root
        Folder that holds `registries/` and `data/`.
    output
        Where the finished site goes; `_site` in the root when not given.
    made
        Where all else goes that is generated; `_build` in the root when not given.
    """

    root: Path
    output: Path | None = None
    made: Path | None = None

    @classmethod
    def open(cls, root: Path, output: Path | None = None) -> Project:
        """The project in `root`, refused with a sentence when there is none."""
        project = cls(root.resolve(), output.absolute() if output else None)
        if not project.registries.is_dir():
            raise UsageError(
                f"{root}: this is no kvalreg project, because it has no folder 'registries'. "
                "Go to your project's folder, or name it with --project DIR."
            )
        return project

    # --- sources -----------------------------------------------------------------------------------------------------
    @property
    def registries(self) -> Path:
        """Where the descriptors and the units lie."""
        return self.root / "registries"

    @property
    def units(self) -> Path:
        """The units of the health service."""
        return self.registries / "units.csv"

    @property
    def slugs(self) -> Path:
        """The addresses of the pages of units and medical fields (optional)."""
        return self.registries / "slugs.csv"

    @property
    def site_descriptor(self) -> Path:
        """`registries/site.yml`: who answers for the site, and where it is (optional)."""
        return self.registries / "site.yml"

    def descriptor(self, registry: str) -> Path:
        """`registries/<id>/registry.yml`."""
        return self.registries / registry / "registry.yml"

    def descriptors(self) -> list[Path]:
        """Every `registries/<id>/registry.yml`, by id."""
        return sorted(self.registries.glob("*/registry.yml"))

    def has_registry(self, registry: str) -> bool:
        """Whether there is a folder for a registry, also one whose descriptor is faulty or missing."""
        return not registry.startswith((".", "_")) and (self.registries / registry).is_dir()

    def data(self, registry: str) -> Path:
        """The folder of a registry's deliveries."""
        return self.root / "data" / registry

    def delivery_list(self, registry: str) -> Path:
        """`deliveries.yml`: the order, dates and remarks of a registry's deliveries (optional)."""
        return self.data(registry) / "deliveries.yml"

    def expected(self, registry: str) -> Path:
        """Tables of sums that a registry's deliveries must give (optional)."""
        return self.data(registry) / "expected"

    def approvals(self, registry: str) -> Path:
        """`approved.yml`: which deliveries of a registry somebody has approved, where that is required."""
        return self.data(registry) / "approved.yml"

    def _own_or_shared(self, *parts: str) -> Path:
        own = self.root.joinpath(*parts)
        return own if own.exists() else shared_root().joinpath(*parts)

    @property
    def quarto_yml(self) -> Path:
        """The Quarto website project file."""
        return self._own_or_shared("_quarto.yml")

    @property
    def extension(self) -> Path:
        """The Quarto extension: theme, filter, component styles."""
        return self._own_or_shared("_extensions", "kvalreg")

    def notebook(self, kind: str, registry: str) -> Path:
        """The report notebook of one kind: the registry's own, else the project's, else the shared one."""
        own = self.root / "notebooks" / "report" / registry / f"{kind}.ipynb"
        return own if own.exists() else self._own_or_shared("notebooks", "report", f"{kind}.ipynb")

    def analysis_notebooks(self) -> list[Path]:
        """The project's analysis notebooks, `notebooks/analysis/<registry>.ipynb`, by name."""
        return sorted((self.root / "notebooks" / "analysis").glob("*.ipynb"))

    # --- generated ---------------------------------------------------------------------------------------------------
    @property
    def build(self) -> Path:
        """All that is generated but the site itself."""
        return self.made or self.kept

    @property
    def kept(self) -> Path:
        """What is kept from one build to the next, the same for drafts and previews."""
        return self.root / "_build"

    @property
    def draft(self) -> Project:
        """The same sources, with a place of its own for a site whose numbers nobody has approved yet."""
        return replace(self, output=self.output or self.kept / "draft", made=self.kept / "drafting")

    @property
    def published(self) -> Path:
        """Gated cells, one folder per registry: all that a notebook can see."""
        return self.build / "published"

    @property
    def gated(self) -> Path:
        """Cells on their way into `published`, with what the ledger will keep of them. SECRET."""
        return self.build / "gated"

    @property
    def newest(self) -> Path:
        """Of the gated cells those that the pages of all registries need."""
        return self.build / "newest"

    @property
    def ledger(self) -> Path:
        """What each edition showed and hid, one folder per edition. SECRET: keep it as the deliveries are kept."""
        return self.kept / "ledger"

    @property
    def next_ledger(self) -> Path:
        """Where a build notes what the ledger will keep once its site is published; a draft's is never."""
        return self.build / "ledger"

    @property
    def editions(self) -> Path:
        """Every published edition as it lies at its permanent address, one folder each; kept for good."""
        return self.kept / "editions"

    @property
    def snapshots(self) -> Path:
        """The gated cells of every edition, one folder each, and what it changed."""
        return self.kept / "snapshots"

    @property
    def releases(self) -> Path:
        """The newest editions as whole sites: one of them is what readers see, the others can be gone back to."""
        return self.kept / "releases"

    @property
    def withdrawn(self) -> Path:
        """Names of editions that have been taken back, as empty files."""
        return self.kept / "withdrawn"

    @property
    def built(self) -> Path:
        """Which site was built last, and from which ledger."""
        return self.build / "built.json"

    @property
    def report(self) -> Path:
        """What the last build did, for programs."""
        return self.build / "report.json"

    @property
    def lock(self) -> Path:
        """Held by the run that has the project."""
        return self.kept / "run.lock"

    @property
    def cache(self) -> Path:
        """What was made of what, by digests, of true counts as well. SECRET."""
        return self.build / "cache"

    @property
    def audited(self) -> Path:
        """What audits remember of pages that have not changed."""
        return self.build / "audited"

    @property
    def looked_at(self) -> Path:
        """What the look at links and parts remembers of pages that have not changed."""
        return self.build / "looked_at"

    @property
    def accepted(self) -> Path:
        """The last good pages, one folder per registry."""
        return self.build / "accepted"

    @property
    def last_good(self) -> Path:
        """Each registry's last good result, cells and pages, as the last released site had them. SECRET."""
        return self.kept / "last_good"

    @property
    def status(self) -> Path:
        """How the registries stand, as a page for those who run them; never part of the site."""
        return self.build / "status" / "index.html"

    @property
    def workbench(self) -> Path:
        """Where previews are made."""
        return self.kept / "workbench"

    @property
    def logs(self) -> Path:
        """Logs of failed notebooks, one folder per registry."""
        return self.build / "logs"

    @property
    def staged(self) -> Path:
        """The Quarto project that the renderers read."""
        return self.build / "site"

    @property
    def site(self) -> Path:
        """The site that was built last: a link to the folder that holds it."""
        return self.output or self.root / "_site"

    @property
    def public(self) -> Path:
        """What readers see: a link to one of the releases, moved by `kvalreg publish` and `kvalreg rollback` alone."""
        return self.root / "_public"

    # --- rights ------------------------------------------------------------------------------------------------------
    @property
    def private(self) -> tuple[Path, ...]:
        """Folders that nobody but their owner enters: true counts, and what readers have not seen yet."""
        made = (self.published, self.gated, self.newest, self.accepted, self.staged, self.logs, self.cache)
        return (
            *made,
            self.next_ledger,
            self.last_good,
            self.audited,
            self.looked_at,
            self.ledger,
            self.snapshots,
            self.withdrawn,
        )

    @property
    def secret(self) -> tuple[Path, ...]:
        """Of these, and of files beside them, what holds true counts or digests of them, file by file."""
        return self.ledger, self.next_ledger, self.gated, self.last_good, self.cache, self.logs, self.built

    def relative(self, path: Path) -> str:
        """A path as the user knows it: relative to the project where it lies inside it."""
        try:
            return resolved(path).relative_to(self.root).as_posix()
        except ValueError:
            return str(path)


def resolved(path: Path) -> Path:
    """Where a path leads; the path itself where links lead in a circle."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path.absolute()
