"""A training step of FCN in PyTorch, alone or data-parallel over gloo: prints the median in milliseconds.

usage: gloo.py RANK SIZE PORT BATCH LENGTH CLASSES STEPS     BATCH is the whole batch, of which each rank has its part
"""

import os
import statistics
import sys
import time

import torch
from torch import nn

rank, size, port, batch, length, classes, steps = map(int, sys.argv[1:8])
torch.set_num_threads(1)
torch.manual_seed(0)


def block(channels, filters, taps):
    padding = ((taps - 1) // 2, taps // 2)
    return [nn.ConstantPad1d(padding, 0.0), nn.Conv1d(channels, filters, taps), nn.BatchNorm1d(filters), nn.ReLU()]


model = nn.Sequential(
    *block(1, 128, 8), *block(128, 256, 5), *block(256, 128, 3),
    nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(128, classes),
)
if size > 1:
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    torch.distributed.init_process_group("gloo", rank=rank, world_size=size)
    model = nn.parallel.DistributedDataParallel(model)
optimizer = torch.optim.Adam(model.parameters(), 1e-3)
x = torch.randn(batch // size, 1, length)
y = torch.arange(batch // size) % classes
times = []
for step in range(steps):
    start = time.perf_counter()
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
    times.append(1000 * (time.perf_counter() - start))
if rank == 0:
    print(statistics.median(times[steps // 5 :]), torch.__version__, flush=True)
