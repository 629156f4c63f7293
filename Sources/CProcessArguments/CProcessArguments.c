#include "CProcessArguments.h"

#include <stddef.h>

static int count;
static char **arguments;

// glibc hands the program's arguments to its constructors.
__attribute__((constructor)) static void keep(int argc, char **argv, char **envp) {
  (void)envp;
  count = argc;
  arguments = argv;
}

int landmarkd_argument_count(void) { return count; }

char *landmarkd_argument(int index) {
  return index >= 0 && index < count ? arguments[index] : NULL;
}
