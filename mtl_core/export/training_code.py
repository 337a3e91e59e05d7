"""The training of a run as source: constants, the parameters by their use, and the loop."""

from __future__ import annotations

from collections.abc import Iterator

from mtl_core.export.blocks_code import module_code
from mtl_core.export.naming import assigned, literal
from mtl_core.export.recipe import LAMBDAS, Recipe
from mtl_core.export.step_code import rate_code, step_code
from mtl_core.export.tie_code import adjacency_code, strength_code, tied_code
from mtl_core.export.weighting_code import weighting_code
from mtl_core.layout import Part
from mtl_core.spec_parts import ONLY


def constants_code(recipe: Recipe) -> Iterator[str]:
    """What determines the training, as constants; what changes on the way in START and SCHEDULE."""
    spec = recipe.spec
    yield f"SEED = {spec.seed}"
    if not recipe.steered("epochs"):
        yield f"EPOCHS = {spec.epochs}"
    shuffles = recipe.steps_per_epoch > 1 or recipe.exponent != 1
    if shuffles:
        yield f"BATCH_SIZE = {recipe.batch_size}"
    yield f"STEPS = {recipe.steps_per_epoch}  # an epoch{'' if shuffles else ': all rows at once'}"
    if not recipe.steered("optimizer.lr"):
        yield f"LR = {spec.optimizer.lr}"
    if not recipe.steers_lambdas:
        yield assigned("LAMBDAS", dict(spec.weighting.lambdas))
    yield from adjacency_code(recipe)
    if recipe.changes:
        yield assigned("START", _start(recipe))
        yield assigned("SCHEDULE", [(step, field, value) for step, field, value in recipe.changes])
        yield '"""Changes in the middle of the run: once so many steps are done, the field has the value."""'


def helpers_code(recipe: Recipe) -> Iterator[str]:
    """Functions that give parameters and parts by their use, of those that the loop asks for."""
    weighting = weighting_code(recipe.spec.weighting, recipe.tasks)
    names = recipe.network.names
    if weighting is not None and "gramian" in weighting.asked:
        lent = [part for part in recipe.layout.parts if part.role == "lent"]
        if recipe.at_cuts:
            yield _listing("lent_parameters", "What tasks apply on ways of their own.", lent, names)
        else:
            met = [part for part in recipe.layout.met() if _has_module(part)]
            yield _listing("shared_parameters", "What several tasks use: there their gradients meet.", met, names)
        yield _by_task(recipe, "own_parameters", "What only one task uses.", "Tensor", "*net.{}.parameters()")
    if recipe.rests:
        yield _by_task(recipe, "own_parts", "What only one task uses.", "nn.Module", "net.{}")
    if recipe.terms:
        yield tied_code(recipe)


def loop_code(recipe: Recipe) -> str:
    """The function that trains."""
    lines = ["def train(net: Network, tasks: dict[str, Any], split: Split) -> None:", '    """All steps of the run."""']
    lines += [f"    {line}" for line in _before(recipe)]
    if recipe.steered("epochs"):
        lines += ["    step = start = 0", "    while True:", *(f"        {line}" for line in _changes(recipe))]
        lines += ['        total = now["epochs"] * STEPS', "        if step >= total:", "            break"]
    else:
        lines += ["    for step in range(EPOCHS * STEPS):", *(f"        {line}" for line in _changes(recipe))]
    lines += [f"        {line}" for line in (*_batch(recipe), *_rate(recipe), *step_code(recipe))]
    return "\n".join([*lines, *(["        step += 1"] if recipe.steered("epochs") else [])])


def optimizer_code(recipe: Recipe) -> str:
    """The optimizer, with torch's fused step where the device has it."""
    spec = recipe.spec.optimizer
    kind = {"adam": "Adam", "adamw": "AdamW", "sgd": "SGD"}[spec.name]
    lr = 'START["optimizer.lr"]' if recipe.steered("optimizer.lr") else "LR"
    momentum = f", momentum={spec.momentum}" if spec.name == "sgd" else ""
    fused = ", fused=True" if recipe.device in ("cpu", "cuda") else ""
    return f"torch.optim.{kind}(net.parameters(), lr={lr}{momentum}, weight_decay={spec.weight_decay}{fused})"


def _start(recipe: Recipe) -> dict[str, float]:
    """The values at the beginning of what changes."""
    found: dict[str, float] = {}
    if recipe.steers_lambdas:
        found |= {LAMBDAS + task: value for task, value in recipe.spec.weighting.lambdas.items()}
    if recipe.steered("optimizer.lr"):
        found["optimizer.lr"] = recipe.spec.optimizer.lr
    if recipe.steered("epochs"):
        found["epochs"] = recipe.spec.epochs
    for place, _ in recipe.terms:
        if strength_code(recipe, place).startswith("now"):
            found[f"regularizers.{place}.strength"] = recipe.spec.regularizers[place].strength
    return found


def _before(recipe: Recipe) -> Iterator[str]:
    """What is made once, before the first step."""
    weighting = weighting_code(recipe.spec.weighting, recipe.tasks)
    yield f"optimizer = {optimizer_code(recipe)}"
    if weighting is not None and weighting.made:
        yield f"weighting = {weighting.made}"
    if weighting is not None and "gramian" in weighting.asked:
        yield "lent = lent_parameters(net)" if recipe.at_cuts else "shared = shared_parameters(net)"
        yield "own = own_parameters(net)"
    if recipe.terms:
        yield "tied = tied_parameters(net)"
        if not (recipe.rests and recipe.ties_heads):
            yield "columns = list(tied.values())"
    if recipe.changes:
        yield "now = dict(START)"
    if not recipe.rests:
        if not recipe.steers_lambdas:
            yield "lambdas = torch.tensor(list(LAMBDAS.values()))"
        yield "net.train()"
    if recipe.steps_per_epoch == 1 and recipe.exponent == 1:
        yield "batch = split.take(slice(None))"
    elif recipe.exponent != 1:
        yield "by_source = sources(split)"


def _changes(recipe: Recipe) -> Iterator[str]:
    if not recipe.changes:
        return
    if recipe.single_steps:
        chosen = f"when == step and field.startswith({literal(ONLY)})"
        yield f"only = {{field.removeprefix({literal(ONLY)}) for when, field, _ in SCHEDULE if {chosen}}}"
    yield "for when, field, value in SCHEDULE:"
    yield "    if when == step:"
    if recipe.steered("epochs"):
        yield '        if field == "epochs" and step >= now["epochs"] * STEPS:'
        yield "            start = step  # the run was continued: a new cycle of the learning rate"
    yield "        now[field] = value"


def _batch(recipe: Recipe) -> Iterator[str]:
    if recipe.steps_per_epoch == 1 and recipe.exponent == 1:
        return
    yield "if step % STEPS == 0:"
    if recipe.exponent == 1:
        yield "    order = shuffled(split.size, BATCH_SIZE, SEED, step // STEPS)"
    else:
        yield f"    order = drawn_by_source(by_source, BATCH_SIZE, SEED, step // STEPS, {recipe.exponent})"
    yield "batch = split.take(order[step % STEPS])"


def _rate(recipe: Recipe) -> Iterator[str]:
    weighting = weighting_code(recipe.spec.weighting, recipe.tasks)
    learns = weighting is not None and weighting.learns == "rate"
    proximal = any(term.uses_proximal(recipe.spec.optimizer.name) for _, term in recipe.terms)
    text = rate_code(recipe)
    if learns or proximal or text != "LR":
        yield f"rate = {text}"


def _has_module(part: Part) -> bool:
    return part.lender is None and bool(module_code(part.block))


def _listing(name: str, what: str, parts: list[Part], names: dict[str, str]) -> str:
    given = [f"        *net.{names[part.name]}.parameters()," for part in parts if _has_module(part)]
    head = [f"def {name}(net: Network) -> list[Tensor]:", f'    """{what}"""']
    return "\n".join([*head, "    return [", *given, "    ]"] if given else [*head, "    return []"])


def _by_task(recipe: Recipe, name: str, what: str, kind: str, form: str) -> str:
    lines = [f"def {name}(net: Network) -> dict[str, list[{kind}]]:", f'    """{what}"""', "    return {"]
    for task in recipe.tasks:
        parts = [part for part in recipe.network.own(task.name) if part.lender is None and not part.apart]
        given = [form.format(recipe.network.names[part.name]) for part in parts]
        lines.append(f"        {literal(task.name)}: [{', '.join(given)}],")
    return "\n".join([*lines, "    }"])
