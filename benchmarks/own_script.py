"""The script that one would write for wine, after the documents' recipe: imports, data, training, evaluation."""

from __future__ import annotations

import sys

import pandas as pd
import torch
from sklearn.metrics import accuracy_score, mean_squared_error
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn, optim

if __name__ == "__main__":
    table = pd.read_csv(sys.argv[1], sep=";")
    score = table.pop("quality").to_numpy()
    scaled = StandardScaler().fit_transform(table.to_numpy())
    parts = train_test_split(scaled, score, score >= 6, test_size=0.2, random_state=42)
    x, x_test, y, y_test, good, good_test = (torch.tensor(part, dtype=torch.float32) for part in parts)
    trunk = nn.Sequential(nn.Linear(x.shape[1], 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU())
    heads = nn.ModuleList([nn.Linear(64, 1), nn.Linear(64, 1)])
    optimizer = optim.Adam([*trunk.parameters(), *heads.parameters()], lr=0.01)
    for epoch in range(100):
        optimizer.zero_grad()
        shared = trunk(x)
        first = nn.functional.mse_loss(heads[0](shared)[:, 0], y)
        second = nn.functional.binary_cross_entropy_with_logits(heads[1](shared)[:, 0], good)
        (first + second).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        if epoch % 20 == 19:
            print(epoch + 1, first.item(), second.item())
    with torch.no_grad():
        shared = trunk(x_test)
        print("mse", mean_squared_error(y_test, heads[0](shared)[:, 0]))
        print("accuracy", accuracy_score(good_test, heads[1](shared)[:, 0] > 0))
