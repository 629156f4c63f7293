"""Trains the net that sees a whole face once and says where its 68 landmarks are, and how far each may be off.

    python landmarks.py --material TRAIN --run RUN --steps 9000 --minutes 30
    python landmarks.py --material HELD --measure RUN/checkpoint.pt --sheet sheet.png
    python landmarks.py --material HELD --measure landmarks.weights

The net sees a face upright, its landmarks' box `face_width` px wide in FACE_SIDE x FACE_SIDE px, in one
light (`weights.normalised`). It is trained on places that are a little off, as the finder's are. With
--from it begins with a weights file instead of at random; with --close it is the larger net
that looks where landmarks are known about, and may begin with the smaller one's file. One process draws pictures, one learns. RUN
gets checkpoint.pt; started again, the training goes on there.
"""
import argparse

import cv2
import numpy as np
import torch

from compose import MIRROR, Composer
from material import Material
from net import LANDMARKS, CloseLandmarkNet, LandmarkNet, begin_from
from run import Pool, Run, add_options
from train import finder_state
from weights import FACE_SIDE, Finder, normalised

MIDDLE = (FACE_SIDE - 1) / 2
# How far places are off: centre (of the width), size (log), roll (radians).
AWAY = (0.06, 0.11, 0.12)
LEAST_SPREAD = 0.004  # Of the width; landmarks are not surer.
# Landmarks that part and meet as eyes and mouths open and brows rise.
LIDS = [(37, 41), (38, 40), (43, 47), (44, 46)]
LIPS = [(61, 67), (62, 66), (63, 65)]
OPENINGS = [*LIDS, *LIPS, (50, 58), (51, 57), (52, 56), (19, 37), (21, 39), (22, 42), (24, 44)]
# Drawn faces whose inner lips are so far apart, over the longer side of the landmarks' box, are seen so many times as often.
WIDE, WIDE_TIMES = 0.09, 4
CLEAR, MISSED = 0.01, 0.04  # Of the width: spreads of faces that are seen well; openings off by more pull no harder.
AHEAD = 0.2  # The nose's tip lies by less of the jaw's width from the middle of its ends.


def cut_off(composer, pixels, points):
    """Sides of the picture end where the camera's picture does, and are replicated outwards, as the program does;
    the share of the landmarks that lies outside."""
    least, most = points.min(0), points.max(0)
    (left, top), (right, bottom) = (0, 0), (FACE_SIDE, FACE_SIDE)
    for _ in range(1 if composer.chance(0.7) else 2):
        share = composer.random.uniform(-0.1, 0.5)
        far = least + share * (most - least), most - share * (most - least)
        side = composer.random.integers(4)
        if side == 0:
            left = max(left, int(far[0][0]))
        elif side == 1:
            right = min(right, int(far[1][0]))
        elif side == 2:
            top = max(top, int(far[0][1]))
        else:
            bottom = min(bottom, int(far[1][1]))
    right, bottom = max(right, left + 1), max(bottom, top + 1)
    kept = pixels[top:bottom, left:right]
    pixels = cv2.copyMakeBorder(kept, top, FACE_SIDE - bottom, left, FACE_SIDE - right, cv2.BORDER_REPLICATE)
    x, y = points.T
    return pixels, np.mean((x < left) | (x > right) | (y < top) | (y > bottom))


def face(composer, real_share=0.5, seen=LandmarkNet, cut_share=0.15):
    """A picture of a face that is about in its middle, as nets of the class `seen` see it, its landmarks, and the
    material's number; `cut_share` of the faces lie partly beyond the camera's picture."""
    while True:
        index = composer.face_index(real_share)
        away = seen.away[1 if composer.chance(0.15) else 0]
        far = [a * away for a in AWAY]
        width = seen.face_width * np.exp(composer.random.normal(0, far[1]))
        centre = MIDDLE + composer.random.normal(0, far[0], 2) * seen.face_width
        roll = composer.random.normal(0, far[2])
        canvas = np.ascontiguousarray(composer.scenery(FACE_SIDE, FACE_SIDE))
        at = composer.paste(canvas, index, width, centre, roll, whole=composer.chance(0.5))
        covered = composer.cover(canvas, at, width, roll) if composer.chance(0.35 * composer.hardness) else 0.0
        if composer.chance(0.1 * composer.hardness):
            composer.side_light(canvas, at.mean(0), seen.face_width)
        camera = composer.camera if composer.chance(composer.hardness) else composer.good_camera
        pixels, clear = camera(canvas, [(at, width)], composer.chance(0.6))
        outside = 0
        if cut_share and composer.chance(cut_share):
            pixels, outside = cut_off(composer, pixels, at)
        if covered + outside < 0.75 and clear[0]:
            return normalised(np.float32(pixels)), np.float32(at), index


def more_wide_mouths(material):
    """Few of the drawn faces open their mouths wide: they are seen more often."""
    points = material.points[material.drawn]
    wide = material.drawn[opening(points, LIPS) > WIDE]
    material.drawn = np.concatenate([material.drawn, np.tile(wide, WIDE_TIMES - 1)])


class Faces(torch.utils.data.IterableDataset):
    """Endless batches: pictures, landmarks over the width, from the middle."""

    def __init__(self, options, start, seen):
        """From the step `start` on; `seen` is the kind of the net that sees them."""
        self.options, self.batch, self.seen = options, start, seen
        self.seed, self.mild = options.seed * 100_003 + start, options.mild * options.steps

    def __iter__(self):
        cv2.setNumThreads(1)
        info = torch.utils.data.get_worker_info()
        material = Material(self.options.material)
        if self.options.openings > 0:
            more_wide_mouths(material)
        composer = Composer(material, [self.seed, info.id if info else 0])
        while True:
            composer.hardness = min(1.0, self.batch / max(1, self.mild))
            faces = [face(composer, self.options.real, self.seen) for _ in range(self.options.batch)]
            self.batch += 1
            yield np.stack([f[0] for f in faces]), np.stack([(f[1] - MIDDLE) / self.seen.face_width for f in faces])


def drawn(pool, count):
    """Pictures and landmarks, half of them mirrored."""
    (pixels, points), mirrored = pool.draw(count)
    pixels[mirrored] = pixels[mirrored][:, :, ::-1]
    points[mirrored] = points[mirrored][:, MIRROR] * np.float32([-1, 1])
    return torch.from_numpy(pixels), torch.from_numpy(points)


def read(output):
    """N x 68 x 2 places over the width from the middle, N x 68 logarithms of their spread."""
    return output[:, : 2 * LANDMARKS].view(-1, 2, LANDMARKS).transpose(1, 2), output[:, 2 * LANDMARKS :]


def losses(output, points):
    """Mean distance; mean distance of the openings, whichever way the whole face is off: it moves a landmark by as much
    as lids do; and how badly the spreads said fit the distances, which does not move the places.

    The spread b is that of p(e) = exp(-|e| / b) / (2 pi b^2), whose mean |e| is 2 b."""
    places, spread = read(output)
    off = places - points
    distance = torch.sqrt((off ** 2).sum(-1) + 1e-6)
    above, below = np.transpose(OPENINGS)
    apart = torch.sqrt(((off[:, above] - off[:, below]) ** 2).sum(-1) + 1e-6)
    log_b = spread.clamp(np.log(LEAST_SPREAD / 2), 2)
    # What is missed wholly counts, not what is off a little; where nothing can be seen, nothing is to be learned.
    unsure = torch.exp(log_b.detach())
    clear = CLEAR / (CLEAR + unsure[:, above] + unsure[:, below])
    openings = clear * torch.nn.functional.huber_loss(apart, torch.zeros_like(apart), reduction="none", delta=MISSED) / CLEAR
    likelihood = distance.detach() * torch.exp(-log_b) + 2 * log_b
    return distance.mean(), openings.mean(), likelihood.mean()


def opening(points, pairs):
    """How far pairs of landmarks are apart on average, over the longer side of the landmarks' box."""
    above, below = np.transpose(pairs)
    far = np.linalg.norm(points[:, above] - points[:, below], axis=-1).mean(1)
    return far / np.ptp(points, axis=1).max(-1)


def turns(points):
    """How far the nose's tip lies from the middle of the jaw's ends, over their distance."""
    return (points[:, 30, 0] - (points[:, 0, 0] + points[:, 16, 0]) / 2) / np.linalg.norm(points[:, 16] - points[:, 0], axis=-1)


def seen_of(places, truth, pairs):
    """How much of what opens is seen to open: the slope of what is said against what is."""
    return np.polyfit(opening(truth, pairs), opening(places, pairs), 1)[0]


def new_net(options):
    net = CloseLandmarkNet() if options.close else LandmarkNet()
    if options.away:
        type(net).away = options.away
    return net


def train(options):
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    net = new_net(options).to(memory_format=torch.channels_last)
    if options.begin:
        cv2.setNumThreads(1)  # Threads of this process would be missing in the one that draws.
        composer = Composer(Material(options.material), [options.seed, 99])
        seen = np.stack([face(composer, options.real, type(net))[0] for _ in range(512)])
        begin_from(net, Finder.read(options.begin).layers, torch.from_numpy(seen)[:, None].float())
    print("weights %d, multiply-adds a pixel %.0f" % net.cost(), flush=True)
    run = Run(options.run, net, options.rate)
    run.resume()
    start = run.start
    loader = iter(torch.utils.data.DataLoader(
        Faces(options, start, type(net)), batch_size=None, num_workers=1, prefetch_factor=8))
    pool = Pool(40_000, options.seed, ((FACE_SIDE, FACE_SIDE), np.uint8), ((LANDMARKS, 2), np.float32))
    sums = np.zeros(4)
    for step, _ in run.turns(options, loader, pool, 1500, options.every):
        pixels, points = drawn(pool, options.batch)
        output = net(pixels[:, None].float().contiguous(memory_format=torch.channels_last))
        distance, openings, likelihood = losses(output, points)
        run.step(20 * distance + 20 * options.openings * openings + 0.2 * likelihood)
        sums += [distance.item(), openings.item(), likelihood.item(), 1]
        if step % 250 == 249:
            a, b, c = sums[:3] / sums[3]
            print(f"{step + 1} distance {a:.4f} openings {b:.4f} likelihood {c:.3f} {run.seconds():.0f} s", flush=True)
            sums[:] = 0


def measure(options):
    """Errors on people kept out: seen from places that are off, and once more from where they were said to be."""
    net = new_net(options)
    if options.measure.endswith(".weights"):
        begin_from(net, Finder.read(options.measure).layers, torch.rand(16, 1, FACE_SIDE, FACE_SIDE) * 255)
    else:
        net.load_state_dict(finder_state(options.measure))
    net.eval()
    composer = Composer(Material(options.material), [options.seed, 77])
    for name, real, hardness, cut in [("real, plain", 1, 0, 0), ("real", 1, 1, 0), ("drawn", 0, 1, 0), ("real, cut off", 1, 1, 1)]:
        composer.hardness = hardness
        cases = [face(composer, real, type(net), cut_share=cut) for _ in range(options.count)]
        with torch.no_grad():
            places, spread = read(net(torch.from_numpy(np.stack([c[0] for c in cases]))[:, None].float()))
        places, truth = places.numpy(), np.stack([(c[1] - MIDDLE) / net.face_width for c in cases])
        far = np.hypot(*np.moveaxis(places - truth, -1, 0))
        said = 2 * np.exp(spread.numpy())
        eyes = np.hypot(*np.moveaxis(truth[:, 36] - truth[:, 45], -1, 0))
        ahead = np.abs(turns(truth)) < AHEAD
        seen = [seen_of(places[ahead], truth[ahead], pairs) for pairs in (LIDS, LIPS)]
        order = np.argsort(far.mean(1))
        print(f"{name}: of the width mean {far.mean():.4f}, median {np.median(far.mean(1)):.4f}, above .1 {np.mean(far.mean(1) > .1):.3f}; "
              f"of the outer corners median {np.median(far.mean(1) / eyes):.4f}; said {said.mean():.4f}, "
              f"correlation {np.corrcoef(np.log(said.ravel()), np.log(far.ravel() + 1e-4))[0, 1]:.2f}; "
              f"jaw {far[:, :17].mean():.4f} brows {far[:, 17:27].mean():.4f} nose {far[:, 27:36].mean():.4f} eyes {far[:, 36:48].mean():.4f} mouth {far[:, 48:].mean():.4f}; "
              f"of faces that look ahead {seen[0]:.2f} of how lids open is seen, {seen[1]:.2f} of lips")
        if options.sheet:
            shown = []
            for i in [*order[-24:], *order[:: max(1, len(order) // 24)][:24]]:
                image = cv2.cvtColor(cv2.resize(cases[i][0], None, fx=2, fy=2), cv2.COLOR_GRAY2BGR)
                for points, colour in ((truth[i], (80, 220, 80)), (places[i], (60, 60, 255))):
                    for x, y in (points * net.face_width + MIDDLE + 0.5) * 2:
                        cv2.circle(image, (int(x), int(y)), 1, colour, -1)
                shown.append(image)
            sheet = np.vstack([np.hstack(shown[i : i + 8]) for i in range(0, 48, 8)])
            cv2.imwrite(options.sheet.replace(".png", "-" + name.replace(", ", "-") + ".png"), sheet)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_options(parser, steps=24_000, minutes=75, seed=5, count=500)
    parser.add_argument("--from", dest="begin", metavar="WEIGHTS", help="a weights file to go on from")
    parser.add_argument("--close", action="store_true", help="the larger net, which looks closely")
    parser.add_argument("--away", type=float, nargs=2, metavar=("MOST", "ONE-IN-SEVEN"), help="how far places are off, for what the net has")
    parser.add_argument("--openings", type=float, default=0.0, help="weight of how far eyes and mouths are open, beside all landmarks'; with one, wide mouths are seen more often")
    parser.add_argument("--real", type=float, default=0.5, help="share of photos")
    parser.add_argument("--sheet", help="pictures of the worst and of others (PNG)")
    options = parser.parse_args()
    measure(options) if options.measure else train(options)


if __name__ == "__main__":
    main()
