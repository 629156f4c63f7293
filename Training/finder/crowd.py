"""Makes test videos of several people whose identities are known, from photos of people kept out of training.

    python crowd.py --material HELD --script wander --faces 8 --seconds 12 -o crowd.mp4 --truth crowd.csv
    python crowd.py --material HELD --heads HEADS --script crossing --faces 4 --seconds 24 -o heads.mp4 --truth heads.csv

Scripts: `wander`, each person has a place of its own and none covers another; `crossing`, pairs walk through each
other's place, now and then they turn back there; `leaving`, people walk out at a side for at least 10 s and return
at another place, in another size and light, those with two photos with the other one, some never leave; `cuts`, two
cameras on different people, with hard cuts. The people are still photos that are moved, turned and scaled slowly; with
--heads they are drawn heads that turn and talk (`train render-sequence`): HEADS/PERSON-K holds what person did K-th,
its truth truth.csv and its frames dark/*.png and bright/*.png, before a background of 0 and one of 255.

The truth has a row for each frame (from 1) and person in the picture: the box around its 68 landmarks in px (the
centre of the top left pixel at 0), the share of the box that is in the picture and not covered by people in front
(`seen`), and which of the person's visits it is (from 1).
"""
import argparse
import csv
import glob
import os
import subprocess

import cv2
import numpy as np

from material import Material

# How much room a face of width 1 takes with its hair and neck, and besides to move.
HEAD, ROOM = (1.6, 2.0), (1.9, 2.3)
WIDTHS = (90, 170)
AWAY = (10, 14)  # Seconds out of the picture.
WALK = 230  # Px a second.


def ease(x):
    x = np.clip(x, 0, 1)
    return x * x * (3 - 2 * x)


class Drift:
    """A smooth course between about -1 and 1: a few slow sinusoids."""

    def __init__(self, random):
        self.periods = random.uniform(3, 11, 3)
        self.shares = self.periods / self.periods.sum()
        self.phases = random.uniform(0, 2 * np.pi, 3)

    def __call__(self, t):
        return float(self.shares @ np.sin(2 * np.pi * t / self.periods + self.phases))


class Place:
    """A place of a person's own in the picture, and the motion in it."""

    def __init__(self, random, box, width):
        left, top, w, h = box
        # The hair takes a little more room than the neck.
        self.centre = np.array([left + w / 2, top + h / 2 + 0.05 * width])
        room = (np.array([w, h]) - np.array(HEAD) * 1.1 * width) / 2
        self.reach = np.clip(room, 0.08 * width, 0.9 * width)
        self.drifts = [Drift(random) for _ in range(4)]
        self.width = width

    def __call__(self, t):
        """Centre, width and roll."""
        x, y, size, roll = (drift(t) for drift in self.drifts)
        return self.centre + self.reach * [x, y], self.width * (1 + 0.1 * size), np.radians(7) * roll


class Photo:
    """A photo in one light, its opacity and its landmarks."""

    def __init__(self, material, index, random, side):
        image, self.points = np.float32(material.image(index)), np.float64(material.points[index])
        height, width = image.shape
        self.low, self.high = self.points.min(0), self.points.max(0)
        size = self.high - self.low
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        across = (x - (self.low[0] + self.high[0]) / 2) / size[0]
        gain, gamma = random.uniform(0.75, 1.1), np.exp(random.uniform(np.log(0.75), np.log(1.35)))
        dark = random.uniform(0.45, 0.9)
        ramp = dark + (1 - dark) / (1 + np.exp(-side * 3 * across))
        image = 255 * (image / 255) ** gamma * gain * ramp
        # The matte is drawn in a little, lest the photo's background shows; the breast and the photo's borders fade.
        matte = cv2.resize(np.float32(material.mattes[index]) / 255, (width, height), interpolation=cv2.INTER_LINEAR)
        alpha = np.clip((matte - 0.3) / 0.6, 0, 1)
        alpha *= np.clip((self.high[1] + 0.5 * size[1] - y) / (0.35 * size[1]), 0, 1)
        edge = np.minimum(np.minimum(x, width - 1 - x), np.minimum(y + 1, height - 1 - y))
        self.alpha = alpha * np.clip(edge / 8, 0, 1)
        self.image = np.clip(image, 0, 255)
        self.stretch = np.array([1.0, random.uniform(0.96, 1.04)])

    def begin(self, t):
        """A photo is the same at all times."""

    def affine(self, centre, width, roll):
        """What takes places of the photo to those of the frame."""
        turn = np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
        linear = turn @ np.diag(self.stretch * width / (self.high - self.low)[0])
        return linear, np.asarray(centre) - linear @ ((self.low + self.high) / 2)

    def paste(self, canvas, owner, rank, centre, width, roll):
        """Puts the person on the canvas and marks with its rank what it covers. Returns its landmarks' box."""
        linear, shift = self.affine(centre, width, roll)
        at = self.points @ linear.T + shift
        corners = np.array([[0, 0], [1, 0], [0, 1], [1, 1]]) * (np.array(self.image.shape[::-1]) - 1) @ linear.T + shift
        low = np.maximum(np.floor(corners.min(0)).astype(int), 0)
        high = np.minimum(np.ceil(corners.max(0)).astype(int) + 1, canvas.shape[::-1])
        if (high > low).all():
            image, alpha, z = self.image, self.alpha, 1.0
            if width / (self.high - self.low)[0] < 0.7:
                z = 0.5
                image, alpha = (cv2.resize(p, None, fx=z, fy=z, interpolation=cv2.INTER_AREA) for p in (image, alpha))
            step = np.array([self.image.shape[1] / image.shape[1], self.image.shape[0] / image.shape[0]])
            affine = np.c_[linear @ np.diag(step), shift - low + linear @ (step / 2 - 0.5)]
            size = tuple(int(v) for v in high - low)
            tone = cv2.warpAffine(image, affine, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            alpha = cv2.warpAffine(alpha, affine, size, flags=cv2.INTER_LINEAR)
            window = (slice(low[1], high[1]), slice(low[0], high[0]))
            canvas[window] += alpha * (tone - canvas[window])
            owner[window][alpha > 0.5] = rank
        return np.r_[at.min(0), at.max(0) - at.min(0)]


class Head(Photo):
    """A drawn head that does in turn what its sequence shows, from a moment of its own on."""

    def __init__(self, folder, rate, random):
        with open(os.path.join(folder, "truth.csv"), newline="") as file:
            rows = list(csv.DictReader(file))
        self.places = [np.array([[float(r[f"{axis}_{i}"]) for axis in "xy"] for i in range(68)]) for r in rows]
        self.frames = [
            [cv2.imread(path, cv2.IMREAD_GRAYSCALE) for path in sorted(glob.glob(os.path.join(folder, ground, "*.png")))]
            for ground in ("dark", "bright")]
        if not len(rows) == len(self.frames[0]) == len(self.frames[1]) > 0:
            raise SystemExit(f"{folder}: expected a frame in dark/ and in bright/ for each row of truth.csv")
        self.low, self.high = self.places[0].min(0), self.places[0].max(0)
        self.rate, self.first = rate, random.integers(len(rows))
        self.stretch = np.ones(2)

    def begin(self, t):
        at = (self.first + int(t * self.rate)) % len(self.places)
        dark, bright = (np.float32(frames[at]) for frames in self.frames)
        alpha = np.clip(1 - (bright - dark) / 255, 0, 1)
        size = self.high - self.low
        y = np.arange(alpha.shape[0], dtype=np.float32)[:, None]
        self.image = np.clip(dark / np.maximum(alpha, 0.1), 0, 255)
        self.alpha = alpha * np.clip((self.high[1] + 0.5 * size[1] - y) / (0.35 * size[1]), 0, 1)
        self.points = self.places[at]


class Visit:
    """A stay of a person in front of a camera. `course` says centre, width, roll and depth at a time."""

    def __init__(self, person, photo, course, camera=0, begin=-np.inf):
        self.person, self.photo, self.course, self.camera = person, photo, course, camera
        self.begin, self.end = begin, np.inf


class Crowd:
    """Who is where and when, in front of which camera."""

    def __init__(self, material, options):
        self.material, self.random = material, np.random.default_rng(options.seed)
        self.seconds, self.heads, self.rate = options.seconds, options.heads, options.rate
        self.width, self.height = (int(v) for v in options.size.split("x"))
        self.cameras = [self.background(i) for i in self.random.permutation(self.backgrounds())[:2]]
        self.people = self.chosen(options.faces)
        self.visits, self.cuts = [], []
        SCRIPTS[options.script](self)

    def backgrounds(self):
        names, shapes = self.material.names, self.material.shapes
        return [i for i in self.material.scenes if shapes[i][1] >= 700 and not str(names[i]).startswith("text")]

    def background(self, index):
        """The middle of a scene, as large as the picture."""
        scene = self.material.image(index)
        scale = max(self.width / scene.shape[1], self.height / scene.shape[0])
        size = (max(self.width, round(scene.shape[1] * scale)), max(self.height, round(scene.shape[0] * scale)))
        scene = cv2.resize(scene, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        x, y = (size[0] - self.width) // 2, (size[1] - self.height) // 2
        return np.float32(scene[y : y + self.height, x : x + self.width])

    def chosen(self, count):
        """People and their photos; three in five have more than one photo, where there are enough."""
        if self.heads:
            return self.drawn(count)
        photos = {}
        for index in self.material.real:
            if self.material.persons[index]:
                photos.setdefault(str(self.material.persons[index]), []).append(index)
        several = list(self.random.permutation([p for p in photos if len(photos[p]) > 1]))
        one = list(self.random.permutation([p for p in photos if len(photos[p]) == 1]))
        first = min(len(several), -(-count * 3 // 5))
        names = (several[:first] + one + several[first:])[:count]
        if len(names) < count:
            raise SystemExit(f"the material has only {len(names)} people")
        return [(str(p), self.random.permutation(photos[p])) for p in self.random.permutation(names)]

    def drawn(self, count):
        """People and the folders of their sequences."""
        folders = {}
        for folder in sorted(glob.glob(os.path.join(self.heads, "*-*", ""))):
            folders.setdefault(os.path.basename(folder[:-1]).rsplit("-", 1)[0], []).append(folder)
        if len(folders) < count:
            raise SystemExit(f"{self.heads} has only {len(folders)} people")
        return [(str(p), folders[p]) for p in self.random.permutation(sorted(folders))[:count]]

    def photo(self, photos, number=0):
        """A person's photo for its visit: another one and lit from the other side than at the last visit."""
        if self.heads:
            return Head(photos[number % len(photos)], self.rate, self.random)
        return Photo(self.material, photos[number % len(photos)], self.random, 1 if (number + int(photos[0])) % 2 else -1)

    def cells(self, count, heads=(1, 1)):
        """At least `count` equal parts of the picture as high and wide as fits best, in random order, and how wide
        faces may be there. `heads`: how many heads have room side by side and one above the other in a part."""
        def widest(columns):
            rows = -(-count // columns)
            return min(self.width / columns / ROOM[0] / heads[0], self.height / rows / ROOM[1] / heads[1])

        columns = max(range(1, count + 1), key=widest)
        rows = -(-count // columns)
        w, h = self.width / columns, self.height / rows
        cells = [(x * w, y * h, w, h) for y in range(rows) for x in range(columns)]
        return [cells[i] for i in self.random.permutation(len(cells))], min(WIDTHS[1], widest(columns))

    def face_width(self, most):
        return self.random.uniform(max(0.72 * most, min(WIDTHS[0], 0.95 * most)), most)

    # -- scripts

    def wander(self):
        self.settle(self.people, 0)

    def settle(self, people, camera):
        """Each in a cell of its own."""
        cells, most = self.cells(len(people))
        for (person, photos), cell in zip(people, cells):
            place = Place(self.random, cell, self.face_width(most))
            self.visits.append(Visit(person, self.photo(photos), lambda t, place=place: (*place(t), 0), camera))

    def cut(self):
        """Half of the people in front of each camera; cuts every 3 to 4 s."""
        half = -(-len(self.people) // 2)
        self.settle(self.people[:half], 0)
        self.settle(self.people[half:], 1)
        t = 0.0
        while t < self.seconds:
            t += self.random.uniform(3, 4)
            self.cuts.append(t)

    def cross(self):
        """Pairs in a cell each; who is in front changes while they are apart."""
        cells, most = self.cells(-(-len(self.people) // 2), (2.2, 1))
        for first, cell in zip(range(0, len(self.people), 2), cells):
            width, times, places, fronts = self.face_width(most), *self.meetings()
            reach = min(1.6 * width, (cell[2] - HEAD[0] * width) / 2)
            for side, (person, photos) in zip((-1, 1), self.people[first : first + 2]):
                place = Place(self.random, cell, width * self.random.uniform(0.92, 1.05))
                place.reach = np.minimum(place.reach, 0.12 * width)

                def course(t, place=place, side=side, times=times, places=places, fronts=fronts, reach=reach):
                    centre, size, roll = place(t)
                    at = np.searchsorted(times, t, side="right") - 1
                    along = places[at] + (places[at + 1] - places[at]) * ease((t - times[at]) / (times[at + 1] - times[at]))
                    return centre + [side * along * reach, 0], size, roll, side * fronts[at]

                self.visits.append(Visit(person, self.photo(photos), course))

    def meetings(self):
        """Of one of two people who meet again and again: times, its places then (-1 to 1), and from each time on
        whether it is in front (1) or behind (-1). Some stop where they meet, and go on or turn back."""
        times, places, fronts, place = [-1.0, self.random.uniform(0.2, 1.0)], [1.0, 1.0], [1, 1], 1.0
        while times[-1] <= self.seconds:
            how, walk, front = self.random.random(), self.random.uniform(1.5, 3.2), self.random.choice([-1, 1])
            if how < 0.5:
                legs, place = [(walk, -place)], -place
            else:
                legs = [(walk / 2, 0.1 * place), (self.random.uniform(0.3, 1.2), -0.1 * place)]
                place *= -1 if how < 0.8 else 1
                legs.append((walk / 2, place))
            fronts[-1] = front
            for duration, to in [*legs, (self.random.uniform(0.4, 1.2), place)]:
                times.append(times[-1] + duration)
                places.append(to)
                fronts.append(front)
        return np.array(times), np.array(places), fronts

    def leave(self):
        """Four in five leave, are away for a while and return to a cell that is free then."""
        cells, most = self.cells(len(self.people) + 1)
        widths = [self.face_width(0.95 * most) for _ in self.people]
        free, home, visit, number = set(range(len(cells))), {}, {}, {}

        def arrive(i, begin=-np.inf):
            """The person walks to a cell other than its last one."""
            number[i] = number.get(i, -1) + 1
            home[i] = int(self.random.choice(sorted(free - {home.get(i)})))
            free.remove(home[i])
            width = widths[i] * (self.random.uniform(0.8, 1.25) if number[i] else 1)
            person, photos = self.people[i]
            walk = Walk(self, Place(self.random, cells[home[i]], width), cells[home[i]], begin)
            visit[i] = Visit(person, self.photo(photos, number[i]), walk, begin=begin)
            self.visits.append(visit[i])

        events = []
        for i in range(len(self.people)):
            arrive(i)
        leavers = self.random.permutation(len(self.people))[max(1, len(self.people) // 5) :]
        for order, i in enumerate(leavers):
            events.append((4 + (order + self.random.uniform(0, 0.8)) / len(leavers) * max(0, 0.36 * self.seconds - 4), "leave", i))
        while events:
            events.sort()
            t, what, i = events.pop(0)
            if what == "leave":
                end = t + visit[i].course.time
                back = end + self.random.uniform(*AWAY)
                if back < self.seconds - 4:
                    visit[i].course.leaves, visit[i].end = t, end
                    events += [(end, "gone", i), (back, "return", i)]
            elif what == "gone":
                free.add(home[i])
            else:
                arrive(i, t)
                events.append((t + self.random.uniform(9, 14), "leave", i))


class Walk:
    """The course of a person who walks to its place from a side of the picture, and leaves it later."""

    def __init__(self, crowd, place, cell, begin):
        self.place, self.begin, self.leaves = place, begin, np.inf
        middle = np.array([cell[0] + cell[2] / 2, cell[1] + cell[3] / 2])
        self.depth = crowd.random.random()
        self.ways = [self.way(crowd, middle) for _ in range(2)]
        self.time = float(np.abs(self.ways[1]).max() / WALK)

    def way(self, crowd, middle):
        """From the place to a side: mostly the nearest one, or left or right whoever is in the way."""
        outside = 1.25 * self.place.width + self.place.reach
        ways = [np.array([x, 0.0]) for x in (-middle[0] - outside[0], crowd.width - middle[0] + outside[0])]
        if crowd.random.random() < 0.7:
            ways += [np.array([0.0, y]) for y in (-middle[1] - outside[1], crowd.height - middle[1] + outside[1])]
        return min(ways, key=lambda way: np.abs(way).max())

    def __call__(self, t):
        centre, width, roll = self.place(t)
        if np.isfinite(self.begin):
            centre = centre + self.ways[0] * (1 - ease((t - self.begin) / (np.abs(self.ways[0]).max() / WALK)))
        if t > self.leaves:
            centre = centre + self.ways[1] * ease((t - self.leaves) / self.time)
        return centre, width, roll, self.depth


SCRIPTS = {"wander": Crowd.wander, "crossing": Crowd.cross, "leaving": Crowd.leave, "cuts": Crowd.cut}


class Frames:
    """Draws a crowd's frames and says who is seen in them."""

    def __init__(self, crowd, noise):
        self.crowd, self.random = crowd, crowd.random
        self.shape = (crowd.height, crowd.width)
        self.noise = noise * self.random.standard_normal((crowd.height + 256, crowd.width + 256), np.float32)
        self.last, self.number = {}, {}

    def draw(self, frame, t):
        """The picture at a time and the rows of the truth."""
        camera = int(np.searchsorted(self.crowd.cuts, t, side="right")) % 2
        canvas, owner = self.crowd.cameras[camera].copy(), np.full(self.shape, -1, np.int16)
        there = [(visit, visit.course(t)) for visit in self.crowd.visits if visit.camera == camera and visit.begin <= t < visit.end]
        there.sort(key=lambda pair: pair[1][3])
        for visit, _ in there:
            visit.photo.begin(t)
        boxes = [visit.photo.paste(canvas, owner, rank, *course[:3]) for rank, (visit, course) in enumerate(there)]
        rows = []
        for rank, ((visit, _), (x, y, w, h)) in enumerate(zip(there, boxes)):
            part = owner[max(0, round(y)) : max(0, round(y + h)), max(0, round(x)) : max(0, round(x + w))]
            inside = [min(size, at + side) - max(0, at) for at, side, size in ((x, w, self.shape[1]), (y, h, self.shape[0]))]
            if part.size == 0 or min(inside) <= 0:
                continue
            if self.last.get(visit.person) != frame - 1:
                self.number[visit.person] = self.number.get(visit.person, 0) + 1
            self.last[visit.person] = frame
            seen = float((part <= rank).mean()) * inside[0] * inside[1] / (w * h)
            rows.append([frame, visit.person, *(f"{v:.2f}" for v in (x, y, w, h)), f"{seen:.3f}", self.number[visit.person]])
        x, y = self.random.integers(0, 256, 2)
        canvas += self.noise[y : y + self.shape[0], x : x + self.shape[1]]
        return np.uint8(np.clip(canvas + 0.5, 0, 255)), sorted(rows, key=lambda row: row[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--material", required=True, help="people and scenes kept out (material.py --held)")
    parser.add_argument("--heads", help="a folder of drawn heads that turn, instead of the photos")
    parser.add_argument("--script", required=True, choices=SCRIPTS)
    parser.add_argument("--faces", type=int, default=4, help="people")
    parser.add_argument("--seconds", type=float, default=12)
    parser.add_argument("--rate", type=int, default=25, help="frames a second")
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--noise", type=float, default=2.0, help="deviation of the sensor's noise, of 255")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-o", "--output", required=True, help="the video")
    parser.add_argument("--truth", required=True, help="table of who is where")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    frames = Frames(Crowd(Material(options.material), options), options.noise)
    encoder = subprocess.Popen(
        ["ffmpeg", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "gray", "-s", options.size, "-r", str(options.rate), "-i", "-",
         "-c:v", "libx264", "-crf", "16", "-preset", "veryfast", "-pix_fmt", "yuv420p", options.output], stdin=subprocess.PIPE)
    count = round(options.seconds * options.rate)
    with open(options.truth, "w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["frame", "person", "x", "y", "width", "height", "seen", "visit"])
        for frame in range(1, count + 1):
            picture, rows = frames.draw(frame, (frame - 1) / options.rate)
            encoder.stdin.write(picture.tobytes())
            table.writerows(rows)
    encoder.stdin.close()
    if encoder.wait():
        raise SystemExit("ffmpeg failed")
    visits = sum(frames.number.values())
    print(f"{options.output}: {count} frames, {len(frames.number)} people, {visits} visits")


if __name__ == "__main__":
    main()
