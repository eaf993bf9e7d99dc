"""The layout of a project: the only module that knows folder and file names.

Input: the root of a project. Output: paths. It reads and writes nothing. A project that lacks a shared file
(`_quarto.yml`, the extension, the report notebooks) uses the one that kvalreg ships.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from kvalreg.errors import UsageError

_PACKAGE = Path(__file__).resolve().parent
_SHARED_FOLDER = _PACKAGE / "shared"
"""In a wheel, the shared files are here; in a checkout, at its root."""
QUARTO_GENERATED = (".quarto", ".gitignore", "_site", "site_libs")
"""What Quarto itself writes into a staged project that somebody renders or previews by hand."""


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
    build_override
        Where everything else that is generated goes; `_build` in the root when not given.
    """

    root: Path
    output: Path | None = None
    build_override: Path | None = None

    @classmethod
    def open(cls, root: Path, output: Path | None = None) -> Project:
        """The project in `root`; a `UsageError` where there is none."""
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
        """The folder of the descriptors and the units."""
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
        """`registries/site.yml`: the site's publisher and URL (optional)."""
        return self.registries / "site.yml"

    def descriptor(self, registry: str) -> Path:
        """`registries/<id>/registry.yml`."""
        return self.registries / registry / "registry.yml"

    def descriptors(self) -> list[Path]:
        """Every `registries/<id>/registry.yml`, by id."""
        return sorted(self.registries.glob("*/registry.yml"))

    def has_registry(self, registry: str) -> bool:
        """Whether there is a folder for a registry, even if its descriptor is invalid or missing."""
        return not registry.startswith((".", "_")) and (self.registries / registry).is_dir()

    def data(self, registry: str) -> Path:
        """The folder of a registry's deliveries."""
        return self.root / "data" / registry

    def delivery_list(self, registry: str) -> Path:
        """`deliveries.yml`: the order, dates and remarks of a registry's deliveries (optional)."""
        return self.data(registry) / "deliveries.yml"

    def expected_sums(self, registry: str) -> Path:
        """Tables of sums that a registry's deliveries must add up to (optional)."""
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
        """Everything that is generated but the site itself."""
        # drafts and previews have a folder of their own for all this; what is below `build_root` they share
        return self.build_override or self.build_root

    @property
    def build_root(self) -> Path:
        """What is stored from one build to the next; drafts and previews share it."""
        return self.root / "_build"

    @property
    def draft(self) -> Project:
        """The same sources, with folders of its own for a site with numbers that nobody has approved yet."""
        return replace(
            self, output=self.output or self.build_root / "draft", build_override=self.build_root / "drafting"
        )

    @property
    def published(self) -> Path:
        """Gated cells, one Parquet file for each registry: all that a notebook can see."""
        return self.build_folder / "published"

    @property
    def gated(self) -> Path:
        """Gated cells before they replace those in `published`, with their entries of the ledger. SECRET."""
        return self.build_folder / "gated"

    @property
    def latest_results(self) -> Path:
        """The newest gated cells, which the pages about all registries need."""
        return self.build_folder / "newest"

    @property
    def ledger(self) -> Path:
        """What each edition showed and hid, one folder per edition. SECRET: protect it as the deliveries."""
        return self.build_root / "ledger"

    @property
    def pending_ledger(self) -> Path:
        """The entries that enter the ledger when the built site is published; those of a draft never do."""
        return self.build_folder / "ledger"

    @property
    def editions(self) -> Path:
        """Every published edition as it is at its permanent address, one folder each; never removed."""
        return self.build_root / "editions"

    @property
    def snapshots(self) -> Path:
        """The gated cells of every edition, one folder each, and what it changed."""
        return self.build_root / "snapshots"

    @property
    def releases(self) -> Path:
        """The newest editions as complete sites: one is what readers see, `rollback` can return to the others."""
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
        """The names of withdrawn editions, as empty files."""
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
        """The file that a run locks: see `kvalreg.storage.project_lock`."""
        return self.build_root / "run.lock"

    @property
    def cache(self) -> Path:
        """Results of stages by the digests of their inputs, of true counts as well. SECRET."""
        return self.build_folder / "cache"

    @property
    def audit_cache(self) -> Path:
        """The cache of audits: which files and editions passed."""
        return self.build_folder / "audited"

    @property
    def lint_cache(self) -> Path:
        """The cache of the site lint: links and anchors of pages."""
        return self.build_folder / "looked_at"

    @property
    def last_good_pages(self) -> Path:
        """The last good pages, one folder per registry."""
        return self.build_folder / "accepted"

    @property
    def last_good_results(self) -> Path:
        """Each registry's last good result, cells and pages, as the last complete site had them. SECRET."""
        return self.build_root / "last_good"

    @property
    def status_page(self) -> Path:
        """The status of all registries as a page for those who run them; never part of the site."""
        return self.build_folder / "status" / "index.html"

    @property
    def workbench(self) -> Path:
        """Where previews are built."""
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

    # --- permissions -------------------------------------------------------------------------------------------------
    @property
    def private_folders(self) -> tuple[Path, ...]:
        """Folders that only their owner may enter: true counts, and what readers have not seen yet."""
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
        """What holds true counts or digests of them: every file below is restricted, not only the folder."""
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
        """A path for messages: relative to the project where it is inside it."""
        try:
            return resolved(path).relative_to(self.root).as_posix()
        except ValueError:
            return str(path)


def resolved(path: Path) -> Path:
    """A path with its symbolic links resolved; the absolute path where they form a loop."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path.absolute()
