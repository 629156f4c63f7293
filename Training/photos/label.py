"""Points of the real photos, by MediaPipe's face mesh (the teacher): photo -> 68 points, as data.

    python label.py --material MATERIAL --output points.csv --mattes mattes.npz

MATERIAL holds congress/, london/, london-smiling/ and canada/. Points are in pixels of the photo,
pixel centres being whole numbers, in the order of the 68-point markup. Mattes say where the person
is, by MediaPipe's selfie segmentation: 128 x 128 px, stretched over the photo.
"""
import argparse
import glob
import os

import cv2
import mediapipe
import numpy as np

FOLDERS = ["congress", "london", "london-smiling", "canada"]
# The mesh's vertices that are usually taken for the 68 points.
VERTICES = [
    162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389, 71, 63, 105, 66,
    107, 336, 296, 334, 293, 301, 168, 197, 5, 4, 75, 97, 2, 326, 305, 33, 160, 158, 133, 153, 144, 362,
    385, 387, 263, 373, 380, 61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 82, 13, 312, 308,
    317, 14, 87,
]
LONGEST = 700  # The mesh sees the photo at this size.
MATTE = 128


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--material", required=True)
    parser.add_argument("--output", required=True)
    parser.add_argument("--mattes", required=True)
    options = parser.parse_args()
    mesh = mediapipe.solutions.face_mesh.FaceMesh(
        static_image_mode=True, max_num_faces=1, refine_landmarks=True, min_detection_confidence=0.3)
    segmenter = mediapipe.solutions.selfie_segmentation.SelfieSegmentation(model_selection=0)
    names, points, mattes, missed = [], [], [], []
    for folder in FOLDERS:
        for path in sorted(glob.glob(os.path.join(options.material, folder, "*.jpg"))):
            name = folder + "/" + os.path.basename(path)
            image = cv2.imread(path)
            scale = min(1, LONGEST / max(image.shape))
            small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            height, width = small.shape[:2]
            small = cv2.cvtColor(small, cv2.COLOR_BGR2RGB)
            found = mesh.process(small).multi_face_landmarks
            if not found:
                missed.append(name)
                continue
            # Normalised coordinates are of the picture's corners; pixel centres are half a pixel on.
            at = np.array([[p.x * width, p.y * height] for p in found[0].landmark])[VERTICES]
            matte = segmenter.process(small).segmentation_mask
            matte = cv2.resize(matte, (MATTE, MATTE), interpolation=cv2.INTER_AREA)
            mattes.append(np.uint8(np.round(np.clip(matte, 0, 1) * 255)))
            names.append(name)
            points.append(at * [image.shape[1] / width, image.shape[0] / height] - 0.5)
    np.savez_compressed(options.mattes, names=np.array(names), mattes=np.array(mattes))
    with open(options.output, "w") as file:
        file.write(",".join(["photo"] + [f"{axis}_{i}" for axis in "xy" for i in range(68)]) + "\n")
        for name, at in sorted(zip(names, points), key=lambda pair: pair[0]):
            file.write(",".join([name] + ["%.1f" % value for value in at.T.ravel()]) + "\n")
    print(f"{len(names)} photos labelled; without a face: {', '.join(missed) or 'none'}")


if __name__ == "__main__":
    main()
