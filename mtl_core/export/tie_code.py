"""What ties the tasks as source: the penalty, and the proximal step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mtl_core.errors import MTLError
from mtl_core.export.naming import literal
from mtl_core.export.recipe import Recipe
from mtl_core.regularizers.base import Regularizer


def adjacency_code(recipe: Recipe) -> Iterator[str]:
    """The task graphs, as constants: who is whose neighbour, in the tasks' order."""
    count = f"range({len(recipe.tied)})"
    for place, term in recipe.terms:
        if term.name == "graph":
            found = _typed(term)
            rules = {"complete": "float(i != j)", "chain": "float(abs(i - j) == 1)"}
            rule = f"[[{rules.get(found.shape)} for j in {count}] for i in {count}]"
            drawn = literal(found.weights(list(recipe.tied)))
            yield f"ADJACENCY_{place} = {rule if found.shape in rules else drawn}"


def tied_code(recipe: Recipe) -> str:
    """The function that gives the tied parameters."""
    lines = ["def tied_parameters(net: Network) -> dict[str, list[Tensor]]:"]
    lines += [
        '    """Per task the parameters that match those of the others; of heads without the biases."""',
        "    return {",
    ]
    for task, parts in recipe.tied.items():
        given = []
        for part in parts:
            module = f"net.{recipe.network.names[part.name]}"
            if part.role == "trunk":
                given.append(f"*{module}.parameters()")
            else:
                given.append(f"*(weight for weight in {module}.parameters() if weight.dim() > 1)")
        lines.append(f"        {literal(task)}: [{', '.join(given)}],")
    return "\n".join([*lines, "    }"])


def columns_code(recipe: Recipe) -> Iterator[str]:
    """Lines of a step that give the columns; of the head of a task with λ = 0 a copy, which is not moved."""
    if recipe.terms and recipe.rests and recipe.ties_heads:
        yield "columns = ["
        yield "    [weight if preference[task] > 0 else weight.detach().clone() for weight in weights]"
        yield "    for task, weights in tied.items()"
        yield "]"


def penalty_code(recipe: Recipe) -> Iterator[str]:
    """Lines of a step that compute Σ γ Ω; none where proximal steps stand for it."""
    terms = [(place, term) for place, term in recipe.terms if not _proximal(recipe, term)]
    if not terms:
        return
    yield "penalty = torch.zeros((), device=DEVICE)"
    guard = "if not only:" if recipe.single_steps else ""
    if guard:
        yield guard
    indent = "    " if guard else ""
    for place, term in terms:
        strength = strength_code(recipe, place)
        if recipe.steered(f"regularizers.{place}.strength"):
            yield f"{indent}if {strength} > 0:"
            yield f"{indent}    penalty = penalty + {strength} * {_omega(place, term)}"
        else:
            yield f"{indent}penalty = penalty + {strength} * {_omega(place, term)}"


def proximal_code(recipe: Recipe) -> Iterator[str]:
    """Lines behind the optimizer's step that make the proximal steps."""
    for place, term in recipe.terms:
        if _proximal(recipe, term):
            strength, momentum = strength_code(recipe, place), recipe.spec.optimizer.momentum
            guarded = recipe.steered(f"regularizers.{place}.strength")
            if guarded:
                yield f"if {strength} > 0:"
            yield ("    " if guarded else "") + f"shrink_singular_values(columns, rate / (1 - {momentum}) * {strength})"


def strength_code(recipe: Recipe, place: int) -> str:
    """γ of a term, as a number or as it is now."""
    field = f"regularizers.{place}.strength"
    return f'now["{field}"]' if recipe.steered(field) else repr(recipe.spec.regularizers[place].strength)


def _proximal(recipe: Recipe, term: Regularizer) -> bool:
    return term.uses_proximal(recipe.spec.optimizer.name)


def _omega(place: int, term: Regularizer) -> str:
    found: Any = _typed(term)
    match term.name:
        case "l2_distance" | "nuclear_norm":
            return f"{term.name}(columns)"
        case "graph":
            return f"graph(columns, ADJACENCY_{place})"
        case "hierarchical_prior":
            return f"hierarchical_prior(columns, a={found.prior_shape}, b={found.prior_scale})"
    raise MTLError(
        f"the regularizer {term.name} is not written out in scripts; "
        "export the run's spec (which `train` takes), weights or report"
    )


def _typed(term: Regularizer) -> Any:
    """The term with the fields of its own kind."""
    return term
