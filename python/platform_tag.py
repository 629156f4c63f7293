"""A wheel with the program in it is for one platform, whatever the Python."""

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PlatformTag(BuildHookInterface):
    def initialize(self, version, build_data):
        build_data["pure_python"] = False
        # glibc 2.36 is what scripts/packages/libraries.py lets through.
        build_data["tag"] = "py3-none-manylinux_2_36_x86_64"
