/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store-writer FILE: write until killed, from several threads; each number that
 * was acknowledged goes to standard output, as eight bytes of this machine.
 */
#include "tests/unit/store/step.h"

#include "gateway/store/store.h"

#include <pthread.h>
#include <unistd.h>

/* Tell each acknowledged number through the pipe. */
static void *write_for_ever(void *arg)
{
	struct qiao_store *store = arg;
	uint64_t n;

	while (qiao_store_write(store, step, &n) == QIAO_OK)
		if (write(STDOUT_FILENO, &n, sizeof(n)) != (ssize_t)sizeof(n))
			break;
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[WRITERS];
	struct qiao_store *store;

	if (argc != 2 ||
	    qiao_store_open(&store, argv[1], NULL, NULL) != QIAO_OK)
		return 1;
	for (int i = 0; i < WRITERS; i++)
		if (pthread_create(&threads[i], NULL, write_for_ever, store))
			return 1;
	for (int i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	return 2;
}
