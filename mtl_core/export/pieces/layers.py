"""Layers that torch has not; counterpart of the engine's modules, fusion_modules and mixing_modules."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


def convolve(inputs: int, outputs: int, kernel: int, norm: bool) -> list[nn.Module]:
    """A convolution that keeps the size and, where wanted, a batch norm."""
    convolution = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=not norm)
    return [convolution, nn.BatchNorm2d(outputs)] if norm else [convolution]


class MaskDecoder(nn.Module):
    """Maps, shallow to deep, and a code (B, width) -> logits (B, classes, S, S).

    The code stands beside every pixel of the deepest map; then per map: upsample, concatenate, convolve. A place of the
    shallowest map stands for patch × patch pixels. In training the logits are (B, classes, H, patch, W, patch), which
    lie in memory class by class, for Segmentation.
    """

    def __init__(self, stages: Sequence[tuple[int, int, int]], classes: int, norm: bool, patch: int = 1) -> None:
        super().__init__()
        self.stages = nn.ModuleList(nn.Sequential(*convolve(i, o, k, norm), nn.ReLU()) for i, o, k in stages)
        kind = nn.Conv2d if patch == 1 else nn.ConvTranspose2d
        self.logits = kind(stages[-1][1], classes, patch, stride=patch)

    def forward(self, *features: Tensor) -> Tensor:
        """Maps, then the code."""
        *maps, x = features
        for stage, beside in zip(self.stages, reversed(maps), strict=True):
            convolution, *others = stage.children()
            assert isinstance(convolution, nn.Conv2d)
            x = with_code(convolution, x, beside) if x.dim() == 2 else with_map(convolution, x, beside)
            for layer in others:
                x = layer(x)
        logits: Tensor = self._by_class(x) if self.training else self.logits(x)
        return logits

    def _by_class(self, x: Tensor) -> Tensor:
        weight = self.logits.weight.transpose(0, 1) if isinstance(self.logits, nn.Conv2d) else self.logits.weight
        width, classes, patch, _ = weight.shape
        places, rows = x.permute(0, 2, 3, 1).reshape(-1, width), weight.permute(1, 2, 3, 0).reshape(-1, width)
        assert self.logits.bias is not None
        values = torch.addmm(self.logits.bias.repeat_interleave(patch**2)[:, None], rows, places.t())
        return values.view(classes, patch, patch, x.shape[0], *x.shape[2:]).permute(3, 0, 4, 1, 5, 2)


def with_code(convolution: nn.Conv2d, code: Tensor, beside: Tensor) -> Tensor:
    """A convolution of a vector at every pixel, beside a map: of the vector the taps that lie within the picture."""
    size, width = beside.shape[-2:], code.shape[1]
    kernel, padding = convolution.kernel_size[0], convolution.kernel_size[0] // 2
    within = F.unfold(code.new_ones(1, 1, *size), kernel, padding=padding)[0]
    taps = torch.einsum("bc,ocij->boij", code, convolution.weight[:, :width]).flatten(2)
    other = F.conv2d(beside, convolution.weight[:, width:], convolution.bias, padding=padding)
    return other + (taps @ within).view_as(other)


def with_map(convolution: nn.Conv2d, x: Tensor, beside: Tensor) -> Tensor:
    """A convolution of an upsampled map beside another; a 1×1 one is taken before it is upsampled."""
    size, width = beside.shape[-2:], x.shape[1]
    if convolution.kernel_size != (1, 1):
        both = torch.cat((F.interpolate(x, size=size, mode="nearest"), beside), dim=1)
        found: Tensor = convolution(both)
        return found
    own = F.conv2d(x, convolution.weight[:, :width])
    return F.interpolate(own, size=size, mode="nearest") + F.conv2d(
        beside, convolution.weight[:, width:], convolution.bias
    )


class SentenceReader(nn.Module):
    """(B, L) word numbers -> the LSTM's states (B, L, width), zeros behind the last word."""

    def __init__(self, words: int, embedding: int, width: int, layers: int, dropout: float, norm: bool) -> None:
        super().__init__()
        self.embedding = nn.Embedding(words, embedding, padding_idx=0)
        self.lstm = nn.LSTM(embedding, width, layers, batch_first=True, dropout=dropout if layers > 1 else 0.0)
        self.norm = nn.LayerNorm(width) if norm else None

    def forward(self, words: Tensor) -> Tensor:
        """Read each sentence up to its last word."""
        count = (words > 0).sum(1).clamp(min=1)
        packed = pack_padded_sequence(self.embedding(words), count.cpu(), batch_first=True, enforce_sorted=False)
        states: Tensor = pad_packed_sequence(self.lstm(packed)[0], batch_first=True, total_length=words.shape[1])[0]
        if self.norm is not None:
            there = torch.arange(words.shape[1], device=words.device) < count[:, None]
            states = self.norm(states) * there[..., None]
        return states


def spoken(states: Tensor) -> Tensor:
    """(B, L) whether there is a word: an LSTM's state is never all zero, and padding is."""
    return states.ne(0).any(2)


def last_state(states: Tensor) -> Tensor:
    """(B, L, width) -> (B, width), the state after the last word."""
    last = spoken(states).sum(1).clamp(min=1) - 1
    return states[torch.arange(len(states), device=states.device), last]


class AsVectors(nn.Module):
    """Each input as a vector; ``maps``: by the place of a map its numbers once it is pooled and flattened."""

    def __init__(self, maps: dict[int, int], width: int) -> None:
        super().__init__()
        self.maps = nn.ModuleDict(
            {
                str(place): nn.Sequential(nn.MaxPool2d(2), nn.Flatten(), nn.Linear(size, width), nn.ReLU())
                for place, size in maps.items()
            }
        )

    def forward(self, *values: Tensor) -> list[Tensor]:
        """A map pooled, flattened and brought to the width; of a sentence its last state."""
        return [
            self.maps[str(i)](value) if str(i) in self.maps else last_state(value) if value.dim() == 3 else value
            for i, value in enumerate(values)
        ]


class Concatenation(nn.Module):
    """The inputs side by side, then one linear layer and ReLU."""

    def __init__(self, maps: dict[int, int], joined: int, width: int, dropout: float) -> None:
        super().__init__()
        self.vectors = AsVectors(maps, width)
        self.join = nn.Linear(joined, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, *values: Tensor) -> Tensor:
        """inputs -> (B, width)."""
        code: Tensor = self.dropout(F.relu(self.join(torch.cat(self.vectors(*values), dim=1))))
        return code


class GatedSum(nn.Module):
    """h = Σ_m σ(U_m v) ⊙ tanh(W_m v_m), v all inputs side by side (Arevalo et al. 2017)."""

    def __init__(self, maps: dict[int, int], widths: Sequence[int], width: int, dropout: float) -> None:
        super().__init__()
        self.vectors = AsVectors(maps, width)
        self.own = nn.ModuleList(nn.Linear(each, width) for each in widths)
        self.gates = nn.ModuleList(nn.Linear(sum(widths), width) for _ in widths)
        self.dropout = nn.Dropout(dropout)

    def forward(self, *values: Tensor) -> Tensor:
        """inputs -> (B, width)."""
        vectors = self.vectors(*values)
        joined = torch.cat(vectors, dim=1)
        terms = [
            gate(joined).sigmoid() * own(vector).tanh()
            for gate, own, vector in zip(self.gates, self.own, vectors, strict=True)
        ]
        code: Tensor = self.dropout(torch.stack(terms).sum(0))
        return code
