"""Trains the net that sees a whole face once and says numbers that are alike for one person and unlike for two.

    python identity.py --material TRAIN --run RUN --steps 12000 --minutes 26
    python identity.py --material HELD --measure RUN/checkpoint.pt --curve roc.png

The net sees what the landmarks' net sees (landmarks.py): the face upright, 62 px wide, in one light.
It is trained to tell the people of the material apart; its last layer is left out afterwards. Source: H. Wang
et al., "CosFace: Large margin cosine loss for deep face recognition" (2018), equation 4. One process draws
pictures, one learns. RUN gets checkpoint.pt; started again, the training goes on there.
"""
import argparse

import cv2
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from compose import Composer
from landmarks import face
from material import Material
from net import IdentityNet
from run import Pool, Run, add_options
from train import finder_state
from weights import FACE_SIDE

SCALE, MARGIN = 24.0, 0.2
# Covers and cameras' faults as often as this share of what the finder sees: who is not seen cannot be told.
HARDEST = 0.5


class Faces(torch.utils.data.IterableDataset):
    """Endless batches: pictures, and whose they are."""

    def __init__(self, folder, seed, size, batch, mild):
        self.folder, self.seed, self.size, self.batch, self.mild = folder, seed, size, batch, mild

    def __iter__(self):
        cv2.setNumThreads(1)
        info = torch.utils.data.get_worker_info()
        composer = PersonComposer(Material(self.folder), [self.seed, info.id if info else 0])
        while True:
            composer.hardness = HARDEST * min(1.0, self.batch / max(1, self.mild))
            faces = [face(composer, seen=IdentityNet) for _ in range(self.size)]
            self.batch += 1
            yield np.stack([f[0] for f in faces]), np.int32([composer.number[f[2]] for f in faces])


class PersonComposer(Composer):
    """One whose faces have a person each, all people alike often."""

    def __init__(self, material, seed):
        super().__init__(material, seed)
        people = sorted({p for p in material.persons if p})
        of_person = {p: i for i, p in enumerate(people)}
        self.number = np.array([of_person.get(p, -1) for p in material.persons])
        self.faces = [np.flatnonzero(self.number == i) for i in range(len(people))]
        self.photos = [f[np.isin(f, material.real)] for f in self.faces]

    def face_index(self, real_share=0.5):
        person = int(self.random.integers(len(self.faces)))
        if len(self.photos[person]) and self.chance(0.35):
            return self.one_of(self.photos[person])
        return self.one_of(self.faces[person])


class Classes(nn.Module):
    """The net and, for the training, a direction for each person."""

    def __init__(self, count):
        super().__init__()
        self.net = IdentityNet()
        self.directions = nn.Parameter(torch.randn(count, IdentityNet.outputs) * 0.1)

    def forward(self, pixels):
        return F.normalize(self.net(pixels)) @ F.normalize(self.directions).T


def train(options):
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    count = len(PersonComposer(Material(options.material), [0, 0]).faces)
    model = Classes(count).to(memory_format=torch.channels_last)
    print("people %d, weights %d, multiply-adds a pixel %.0f" % (count, *model.net.cost()), flush=True)
    run = Run(options.run, model, options.rate)
    run.resume()
    start = run.start
    loader = iter(torch.utils.data.DataLoader(
        Faces(options.material, options.seed * 100_003 + start, options.batch, start, options.mild * options.steps),
        batch_size=None, num_workers=1, prefetch_factor=8))
    pool = Pool(60_000, options.seed, ((FACE_SIDE, FACE_SIDE), np.uint8), ((), np.int32))
    sums = np.zeros(3)
    for step, progress in run.turns(options, loader, pool, 1500, options.every):
        (pixels, persons), mirrored = pool.draw(options.batch)
        pixels[mirrored] = pixels[mirrored][:, :, ::-1]
        persons = torch.from_numpy(persons.astype(np.int64))
        cosines = model(torch.from_numpy(pixels)[:, None].float().contiguous(memory_format=torch.channels_last))
        margin = MARGIN * min(1.0, progress / 0.3)
        loss = F.cross_entropy(SCALE * (cosines - margin * F.one_hot(persons, count)), persons)
        run.step(loss)
        sums += [loss.item(), (cosines.argmax(1) == persons).float().mean().item(), 1]
        if step % 250 == 249:
            print(f"{step + 1} loss {sums[0] / sums[2]:.3f} right {sums[1] / sums[2]:.3f} {run.seconds():.0f} s", flush=True)
            sums[:] = 0


def described(net, pictures):
    with torch.no_grad():
        both = [F.normalize(net(torch.from_numpy(p)[:, None].float())) for p in (pictures, pictures[:, :, ::-1].copy())]
    return F.normalize(both[0] + both[1]).numpy()


def curve(same, other):
    """Share of one person's pairs that are told (by threshold), at shares of pairs of two that are not."""
    rates = {}
    for wrong in (0.1, 0.01, 0.001):
        threshold = np.quantile(other, 1 - wrong)
        rates[wrong] = (float(np.mean(same > threshold)), float(threshold))
    thresholds = np.linspace(-1, 1, 2001)
    misses = np.array([np.mean(same <= t) for t in thresholds])
    alarms = np.array([np.mean(other > t) for t in thresholds])
    at = int(np.argmin(np.abs(misses - alarms)))
    return rates, float((misses[at] + alarms[at]) / 2), misses, alarms


def measure(options):
    """Pairs of pictures of people kept out: of one person in two lights, poses and expressions, and of two people."""
    net = IdentityNet()
    state = finder_state(options.measure)
    net.load_state_dict({k[4:]: v for k, v in state.items() if k.startswith("net.")})
    net.eval()
    material = Material(options.material)
    curves = []
    for name, real, hardness in [("photos, plain", True, 0), ("photos", True, HARDEST), ("photos and drawn heads", False, HARDEST)]:
        composer = PersonComposer(material, [options.seed, 77])
        composer.hardness = hardness
        if real:
            composer.faces = [f for f in composer.photos if len(f)]
            composer.photos = composer.faces
        people = len(composer.faces)
        pictures, persons, sources = [], [], []
        for _ in range(options.count):
            picture, _, index = face(composer, seen=IdentityNet)
            pictures.append(picture)
            persons.append(composer.number[index])
            sources.append(index)
        said, persons = described(net, np.stack(pictures)), np.array(persons)
        cosines = said @ said.T
        upper = np.triu_indices(len(persons), 1)
        is_same = (persons[:, None] == persons[None])[upper]
        same, other = cosines[upper][is_same], cosines[upper][~is_same]
        # One person in two photos, not one photo in two pictures: some have two.
        sources = np.array(sources)
        two = cosines[upper][is_same & (sources[:, None] != sources[None])[upper]]
        rates, equal, misses, alarms = curve(same, other)
        print(f"{name}: {people} people, {len(same)} pairs of one, {len(other)} of two; equal error rate {equal:.4f}; told at "
              + ", ".join(f"{w:g}: {r[0]:.3f} (above {r[1]:.3f})" for w, r in rates.items())
              + f"; means {same.mean():.3f} and {other.mean():.3f}"
              + (f"; {len(two)} pairs of two photos of one: " + ", ".join(f"{w:g}: {np.mean(two > r[1]):.3f}" for w, r in rates.items())
                 + f", mean {two.mean():.3f}" if real else ""))
        curves.append((name, misses, alarms))
    if options.curve:
        import matplotlib

        matplotlib.use("Agg")
        from matplotlib import pyplot

        figure, axes = pyplot.subplots(figsize=(5, 4))
        for name, misses, alarms in curves:
            axes.semilogx(np.maximum(alarms, 1e-5), 1 - misses, label=name)
        axes.set_xlabel("pairs of two people taken for one")
        axes.set_ylabel("pairs of one person told")
        axes.set_xlim(1e-4, 1)
        axes.grid(True, alpha=0.3)
        axes.legend()
        figure.tight_layout()
        figure.savefig(options.curve, dpi=110)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_options(parser, steps=12_000, minutes=26, seed=11, count=2400)
    parser.add_argument("--curve", help="a picture of the curves (PNG)")
    options = parser.parse_args()
    measure(options) if options.measure else train(options)


if __name__ == "__main__":
    main()
