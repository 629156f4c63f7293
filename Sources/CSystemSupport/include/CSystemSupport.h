// What of the C library Swift does not see.
#pragma once

/// Names the calling thread; of a longer name nothing is kept. At most 15 bytes.
void landmarkd_name_thread(const char *name);
