"""A flow drawn as SVG: well-formed, every node a box of its own, every way out an arrow."""

from __future__ import annotations

import itertools
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from assist.cli import app
from ivr.flow_svg import HIGH, WIDE, svg
from ivr.schema import load_flow
from tests.ivr.test_simulation import FLOWS, SHIPPED

SVG = "{http://www.w3.org/2000/svg}"
FILES = sorted((*SHIPPED.glob("*.yaml"), *FLOWS.glob("*.yaml")))


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_every_node_is_a_box_of_its_own_and_every_way_out_an_arrow(file: Path) -> None:
    flow = load_flow(file)
    picture = ElementTree.fromstring(svg(flow))
    width, height = (int(float(picture.attrib[side])) for side in ("width", "height"))
    corners = [(int(box.attrib["x"]), int(box.attrib["y"])) for box in picture.findall(f"{SVG}rect")]
    assert len(corners) == len(flow.nodes)
    assert all(0 < x < width - WIDE and 0 < y < height - HIGH for x, y in corners)
    for (x, y), (other_x, other_y) in itertools.combinations(corners, 2):
        assert abs(x - other_x) >= WIDE or abs(y - other_y) >= HIGH, "two boxes in one place"
    ways = sum(len(list(node.targets())) for node in flow.nodes.values())
    assert len(picture.findall(f"{SVG}path")) == ways
    names = {text.text for text in picture.findall(f"{SVG}text[@class='name']")}
    assert names == {f"{node.verb}: {name}" for name, node in flow.nodes.items()}


def test_what_is_said_cannot_break_the_picture_and_ways_up_run_aside(tmp_path: Path) -> None:
    file = tmp_path / "flow.yaml"
    file.write_text(
        "flow: f\nstart: menu\nspeech: false\nnodes:\n"
        '  menu: {verb: gather, say: "<b>&\\"x", choices: {"1": again, "2": bye}, noInput: bye}\n'
        "  again: {verb: say, text: Once more., next: menu}\n  bye: {verb: hangup}\n"
    )
    picture = ElementTree.fromstring(svg(load_flow(file)))
    assert '<b>&"x' in {text.text for text in picture.findall(f"{SVG}text")}
    assert len(picture.findall(f"{SVG}path[@class='back']")) == 1


def test_the_name_of_the_file_says_what_is_drawn(tmp_path: Path) -> None:
    for name, begins in (("f.svg", "<svg"), ("f.mmd", "flowchart")):
        done = CliRunner().invoke(app, ["flow", "draw", str(SHIPPED / "demo.yaml"), "--out", str(tmp_path / name)])
        assert done.exit_code == 0
        assert (tmp_path / name).read_text().startswith(begins)
