"""The tutorial, followed word for word: from an empty folder to a page in the browser."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from docs_blocks import ROOT, Block, Desk, blocks, folder_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

TEXT = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")


@pytest.mark.xdist_group("tutorial")
def test_the_tutorial_leads_from_an_empty_folder_to_a_page(tmp_path: Path, visit: Callable[..., Page]) -> None:
    """Every block runs as it stands; the preview follows a save; the site is there at the end."""
    assert folder_of(TEXT) == "an empty folder"
    desk = Desk(tmp_path)
    said = []
    for block in blocks(TEXT):
        if block.mark == "run":
            look_at_the_preview(desk, block, visit)
        else:
            said.append(desk.run(block))
    assert desk.folder == tmp_path / "results"
    assert "Write your own. (KV510)" in next(text for text in said if "KV510" in text)
    page = visit((desk.folder / "_site" / "registre" / "astma" / "2025" / "index.html").as_uri())
    assert page.title().startswith("Register for astma")
    assert page.is_visible("text=Fikk hjelp innen en time >> nth=0")
    assert page.query_selector("figure.kv-figure svg") is not None


def look_at_the_preview(desk: Desk, block: Block, visit: Callable[..., Page]) -> None:
    """Open the page, change a word, see the page follow, and end the preview with Ctrl-C."""
    command = block.code.split()
    assert command.pop() == "--open", "the test opens the page itself"
    with subprocess.Popen(
        command, cwd=desk.folder, env=desk.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        assert running.stdout is not None
        said = ""
        try:
            while "made in" not in said:
                line = running.stdout.readline()
                assert line, f"the preview ended: {said}"
                said += line
            page = visit(re.findall(r"http://\S+\.html", said)[-1])
            assert page.is_visible("text=Fikk hjelp innen en time >> nth=0")
            descriptor = desk.folder / "registries" / "astma" / "registry.yml"
            good = descriptor.read_text(encoding="utf-8")
            descriptor.write_text(good.replace("innen en time", "på en time"), encoding="utf-8")
            page.wait_for_selector("text=Fikk hjelp på en time >> nth=0")
            descriptor.write_text(good, encoding="utf-8")
        finally:
            running.send_signal(signal.SIGINT)
        assert "Preview ended. _site is as it was." in running.communicate()[0]
        assert running.returncode == 0
    assert not (desk.folder / "_site").exists()
