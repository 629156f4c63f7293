"""What the cameras of the tests have in common."""
import os


def pictures(path):
    """The JPEGs of a file that holds them one after another."""
    with open(path, "rb") as file:
        data = file.read()
    starts, at = [], data.find(b"\xff\xd8\xff")
    while at >= 0:
        starts.append(at)
        at = data.find(b"\xff\xd8\xff", at + 3)
    return [data[a:b] for a, b in zip(starts, starts[1:] + [len(data)])]


def tell_port(server, path):
    """Writes a server's port to a file: whole or not at all, since somebody waits for it."""
    with open(path + ".new", "w") as file:
        file.write(str(server.server_address[1]))
    os.rename(path + ".new", path)
