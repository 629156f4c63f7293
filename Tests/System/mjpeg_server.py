"""An HTTP server of one endless MJPEG picture: a folder of JPEG files in a loop.

    python3 mjpeg_server.py PORT FOLDER [--rate 30]

The stream is http://127.0.0.1:PORT/face.mjpeg. "serving" is printed once it listens.
"""

import argparse
import http.server
import pathlib
import time


class Pictures(http.server.BaseHTTPRequestHandler):
    pictures: list[bytes] = []
    rate = 30.0

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=picture")
        self.end_headers()
        start = time.monotonic()
        number = 0
        while True:
            time.sleep(max(0.0, start + number / self.rate - time.monotonic()))
            picture = self.pictures[number % len(self.pictures)]
            head = f"--picture\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
            try:
                self.wfile.write(head.encode() + picture + b"\r\n")
            except OSError:
                return
            number += 1

    def log_message(self, *_) -> None:
        pass


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("port", type=int)
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("--rate", type=float, default=30)
    given = arguments.parse_args()
    Pictures.pictures = [file.read_bytes() for file in sorted(given.folder.glob("*.jpg"))]
    Pictures.rate = given.rate
    server = http.server.ThreadingHTTPServer(("127.0.0.1", given.port), Pictures)
    server.daemon_threads = True
    print("serving", flush=True)
    server.serve_forever()


main()
