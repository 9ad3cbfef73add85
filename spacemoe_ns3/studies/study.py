"""What a study file declares: a scenario, and what is to be varied in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from spacemoe_ns3.checks import check_kind, check_number, check_whole, look_up
from spacemoe_ns3.errors import ScenarioError, require
from spacemoe_ns3.scenario import Scenario, run_file, the_only
from spacemoe_ns3.studies.changes import changed
from spacemoe_ns3.study_results import CHOSEN, Published, Variant

_DIRECTIONS = {"rises": True, "falls": False}
_OWN = ("name", "seed")  # fields that the study itself sets


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """Another reading of something that a source leaves open.

    Parameters
    ----------
    assumption
        What is left open, such as ``"span of the ascending nodes"``.
    chosen
        How the scenario reads it, in words.
    reading
        The other reading, in words.
    changes
        What it changes in the scenario: new values by dotted path, such as
        ``{"constellation.raan_span_deg": 180}``; items of tuples by index, as in
        ``"links.outages.0.survival_probability"``.

    Raises
    ------
    ScenarioError
        If words or changes are missing.
    """

    assumption: str
    chosen: str
    reading: str
    changes: Mapping[str, object]

    def __post_init__(self) -> None:
        for name in ("assumption", "chosen", "reading"):
            check_kind(f"study.alternatives.{name}", getattr(self, name), str, "a string")
            require(
                bool(getattr(self, name)), f"study.alternatives.{name}: nothing given, must say something"
            )
        _check_changes("study.alternatives.changes", self.changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """A value, or some that belong together, taken through a range.

    Parameters
    ----------
    label
        Of the axis, with the unit, such as ``"altitude, km"``.
    points
        By place on the axis what is changed in the scenario, as in :class:`Alternative`; at least two.
    reported
        What somebody reports of a placement's latency along the axis, ``"rises"`` or ``"falls"``, by
        placement.

    Raises
    ------
    ScenarioError
        If a value breaks a rule.
    """

    label: str
    points: Mapping[float, Mapping[str, object]]
    reported: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_kind("study.sweep.label", self.label, str, "a string")
        require(bool(self.label), "study.sweep.label: nothing given, must say what is varied")
        check_kind("study.sweep.points", self.points, Mapping, "a mapping from numbers to changes")
        require(
            len(self.points) >= 2,
            f"study.sweep.points: {len(self.points)} given, must be at least two; add points",
        )
        for point, changes in self.points.items():
            check_number("study.sweep.points", point)
            _check_changes(f"study.sweep.points[{point!r}]", changes)
        for placement, direction in self.reported.items():
            look_up(f"study.sweep.reported[{placement!r}]", direction, _DIRECTIONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """A scenario seen from many sides: other seeds, other readings, a value taken through a range.

    Parameters
    ----------
    name
        Short name; the default results folder is called after it.
    base
        The scenario as it is chosen. It is run whole, with both engines; of everything else the formula's
        expectation is evaluated.
    seeds
        Seeds of every variant, in the place of the scenario's.
    published
        What somebody else reports.
    alternatives
        Other readings of what is left open, each alone.
    sweep
        What is taken through a range; None without.

    Raises
    ------
    ScenarioError
        If a value breaks a rule, or a change leads nowhere or to a scenario that breaks one.

    Examples
    --------
    >>> from spacemoe_ns3 import Hardware, LaserLinks, Scenario, Study, Sweep, WalkerShell
    >>> study = Study(
    ...     name="higher",
    ...     base=Scenario(
    ...         name="low", constellation=WalkerShell.delta("60: 72/6/1", altitude_km=1000),
    ...         links=LaserLinks(), model="llama-moe-3.5b", hardware=Hardware(gateway="h100", expert="h100"),
    ...         hosts_per_satellite=None,
    ...     ),
    ...     seeds=(1, 2),
    ...     sweep=Sweep(
    ...         label="altitude, km", points={km: {"constellation.altitude_km": km} for km in (800, 1200)}
    ...     ),
    ... )
    >>> [(variant.name, scenario.constellation.altitude_km) for variant, scenario in study.scenarios()]
    [('chosen', 1000), ('altitude, km: 800', 800), ('altitude, km: 1200', 1200)]
    """

    name: str
    base: Scenario
    seeds: tuple[int, ...] = (1,)
    published: Published | None = None
    alternatives: tuple[Alternative, ...] = ()
    sweep: Sweep | None = None

    def __post_init__(self) -> None:
        check_kind("study.name", self.name, str, "a string")
        require(
            bool(self.name) and self.name.replace("-", "").replace("_", "").isalnum(),
            f"study.name: {self.name!r} given, must consist of letters, digits, - and _",
        )
        check_kind("study.base", self.base, Scenario, "a Scenario")
        self._check_seeds()
        words = "a tuple of Alternative; a single one needs a comma behind it"
        check_kind("study.alternatives", self.alternatives, (tuple, list), words)
        for each in self.alternatives:
            check_kind("study.alternatives", each, Alternative, words)
        check_kind("study.sweep", self.sweep, (Sweep, type(None)), "a Sweep or None")
        self._check_placements()
        names = [variant.name for variant, _ in self.scenarios()]
        twice = next((name for name in names if names.count(name) > 1), "")
        require(not twice, f"study: {twice!r} is there twice, must be once; leave one out")

    def _check_seeds(self) -> None:
        words = "a tuple of whole numbers; a single one needs a comma behind it"
        check_kind("study.seeds", self.seeds, (tuple, list), words)
        require(len(self.seeds) > 0, "study.seeds: none given, must be at least one")
        for seed in self.seeds:
            check_whole("study.seeds", seed, least=0)
        require(
            len(set(self.seeds)) == len(self.seeds),
            f"study.seeds: {', '.join(map(str, self.seeds))} given, must be distinct",
        )

    def _check_placements(self) -> None:
        """Raise unless every placement that is reported on is one of the scenario's."""
        check_kind("study.published", self.published, (Published, type(None)), "Published or None")
        known = {placer.name: placer for placer in self.base.placers}
        if self.published is not None:
            for placement, ends in self.published.s_per_token.items():
                path = f"study.published.s_per_token[{placement!r}]"
                look_up(path, placement, known)
                words = "two numbers, the least and the greatest"
                check_kind(path, ends, (tuple, list), words)
                require(len(ends) == 2, f"{path}: {ends!r} given, must be {words}")
                check_number(path, ends[0], above=0)
                check_number(path, ends[1], least=float(ends[0]))
        for placement in self.sweep.reported if self.sweep else ():
            look_up("study.sweep.reported", placement, known)

    def scenarios(self) -> tuple[tuple[Variant, Scenario], ...]:
        """Return every variant with its scenario, the chosen one first; the seeds are not put in yet.

        Raises
        ------
        ScenarioError
            If a change leads nowhere, or to a scenario that breaks a rule.
        """
        found = [(Variant(name=CHOSEN), self.base)]
        chosen: dict[str, str] = {}
        for number, each in enumerate(self.alternatives):
            where = f"study.alternatives[{number}] ({each.reading})"
            require(
                chosen.setdefault(each.assumption, each.chosen) == each.chosen,
                f"{where}: {each.chosen!r} chosen, but {chosen[each.assumption]!r} above for the same "
                "assumption; say the same",
            )
            variant = Variant(
                name=f"{each.assumption}: {each.reading}",
                assumption=each.assumption,
                chosen=each.chosen,
                reading=each.reading,
            )
            found.append((variant, self._varied(each.changes, where=f"{where}.changes")))
        if self.sweep is not None:
            for point, changes in self.sweep.points.items():
                variant = Variant(name=f"{self.sweep.label}: {point:g}", point=float(point))
                found.append((variant, self._varied(changes, where=f"study.sweep.points[{point!r}]")))
        return tuple(found)

    def _varied(self, changes: Mapping[str, object], *, where: str) -> Scenario:
        """Return the scenario with changes."""
        for path in changes:
            require(path not in _OWN, f"{where}: {path} given, which the study sets; leave it out")
        try:
            scenario = changed(self.base, changes)
        except ScenarioError as error:
            raise ScenarioError(f"{where}: {error}") from error
        names = [[placer.name for placer in each.placers] for each in (self.base, scenario)]
        require(
            names[0] == names[1],
            f"{where}: makes the placements {', '.join(names[1])}, must leave their names as they are "
            f"({', '.join(names[0])})",
        )
        return scenario

    def with_base(self, base: Scenario, *, seeds: tuple[int, ...] | None = None) -> Study:
        """Return the study of another scenario, or of other seeds.

        What is reported of placements that the scenario has not is left out.

        Parameters
        ----------
        base
            The scenario.
        seeds
            The seeds; None for the same.
        """
        there = {placer.name for placer in base.placers}
        published, sweep = self.published, self.sweep
        if published is not None:
            kept = {name: ends for name, ends in published.s_per_token.items() if name in there}
            published = replace(published, s_per_token=kept) if kept else None
        if sweep is not None:
            reported = {name: words for name, words in sweep.reported.items() if name in there}
            sweep = replace(sweep, reported=reported)
        seeds = self.seeds if seeds is None else seeds
        return replace(self, base=base, seeds=seeds, published=published, sweep=sweep)


def _check_changes(path: str, changes: object) -> None:
    check_kind(path, changes, Mapping, "a mapping from dotted paths to values")
    require(bool(changes), f"{path}: none given, must change something")


def load_either(path: Path) -> tuple[Scenario | Study, str]:
    """Run a scenario file or a study file and return what it declares.

    Parameters
    ----------
    path
        A Python file that binds exactly one :class:`Study` to a name, whatever scenarios lie beside it; or
        no study and exactly one :class:`~spacemoe_ns3.scenario.Scenario`.

    Returns
    -------
    The study or the scenario, and the text of the file.

    Raises
    ------
    ScenarioError
        If the file cannot be read or run, or declares neither or several.
    """
    names, source = run_file(path)
    if any(isinstance(value, Study) for value in names.values()):
        return the_only(Study, names, path=path, words="studies"), source
    return the_only(Scenario, names, path=path, words="scenarios"), source
