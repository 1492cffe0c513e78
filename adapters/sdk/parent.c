/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An adapter whose host has died must not stay behind. Linux kills us when the
 * host dies; where the host gave us a pipe or socket as standard input, its
 * end says the same on every system.
 */
#include "adapters/sdk/adapter.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

static void *watch(void *arg)
{
	uint8_t byte;
	ssize_t n;

	(void)arg;
	do {
		n = read(STDIN_FILENO, &byte, 1);
	} while (n > 0 || (n < 0 && errno == EINTR));
	kill(getpid(), SIGTERM);
	return NULL;
}

static bool stdin_is_a_line(void)
{
	struct stat st;

	return fstat(STDIN_FILENO, &st) == 0 &&
	       (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode));
}

void qiao_adapter_follow_parent(void)
{
	pthread_t thread;

#ifdef __linux__
	prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
	if (stdin_is_a_line() &&
	    pthread_create(&thread, NULL, watch, NULL) == 0)
		pthread_detach(thread);
}
