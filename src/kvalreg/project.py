"""The only place that knows folder and file names.

What comes in is the root of a project; what goes out are paths. It reads and writes nothing.
A project that lacks a shared file (`_quarto.yml`, the extension, the report notebooks) uses the one kvalreg ships.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from kvalreg.errors import UsageError

_PACKAGE = Path(__file__).resolve().parent
_SHARED_FOLDER = _PACKAGE / "shared"
"""In a wheel, the shared files lie here; in a checkout they lie at its root."""
QUARTO_GENERATED = (".quarto", ".gitignore", "_site", "site_libs")
"""What Quarto itself leaves in a staged project that somebody renders or previews by hand."""


def shared_root() -> Path:
    """The folder that holds the `_quarto.yml`, `_extensions` and `notebooks` that kvalreg ships."""
    return _SHARED_FOLDER if _SHARED_FOLDER.is_dir() else _PACKAGE.parents[1]


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
    build_override: Path | None = None

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

    def expected_sums(self, registry: str) -> Path:
        """Tables of sums that a registry's deliveries must give (optional)."""
        return self.data(registry) / "expected"

    def approvals_file(self, registry: str) -> Path:
        """`approved.yml`: which deliveries of a registry somebody has approved, where that is required."""
        return self.data(registry) / "approved.yml"

    def _project_or_shared(self, *parts: str) -> Path:
        project_path = self.root.joinpath(*parts)
        return project_path if project_path.exists() else shared_root().joinpath(*parts)

    @property
    def quarto_yml(self) -> Path:
        """The Quarto website project file."""
        return self._project_or_shared("_quarto.yml")

    @property
    def extension(self) -> Path:
        """The Quarto extension: theme, filter, component styles."""
        return self._project_or_shared("_extensions", "kvalreg")

    def notebook(self, kind: str, registry: str) -> Path:
        """The report notebook of one kind: the registry's own, else the project's, else the shared one."""
        registry_notebook = self.root / "notebooks" / "report" / registry / f"{kind}.ipynb"
        return (
            registry_notebook
            if registry_notebook.exists()
            else self._project_or_shared("notebooks", "report", f"{kind}.ipynb")
        )

    def analysis_notebooks(self) -> list[Path]:
        """The project's analysis notebooks, `notebooks/analysis/<registry>.ipynb`, by name."""
        return sorted((self.root / "notebooks" / "analysis").glob("*.ipynb"))

    # --- generated ---------------------------------------------------------------------------------------------------
    @property
    def build_folder(self) -> Path:
        """All that is generated but the site itself."""
        return self.build_override or self.build_root

    @property
    def build_root(self) -> Path:
        """What is kept from one build to the next, the same for drafts and previews."""
        return self.root / "_build"

    @property
    def draft(self) -> Project:
        """The same sources, with a place of its own for a site whose numbers nobody has approved yet."""
        return replace(
            self, output=self.output or self.build_root / "draft", build_override=self.build_root / "drafting"
        )

    @property
    def published(self) -> Path:
        """Gated cells, one folder per registry: all that a notebook can see."""
        return self.build_folder / "published"

    @property
    def gated(self) -> Path:
        """Cells on their way into `published`, with what the ledger will keep of them. SECRET."""
        return self.build_folder / "gated"

    @property
    def latest_results(self) -> Path:
        """Of the gated cells those that the pages of all registries need."""
        return self.build_folder / "newest"

    @property
    def ledger(self) -> Path:
        """What each edition showed and hid, one folder per edition. SECRET: keep it as the deliveries are kept."""
        return self.build_root / "ledger"

    @property
    def pending_ledger(self) -> Path:
        """Where a build notes what the ledger will keep once its site is published; a draft's is never."""
        return self.build_folder / "ledger"

    @property
    def editions(self) -> Path:
        """Every published edition as it lies at its permanent address, one folder each; kept for good."""
        return self.build_root / "editions"

    @property
    def snapshots(self) -> Path:
        """The gated cells of every edition, one folder each, and what it changed."""
        return self.build_root / "snapshots"

    @property
    def releases(self) -> Path:
        """The newest editions as whole sites: one of them is what readers see, the others can be gone back to."""
        return self.build_root / "releases"

    @property
    def checksums(self) -> Path:
        """The checksums of every file of an edition, one list each, as `sha256sum` writes them."""
        return self.build_root / "checksums"

    @property
    def originals(self) -> Path:
        """Every released file once, compressed, by its checksum: what is damaged is repaired from here."""
        return self.build_root / "originals"

    @property
    def withdrawn(self) -> Path:
        """Names of editions that have been taken back, as empty files."""
        return self.build_root / "withdrawn"

    @property
    def build_stamp(self) -> Path:
        """Which site was built last, and from which ledger."""
        return self.build_folder / "built.json"

    @property
    def run_report(self) -> Path:
        """What the last build did, for programs."""
        return self.build_folder / "report.json"

    @property
    def notices(self) -> Path:
        """Which notices registries' contacts have been sent."""
        return self.build_root / "notices.json"

    @property
    def lock(self) -> Path:
        """Held by the run that has the project."""
        return self.build_root / "run.lock"

    @property
    def cache(self) -> Path:
        """What was made of what, by digests, of true counts as well. SECRET."""
        return self.build_folder / "cache"

    @property
    def audit_cache(self) -> Path:
        """What audits remember of pages that have not changed."""
        return self.build_folder / "audited"

    @property
    def lint_cache(self) -> Path:
        """What the look at links and parts remembers of pages that have not changed."""
        return self.build_folder / "looked_at"

    @property
    def last_good_pages(self) -> Path:
        """The last good pages, one folder per registry."""
        return self.build_folder / "accepted"

    @property
    def last_good_results(self) -> Path:
        """Each registry's last good result, cells and pages, as the last released site had them. SECRET."""
        return self.build_root / "last_good"

    @property
    def status_page(self) -> Path:
        """How the registries stand, as a page for those who run them; never part of the site."""
        return self.build_folder / "status" / "index.html"

    @property
    def workbench(self) -> Path:
        """Where previews are made."""
        return self.build_root / "workbench"

    @property
    def logs(self) -> Path:
        """Logs of failed notebooks, one folder per registry."""
        return self.build_folder / "logs"

    @property
    def staging(self) -> Path:
        """The Quarto project that the renderers read."""
        return self.build_folder / "site"

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
    def private_folders(self) -> tuple[Path, ...]:
        """Folders that nobody but their owner enters: true counts, and what readers have not seen yet."""
        build_folders = (
            self.published,
            self.gated,
            self.latest_results,
            self.last_good_pages,
            self.staging,
            self.logs,
            self.cache,
        )
        kept = (self.last_good_results, self.audit_cache, self.lint_cache, self.ledger, self.snapshots, self.withdrawn)
        return (*build_folders, self.pending_ledger, *kept, self.checksums, self.originals)

    @property
    def secret_paths(self) -> tuple[Path, ...]:
        """Of these, and of files beside them, what holds true counts or digests of them, file by file."""
        return (
            self.ledger,
            self.pending_ledger,
            self.gated,
            self.last_good_results,
            self.cache,
            self.logs,
            self.build_stamp,
        )

    def display_path(self, path: Path) -> str:
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
