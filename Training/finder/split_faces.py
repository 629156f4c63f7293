"""Divides landmarkd-train's fitted faces: those of people kept out of training are drawn apart.

    python split_faces.py faces.json --train faces-train.json --held faces-held.json
"""
import argparse
import json

from split import held_photos

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("faces")
    parser.add_argument("--train", required=True)
    parser.add_argument("--held", required=True)
    options = parser.parse_args()
    with open(options.faces) as file:
        faces = json.load(file)
    photos = [face["photo"] for face in faces]
    held = held_photos(photos)
    for path, keep in [(options.train, False), (options.held, True)]:
        chosen = [face for face in faces if (face["photo"] in held) == keep]
        with open(path, "w") as file:
            json.dump(chosen, file)
        print(f"{path}: {len(chosen)} faces")
