"""An RTSP server of GStreamer: a folder of JPEG pictures in a loop, a keyframe every second.

    python3 rtsp_server.py PORT FOLDER [--rate 30] [--user NAME --password WORD]

The stream is rtsp://127.0.0.1:PORT/face; it offers TCP and UDP. "serving" is printed once it listens.
"""

import argparse

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402


def launch_line(folder: str, rate: int) -> str:
    return (
        f'( multifilesrc location="{folder}/%03d.jpg" start-index=1 loop=true'
        f' caps="image/jpeg,framerate={rate}/1" ! jpegdec ! videoconvert'
        " ! video/x-raw,format=I420"
        f" ! x264enc tune=zerolatency speed-preset=ultrafast bitrate=2000 key-int-max={rate}"
        " ! rtph264pay name=pay0 pt=96 config-interval=1 )"
    )


def require_password(server, factory, user: str, password: str) -> None:
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    server.set_auth(auth)
    factory.add_role_from_structure(
        Gst.Structure.new_from_string(
            "viewer, media.factory.access=(boolean)true, media.factory.construct=(boolean)true"
        )
    )


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("port", type=int)
    arguments.add_argument("folder")
    arguments.add_argument("--rate", type=int, default=30)
    arguments.add_argument("--user")
    arguments.add_argument("--password", default="")
    given = arguments.parse_args()

    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(given.port))
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(launch_line(given.folder, given.rate))
    factory.set_shared(True)
    if given.user:
        require_password(server, factory, given.user, given.password)
    server.get_mount_points().add_factory("/face", factory)
    if server.attach(None) == 0:
        raise SystemExit(f"rtsp_server: port {given.port} cannot be listened on")
    print("serving", flush=True)
    GLib.MainLoop().run()


main()
