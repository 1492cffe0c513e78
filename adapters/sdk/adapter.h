/* SPDX-License-Identifier: Apache-2.0 */
/* The SDK's inside: one adapter program, and the eight operations on it. */
#ifndef ADAPTERS_SDK_ADAPTER_H
#define ADAPTERS_SDK_ADAPTER_H

#include "adapters/sdk/serve.h"
#include "gateway/include/qiao/adapter.h"

#include <pthread.h>

struct qiao_adapter {
	const struct qiao_adapter_api *api;
	/* calls hold it shared, `open` alone */
	pthread_rwlock_t lock;
	void *self;
	bool is_open;
	/*
	 * A bundle that was fetched and not sent: it did not fit, or it goes
	 * out in parts that must be parts of the same copy.
	 */
	pthread_mutex_t kept_lock;
	struct {
		bool there, in_parts;
		uint64_t height;
		struct qiao_buf bundle;
	} kept;
};

extern const struct qiao_serve_op qiao_adapter_ops[];

/* QIAO_E_ABI with a sentence when the author's struct is not usable. */
qiao_err qiao_adapter_init(struct qiao_adapter *a,
			   const struct qiao_adapter_api *api,
			   struct qiao_why *why);
void qiao_adapter_fini(struct qiao_adapter *a);

/* adapters/sdk/fetch.c */
qiao_err qiao_adapter_fetch(struct qiao_adapter *a, struct qiao_buf *result,
			    struct qiao_mp *args, struct qiao_why *why);

/* adapters/sdk/parent.c: end this process when its host does. */
void qiao_adapter_follow_parent(void);

#endif
