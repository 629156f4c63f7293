"""Trains the finder on made-up pictures.

    python train.py --material TRAIN --run RUN --steps 9000 --minutes 60

RUN gets checkpoint.pt (net, its moving average, optimiser, position, hard windows); started again,
the training goes on from there. One process draws pictures, one learns.
"""
import argparse
import itertools
import time

import cv2
import numpy as np
import torch
from torch.nn import functional as F

from compose import MOST_FACES, RECORD, Composer, pad_records
from material import Material
from net import STRIDE, UNIT, Finder
from run import Run, rate

SIDE = 128
CLOSE_SIDES = [56, 64, 72, 80]  # Levels of pictures that a face fills.
LEAST, MOST = 17.0, 45.0  # px; widths that a level answers for. A little beyond: neither face nor not.
IGNORED_FROM, IGNORED_TO = 9.0, 70.0


class Windows(torch.utils.data.IterableDataset):
    """Endless batches: pixels and records of windows, pixels and records of close-ups."""

    def __init__(self, folder, seed, size, batch, mild):
        self.folder, self.seed, self.size, self.batch, self.mild = folder, seed, size, batch, mild

    def __iter__(self):
        cv2.setNumThreads(1)
        info = torch.utils.data.get_worker_info()
        composer = Composer(Material(self.folder), [self.seed, info.id if info else 0])
        for batch in itertools.count(self.batch):
            composer.hardness = min(1.0, batch / max(1, self.mild))
            drawn = [composer.window(SIDE) for _ in range(self.size)]
            side = int(composer.one_of(CLOSE_SIDES))
            close = [composer.close_up(side) for _ in range(self.size // 2)]
            yield [np.stack([f(d) for d in w]) for w in (drawn, close) for f in (lambda d: d[0], lambda d: pad_records(d[1]))]


def targets(records, side_y, side_x):
    """Heat (B x H x W), regression (B x 13 x H x W), where it counts, where nothing is asked, and
    where there is no face near."""
    rows, columns = side_y // STRIDE, side_x // STRIDE
    gx = ((torch.arange(columns) + 0.5) * STRIDE - 0.5).view(1, 1, 1, -1)
    gy = ((torch.arange(rows) + 0.5) * STRIDE - 0.5).view(1, 1, -1, 1)
    cx, cy, width, state = (records[:, :, i].view(-1, MOST_FACES, 1, 1) for i in (0, 1, 2, 13))
    size = width.clamp(min=1)
    dx, dy = cx - gx, cy - gy
    far = torch.sqrt(dx**2 + dy**2)
    asked = (state > 0.5) & (width >= LEAST) & (width <= MOST)
    # The nearest cell is the face, whatever its distance; cells almost as near are nearly so.
    beyond = (far - far.amin((2, 3), keepdim=True)).clamp(min=0)
    inside = far.amin((2, 3), keepdim=True) < STRIDE
    sigma = (0.1 * size).clamp(min=2.5)
    heat = torch.where(asked & inside, torch.exp(-(beyond**2) / (2 * sigma**2)), torch.zeros(())).amax(1)
    open_question = (width > 0) & ~asked & ((state < 0.5) | (width < IGNORED_TO)) & (width > 0)
    reach = torch.where(width > MOST, 0.35 * size, 0.6 * size + 4)
    ignored = (open_question & (far < reach)).any(1)
    ignored = ignored | ((width > 0) & (width < IGNORED_FROM) & (far < reach)).any(1)
    ignored = ignored & (heat < 0.3)
    near = asked & (far < (0.16 * size).clamp(min=6.0))
    distance, owner = torch.where(near, far, torch.full((), 1e9)).min(1)
    counts = distance < 1e8
    values = [dx / size + 0 * far, dy / size + 0 * far, torch.log(size / UNIT) + 0 * far]
    for i in range(5):
        values += [(records[:, :, 3 + 2 * i].view(-1, MOST_FACES, 1, 1) - gx) / size + 0 * far]
        values += [(records[:, :, 4 + 2 * i].view(-1, MOST_FACES, 1, 1) - gy) / size + 0 * far]
    values = torch.stack(values, 2)  # B x faces x 13 x H x W
    pick = owner.view(len(records), 1, 1, rows, columns).expand(-1, 1, 13, -1, -1)
    # Where a high score is a mistake worth learning from: on no face, nor beside its centre.
    clear = ~ignored & ~(asked & (far < 0.6 * size + 4)).any(1)
    return heat, values.gather(1, pick)[:, 0], counts, ignored, clear


def losses(output, records, side, hits):
    heat, wanted, counts, ignored, clear = targets(records, side, side)
    logit = output[:, 0]
    p = torch.sigmoid(logit)
    positive = (heat > 0.95).float()
    hit = -positive * (1 - p) ** 2 * F.logsigmoid(logit)
    miss = -(1 - positive) * (1 - heat) ** 4 * p**2 * F.logsigmoid(-logit)
    centre = (hits * hit + miss * (~ignored)).sum() / positive.sum().clamp(min=1)
    error = F.smooth_l1_loss(output[:, 1:], wanted, reduction="none", beta=0.05)
    weights = torch.tensor([2.0, 2.0, 2.0] + [0.7] * 10).view(1, -1, 1, 1)
    place = ((error * weights).mean(1) * counts).sum() / counts.sum().clamp(min=1)
    worst = torch.where(clear, p.detach(), torch.zeros(())).amax((1, 2))
    return centre, place, worst


def flipped(pixels, records):
    pixels, records = pixels.flip(-1), records.clone()
    there = records[:, :, 2] > 0
    width = pixels.shape[-1]
    order = [0, 1, 2, 5, 6, 3, 4, 7, 8, 11, 12, 9, 10, 13]
    records = records[:, :, order]
    for i in (0, 3, 5, 7, 9, 11):
        records[:, :, i] = torch.where(there, width - 1 - records[:, :, i], records[:, :, i])
    return pixels, records


class HardWindows:
    """Windows that the net took for faces where there are none."""

    def __init__(self, most, seed):
        self.most, self.random = most, np.random.default_rng(seed)
        self.pixels = np.zeros((most, 1, SIDE, SIDE), np.uint8)
        self.records = np.zeros((most, MOST_FACES, RECORD), np.float32)
        self.count = 0

    def add(self, pixels, records):
        at = self.count if self.count < self.most else int(self.random.integers(self.most))
        self.pixels[at], self.records[at] = pixels, records
        self.count = min(self.most, self.count + 1)

    def draw(self, count):
        chosen = self.random.integers(0, self.count, count)
        return torch.from_numpy(self.pixels[chosen]), torch.from_numpy(self.records[chosen])


def search(net, composer, hard, pictures, least):
    """Searches large negatives with the net as it is, and keeps what it took for faces."""
    training = net.training
    net.eval()
    kept, side = 0, 512
    with torch.no_grad():
        for _ in range(pictures):
            large = [composer.log_uniform(90, 400)] if composer.chance(0.5) else []
            pixels, records = composer.picture(side, side, large, extras=0.5, portrait=composer.chance(0.6))
            table = torch.from_numpy(pad_records(records))[None]
            p = torch.sigmoid(net(torch.from_numpy(np.float32(pixels))[None, None])[:, 0])
            clear = targets(table, side, side)[4]
            p = torch.where(clear, p, torch.zeros(()))[0].numpy()
            for _ in range(4):
                y, x = np.unravel_index(p.argmax(), p.shape)
                if p[y, x] < least:
                    break
                p[max(0, y - 3) : y + 4, max(0, x - 3) : x + 4] = 0
                left = int(np.clip(x * STRIDE - composer.uniform(20, SIDE - 20), 0, side - SIDE))
                top = int(np.clip(y * STRIDE - composer.uniform(20, SIDE - 20), 0, side - SIDE))
                moved = pad_records(records).copy()
                there = moved[:, 2] > 0
                moved[there, 0:13] -= [left, top, 0] + [left, top] * 5
                hard.add(pixels[None, top : top + SIDE, left : left + SIDE], moved)
                kept += 1
    net.train(training)
    return kept


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--material", required=True)
    parser.add_argument("--run", required=True, help="folder of the checkpoint; goes on where it ends")
    parser.add_argument("--steps", type=int, default=9000)
    parser.add_argument("--minutes", type=float, default=60, help="at most; the rate falls in time for it")
    parser.add_argument("--fresh", type=int, default=36, help="new windows a step")
    parser.add_argument("--repeated", type=int, default=12, help="hard windows a step")
    parser.add_argument("--mild", type=float, default=0.3, help="share of the steps in which pictures grow as hard as they are meant to be")
    parser.add_argument("--hits", type=float, default=3.0, help="weight of faces against what is none")
    parser.add_argument("--close", type=float, default=0.8, help="weight of close-ups against windows")
    parser.add_argument("--rate", type=float, default=4e-3)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--initial", help="a checkpoint whose net to begin with; normalisation stays as it is there")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    net = Finder().to(memory_format=torch.channels_last)
    print("weights %d, multiply-adds a pixel %.0f" % net.cost(), flush=True)
    if options.initial:
        net.load_state_dict(finder_state(options.initial))
    run = Run(options.run, net, options.rate)
    hard = HardWindows(4000, options.seed)
    state = run.resume()
    if state:
        hard.count = state["hard"][0].shape[0]
        hard.pixels[: hard.count], hard.records[: hard.count] = state["hard"]
    start = run.start
    seed = options.seed * 100_003 + start
    loader = iter(torch.utils.data.DataLoader(
        Windows(options.material, seed, options.fresh, start, options.mild * options.steps), batch_size=None, num_workers=options.workers,
        prefetch_factor=8))
    composer = Composer(Material(options.material), [seed, 999])
    cv2.setNumThreads(1)

    def save(step):
        run.save(step, hard=(hard.pixels[: hard.count], hard.records[: hard.count]))

    sums, waited = np.zeros(3), 0.0
    run.begin = time.time()
    net.train(not options.initial)
    for step in range(start, options.steps):
        before = time.time()
        progress = max(step / options.steps, run.seconds() / (60 * options.minutes))
        if progress >= 1:
            break
        run.set_rate(rate(progress))
        pixels, records, close, close_records = map(torch.as_tensor, next(loader))
        waited += time.time() - before
        pixels, close = pixels[:, None], close[:, None]
        fresh = len(pixels)
        if hard.count >= 200:
            old_pixels, old_records = hard.draw(options.repeated)
            if hard.random.random() < 0.5:
                old_pixels, old_records = flipped(old_pixels, old_records)
            pixels, records = torch.cat([pixels, old_pixels]), torch.cat([records, old_records])
        output = net(pixels.float().contiguous(memory_format=torch.channels_last))
        centre, place, worst = losses(output, records, SIDE, options.hits)
        output = net(close.float().contiguous(memory_format=torch.channels_last))
        close_centre, close_place, _ = losses(output, close_records, close.shape[-1], options.hits)
        loss = centre + 4 * place + options.close * (close_centre + 4 * close_place)
        run.step(loss)
        for i in torch.argsort(worst[:fresh], descending=True)[:3].tolist():
            if worst[i] > 0.25 and step > 300:
                hard.add(pixels[i].numpy(), records[i].numpy())
        sums += [centre.item(), place.item(), 1]
        if step % 400 == 399:
            kept = search(net, composer, hard, 24, 0.2) if step > 700 else 0
            print(
                f"{step + 1} centre {sums[0] / sums[2]:.3f} place {sums[1] / sums[2]:.4f} hard {hard.count} "
                f"(searched {kept}) rate {options.rate * rate(progress):.5f} {run.seconds():.0f} s, waited {waited:.0f}", flush=True)
            sums[:] = 0
            save(step + 1)
    save(step + 1)


def finder_state(path):
    """The averaged net's state of a checkpoint."""
    state = torch.load(path, weights_only=False)["mean"]
    return {k.removeprefix("module."): v for k, v in state.items() if k.startswith("module.")}


if __name__ == "__main__":
    main()
