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


def rate(progress):
    """Rises over the first tenth, then falls as a cosine."""
    return max(0.04, progress / 0.1) if progress < 0.1 else 0.5 + 0.5 * np.cos(np.pi * (progress - 0.1) / 0.9) + 1e-4


def add_options(parser, steps, minutes, seed, count):
    """Options of the trainings that see whole faces; --measure in place of --run."""
    parser.add_argument("--material", required=True)
    parser.add_argument("--run", help="folder of the checkpoint; goes on where it ends")
    parser.add_argument("--steps", type=int, default=steps)
    parser.add_argument("--minutes", type=float, default=minutes, help="at most; the rate falls in time for it")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--mild", type=float, default=0.2, help="share of the steps in which pictures grow as hard as they are meant to be")
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--every", type=int, default=2, help="steps for which the pool gets one batch of new examples")
    parser.add_argument("--threads", type=int, default=1, help="of the process that learns")
    parser.add_argument("--seed", type=int, default=seed)
    parser.add_argument("--measure", help="a checkpoint to measure")
    parser.add_argument("--count", type=int, default=count, help="faces a kind to measure on")


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

    def turns(self, options, loader, pool, least, every=2):
        """Goes through the steps that are left: yields each and how far the training is, 0 to 1. The pool has
        `least` examples first and gets a batch once in `every` steps; every 250 steps and at the end the run is kept."""
        self.begin = time.time()
        while pool.count < least:
            pool.add(*map(np.asarray, next(loader)))
        self.net.train()
        step = self.start - 1
        for step in range(self.start, options.steps):
            progress = max(step / options.steps, self.seconds() / (60 * options.minutes))
            if progress >= 1:
                break
            self.set_rate(rate(progress))
            if step % every == 0:
                pool.add(*map(np.asarray, next(loader)))
            yield step, progress
            if step % 250 == 249:
                self.save(step + 1)
        self.save(step + 1)

    def step(self, loss):
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        self.optimiser.step()
        self.mean.update_parameters(self.net)
