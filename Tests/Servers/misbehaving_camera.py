"""An HTTP camera that does what cameras do, and worse.

    python3 misbehaving_camera.py PORT JPEGS [--port-file FILE] [--log FILE] [--folder FOLDER]

PORT 0 takes a free one; the port file gets its number when the server listens, and "serving" is
printed. JPEGS is a file of whole JPEGs, which are shown in turn. A line a request goes to the log:
the connection's number, the path, the range that was asked for.

    /multipart/KIND/RATE  pictures one after another. KIND: plain as it should be; nofirst no boundary
                          in front of the first; nodash boundaries without "--"; longlen, shortlen a
                          wrong length; nolen none; notype parts without a type; jpg image/jpg;
                          notold the answer does not say that it is multipart; thumbnail JPEGs with
                          another one in their EXIF; noise bytes between the parts
    /snap, /snap.jpg      one picture an answer; /tagged the same, with an ETag that stays for three
                          pictures; /closing without a length, the end closes; /flaky every second
                          answer is 503; /dead after three pictures all are 503
    /file/NAME            a file of the folder, with ranges; /whole/NAME without; /cut/NAME breaks off
                          in the middle and has no ranges; /torn/NAME breaks off, but has ranges;
                          /nolength/NAME neither length nor ranges
    /to?ADDRESS           a redirect
    /endless/KIND         what does not end: playlist, variants, line, jpeg, length (a part of 2 GB),
                          headers, matroska, redirects
    /many/variants        a small playlist of 20,000 variants
    /leading?ADDRESS      a playlist whose segment is at ADDRESS
    /refused              401; /silent takes the request and never answers
"""
import argparse
import collections
import itertools
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from camera_parts import pictures, tell_port


def with_thumbnail(picture):
    inner = b"Exif\0\0" + picture[:2000] + picture[-2:]
    return picture[:2] + b"\xff\xe1" + (len(inner) + 2).to_bytes(2, "big") + inner + picture[2:]


class Camera(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    connections = itertools.count()

    def setup(self):
        self.number = next(self.connections)
        super().setup()

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.note()
        words = self.path.split("?", 1)[0].strip("/").split("/")
        try:
            kind = getattr(self, "on_" + words[0].removesuffix(".jpg"), None)
            if kind is None:
                return self.answer(b"", "text/plain", status=404)
            kind(*words[1:])
        except OSError:
            self.close_connection = True

    def note(self):
        if self.server.log:
            with self.server.lock, open(self.server.log, "a") as log:
                log.write(f"{self.number} {self.path} {self.headers.get('Range', '-')}\n")

    # Answers.

    def head(self, content_type, status=200, **headers):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def answer(self, body, content_type, status=200, **headers):
        self.head(content_type, status, Content_Length=len(body), **headers)
        self.wfile.write(body)

    def unending(self, content_type):
        self.close_connection = True
        self.head(content_type, Connection="close")

    def blast(self, bytes_):
        block = bytes_ * max(1, 65536 // len(bytes_))
        while True:
            self.wfile.write(block)

    # Pictures.

    def on_multipart(self, kind, rate):
        self.unending(
            "application/octet-stream" if kind == "notold"
            else "multipart/x-mixed-replace; boundary=frame")
        begin = time.monotonic()
        for number in itertools.count():
            time.sleep(max(0, begin + number / float(rate) - time.monotonic()))
            picture = self.server.pictures[number % len(self.server.pictures)]
            if kind == "thumbnail":
                picture = with_thumbnail(picture)
            length = len(picture) + {"longlen": 7, "shortlen": -50}.get(kind, 0)
            head = b""
            if kind != "notype":
                head += b"Content-Type: image/%s\r\n" % (b"jpg" if kind == "jpg" else b"jpeg")
            if kind != "nolen":
                head += b"Content-Length: %d\r\n" % length
            part = head + b"\r\n" + picture + b"\r\n"
            line = b"frame\r\n" if kind == "nodash" else b"--frame\r\n"
            if kind == "noise":
                part += bytes(range(256)) * 20
            self.wfile.write(part + line if kind == "nofirst" else line + part)

    def next_picture(self):
        # Counted by path: what one caller gets does not depend on how many others ask.
        with self.server.lock:
            number = next(self.server.numbers[self.path])
        return number, self.server.pictures[number % len(self.server.pictures)]

    def on_snap(self):
        self.answer(self.next_picture()[1], "image/jpeg")

    def on_closing(self):
        picture = self.next_picture()[1]
        self.unending("image/jpeg")
        self.wfile.write(picture)

    def on_tagged(self):
        number, picture = self.next_picture()
        tag = f'"{number // 3}"'
        if self.headers.get("If-None-Match") == tag:
            self.send_response(304)
            self.send_header("ETag", tag)
            return self.end_headers()
        self.answer(picture, "image/jpeg", ETag=tag)

    def on_flaky(self):
        number, picture = self.next_picture()
        if number % 2 == 1:
            return self.answer(b"busy", "text/plain", status=503)
        self.answer(picture, "image/jpeg")

    def on_dead(self):
        number, picture = self.next_picture()
        if number >= 3:
            return self.answer(b"busy", "text/plain", status=503)
        self.answer(picture, "image/jpeg")

    # Files.

    def body(self, name):
        with open(os.path.join(self.server.folder, os.path.basename(name)), "rb") as file:
            return file.read()

    def ranged(self, name, most):
        body = self.body(name)
        asked = self.headers.get("Range", "")
        headers = {"Accept_Ranges": "bytes", "ETag": '"one"'}
        first = 0
        if asked.startswith("bytes="):
            first = int(asked[6:].split("-")[0])
            headers["Content_Range"] = f"bytes {first}-{len(body) - 1}/{len(body)}"
        self.head(
            "video/mp4", 206 if asked else 200, Content_Length=len(body) - first, **headers)
        if len(body) - first > most:
            self.close_connection = True
        self.wfile.write(body[first:first + most])

    def on_file(self, name):
        self.ranged(name, 1 << 60)

    def on_torn(self, name):
        self.ranged(name, 200_000)

    def on_whole(self, name):
        self.answer(self.body(name), "video/mp4")

    def on_cut(self, name):
        body = self.body(name)
        self.head("video/mp4", Content_Length=len(body))
        self.wfile.write(body[:len(body) * 2 // 3])
        self.close_connection = True

    def on_nolength(self, name):
        body = self.body(name)
        self.unending("video/mp4")
        self.wfile.write(body)

    # Mischief.

    def on_to(self):
        self.answer(b"", "text/plain", status=302, Location=self.path.split("?", 1)[1])

    def playlist(self, text):
        self.answer(text.encode(), "application/vnd.apple.mpegurl")

    def on_leading(self):
        place = self.path.split("?", 1)[1]
        self.playlist(f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{place}\n")

    def on_many(self, _):
        self.playlist("#EXTM3U\n" + "#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8\n" * 20_000)

    def on_endless(self, kind):
        if kind == "headers":
            self.close_connection = True
            self.send_response(200)
            self.flush_headers()
            self.blast(b"X: y\r\n")
        elif kind == "redirects":
            self.answer(b"", "text/plain", status=302, Location="/endless/redirects")
        elif kind == "matroska":
            self.unending("video/x-matroska")
            self.wfile.write(bytes.fromhex(
                "1a45dfa3a34286810142f7810142f2810442f381084282886d6174726f736b61428781044285"
                "81021853806701ffffffffffffff"))
            self.blast(bytes.fromhex("1654ae6b84ae82d78101"))
        elif kind in ("jpeg", "length"):
            self.unending(
                "image/jpeg" if kind == "jpeg" else "multipart/x-mixed-replace; boundary=b")
            if kind == "length":
                self.wfile.write(
                    b"--b\r\nContent-Type: image/jpeg\r\nContent-Length: 2000000000\r\n\r\n")
            self.wfile.write(b"\xff\xd8")
            self.blast(b"\xff\xe0\x00\x10" + b"x" * 14)
        else:
            self.unending("application/vnd.apple.mpegurl")
            self.wfile.write(b"#EXTM3U\n")
            if kind == "variants":
                self.blast(b"#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8\n")
            self.wfile.write(b"#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n")
            self.blast(b"a" * 65536 if kind == "line" else b"#EXTINF:1,\nsegment.ts\n")

    def on_refused(self):
        self.answer(
            b"", "text/plain", status=401, WWW_Authenticate='Basic realm="camera"')

    def on_silent(self):
        time.sleep(60)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("port", type=int)
    arguments.add_argument("jpegs")
    for name in ("--port-file", "--log", "--folder"):
        arguments.add_argument(name, default="")
    given = arguments.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", given.port), Camera)
    server.daemon_threads = True
    server.pictures = pictures(given.jpegs)
    server.numbers = collections.defaultdict(itertools.count)
    server.lock = threading.Lock()
    server.log, server.folder = given.log, given.folder
    if given.port_file:
        tell_port(server, given.port_file)
    print("serving", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    sys.exit(main())
