#define _GNU_SOURCE
#include "CSystemSupport.h"

#include <pthread.h>

void landmarkd_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }
