"""An HTTP camera for the tests: JPEGs of a file after one another, for ever, as multipart.

    python3 mjpeg_server.py PORT JPEGS RATE [PORT-FILE]

PORT 0 takes a free one; PORT-FILE gets its number when the server listens. JPEGS is a file of whole
JPEGs. Paths: /stream the pictures; /refused asks for a password that is never right; /guarded for
one with all that an address has a meaning for; /silent takes
the request and never answers; /short gives ten pictures and ends.
"""
import base64
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from camera_parts import pictures, tell_port

GUARDED = "Basic " + base64.b64encode("j@x:1/2?3#4:5%41 é&".encode()).decode()


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        is_wrong = self.path == "/guarded" and self.headers.get("Authorization") != GUARDED
        if self.path == "/refused" or is_wrong:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="camera"')
            self.end_headers()
        elif self.path == "/silent":
            time.sleep(60)
        else:
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
            self.end_headers()
            self.send_pictures(10 if self.path == "/short" else None)

    def send_pictures(self, limit):
        begin, number = time.monotonic(), 0
        try:
            while limit is None or number < limit:
                picture = self.server.pictures[number % len(self.server.pictures)]
                head = "--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n"
                self.wfile.write((head % len(picture)).encode() + picture + b"\r\n")
                number += 1
                time.sleep(max(0, begin + number / self.server.rate - time.monotonic()))
        except OSError:
            pass


server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
server.daemon_threads = True
server.pictures = pictures(sys.argv[2])
server.rate = float(sys.argv[3])
if len(sys.argv) > 4:
    tell_port(server, sys.argv[4])
server.serve_forever()
