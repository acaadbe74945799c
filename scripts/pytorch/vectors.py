#!/usr/bin/env python3
"""What PyTorch computes for the grid of layers, losses, optimizers and schedules: tests/pytorch/vectors.json.

    python3 scripts/pytorch/vectors.py

Needs PyTorch 1.13 or later (Debian: python3-torch). Inputs, parameters and cotangents are `values` of torch_layers.py,
which the tests generate too, so the file holds results alone: float32 (schedules: float64) in base64, one string a
case and batch. It also writes tests/pytorch/grid.json, the cases themselves.

Of a layer case: output, then the gradients of sum(output * cotangent) by the input and each parameter in model order,
then, in training, the running means and variances after a second batch. Of a loss: its value, the gradient by the
output. Of an optimizer: the losses of each step, then the parameters and the running statistics after the last.
"""

import base64
import json
import sys
import warnings
from pathlib import Path

import torch
from torch import nn, optim
from torch.nn import functional as F

sys.dont_write_bytecode = True
from grid import grid  # noqa: E402
from torch_layers import Network, tensor, values  # noqa: E402

OUT = Path(__file__).resolve().parents[2] / "tests" / "pytorch"


def packed(tensors, dtype=torch.float32):
    flat = torch.cat([t.detach().to(dtype).reshape(-1) for t in tensors])
    assert torch.isfinite(flat).all(), "a result is not finite"
    assert sys.byteorder == "little"
    return base64.b64encode(flat.numpy().tobytes()).decode()


def layer_vectors(c, rows):
    x = tensor(f"{c['name']}/x", [rows, *c["input"]], c.get("scale", 1)).requires_grad_()
    net = Network(c["name"], c["layers"], x.detach(), c.get("mode", "train"))
    out = net(x)
    (out * tensor(f"{c['name']}/cotangent", out.shape)).sum().backward()
    grads = [x.grad] + [p.grad for _, p in net.named]
    if c.get("mode", "train") == "predict" or not net.norms:
        return packed([out, *grads])
    with torch.no_grad():
        net(tensor(f"{c['name']}/second x", [rows, *c["input"]], c.get("scale", 1)))
    return packed([out, *grads, *net.state()])


def labels(key, count, classes):
    return torch.tensor([int(v * 64 + 128) % classes for v in values(key, count)])


def loss_vectors(c, rows):
    name, (channels, positions), o = c["name"], c["output"], c["loss"]
    shape = [rows, channels, positions]
    out = tensor(f"{name}/output", shape).requires_grad_()
    kind = o["kind"]
    if kind == "crossEntropy":
        weight = torch.tensor(o["classWeights"]) if "classWeights" in o else None
        if c["soft"]:
            target = tensor(f"{name}/target", shape).abs() + 0.25
            target = target / target.sum(1, keepdim=True)
        else:
            target = labels(f"{name}/target", rows * positions, channels).reshape(rows, positions)
        m = nn.CrossEntropyLoss(weight, label_smoothing=o.get("labelSmoothing", 0.0))
    elif kind == "binaryCrossEntropy":
        target = labels(f"{name}/target", rows * channels * positions, 2).reshape(shape).float()
        p = o.get("posWeight")
        weight = None if p is None else torch.tensor(p if isinstance(p, list) else [p] * channels).reshape(-1, 1)
        m = nn.BCEWithLogitsLoss(pos_weight=weight)
    else:
        target = tensor(f"{name}/target", shape)
        m = {
            "meanSquaredError": nn.MSELoss,
            "meanAbsoluteError": nn.L1Loss,
            "huber": lambda: nn.HuberLoss(delta=o["delta"]),
        }[kind]()
    value = m(out, target)
    value.backward()
    return packed([value, out.grad])


def optimizer_of(o, groups):
    o, kind = dict(o), o["kind"]
    lr, decay = o["learningRate"], o.get("weightDecay", 0.01 if kind == "adamW" else 0)
    if kind == "sgd":
        return optim.SGD(groups, lr, o.get("momentum", 0), weight_decay=decay, nesterov=o.get("nesterov", False))
    if kind == "rmsProp":
        return optim.RMSprop(
            groups, lr, o.get("alpha", 0.99), o.get("epsilon", 1e-8), decay, o.get("momentum", 0), o.get("centered", False)
        )
    maker = optim.Adam if kind == "adam" else optim.AdamW
    return maker(groups, lr, (o.get("beta1", 0.9), o.get("beta2", 0.999)), o.get("epsilon", 1e-8), decay)


def optimizer_vectors(c, network):
    rules = c["rules"]
    x0 = tensor("network/shape", [2, *network["input"]])
    net = Network("network", network["layers"], x0, scale=0.5)
    frozen = lambda name: any(name.startswith(prefix) for prefix in rules.get("freeze", []))  # noqa: E731
    for name, p in net.named:
        p.requires_grad_(not frozen(name))
    if rules.get("freeze") == ["conv1d", "batchNorm"]:
        net.norms[0].eval()
    learning = [(name, p) for name, p in net.named if p.requires_grad]
    if rules.get("decay") == "filters":
        decayed = [p for name, p in learning if name.endswith("filter")]
        rest = [p for name, p in learning if not name.endswith("filter")]
        groups = [{"params": decayed}, {"params": rest, "weight_decay": 0}]
    else:
        groups = [p for _, p in learning]
    optimizer = optimizer_of(c["optimizer"], groups)
    losses = []
    for step in range(network["steps"]):
        rows = network["rows"][step % len(network["rows"])]
        x = tensor(f"network/x {step}", [rows, *network["input"]])
        optimizer.zero_grad()
        loss = F.cross_entropy(net(x)[:, :, 0], labels(f"network/labels {step}", rows, 3))
        loss.backward()
        ps = [p for _, p in learning]
        if "clipValue" in rules:
            nn.utils.clip_grad_value_(ps, rules["clipValue"])
        if "clipNorm" in rules:
            nn.utils.clip_grad_norm_(ps, rules["clipNorm"])
        optimizer.step()
        losses.append(loss.detach().reshape(1))
    return packed([*losses, *[p for _, p in net.named], *net.state()])


def schedule_vectors(c):
    s, steps, each = c["schedule"], c["steps"], c["perEpoch"]
    kind, lr = s["kind"], c["learningRate"]
    optimizer = optim.SGD([nn.Parameter(torch.zeros(1))], lr)
    sched = optim.lr_scheduler
    rise = round(s.get("warmup", 0) * steps)
    rates = []
    rate = lambda: optimizer.param_groups[0]["lr"]  # noqa: E731
    if kind == "plateau":
        m = sched.ReduceLROnPlateau(
            optimizer, "min", s["factor"], s["patience"], threshold=s["threshold"], min_lr=s["minimum"]
        )
        for loss in values(f"{c['name']}/losses", steps):
            m.step(loss + 3)
            rates.append(rate())
        return packed([torch.tensor(rates, dtype=torch.float64)], torch.float64)
    if kind == "cosine":
        m = sched.CosineAnnealingLR(optimizer, steps - rise, lr * s.get("floor", 0))
    elif kind == "oneCycle":
        m = sched.OneCycleLR(
            optimizer, lr, steps, pct_start=s["rise"], div_factor=s["div"], final_div_factor=s["finalDiv"],
            cycle_momentum=False,
        )  # fmt: skip
    elif kind == "step":
        m = sched.StepLR(optimizer, s["every"] * each, s["factor"])
    elif kind == "exponential":
        m = sched.ExponentialLR(optimizer, s["factor"])
    else:
        m = sched.ConstantLR(optimizer, 1.0, 1)
    if rise > 0:
        warm = sched.LinearLR(optimizer, 1 / rise, 1.0, rise - 1)
        m = sched.SequentialLR(optimizer, [warm, m], [rise]) if kind == "cosine" else sched.ChainedScheduler([warm, m])
    for step in range(steps):
        rates.append(rate())
        optimizer.step()
        if kind != "exponential" or (step + 1) % each == 0:
            m.step()
    return packed([torch.tensor(rates, dtype=torch.float64)], torch.float64)


def lines(value, depth):
    """JSON with one line a case."""
    if depth == 0 or (isinstance(value, dict) and "name" in value):
        return json.dumps(value)
    if isinstance(value, dict):
        inner = ",\n".join(f"{json.dumps(k)}: {lines(v, depth - 1)}" for k, v in value.items())
        return "{\n" + inner + "\n}"
    if isinstance(value, list):
        return "[\n" + ",\n".join(lines(v, depth - 1) for v in value) + "\n]"
    return json.dumps(value)


def main():
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")  # PyTorch's about the speed of even kernels and the order of schedules
    torch.manual_seed(0)
    cases = grid()
    by_rows = lambda c, f: {str(rows): f(c, rows) for rows in c["rows"]}  # noqa: E731
    result = {
        "about": "PyTorch's results for grid.json; made by: python3 scripts/pytorch/vectors.py",
        "torch": torch.__version__,
        "layers": {c["name"]: by_rows(c, layer_vectors) for family in cases["layers"].values() for c in family},
        "losses": {c["name"]: by_rows(c, loss_vectors) for c in cases["losses"]},
        "optimizers": {c["name"]: optimizer_vectors(c, cases["network"]) for c in cases["optimizers"]},
        "schedules": {c["name"]: schedule_vectors(c) for c in cases["schedules"]},
    }
    for key in ["layers", "losses", "optimizers", "schedules"]:
        listed = [c for f in cases[key].values() for c in f] if key == "layers" else cases[key]
        assert len(result[key]) == len(listed), f"two cases of {key} have one name"
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "grid.json").write_text(lines(cases, 3) + "\n")
    (OUT / "vectors.json").write_text(lines(result, 2) + "\n")
    for key in ["layers", "losses", "optimizers", "schedules"]:
        print(f"{key}: {len(result[key])} cases")


if __name__ == "__main__":
    main()
