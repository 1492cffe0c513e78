/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/store/vfs_fault.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILES_MAX 16

/* What a file held at its last sync. */
struct image {
	char path[512];
	uint8_t *bytes;
	size_t n;
	bool exists;
};

struct file {
	sqlite3_file base;
	struct image *image; /* NULL: not followed (shared memory, temporary) */
	sqlite3_file *real;  /* stands behind this struct */
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct image images[FILES_MAX];
static size_t n_images;
static long fail_after = -1, fail_from = -1, space = -1, counted;
static bool powerless;
static sqlite3_vfs *real_vfs, vfs;
static sqlite3_io_methods methods;

static sqlite3_file *real_of(sqlite3_file *f)
{
	return ((struct file *)f)->real;
}

/* SQLITE_OK when this write or sync may happen. */
static int may_write(long n)
{
	int rc = SQLITE_OK;

	pthread_mutex_lock(&mutex);
	counted++;
	if (powerless || fail_from == 0 || fail_after == 0)
		rc = SQLITE_IOERR_WRITE;
	if (fail_after >= 0)
		fail_after--;
	if (fail_from > 0)
		fail_from--;
	if (rc == SQLITE_OK && space >= 0) {
		if (n > space)
			rc = SQLITE_FULL;
		else
			space -= n;
	}
	pthread_mutex_unlock(&mutex);
	return rc;
}

static void load_image(struct image *im)
{
	FILE *f = fopen(im->path, "rb");
	long n;

	free(im->bytes);
	im->bytes = NULL;
	im->n = 0;
	im->exists = f != NULL;
	if (!f)
		return;
	fseek(f, 0, SEEK_END);
	n = ftell(f);
	rewind(f);
	im->bytes = malloc((size_t)n + 1);
	if (im->bytes)
		im->n = fread(im->bytes, 1, (size_t)n, f);
	fclose(f);
}

static struct image *image_of(const char *path)
{
	struct image *im = NULL;

	pthread_mutex_lock(&mutex);
	for (size_t i = 0; i < n_images; i++)
		if (strcmp(images[i].path, path) == 0)
			im = &images[i];
	if (!im && n_images < FILES_MAX) {
		im = &images[n_images++];
		snprintf(im->path, sizeof(im->path), "%s", path);
		load_image(im); /* what is there before we begin is durable */
	}
	pthread_mutex_unlock(&mutex);
	return im;
}

static int x_close(sqlite3_file *f)
{
	return real_of(f)->pMethods->xClose(real_of(f));
}

static int x_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
	return real_of(f)->pMethods->xRead(real_of(f), p, n, at);
}

static int x_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	int rc = may_write(n);

	if (rc != SQLITE_OK)
		return rc;
	return real_of(f)->pMethods->xWrite(real_of(f), p, n, at);
}

static int x_truncate(sqlite3_file *f, sqlite3_int64 n)
{
	int rc = may_write(0);

	if (rc != SQLITE_OK)
		return rc;
	return real_of(f)->pMethods->xTruncate(real_of(f), n);
}

static int x_sync(sqlite3_file *f, int flags)
{
	struct image *im = ((struct file *)f)->image;
	int rc = may_write(0);

	if (rc != SQLITE_OK)
		return SQLITE_IOERR_FSYNC;
	rc = real_of(f)->pMethods->xSync(real_of(f), flags);
	if (rc == SQLITE_OK && im) {
		pthread_mutex_lock(&mutex);
		load_image(im);
		pthread_mutex_unlock(&mutex);
	}
	return rc;
}

static int x_size(sqlite3_file *f, sqlite3_int64 *n)
{
	return real_of(f)->pMethods->xFileSize(real_of(f), n);
}

static int x_lock(sqlite3_file *f, int level)
{
	return real_of(f)->pMethods->xLock(real_of(f), level);
}

static int x_unlock(sqlite3_file *f, int level)
{
	return real_of(f)->pMethods->xUnlock(real_of(f), level);
}

static int x_reserved(sqlite3_file *f, int *out)
{
	return real_of(f)->pMethods->xCheckReservedLock(real_of(f), out);
}

static int x_control(sqlite3_file *f, int op, void *arg)
{
	return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}

static int x_sector(sqlite3_file *f)
{
	return real_of(f)->pMethods->xSectorSize(real_of(f));
}

static int x_traits(sqlite3_file *f)
{
	return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}

static int x_shm_map(sqlite3_file *f, int i, int size, int extend,
		     void volatile **p)
{
	return real_of(f)->pMethods->xShmMap(real_of(f), i, size, extend, p);
}

static int x_shm_lock(sqlite3_file *f, int off, int n, int flags)
{
	return real_of(f)->pMethods->xShmLock(real_of(f), off, n, flags);
}

static void x_shm_barrier(sqlite3_file *f)
{
	real_of(f)->pMethods->xShmBarrier(real_of(f));
}

static int x_shm_unmap(sqlite3_file *f, int delete_flag)
{
	return real_of(f)->pMethods->xShmUnmap(real_of(f), delete_flag);
}

static int x_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags,
		  int *out_flags)
{
	struct file *file = (struct file *)f;
	int follow = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL;
	int rc;

	(void)v;
	memset(file, 0, sizeof(*file));
	if (powerless)
		return SQLITE_CANTOPEN;
	file->real = (sqlite3_file *)(file + 1);
	if (name && (flags & follow))
		file->image = image_of(name);
	rc = real_vfs->xOpen(real_vfs, name, file->real, flags, out_flags);
	if (file->real->pMethods)
		f->pMethods = &methods;
	return rc;
}

static int x_delete(sqlite3_vfs *v, const char *name, int sync_dir)
{
	struct image *im;

	(void)v;
	if (powerless)
		return SQLITE_IOERR_DELETE;
	im = image_of(name);
	if (im) {
		pthread_mutex_lock(&mutex);
		im->exists = false;
		im->n = 0;
		pthread_mutex_unlock(&mutex);
	}
	return real_vfs->xDelete(real_vfs, name, sync_dir);
}

void qiao_vfs_fault_register(void)
{
	if (real_vfs)
		return;
	real_vfs = sqlite3_vfs_find(NULL);
	vfs = *real_vfs;
	vfs.pNext = NULL;
	vfs.zName = "qiao-fault";
	vfs.szOsFile = (int)sizeof(struct file) + real_vfs->szOsFile;
	vfs.xOpen = x_open;
	vfs.xDelete = x_delete;
	methods = (sqlite3_io_methods){
		.iVersion = 2,
		.xClose = x_close,
		.xRead = x_read,
		.xWrite = x_write,
		.xTruncate = x_truncate,
		.xSync = x_sync,
		.xFileSize = x_size,
		.xLock = x_lock,
		.xUnlock = x_unlock,
		.xCheckReservedLock = x_reserved,
		.xFileControl = x_control,
		.xSectorSize = x_sector,
		.xDeviceCharacteristics = x_traits,
		.xShmMap = x_shm_map,
		.xShmLock = x_shm_lock,
		.xShmBarrier = x_shm_barrier,
		.xShmUnmap = x_shm_unmap,
	};
	sqlite3_vfs_register(&vfs, 0);
}

static void set(long *what, long v)
{
	pthread_mutex_lock(&mutex);
	*what = v;
	pthread_mutex_unlock(&mutex);
}

void qiao_vfs_fault_fail_after(long n)
{
	set(&fail_after, n);
}

void qiao_vfs_fault_fail_from(long n)
{
	set(&fail_from, n);
}

void qiao_vfs_fault_space(long bytes)
{
	set(&space, bytes);
}

long qiao_vfs_fault_count(void)
{
	long n;

	pthread_mutex_lock(&mutex);
	n = counted;
	counted = 0;
	pthread_mutex_unlock(&mutex);
	return n;
}

void qiao_vfs_fault_power_down(void)
{
	pthread_mutex_lock(&mutex);
	powerless = true;
	pthread_mutex_unlock(&mutex);
}

static void restore(const struct image *im)
{
	size_t len = strlen(im->path);
	char shm[sizeof(im->path) + 4];
	FILE *f;

	/* shared memory does not outlive the machine */
	if (len > 4 && strcmp(im->path + len - 4, "-wal") == 0) {
		snprintf(shm, sizeof(shm), "%.*s-shm", (int)(len - 4),
			 im->path);
		unlink(shm);
	}
	if (!im->exists) {
		unlink(im->path);
		return;
	}
	f = fopen(im->path, "wb");
	if (!f)
		return;
	fwrite(im->bytes, 1, im->n, f);
	fclose(f);
}

void qiao_vfs_fault_power_up(void)
{
	for (size_t i = 0; i < n_images; i++)
		restore(&images[i]);
	qiao_vfs_fault_reset();
}

void qiao_vfs_fault_reset(void)
{
	pthread_mutex_lock(&mutex);
	for (size_t i = 0; i < n_images; i++)
		free(images[i].bytes);
	memset(images, 0, sizeof(images));
	n_images = 0;
	fail_after = fail_from = space = -1;
	counted = 0;
	powerless = false;
	pthread_mutex_unlock(&mutex);
}
