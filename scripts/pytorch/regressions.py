"""The other half of scripts/regressions.ts: an FCN on the same rows by the same recipe, targets raw and standardised.

Reads one JSON object {train, test: {series [n][c][t], targets [n]}, epochs, seeds} from stdin, prints RMSE a seed.
"""
import json, sys
import numpy as np, torch
from torch import nn

given = json.load(sys.stdin)
torch.set_num_threads(1)


def rows(part):
    return np.array(given[part]["series"], dtype=np.float64), np.array(given[part]["targets"], dtype=np.float64)


x, y = rows("train")
xt, yt = rows("test")
mean, deviation = x.mean((0, 2), keepdims=True), x.std((0, 2), keepdims=True)
x, xt = [torch.tensor((a - mean) / deviation, dtype=torch.float32) for a in (x, xt)]


def fcn(channels):
    layers = []
    for filters, size in ((128, 8), (256, 5), (128, 3)):
        conv = nn.Conv1d(channels, filters, size, padding="same")
        nn.init.xavier_uniform_(conv.weight)
        nn.init.zeros_(conv.bias)
        layers += [conv, nn.BatchNorm1d(filters), nn.ReLU()]
        channels = filters
    head = nn.Linear(channels, 1)
    nn.init.xavier_uniform_(head.weight)
    nn.init.zeros_(head.bias)
    return nn.Sequential(*layers, nn.AdaptiveAvgPool1d(1), nn.Flatten(), head)


def rmse(scaled, seed):
    torch.manual_seed(seed)
    m, d = (y.mean(), y.std()) if scaled else (0.0, 1.0)
    target = torch.tensor((y - m) / d, dtype=torch.float32)[:, None]
    net, batch = fcn(x.shape[1]), 16
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    steps = given["epochs"] * -(-len(x) // batch)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(given["epochs"]):
        for at in torch.randperm(len(x)).split(batch):
            if len(at) == 1:
                continue
            optimizer.zero_grad()
            nn.functional.mse_loss(net(x[at]), target[at]).backward()
            optimizer.step()
            schedule.step()
    net.eval()
    with torch.no_grad():
        said = net(xt)[:, 0].double().numpy() * d + m
    return float(np.sqrt(((said - yt) ** 2).mean()))


seeds = range(given["seeds"])
print(json.dumps({k: [rmse(k == "standardize", s) for s in seeds] for k in ("standardize", "raw")}))
