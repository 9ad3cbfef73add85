"""One scenario evaluated: what a study's child process does."""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field

from spacemoe_ns3 import pipeline
from spacemoe_ns3.errors import SpacemoeError
from spacemoe_ns3.progress import silent
from spacemoe_ns3.results import ExpectedLatency
from spacemoe_ns3.scenario import Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of a scenario.

    Parameters
    ----------
    expected
        Expected latency by placement.
    failures
        Why there is none, by placement; None stands for all of them.
    remarks
        What a user must know, such as satellites that fit nowhere, an optimum that is not proven, warnings.
    """

    expected: Mapping[str, ExpectedLatency] = field(default_factory=dict)
    failures: Mapping[str | None, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


def answer(scenario: Scenario) -> Answer:
    """Evaluate the formula's expectation for every placement of a scenario.

    Parameters
    ----------
    scenario
        What to evaluate, with its seed.

    Returns
    -------
    What came of it; whatever goes wrong is in it.
    """
    expected: dict[str, ExpectedLatency] = {}
    failures: dict[str | None, str] = {}
    remarks: tuple[str, ...] = ()
    name = None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            experiment = pipeline.prepare(scenario, progress=silent())
            remarks = experiment.remarks
            for placement in experiment.placements:
                name = placement.name
                try:
                    expected[name] = pipeline.expect(experiment, placement)
                except SpacemoeError as error:
                    failures[name] = str(error)
        except SpacemoeError as error:
            failures[None] = str(error)
        except MemoryError:
            failures[name] = "out of memory; use fewer workers, satellites or slots"
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            failures[name] = f"{type(error).__name__}: {error} ({where.filename}:{where.lineno})"
    meant_for_users = (each for each in caught if issubclass(each.category, (UserWarning, RuntimeWarning)))
    warned = dict.fromkeys(str(each.message) for each in meant_for_users)
    return Answer(expected=expected, failures=failures, remarks=(*remarks, *warned))
