// The arguments where the kernel put them: what ps and /proc/PID/cmdline show. Swift's own are copies.
#pragma once

/// How many arguments the process was started with.
int landmarkd_argument_count(void);
/// Argument `index`, which may be overwritten within its length; NULL where there is none.
char *landmarkd_argument(int index);
