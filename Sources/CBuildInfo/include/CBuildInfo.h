// What is known about the build only when it is made.
#pragma once

/// The commit that the program was built from, "+changes" behind it where files differed from it;
/// "unknown" where nothing said so.
const char *landmarkd_commit(void);
