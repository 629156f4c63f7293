"""Receives OpenSeeFace's packets and prints each as a JSON object, as its Unity receiver would
understand it. usage: openseeface_receiver.py PACKETS"""
import json
import socket
import struct
import sys

SIZE = 8 + 4 + 2 * 4 + 2 * 4 + 1 + 4 + 4 * 4 + 3 * 4 + 3 * 4 + 4 * 68 + 4 * 2 * 68 + 4 * 3 * 70 + 4 * 14
FEATURES = [
    "EyeLeft", "EyeRight", "EyebrowSteepnessLeft", "EyebrowUpDownLeft", "EyebrowQuirkLeft",
    "EyebrowSteepnessRight", "EyebrowUpDownRight", "EyebrowQuirkRight", "MouthCornerUpDownLeft",
    "MouthCornerInOutLeft", "MouthCornerUpDownRight", "MouthCornerInOutRight", "MouthOpen",
    "MouthWide",
]


class Reader:
    def __init__(self, data):
        self.data = data
        self.offset = 0

    def read(self, code):
        value = struct.unpack_from("<" + code, self.data, self.offset)
        self.offset += struct.calcsize("<" + code)
        return value if len(value) > 1 else value[0]

    def vector3(self):
        # The receiver turns y of all vectors but the translation around.
        x, y, z = self.read("3f")
        return [x, -y, z]


def product(p, q):
    """Of quaternions x, y, z, w."""
    px, py, pz, pw = p
    qx, qy, qz, qw = q
    return [
        pw * qx + px * qw + py * qz - pz * qy,
        pw * qy - px * qz + py * qw + pz * qx,
        pw * qz + px * qy - py * qx + pz * qw,
        pw * qw - px * qx - py * qy - pz * qz,
    ]


def face(data):
    reader = Reader(data)
    result = {"time": reader.read("d"), "id": reader.read("i")}
    result["resolution"] = reader.read("2f")
    result["rightEyeOpen"] = reader.read("f")
    result["leftEyeOpen"] = reader.read("f")
    result["got3DPoints"] = reader.read("B") != 0
    result["fit3DError"] = reader.read("f")
    raw = reader.read("4f")
    result["rawQuaternion"] = raw
    euler = reader.vector3()
    result["rotation"] = [-(euler[0] + 180) % 360, euler[1], (euler[2] - 90) % 360]
    x, y, z = reader.read("3f")
    translation = [-y, x, -z]
    result["confidence"] = reader.read("68f")
    result["points"] = [reader.read("2f") for _ in range(68)]
    result["points3D"] = [reader.vector3() for _ in range(70)]
    result["features"] = {name: reader.read("f") for name in FEATURES}
    if reader.offset != SIZE:
        raise ValueError(f"{reader.offset} bytes read of {SIZE}")
    # What the avatar's head does: OpenSeeIKTarget, after it was calibrated with a head that looks
    # straight at the camera, whose raw quaternion is (1, 1, 0, 0) / sqrt(2).
    half = 0.5**0.5
    converted = [-raw[1], -raw[0], raw[2], raw[3]]
    calibration = [half, half, 0, 0]  # the inverse of (-half, -half, 0, 0)
    result["avatarRotation"] = product(converted, calibration)
    result["avatarPosition"] = [-translation[0], translation[1], -translation[2]]
    return result


def main():
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.bind(("127.0.0.1", 0))
    receiver.settimeout(10)
    print(receiver.getsockname()[1], flush=True)
    for _ in range(int(sys.argv[1])):
        data = receiver.recv(65536)
        if len(data) < 1 or len(data) % SIZE != 0:
            raise ValueError(f"{len(data)} bytes are no multiple of {SIZE}")
        print(json.dumps(face(data)), flush=True)


main()
