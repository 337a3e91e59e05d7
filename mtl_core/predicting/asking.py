"""ask(opened, question): what each task of a run says of one input."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError
from torch import Tensor

from mtl_core.batches import Batch
from mtl_core.blocks import Map, Shape, Tokens
from mtl_core.errors import MTLError
from mtl_core.generation_evaluation import as_bytes
from mtl_core.predicting.columns import scaled
from mtl_core.predicting.opened import Latent, Opened
from mtl_core.tasks import Task
from mtl_core.text import Vocabulary, words


class Question(BaseModel):
    """What a run is asked about: a test row, own values for some of its inputs, or a place of z.

    Attributes:
        row: of the examples: what it says of the inputs that are not given; the first one where it is left out.
        table: a value in its own unit for every column, None where missing.
        image: base64 of (C, S, S) uint8.
        text: a sentence.
        start: number of the sample from noise that z begins at; the picture made is then the input.
        ways: how far z is moved along each direction, in standard deviations.
    """

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    row: int | None = None
    table: list[float | None] | None = None
    image: str | None = None
    text: str | None = None
    start: int | None = None
    ways: list[float] = []


def question_of(raw: Mapping[str, Any]) -> Question:
    """The question in what a page sends.

    Raises:
        MTLError: for a field that there is none of, or a value of another kind.
    """
    try:
        return Question.model_validate(dict(raw))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise MTLError(f"{where}: {first['msg']}, found {first['input']!r}") from error


@torch.inference_mode()
def ask(opened: Opened, question: Question) -> dict[str, Any]:
    """The answers by task, and the input that they are about.

    Regression: ``value`` in the target's unit. Binary: ``probability`` of the second class, σ of the logit.
    Multiclass: ``probabilities``, the softmax. Segmentation: ``mask``, base64 of (S, S) uint8 classes. Generation:
    ``picture``, what is made of the input, where the method makes something of it. Of a test row that is asked
    about unchanged also ``truth`` by task, where it has one.

    Returns:
        ``tasks``, ``input`` (``table`` in its own units, ``image``, ``text``, ``unknown`` words), ``truth``.

    Raises:
        MTLError: where a value does not fit, naming it and the rule.
    """
    made = _made(opened, question)
    inputs, shown = _inputs(opened, question, made)
    outputs = opened.network(inputs)
    answers = {task.name: _answer(opened, task, outputs[task.name]) for task in opened.tasks if task.name in outputs}
    if made is not None and opened.latent is not None:
        answers[opened.latent.task] = _picture(made)
    return {
        "tasks": {name: answer for name, answer in answers.items() if answer},
        "input": shown,
        "truth": _truth(opened, question) if _unchanged(question) else {},
    }


def _inputs(opened: Opened, question: Question, made: NDArray[np.uint8] | None) -> tuple[dict[str, Tensor], Any]:
    """A batch of one row for each input, and the same for a person's eyes."""
    row = _example(opened, question)
    batch, shown = dict(row.inputs), dict[str, Any]()
    for name, spec in opened.spec.dataset.inputs().items():
        if spec.kind == "table":
            values = _table(opened, question)
            batch[name] = torch.from_numpy(scaled(opened.columns, values))
            shown["table"] = values
        elif spec.kind == "image":
            pixels = made if made is not None else _pixels(question, spec.shape)
            batch[name] = batch[name] if pixels is None else torch.from_numpy(pixels).float()[None] / 255
            shown["image"] = _packed(as_bytes(batch[name][0]))
        else:
            shown |= _sentence(opened, question, spec.shape, batch, name)
    return batch, shown


def _example(opened: Opened, question: Question) -> Batch:
    row = question.row or 0
    if not 0 <= row < len(opened.examples):
        raise MTLError(f"row must be 0 to {len(opened.examples) - 1}, found {row}")
    return opened.examples.take(slice(row, row + 1))


def _table(opened: Opened, question: Question) -> list[float | None]:
    if question.table is None:
        assert opened.raw is not None
        return [None if math.isnan(value) else value for value in opened.raw[question.row or 0].tolist()]
    if len(question.table) != len(opened.columns):
        raise MTLError(
            f"table must have a value for each of {len(opened.columns)} columns, found {len(question.table)}"
        )
    return question.table


def _pixels(question: Question, shape: Shape) -> NDArray[np.uint8] | None:
    if question.image is None:
        return None
    assert isinstance(shape, Map)
    try:
        content = base64.b64decode(question.image, validate=True)
    except ValueError as error:
        raise MTLError(f"image must be base64: {error}") from error
    expected = shape.channels * shape.size**2
    if len(content) != expected:
        raise MTLError(f"image must have {shape.channels}×{shape.size}×{shape.size} bytes, found {len(content)}")
    pixels: NDArray[np.uint8] = np.frombuffer(content, np.uint8).reshape(shape.channels, shape.size, shape.size)
    return pixels.copy()


def _sentence(opened: Opened, question: Question, shape: Shape, batch: dict[str, Tensor], name: str) -> dict[str, Any]:
    """Puts the words' numbers into the batch; gives the sentence as it is read, and the words that nobody taught."""
    known = Vocabulary(opened.vocabulary[2:])
    assert isinstance(shape, Tokens)
    if question.text is not None:
        found = words(question.text)
        if not found:
            raise MTLError("text must have at least one word; write a sentence")
        batch[name] = torch.from_numpy(known.encode([question.text], shape.length))
        strange = [word for word in dict.fromkeys(found) if word not in known.numbers]
        return {"text": question.text, "unknown": strange, "beyond": found[shape.length :]}
    return {"text": known.decode(batch[name][0].tolist()), "unknown": [], "beyond": []}


def _made(opened: Opened, question: Question) -> NDArray[np.uint8] | None:
    """The picture that z makes, (C, S, S); None where z is not asked about."""
    if question.start is None:
        return None
    latent = opened.latent
    if latent is None:
        raise MTLError(f"run {opened.run} makes no pictures; ask it about a row, a picture or values")
    z = _place(latent, question.start, question.ways)
    task = next(task for task in opened.tasks if task.name == latent.task)
    decoder = opened.spec.generation.decoder(opened.network.parts, task)
    picture: NDArray[np.uint8] = as_bytes(decoder(z[None]).sigmoid())[0]
    return picture


def _place(latent: Latent, start: int, ways: Sequence[float]) -> Tensor:
    """z = start + Σ wayᵢ · directionᵢ."""
    if not 0 <= start < len(latent.starts):
        raise MTLError(f"start must be 0 to {len(latent.starts) - 1}, found {start}")
    if len(ways) > len(latent.directions):
        raise MTLError(f"ways must be at most {len(latent.directions)} numbers, found {len(ways)}")
    moved = torch.tensor([*ways, *[0.0] * (len(latent.directions) - len(ways))])
    return latent.starts[start] + moved @ latent.directions


def _answer(opened: Opened, task: Task, output: Any) -> dict[str, Any]:
    if task.kind == "regression":
        scaler = opened.scalers[task.name]
        return {"value": float(output) * scaler.std + scaler.mean}
    if task.kind == "binary":
        return {"probability": float(output.sigmoid())}
    if task.kind == "multiclass":
        return {"probabilities": output.softmax(1)[0].tolist()}
    if task.kind == "segmentation":
        mask = output.argmax(1)[0].to(torch.uint8).numpy()
        return {"mask": _packed(mask), "side": mask.shape[-1]}
    rebuilt = opened.spec.generation.rebuilt(output)
    return {} if rebuilt is None else _picture(as_bytes(rebuilt)[0])


def _picture(pixels: NDArray[np.uint8]) -> dict[str, Any]:
    return {"picture": _packed(pixels), "channels": pixels.shape[0], "side": pixels.shape[-1]}


def _packed(values: NDArray[np.uint8]) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode("ascii")


def _unchanged(question: Question) -> bool:
    return question.row is not None and question == Question(row=question.row)


def _truth(opened: Opened, question: Question) -> dict[str, Any]:
    """What the row's own targets are, by task: value, class, or mask."""
    batch, found = _example(opened, question), dict[str, Any]()
    for task in opened.tasks:
        if task.kind == "generation" or not len(batch.targets[task.name]):
            continue
        target = batch.targets[task.name][0]
        mask = task.kind == "segmentation"
        found[task.name] = _packed(target.to(torch.uint8).numpy()) if mask else target.item()
    return found
