/* Preloaded into the daemon, makes every flush to the disk take SLOW_DISK milliseconds longer, as on a busy host. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

typedef int (*flush)(int);

static int late(const char *name, int file)
{
	const char *given = getenv("SLOW_DISK");
	long ms = given ? atol(given) : 0;
	struct timespec nap = { ms / 1000, ms % 1000 * 1000000 };
	nanosleep(&nap, NULL);
	return ((flush)dlsym(RTLD_NEXT, name))(file);
}

int fsync(int file)
{
	return late("fsync", file);
}

int fdatasync(int file)
{
	return late("fdatasync", file);
}
