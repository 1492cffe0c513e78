/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests only: a SQLite VFS over the operating system's that fails, fills up
 * or crashes on command. Name: "qiao-fault". Not part of the library.
 */
#ifndef GATEWAY_STORE_VFS_FAULT_H
#define GATEWAY_STORE_VFS_FAULT_H

#include "gateway/include/qiao/types.h"

void qiao_vfs_fault_register(void);

/* The n-th write or sync from now fails with an I/O error (0: the next). -1:
 * off. */
void qiao_vfs_fault_fail_after(long n);
/* ... and so does every one after it, until switched off. */
void qiao_vfs_fault_fail_from(long n);
/* Bytes that may still be written before the disk is full. -1: no limit. */
void qiao_vfs_fault_space(long bytes);
/* Writes and syncs since the last call. */
long qiao_vfs_fault_count(void);

/*
 * Power fails: from now on everything fails, and once all files are closed
 * qiao_vfs_fault_power_up puts on the disk what it held at the last sync of
 * each file, and nothing newer.
 */
void qiao_vfs_fault_power_down(void);
void qiao_vfs_fault_power_up(void);
/* Forget everything: a new test begins. */
void qiao_vfs_fault_reset(void);

#endif
