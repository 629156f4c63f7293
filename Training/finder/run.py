"""A training run that can be stopped and gone on with: net, moving average, optimiser, position."""
import os
import time

import numpy as np
import torch


class Pool:
    """The newest examples; each is drawn a few times before it goes."""

    def __init__(self, most, seed, *columns):
        """`columns`: shape and type of what an example has."""
        self.random, self.most, self.count, self.at = np.random.default_rng(seed), most, 0, 0
        self.columns = [np.zeros((most, *shape), kind) for shape, kind in columns]

    def add(self, *batch):
        for one in zip(*batch):
            for column, value in zip(self.columns, one):
                column[self.at] = value
            self.at = (self.at + 1) % self.most
            self.count = max(self.count, self.at, self.most if self.at == 0 else 0)

    def draw(self, count):
        """So many examples, column by column, and which of them are to be mirrored."""
        chosen = self.random.integers(0, self.count, count)
        return [column[chosen] for column in self.columns], self.random.random(count) < 0.5


class Run:
    def __init__(self, folder, net, rate):
        os.makedirs(folder, exist_ok=True)
        self.path = os.path.join(folder, "checkpoint.pt")
        self.net = net
        self.mean = torch.optim.swa_utils.AveragedModel(
            net, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.998), use_buffers=True)
        self.rate = rate
        self.optimiser = torch.optim.AdamW(net.parameters(), rate, weight_decay=1e-3)
        self.start, self.spent, self.begin = 0, 0.0, time.time()

    def resume(self):
        """What the checkpoint holds; None where there is none."""
        if not os.path.exists(self.path):
            return None
        state = torch.load(self.path, weights_only=False)
        self.net.load_state_dict(state["net"])
        self.mean.load_state_dict(state["mean"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.start, self.spent = state["step"], state["seconds"]
        print("goes on at step", self.start, flush=True)
        return state

    def seconds(self):
        return self.spent + time.time() - self.begin

    def save(self, step, **more):
        state = {"net": self.net.state_dict(), "mean": self.mean.state_dict(), "optimiser": self.optimiser.state_dict(),
                 "step": step, "seconds": self.seconds(), **more}
        torch.save(state, self.path + ".partial")
        os.replace(self.path + ".partial", self.path)

    def set_rate(self, share):
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate * share

    def step(self, loss):
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        self.optimiser.step()
        self.mean.update_parameters(self.net)
