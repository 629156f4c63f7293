"""Trains the finder's second net: whether a place that the first net proposes is a face, and where
its points are.

    python refine.py --material TRAIN --weights finder.weights --run RUN --steps 6000

Each proposal is seen upright, its face UNIT px wide, in a picture of SIDE x SIDE px whose mean and
spread are always the same (`seen`). One process draws pictures, searches them with the first net and
cuts the proposals out; one learns. RUN gets checkpoint.pt; started again, the training goes on there.
"""
import argparse

import cv2
import numpy as np
import torch
from torch.nn import functional as F

from compose import Composer
from material import Material
from net import UNIT, Finder
from run import Pool, Run
from train import CLOSE_SIDES, IGNORED_TO, SIDE as WINDOW
from train import finder_state
from weights import SIDE, Finder as Weights
from weights import normalised, overlap, roll_of

WIDTHS = (13.0, 58.0)  # px; of faces that a level may propose.
SHAPE = dict(first=16, middle=32, width=64, kernels=(5, 5, 3))


def cut(pixels, centre, width, roll):
    """A part of the picture, upright, the width UNIT px (weights.cut is exact; this is fast)."""
    step = width / UNIT
    u = np.arange(SIDE, dtype=np.float32) - (SIDE - 1) / 2
    a, b = step * np.cos(roll), step * np.sin(roll)
    x = (centre[0] + a * u[None, :] - b * u[:, None]).astype(np.float32)
    y = (centre[1] + b * u[None, :] + a * u[:, None]).astype(np.float32)
    return cv2.remap(pixels.astype(np.float32), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def wanted(record, centre, width, roll):
    """The 13 numbers that the net should say of this face (docs/reference/finder-format.md)."""
    turn = np.array([[np.cos(roll), np.sin(roll)], [-np.sin(roll), np.cos(roll)]]) * (UNIT / width)
    size = record[2] * UNIT / width
    places = (np.concatenate([record[:2], record[3:13]]).reshape(6, 2) - centre) @ turn.T / size
    return np.float32([*places[0], np.log(size / UNIT), *places[1:].ravel()])


def examples(composer, first, windows, least, most=6):
    """Cuts (u8), labels (1, 0) and wanted numbers of so many new windows."""
    random = composer.random
    cuts, labels, numbers = [], [], []
    side = int(composer.one_of(CLOSE_SIDES))
    drawn, outputs = [], []
    for some in ([composer.window(WINDOW) for _ in range(windows)], [composer.close_up(side) for _ in range(windows // 2)]):
        drawn += some
        outputs += list(first.run(np.stack([pixels for pixels, _ in some])))

    def add(pixels, centre, width, roll, record):
        cuts.append(normalised(cut(pixels, centre, width, roll)))
        labels.append(record is not None)
        numbers.append(wanted(record, centre, width, roll) if record is not None else np.zeros(13, np.float32))

    for (pixels, records), out in zip(drawn, outputs):
        for record in records:  # Faces, not quite where they are.
            if record[13] > 0.5 and 15 < record[2] < 50:
                width = record[2] * np.exp(random.normal(0, 0.13))
                centre = record[:2] + random.normal(0, 0.07, 2) * record[2]
                add(pixels, centre, width, roll_of(record[3:13].reshape(5, 2)) + random.normal(0, 0.15), record)
        rows = first.candidates(out, least, border=0)
        for row in rows[:most]:
            face, doubtful = None, False
            for record in records:
                far, ratio = np.hypot(*(row[1:3] - record[:2])), row[3] / record[2]
                if far < 0.35 * record[2] and 0.65 < ratio < 1.55:
                    face, doubtful = record, record[13] < 0.5
                elif far < 0.5 * record[2] and 0.5 < ratio < 2 and record[2] < IGNORED_TO:
                    doubtful = True
                elif record[13] < 0.5 and overlap(row[1:4], record[:3]) > 0.5:
                    doubtful = True
            if not doubtful:
                add(pixels, row[1:3], row[3], roll_of(row[4:14].reshape(5, 2)), face)
    return np.stack(cuts), np.array(labels, np.float32), np.stack(numbers)


class Examples(torch.utils.data.IterableDataset):
    def __init__(self, folder, weights, seed, least):
        self.folder, self.weights, self.seed, self.least = folder, weights, seed, least

    def __iter__(self):
        cv2.setNumThreads(1)
        torch.set_num_threads(1)
        first = Weights.read(self.weights)
        info = torch.utils.data.get_worker_info()
        composer = Composer(Material(self.folder), [self.seed, info.id if info else 0])
        while True:
            yield examples(composer, first, 36, self.least)


def drawn(pool, count):
    """Cuts, labels and numbers, half of them mirrored."""
    (cuts, labels, numbers), mirrored = pool.draw(count)
    cuts[mirrored] = cuts[mirrored][:, :, ::-1]
    order = [0, 1, 2, 5, 6, 3, 4, 7, 8, 11, 12, 9, 10]
    sign = np.float32([-1, 1, 1] + [-1, 1] * 5)
    numbers[mirrored] = numbers[mirrored][:, order] * sign
    return map(torch.from_numpy, (cuts, labels, numbers))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--material", required=True)
    parser.add_argument("--weights", required=True, help="the first net's")
    parser.add_argument("--run", required=True, help="folder of the checkpoint; goes on where it ends")
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--minutes", type=float, default=30, help="at most; the rate falls in time for it")
    parser.add_argument("--batch", type=int, default=192)
    parser.add_argument("--from-logit", type=float, default=-2.5, help="of the first net: lower ones are not proposed")
    parser.add_argument("--initial", help="a checkpoint whose net to begin with")
    parser.add_argument("--rate", type=float, default=4e-3)
    parser.add_argument("--seed", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    net = Finder(**SHAPE).to(memory_format=torch.channels_last)
    if options.initial:
        net.load_state_dict(finder_state(options.initial))
    print("weights %d, multiply-adds a pixel %.0f" % net.cost(), flush=True)
    run = Run(options.run, net, options.rate)
    run.resume()
    start = run.start
    loader = iter(torch.utils.data.DataLoader(
        Examples(options.material, options.weights, options.seed * 100_003 + start, options.from_logit),
        batch_size=None, num_workers=1, prefetch_factor=8))
    pool = Pool(120_000, options.seed, ((SIDE, SIDE), np.uint8), ((), np.float32), ((13,), np.float32))
    weights = torch.tensor([2.0, 2.0, 2.0] + [1.0] * 10)
    sums = np.zeros(5)
    for step, _ in run.turns(options, loader, pool, 6000):
        cuts, labels, numbers = drawn(pool, options.batch)
        output = net(cuts[:, None].float().contiguous(memory_format=torch.channels_last))
        output = output[:, :, SIDE // 16, SIDE // 16]
        right = F.binary_cross_entropy_with_logits(output[:, 0], labels)
        error = F.smooth_l1_loss(output[:, 1:], numbers, reduction="none", beta=0.05)
        place = ((error * weights).mean(1) * labels).sum() / labels.sum().clamp(min=1)
        loss = right + 4 * place
        run.step(loss)
        told = output[:, 0].detach() > 0
        sums += [right.item(), place.item(), labels.mean().item(), (told == (labels > 0.5)).float().mean().item(), 1]
        if step % 250 == 249:
            a, b, c, d = sums[:4] / sums[4]
            print(f"{step + 1} right {a:.4f} ({d:.4f}) place {b:.4f} faces {c:.2f} pool {pool.count} {run.seconds():.0f} s", flush=True)
            sums[:] = 0


if __name__ == "__main__":
    main()
