"""The end of a script as source: the tasks, and the function that reads the data, trains and compares."""

from __future__ import annotations

from mtl_core.export.expected import TOGETHER, Numbers
from mtl_core.export.naming import literal
from mtl_core.export.recipe import Recipe
from mtl_core.tasks import Task

KINDS = {"regression": "Regression", "binary": "Binary", "multiclass": "Multiclass", "segmentation": "Segmentation"}


def tasks_code(recipe: Recipe) -> str:
    """The function that makes what measures each task."""
    lines = [
        "def make_tasks(train_rows: Split) -> dict[str, Any]:",
        '    """Loss and metrics of each task."""',
        "    return {",
    ]
    lines += [f"        {literal(task.name)}: {_task(recipe, task)}," for task in recipe.tasks]
    return "\n".join([*lines, "    }"])


def _task(recipe: Recipe, task: Task) -> str:
    target = f"train_rows.target({literal(task.name)})"
    arguments = [str(len(task.classes))] if task.kind in ("multiclass", "segmentation") else []
    if task.kind == "regression" and recipe.spec.dataset.target_scaling == "standardize":
        arguments = [f"*mean_and_std({target})"]
    if task.classes and task.kind != "regression" and recipe.spec.class_weights == "balanced":
        arguments.append(f"balanced_weights({target}, {len(task.classes)})")
    return f"{KINDS[task.kind]}({', '.join(arguments)})"


def main_code(expected: Numbers) -> str:
    """The function ``main``; ``expected`` are the numbers by split."""
    splits = list(expected)
    measured = (
        f"        found[name][{literal(TOGETHER)}] = explained_variance(net, splits[name], tasks, ROWS_AT_ONCE)\n"
    )
    several = any(TOGETHER in tasks for tasks in expected.values())
    together = f"    for name in EXPECTED:\n{measured}" if several else ""
    names = literal(("train", *splits))
    return f'''def main() -> int:
    """Train, measure, compare; gives the exit code."""
    parser = argparse.ArgumentParser(description="Train a run again and compare its numbers.")
    parser.add_argument("--any-numbers", action="store_true", help="exit 0 whatever the numbers")
    options = parser.parse_args()
    torch.set_num_threads(THREADS)
    with np.load(Path(__file__).resolve().parent / "data.npz", allow_pickle=False) as file:
        arrays = dict(file)
    names = {names}
    splits = {{name: read_split(arrays, f"split_{{name}}", INPUTS, TARGETS, DEVICE) for name in names}}
    tasks = make_tasks(splits["train"])
    net = Network().to(DEVICE).to(memory_format=torch.channels_last)
    train(net, tasks, splits["train"])
    found = {{name: evaluate(net, splits[name], tasks, ROWS_AT_ONCE) for name in EXPECTED}}
{together}    differing = compare(EXPECTED, found, TOLERANCE)
    print(f"\\n{{differing}} numbers differ by more than {{TOLERANCE:g}}" if differing else "\\nthe numbers of the run")
    return 1 if differing and not options.any_numbers else 0'''
