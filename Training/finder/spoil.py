"""What stands between a face and its picture: covers, light and the camera."""
import cv2
import numpy as np


class Spoiler:
    """The part of a Composer that makes pictures worse; it draws with the Composer's numbers."""

    def cover(self, canvas, at, width, roll):
        """Covers a part of a face. Returns the share of the face that is covered."""
        centre = (at.min(0) + at.max(0)) / 2
        u = np.array([np.cos(roll), np.sin(roll)])
        v = np.array([-np.sin(roll), np.cos(roll)])

        def place(points):
            return np.array([centre + width * (x * u + y * v) for x, y in points])

        mask = np.zeros(canvas.shape, np.float32)

        def fill(points, value=1.0):
            cv2.fillPoly(mask, [np.int32(np.round(place(points) * 8))], value, cv2.LINE_AA, 3)

        def blob(x, y, rx, ry, angle, value=1.0):
            middle = place([(x, y)])[0]
            axes = (max(1, int(rx * width)), max(1, int(ry * width)))
            cv2.ellipse(mask, tuple(np.int32(middle)), axes, float(np.degrees(roll) + angle), 0, 360, value, -1, cv2.LINE_AA)

        hull = np.zeros(canvas.shape, np.uint8)
        cv2.fillConvexPoly(hull, np.int32(cv2.convexHull(np.float32(at))), 1)
        inside = canvas[hull > 0]
        skin = float(np.median(inside)) if inside.size else 120.0
        tone = self.uniform(0, 255)
        cloth = self.chance(0.4)
        kind = self.one_of(["hand", "hand", "phone", "mask", "mask", "scarf", "glasses", "sunglasses", "sunglasses", "hat", "hat", "half", "blob", "beard", "beard", "headscarf", "headscarf", "fringe", "fringe"])
        if kind == "hand":
            x, y, angle = self.uniform(-0.5, 0.5), self.uniform(-0.3, 0.6), self.uniform(0, 2 * np.pi)
            blob(x, y, self.uniform(0.14, 0.24), self.uniform(0.12, 0.2), np.degrees(angle))
            for finger in range(4):
                direction = angle + self.uniform(-0.08, 0.08)
                side = (finger - 1.5) * 0.085
                fx, fy = x - side * np.sin(angle) + 0.3 * np.cos(direction), y + side * np.cos(angle) + 0.3 * np.sin(direction)
                blob(fx, fy, self.uniform(0.16, 0.24), 0.04, np.degrees(direction), self.uniform(0.85, 1))
            tone, cloth = skin * self.uniform(0.75, 1.25), False
        elif kind == "phone":
            x, y, angle = self.uniform(-0.5, 0.5), self.uniform(-0.3, 0.5), self.uniform(-0.5, 0.5)
            w, h = self.uniform(0.15, 0.26), self.uniform(0.3, 0.5)
            corners = [(a * w * np.cos(angle) - b * h * np.sin(angle) + x, a * w * np.sin(angle) + b * h * np.cos(angle) + y) for a, b in [(-1, -1), (1, -1), (1, 1), (-1, 1)]]
            fill(corners)
            cloth = False
        elif kind == "mask":
            middle = at[30] if self.chance(0.5) else at[29]
            outline = np.concatenate([at[2:15], (at[14:15] + at[28:29]) / 2, middle[None], (at[2:3] + at[28:29]) / 2])
            outline[0:13] += (outline[0:13] - centre) * self.uniform(0, 0.1)
            cv2.fillPoly(mask, [np.int32(np.round(outline * 8))], 1.0, cv2.LINE_AA, 3)
        elif kind == "beard":
            lower = np.concatenate([at[1:16], at[33:34] + 0.3 * (at[51:52] - at[33:34])])
            cv2.fillPoly(mask, [np.int32(np.round(lower * 8))], self.uniform(0.4, 0.95), cv2.LINE_AA, 3)
            if self.chance(0.7):
                cv2.fillPoly(mask, [np.int32(np.round(at[48:60] * 8))], 0.1, cv2.LINE_AA, 3)
            mask[:] = cv2.GaussianBlur(mask, (0, 0), max(0.5, width * 0.02))
            tone, cloth = skin * self.uniform(0.15, 0.7) if self.chance(0.75) else self.uniform(150, 240), False
        elif kind == "scarf":
            top = self.uniform(0.05, 0.35)
            fill([(-0.75, top + self.uniform(-0.1, 0.1)), (0, top), (0.75, top + self.uniform(-0.1, 0.1)), (0.9, 1), (-0.9, 1)])
        elif kind in ("glasses", "sunglasses"):
            tone, cloth = self.uniform(0, 60) if self.chance(0.8) else self.uniform(150, 255), False
            for eye in (at[36:42].mean(0), at[42:48].mean(0)):
                axes = (max(1, int(width * self.uniform(0.14, 0.2))), max(1, int(width * self.uniform(0.09, 0.17))))
                line = -1 if kind == "sunglasses" else max(1, int(width * 0.025))
                cv2.ellipse(mask, tuple(np.int32(np.round(eye))), axes, float(np.degrees(roll)), 0, 360, self.uniform(0.8, 1), line, cv2.LINE_AA)
            ends = [at[0] * 0.7 + at[36] * 0.3, at[16] * 0.7 + at[45] * 0.3]
            for a, b in [(at[39], at[42]), (ends[0], at[36]), (at[45], ends[1])]:
                cv2.line(mask, tuple(np.int32(a)), tuple(np.int32(b)), 1.0, max(1, int(width * 0.03)), cv2.LINE_AA)
        elif kind == "hat":
            edge = self.uniform(-0.5, -0.25)
            fill([(-0.7, edge), (0.7, edge + self.uniform(-0.12, 0.12)), (0.6, -0.95), (0.3, -1.15), (-0.3, -1.15), (-0.6, -0.95)])
            if self.chance(0.5):
                blob(self.uniform(-0.2, 0.2), edge, self.uniform(0.6, 1.1), self.uniform(0.05, 0.14), self.uniform(-8, 8))
        elif kind == "headscarf":  # All but the face; its edge on the forehead, the cheeks and the chin.
            blob(0, self.uniform(-0.1, 0.05), self.uniform(0.68, 0.85), self.uniform(0.78, 1.0), 0)
            fill([(-0.8, 0.2), (0.8, 0.2), (1.0, 1.3), (-1.0, 1.3)])
            top, inner = self.uniform(-0.62, -0.4), self.uniform(0.36, 0.5)
            chin = self.uniform(0.4, 0.52)
            blob(0, (top + chin) / 2, inner, (chin - top) / 2, self.uniform(-4, 4), 0.0)
            cloth = self.chance(0.5)
        elif kind == "fringe":  # Locks of hair that end between the hair line and the eyes.
            edge, swing = self.uniform(-0.5, -0.26), self.uniform(-0.12, 0.12)
            ends = [(x, edge + swing * x + self.uniform(-0.08, 0.08)) for x in np.linspace(-0.62, 0.62, int(self.random.integers(6, 16)))]
            fill(ends + [(0.62, -0.85), (0.35, -1.05), (-0.35, -1.05), (-0.62, -0.85)], self.uniform(0.7, 1))
            if self.chance(0.5):  # It falls over the cheeks.
                side = self.one_of([-1, 1])
                fill([(side * 0.66, -0.8), (side * self.uniform(0.25, 0.45), -0.6), (side * self.uniform(0.3, 0.5), 0.2), (side * 0.75, 0.5)], self.uniform(0.7, 1))
            tone, cloth = skin * self.uniform(0.1, 0.7) if self.chance(0.7) else self.uniform(60, 230), False
        elif kind == "half":
            edge, angle = self.uniform(-0.05, 0.35), self.one_of([0, 90, 180, 270]) + self.uniform(-25, 25)
            c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
            fill([(x * c - y * s, x * s + y * c) for x, y in [(edge, -1), (2, -1), (2, 1), (edge, 1)]])
        else:
            blob(self.uniform(-0.5, 0.5), self.uniform(-0.5, 0.5), self.uniform(0.1, 0.35), self.uniform(0.06, 0.3), self.uniform(0, 180))
        if cloth:
            paint = self.texture(canvas.shape[1], canvas.shape[0])
        elif kind == "half" and self.chance(0.6):
            paint = self.scene(canvas.shape[1], canvas.shape[0])
        else:
            y, x = np.mgrid[0 : canvas.shape[0], 0 : canvas.shape[1]].astype(np.float32)
            slope = self.random.normal(0, 25, 2) / max(width, 1)
            paint = tone + slope[0] * (x - centre[0]) + slope[1] * (y - centre[1])
        if kind == "fringe":  # Strands.
            strands = cv2.GaussianBlur(self.random.standard_normal(canvas.shape, dtype=np.float32), (0, 0), 0.6, sigmaY=max(1.0, width * 0.12))
            paint = paint + self.uniform(20, 90) * strands
        canvas += mask * (np.clip(paint, 0, 255) - canvas)
        return float(mask[hull > 0].mean()) if inside.size else 1.0

    def infra_red(self, canvas, at, width):
        """Bright pupils, pale irises and lips: what infra-red light does to a face."""
        for eye in (at[36:42], at[42:48]):
            middle = eye.mean(0)
            glow = np.zeros(canvas.shape, np.float32)
            cv2.circle(glow, tuple(np.int32(np.round(middle * 8))), max(4, int(width * 0.035 * 8)), 1.0, -1, cv2.LINE_AA, 3)
            canvas += glow * self.uniform(0.3, 1) * (self.uniform(150, 255) - canvas)
        mask = np.zeros(canvas.shape, np.float32)
        cv2.fillPoly(mask, [np.int32(np.round(at[48:60] * 8))], self.uniform(0, 0.8), cv2.LINE_AA, 3)
        skin = float(np.median(canvas[max(0, int(at[30][1]) - 1) :, :][:2])) if 0 < at[30][1] < canvas.shape[0] else 128
        canvas += mask * (skin - canvas)

    # -- the camera

    def good_camera(self, image, faces, fine=False):
        """Daylight, in focus, without noise."""
        image = (image - 128) * self.uniform(0.7, 1.2) + 128 + self.uniform(-25, 25)
        clean = np.float32(np.clip(image, 0, 255))
        return np.uint8(np.round(clean)), [self.is_seen(clean, at, 0) for at, _ in faces]

    def camera(self, image, faces, fine=False):
        """Exposure, focus, noise and coding. `faces`: their 68 points and widths. `fine`: a level of
        a larger picture, whose faults the reduction has averaged out."""
        kind = 1.0 if self.infra_red_alone else self.random.random()
        if kind < 0.76:
            if self.chance(0.6):
                image = 255 * (np.clip(image, 0, 255) / 255) ** self.log_uniform(0.5, 2)
            image = (image - 128) * np.exp(self.random.normal(0.08, 0.42)) + 128 + self.random.normal(0, 25)
            noise = self.uniform(1, 12) if self.chance(0.4) else 0
        elif kind < 0.86:  # Dark.
            image = np.clip(image, 0, 255) ** self.uniform(0.8, 1.6)
            image = image / max(image.mean(), 1) * self.log_uniform(6, 50)
            noise = self.uniform(0.5, 6) if self.chance(0.7) else 0.5
        elif kind < 0.90:  # Washed out.
            image = 255 - (255 - np.clip(image, 0, 255)) * self.uniform(0.18, 0.5)
            noise = self.uniform(0, 4)
        elif kind < 0.94:  # Narrow.
            image = self.uniform(30, 225) + (np.clip(image, 0, 255) - 128) * self.uniform(0.15, 0.5)
            noise = self.uniform(0, 4)
        else:  # A lamp beside the camera; infra-red half of the time.
            if self.infra_red_alone or self.chance(0.5):
                for at, width in faces:
                    self.infra_red(image, at, width)
            height, columns = image.shape
            x, y = (faces[0][0].mean(0) if faces else (self.uniform(0, columns), self.uniform(0, height)))
            gy, gx = np.mgrid[0:height, 0:columns].astype(np.float32)
            reach = self.log_uniform(30, 150)
            image = image * (self.uniform(0.02, 0.4) + self.uniform(0.6, 1.8) * np.exp(-((gx - x) ** 2 + (gy - y) ** 2) / (2 * reach * reach)))
            noise = self.uniform(0, 10)
        image = np.float32(np.clip(image, 0, 255))
        how = self.random.random() if not fine else self.uniform(0.2, 2)
        if how < 0.3:
            image = cv2.GaussianBlur(image, (0, 0), self.uniform(0.3, 1.4))
        elif how < 0.38:  # Moved.
            length, angle = int(self.random.integers(3, 8)), self.uniform(0, np.pi)
            kernel = np.zeros((9, 9), np.float32)
            ends = [tuple(np.int32(np.round(4 + s * length / 2 * np.array([np.cos(angle), np.sin(angle)])))) for s in (-1, 1)]
            cv2.line(kernel, *[(int(a), int(b)) for a, b in ends], 1.0)
            image = cv2.filter2D(image, -1, kernel / kernel.sum())
        elif how < 0.44:
            image = image + self.uniform(0.3, 1.5) * (image - cv2.GaussianBlur(image, (0, 0), 1.0))
        if fine:
            noise *= 0.25
        clean, full = np.clip(image, 0, 255), image.shape[::-1]
        if not fine and self.chance(0.18):  # A small picture, enlarged.
            factor = self.uniform(1.4, 2.2)
            image = cv2.resize(image, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
        if noise:
            image = image + noise * self.random.standard_normal(image.shape, dtype=np.float32)
        image = np.uint8(np.clip(np.round(image), 0, 255))
        if not fine and self.chance(0.3):
            coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(self.random.integers(20, 85))])[1]
            image = cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE)
        if image.shape[::-1] != full:
            image = cv2.resize(image, full, interpolation=cv2.INTER_LINEAR)
        return image, [self.is_seen(clean, at, noise) for at, _ in faces]
