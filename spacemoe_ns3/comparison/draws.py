"""Whether two runs share their draws: the same experts activated by the same tokens.

Then what is luck in one is the same luck in the other, and differences of sequences are surer than means.
"""

from __future__ import annotations

import ast

from spacemoe_ns3.run_results import Results

# Of the scenario: on these, the seed, and the number of layers and experts depends which experts tokens
# activate. Orbits, links, computers and placements do not matter, nor how jobs are served.
_OF_DRAWS = (
    ("activation",),
    ("decoding", "tokens"),
    ("decoding", "tokens_per_sequence"),
    ("traffic", "arrivals"),
    ("traffic", "prompt_tokens"),
)
_SHAPE = ("layers", "experts", "top_k")
_DIGEST = "draws_sha256"


def why_not_shared(first: Results, second: Results) -> str:
    """Return why two runs do not share their draws, empty if they do.

    Within one run all placements and both engines do. Two runs do if the digests of their draws are the
    same; where the summaries have none, if the seed, the size of the model and what the manifests declare of
    activation, tokens and arrivals are the same, and files that both name have not changed.

    Parameters
    ----------
    first, second
        The runs.

    Examples
    --------
    >>> print(scenario_part("Scenario(decoding=Decoding(tokens=4), seed=1)", ("decoding", "tokens")))
    4
    """
    if first.folder.resolve() == second.folder.resolve():
        return ""
    digests = first.summary.get(_DIGEST), second.summary.get(_DIGEST)
    if None in digests:
        return _why_declared_apart(first, second)
    return "" if digests[0] == digests[1] else _why_declared_apart(first, second) or "other draws"


def _why_declared_apart(first: Results, second: Results) -> str:
    """Return what of seed, model and scenario makes draws differ; empty if nothing does."""
    if first.summary["seed"] != second.summary["seed"]:
        return "other seed"
    models = [run.summary.get("model", {}) for run in (first, second)]
    for key in _SHAPE:
        if models[0].get(key) != models[1].get(key):
            return f"other {key}"
    return _why_manifests_differ(first, second)


def _why_manifests_differ(first: Results, second: Results) -> str:
    """Return what the manifests declare that makes draws differ."""
    declared = [str(run.manifest.get("scenario", {}).get("declares", "")) for run in (first, second)]
    if declared[0] != declared[1] or not declared[0]:
        for path in _OF_DRAWS:
            parts = [scenario_part(text, path) for text in declared]
            if None in parts:
                return "manifests cannot be compared"
            if parts[0] != parts[1]:
                return f"other {'.'.join(path)}"
    files = [
        {each["path"]: each["sha256"] for each in run.manifest["scenario"].get("inputs", [])}
        for run in (first, second)
    ]
    for path in sorted(files[0].keys() & files[1].keys()):
        if files[0][path] != files[1][path]:
            return f"{path} has changed"
    return ""


def scenario_part(declared: str, path: tuple[str, ...]) -> str | None:
    """Return the value of a field from what a manifest declares, as text.

    Parameters
    ----------
    declared
        The scenario, written as it is made.
    path
        Names of fields, from the outside in.

    Returns
    -------
    The value; None if it is not there, or is no text that Python reads.
    """
    try:
        node = ast.parse(declared, mode="eval").body
    except (SyntaxError, ValueError):
        return None
    for name in path:
        fields = {each.arg: each.value for each in node.keywords} if isinstance(node, ast.Call) else {}
        if name not in fields:
            return None
        node = fields[name]
    return ast.unparse(node)
