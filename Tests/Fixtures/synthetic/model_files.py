"""Readers of the OpenFace model folder's text and binary files, and of PGM images."""

import struct

import numpy as np

MATRIX_TYPES = {0: np.uint8, 4: np.int32, 5: np.float32, 6: np.float64}


class Reader:
    """Little-endian reader of the binary model files."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = file.read()
        self.at = 0

    def take(self, code):
        value = struct.unpack_from("<" + code, self.data, self.at)[0]
        self.at += struct.calcsize(code)
        return value

    def matrix(self):
        rows, columns, kind = self.take("i"), self.take("i"), self.take("i")
        dtype = np.dtype(MATRIX_TYPES[kind]).newbyteorder("<")
        values = np.frombuffer(self.data, dtype, rows * columns, self.at)
        self.at += rows * columns * dtype.itemsize
        return values.reshape(rows, columns).astype(MATRIX_TYPES[kind])


def read_pgm(path):
    """An 8-bit binary PGM as float64 [row, column]."""
    with open(path, "rb") as file:
        data = file.read()
    fields = data.split(None, 4)
    width, height = int(fields[1]), int(fields[2])
    pixels = np.frombuffer(data[-width * height :], np.uint8)
    return pixels.reshape(height, width).astype(np.float64)


def text_tokens(path):
    with open(path) as file:
        lines = [line for line in file if not line.lstrip().startswith("#")]
    return [token for line in lines for token in line.split()]


def directives(path):
    with open(path) as file:
        for line in file:
            fields = line.split()
            if fields and not fields[0].startswith("#"):
                yield fields[0], fields[1:]
