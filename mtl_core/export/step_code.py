"""One training step as source: who trains, the losses, their weights, the gradient, the step."""

from __future__ import annotations

from collections.abc import Iterator

from mtl_core.export.naming import literal
from mtl_core.export.recipe import LAMBDAS, Recipe
from mtl_core.export.tie_code import columns_code, penalty_code, proximal_code
from mtl_core.export.weighting_code import WeightingCode, weighting_code


def step_code(recipe: Recipe) -> Iterator[str]:
    """The lines of a step, from the batch on."""
    weighting = weighting_code(recipe.spec.weighting, recipe.tasks)
    yield from _preference(recipe)
    yield from _modes(recipe)
    yield "optimizer.zero_grad(set_to_none=True)"
    if recipe.at_cuts:
        yield "cuts: dict[str, tuple[Tensor, Tensor]] = {}"
    yield f"losses = {losses_call(recipe, recipe.at_cuts)}"
    yield from columns_code(recipe)
    yield from penalty_code(recipe)
    penalised = any(True for _ in penalty_code(recipe))
    inner = [*_backward(recipe, weighting, penalised)]
    if not recipe.rests:
        yield from inner
        yield from _descend(recipe)
    else:
        yield "if active:"
        yield from _indented(inner)
        if penalised:
            yield "elif penalty.requires_grad:"
            yield "    penalty.backward()"
        yield "if active or penalty.requires_grad:" if penalised else "if active:"
        yield from _indented(_descend(recipe))
    yield from _learn(recipe, weighting)
    yield f"say(step, {total_code(recipe)}, losses)"


def losses_call(recipe: Recipe, cut: bool = False) -> str:
    """How a step asks for the losses."""
    step = ", step" if recipe.spec.architecture.dropout else ""
    cuts = ", None if only else cuts" if recipe.single_steps else ", cuts"
    return f"task_losses(net, tasks, batch{step}{cuts if cut else ''})"


def losses_code(recipe: Recipe) -> str:
    """The function that gives the losses of a batch."""
    step = ", step: int" if recipe.spec.architecture.dropout else ""
    cuts = ", cuts: dict[str, tuple[Tensor, Tensor]] | None = None" if recipe.at_cuts else ""
    head = "def task_losses("
    arguments = ["net: Network", "tasks: dict[str, Any]", "batch: Batch", *(text[2:] for text in (step, cuts) if text)]
    lines = [head, *(f"    {argument}," for argument in arguments), ") -> dict[str, Tensor]:"]
    if len(head) + len(", ".join(arguments)) < 95:
        lines = [f"{head}{', '.join(arguments)}) -> dict[str, Tensor]:"]
    lines.append('    """The mean loss of each task over a batch, of those that have a target in it."""')
    if step:
        lines.append('    torch.manual_seed(part_seed(SEED, f"step {step}"))  # of dropout')
    body = [f"outputs = net(batch{', cuts' if cuts else ''})"]
    there = " if task in outputs" if recipe.lacking else ""
    floated = ".float()" if recipe.spec.precision == "bf16" else ""
    loss = f"kind.loss(outputs[task], batch.targets[task]){floated}"
    body.append("return {" + f"task: {loss} for task, kind in tasks.items(){there}" + "}")
    if floated:
        body = ["with torch.autocast(DEVICE.type, dtype=torch.bfloat16):", *_indented(body)]
    return "\n".join([*lines, *_indented(body)])


def total_code(recipe: Recipe) -> str:
    """Steps of the run, as it is now."""
    return "total" if recipe.steered("epochs") else "EPOCHS * STEPS"


def rate_code(recipe: Recipe) -> str:
    """The learning rate of a step."""
    base = 'now["optimizer.lr"]' if recipe.steered("optimizer.lr") else "LR"
    schedule = recipe.spec.lr_schedule
    continued = recipe.steered("epochs")
    done, length = ("step - start", "max(1, total - start)") if continued else ("step", "EPOCHS * STEPS")
    match schedule.name:
        case "cosine":
            return f"{base} * cosine({done}, {length})"
        case "one_cycle":
            return f"{base} * one_cycle({done}, {length}, {schedule.warmup})"
        case "step":
            return f"{base} * stairs({done}, {length}, {schedule.step_share}, {schedule.gamma})"
    return base


def _preference(recipe: Recipe) -> Iterator[str]:
    if recipe.steers_lambdas:
        named = f"now[{literal(LAMBDAS)} + task]"
        yield f"preference = {{task: {named} for task in tasks}}"
    if recipe.rests:
        source = "" if recipe.steers_lambdas else "preference = LAMBDAS"
        if source:
            yield source
        there = " and len(batch.targets[task]) > 0" if recipe.lacking else ""
        chosen = " and (not only or task in only)" if recipe.single_steps else ""
        yield f"active = [task for task in tasks if preference[task] > 0{there}{chosen}]"
        yield "lambdas = torch.tensor([preference[task] for task in active])"
    elif recipe.steers_lambdas:
        yield "lambdas = torch.tensor(list(preference.values()))"


def _modes(recipe: Recipe) -> Iterator[str]:
    """A task that rests, or has too few rows for a batch norm, leaves its own parts in evaluation mode."""
    if recipe.rests:
        yield "net.train()"
        yield "for task, parts in own_parts(net).items():"
        few = " or len(batch.targets[task]) < min(2, batch.size)" if recipe.lacking else ""
        yield f"    if task not in active{few}:"
        yield "        for part in parts:"
        yield "            part.eval()"


def _backward(recipe: Recipe, weighting: WeightingCode | None, penalised: bool) -> Iterator[str]:
    active = "active" if recipe.rests else "tasks"
    scale = "lambdas.to(DEVICE)" if recipe.device != "cpu" else "lambdas"
    yield f"scaled = [weight * losses[task] for weight, task in zip({scale}, {active}, strict=True)]"
    plain = ["total_loss = torch.stack(scaled).sum()"]
    backward = ["(total_loss + penalty).backward()" if penalised else "total_loss.backward()"]
    if weighting is None:
        yield from [*plain, *backward]
        return
    if weighting.needs_moment:
        places = (
            "[place for place, task in enumerate(tasks) if task in active]"
            if recipe.rests
            else "list(range(len(tasks)))"
        )
        yield f"moment = Moment({places}, lambdas, step, step // STEPS)"
    chosen = (
        _by_gradients(recipe, weighting, penalised)
        if "gramian" in weighting.asked
        else _by_losses(weighting, backward, recipe)
    )
    if recipe.single_steps:
        yield "if only:"
        yield from _indented([*plain, *backward])
        yield "else:"
        yield from _indented(chosen)
    else:
        yield from chosen


def _by_losses(weighting: WeightingCode, backward: list[str], recipe: Recipe) -> list[str]:
    moved = (".cpu()", ".to(DEVICE)") if recipe.device != "cpu" else ("", "")
    read = f"torch.stack(scaled).detach(){moved[0]}"
    asked = weighting.asked.replace("losses", read)
    return [f"weights = {asked}{moved[1]}", "total_loss = summed(weights, scaled)", *backward]


def _by_gradients(recipe: Recipe, weighting: WeightingCode, penalised: bool) -> list[str]:
    active = "active" if recipe.rests else "tasks"
    read = "torch.stack(scaled).detach()" + (".cpu()" if recipe.device != "cpu" else "")
    asked = weighting.asked.replace("losses", read)
    lines = [f"owned = [own[task] for task in {active}]"]
    if recipe.at_cuts:
        lines += ["leaves = [leaf for _, leaf in cuts.values()]", "rows = jacobian(scaled, [*leaves, *lent], owned)"]
        lines += ["gramian = gramian_of(rows, len(leaves))", f"weights = {asked}.to(scaled[0])"]
        lines += ["spread_at_cuts(rows, weights, cuts, lent, owned)"]
    else:
        scaling = ", scale_own=True" if recipe.spec.weighting.scales_heads else ""
        lines += ["rows = jacobian(scaled, shared, owned)", "gramian = gramian_of(rows, len(shared))"]
        lines += [f"weights = {asked}.to(scaled[0])", f"spread(rows, weights, shared, owned{scaling})"]
    return [*lines, "if penalty.requires_grad:", "    penalty.backward()"] if penalised else lines


def _descend(recipe: Recipe) -> Iterator[str]:
    optimizer, moves = (
        recipe.spec.optimizer,
        recipe.spec.lr_schedule.name != "constant" or recipe.steered("optimizer.lr"),
    )
    if optimizer.clip_norm is not None:
        yield f"nn.utils.clip_grad_norm_(net.parameters(), {optimizer.clip_norm})"
    if moves:
        yield 'optimizer.param_groups[0]["lr"] = rate'
    yield "optimizer.step()"
    yield from proximal_code(recipe)


def _learn(recipe: Recipe, weighting: WeightingCode | None) -> Iterator[str]:
    if weighting is None or not weighting.learns:
        return
    guards = [*(["active"] if recipe.rests else []), *(["not only"] if recipe.single_steps else [])]
    if guards:
        yield f"if {' and '.join(guards)}:"
    indent = "    " if guards else ""
    if weighting.learns == "rate":
        yield f"{indent}weighting.learn(rate, moment.active)"
        return
    remembered = ", nothing_remembered(net)" if recipe.normalises else ""
    active, moved = "active" if recipe.rests else "tasks", ".cpu()" if recipe.device != "cpu" else ""
    yield f"{indent}with torch.no_grad(){remembered}:"
    yield f"{indent}    again = {losses_call(recipe)}"
    yield f"{indent}weighting.observe(lambdas * torch.stack([again[task] for task in {active}]){moved}, moment)"


def _indented(lines: Iterator[str] | list[str]) -> list[str]:
    return [f"    {line}" for line in lines]
