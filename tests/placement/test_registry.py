"""Algorithms by name: built in, or another package's."""

import sys

import numpy as np
import pytest
from placement.small_problems import any_gating, problem_of, shell_layout

from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.placement import PLACERS, RandIntra, SpaceMoE, place, placer_named

PLUG_IN = '''
from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.placement import Hosts


@dataclass(frozen=True)
class InOrder:
    """Put everything on the first satellites there are."""

    name: str = "in-order"

    def __call__(self, problem, random):
        hosts = np.arange(problem.layers * (problem.experts + 1)).reshape(problem.layers, -1)
        return Hosts(gateways=hosts[:, 0], experts=hosts[:, 1:])


in_order = InOrder()
broken = InOrder(name="in order!")
number = 5


def fails():
    raise RuntimeError("no licence")
'''


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Return a function that installs a distribution with entry points, as pip does, for one test."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "in_order_placement.py").write_text(PLUG_IN)

    def put(distribution, **points):
        folder = tmp_path / f"{distribution.replace('-', '_')}-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        lines = [f"{name.replace('_', '-')} = {value}" for name, value in points.items()]
        (folder / "entry_points.txt").write_text("\n".join(["[spacemoe_ns3.placements]", *lines, ""]))

    yield put
    sys.modules.pop("in_order_placement", None)


@pytest.mark.parametrize("name", sorted(PLACERS))
def test_every_algorithm_has_the_name_that_it_is_found_by(name):
    assert placer_named(name).name == name
    assert name.replace("-", "").isalnum()


def test_an_algorithm_itself_is_as_good_as_its_name():
    placer = RandIntra()

    assert placer_named(placer) is placer


def test_an_unknown_algorithm_is_refused_with_the_nearest_name():
    with pytest.raises(ScenarioError, match="placement: 'spacemoee' is not known; did you mean spacemoe"):
        placer_named("spacemoee")


def test_a_name_like_no_other_is_refused_with_all_names():
    with pytest.raises(ScenarioError) as caught:
        placer_named("###")

    assert all(name in str(caught.value) for name in PLACERS)


def test_a_class_instead_of_an_algorithm_is_refused_with_the_remedy():
    with pytest.raises(ScenarioError, match="the class SpaceMoE given, must be an algorithm; call it"):
        placer_named(SpaceMoE)


@pytest.mark.parametrize("nothing", [5, None, lambda problem, random: None])
def test_what_is_no_algorithm_is_refused(nothing):
    with pytest.raises(ScenarioError, match="must be the name of an algorithm or one, such as SpaceMoE"):
        placer_named(nothing)


@pytest.mark.parametrize("target", ["in_order", "InOrder"])
def test_another_package_adds_an_algorithm_or_its_class(install, target):
    install("in-order-placement", in_order=f"in_order_placement:{target}")
    problem = problem_of(shell_layout(3, 4), gating=any_gating(2, 3))

    placement = place(placer_named("in-order"), problem, seed=1)

    assert placement.name == "in-order"
    assert np.array_equal(placement.experts, [[1, 2, 3], [5, 6, 7]])


def test_a_name_like_a_plug_ins_is_refused_with_it(install):
    install("in-order-placement", in_order="in_order_placement:in_order")

    with pytest.raises(ScenarioError, match="'in-ordr' is not known; did you mean in-order"):
        placer_named("in-ordr")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("no_such_module:placer", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("in_order_placement:nothing", "AttributeError: .*has no attribute 'nothing'"),
        ("in_order_placement:fails", "RuntimeError: no licence"),
        ("in_order_placement:number", "TypeError: 'int' object is not callable"),
    ],
)
def test_a_broken_plug_in_is_refused_with_its_package(install, value, reason):
    install("bad-package", bad=value)

    with pytest.raises(ScenarioError) as caught:
        placer_named("bad")

    assert str(caught.value).startswith("placement bad of package bad-package: ")
    assert str(caught.value).endswith("; repair or uninstall that package")
    with pytest.raises(ScenarioError, match=f"{value} cannot be loaded .{reason}"):
        placer_named("bad")


def test_a_plug_in_under_another_name_than_its_own_is_refused(install):
    install("in-order-placement", something="in_order_placement:in_order")

    with pytest.raises(ScenarioError, match="named 'in-order', must be named as its entry point"):
        placer_named("something")


def test_a_plug_in_with_a_name_that_no_file_may_have_is_refused(install):
    install("in-order-placement", something="in_order_placement:broken")

    with pytest.raises(ScenarioError, match="'in order!' given, its name must consist of letters"):
        placer_named("something")


def test_a_plug_in_named_as_a_built_in_algorithm_is_refused(install):
    install("bad-package", spacemoe="in_order_placement:in_order")

    with pytest.raises(ScenarioError, match="package bad-package adds 'spacemoe', which is built in"):
        placer_named("rand-intra")


def test_two_packages_with_one_name_are_refused(install):
    install("one-package", in_order="in_order_placement:in_order")
    install("other-package", in_order="in_order_placement:InOrder")

    with pytest.raises(ScenarioError, match=r"-package and package (one|other)-package both add 'in-order'"):
        placer_named("spacemoe")


def test_a_broken_plug_in_does_not_keep_others_from_working(install):
    install("bad-package", bad="no_such_module:placer")

    assert placer_named("spacemoe") == SpaceMoE()
