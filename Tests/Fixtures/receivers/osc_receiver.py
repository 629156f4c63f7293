"""Receives OSC 1.0 packets and prints each as a JSON object. usage: osc_receiver.py PACKETS"""
import json
import math
import socket
import struct
import sys


class Reader:
    def __init__(self, data):
        self.data = data
        self.position = 0

    def take(self, size):
        if self.position + size > len(self.data):
            raise ValueError(f"{size} bytes wanted at {self.position} of {len(self.data)}")
        part = self.data[self.position : self.position + size]
        self.position += size
        return part

    def number(self, code):
        return struct.unpack(">" + code, self.take(struct.calcsize(">" + code)))[0]

    def string(self):
        """ASCII, at least one zero after it, padded with zeros to a multiple of four."""
        end = self.data.index(0, self.position)
        text = self.data[self.position : end].decode("ascii")
        padding = self.take(4 * ((end - self.position) // 4 + 1))[len(text) :]
        if any(padding):
            raise ValueError(f"padding of {text!r} is not zero")
        return text

    def blob(self):
        size = self.number("i")
        part = self.take(size)
        if any(self.take(-size % 4)):
            raise ValueError("padding of a blob is not zero")
        return part.hex()

    def at_end(self):
        return self.position == len(self.data)


def json_float(value):
    return value if math.isfinite(value) else repr(value)


def message(reader):
    address = reader.string()
    if not address.startswith("/"):
        raise ValueError(f"{address!r} is no address")
    if set(address) & set(" #*,?[]{}"):
        raise ValueError(f"{address!r} has characters that addresses cannot have")
    types = reader.string()
    if not types.startswith(","):
        raise ValueError(f"{types!r} are no types")
    arguments = []
    for kind in types[1:]:
        if kind == "i":
            arguments.append(reader.number("i"))
        elif kind == "f":
            arguments.append(json_float(reader.number("f")))
        elif kind == "s":
            arguments.append(reader.string())
        elif kind == "b":
            arguments.append(reader.blob())
        else:
            raise ValueError(f"type {kind!r} is not of OSC 1.0's four")
    if not reader.at_end():
        raise ValueError(f"{address}: bytes after the arguments")
    return {"address": address, "types": types[1:], "arguments": arguments}


def packet(data):
    if len(data) % 4 != 0:
        raise ValueError(f"{len(data)} bytes are no multiple of four")
    reader = Reader(data)
    if data[:1] != b"#":
        return {"messages": [message(reader)]}
    if reader.string() != "#bundle":
        raise ValueError("neither a message nor a bundle")
    seconds, fraction = reader.number("I"), reader.number("I")
    messages = []
    while not reader.at_end():
        element = reader.take(reader.number("i"))
        messages.append(message(Reader(element)))
    # OSC's time begins in 1900.
    time = seconds - 2208988800 + fraction / 2**32
    return {"time": time, "bytes": len(data), "messages": messages}


def main():
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.bind(("127.0.0.1", 0))
    receiver.settimeout(10)
    print(receiver.getsockname()[1], flush=True)
    for _ in range(int(sys.argv[1])):
        print(json.dumps(packet(receiver.recv(65536))), flush=True)


main()
