/* Folders of ours, and where our own programs are. */
#ifndef SG_OS_FOLDER_H
#define SG_OS_FOLDER_H

#include "base/err.h"

/*
 * Makes the folder if it is not there, with mode 0700, and gives what it made to uid and gid when
 * this process is root; that only where root alone can change names. Looks whether the folder is
 * theirs and nobody else may enter. *ret_path (n bytes) is its absolute path without links.
 * ERR_FORBIDDEN: it is somebody else's, open to others, or cannot be made safely; ERR_NOT_FOUND:
 * its parent is not there; ERR_TOO_LARGE: the path does not fit; ERR_IO.
 */
MUST_USE enum err folder_ready(const char *path, unsigned uid, unsigned gid, char *ret_path,
                               size_t n);

/*
 * Whether this account gets into the folder at that absolute path. If not, *ret (n bytes) is the
 * first one on the way there that it may not enter. ERR_FORBIDDEN; ERR_NOT_FOUND; ERR_TOO_LARGE;
 * ERR_IO.
 */
MUST_USE enum err folder_enter(const char *path, char *ret, size_t n);

/*
 * The absolute path of a file that root alone can change: neither it nor a folder above it belongs
 * to anybody else, or can be written by others, and it is no link. ERR_FORBIDDEN: somebody can;
 * ERR_NOT_FOUND; ERR_TOO_LARGE; ERR_IO.
 */
MUST_USE enum err folder_find_root_file(const char *path, char *ret_path, size_t n);

/* The path of another program of ours: beside this one, or as it lies in a build folder.
 * ERR_NOT_FOUND. */
MUST_USE enum err folder_find_program(const char *name, char *ret_path, size_t n);

/*
 * Makes the empty file at path if it is not there, and locks it for this process and for those that
 * get the descriptor from it, until the last of them has ended. Waits for at most ms milliseconds.
 * ERR_EXISTS: somebody else still has it; ERR_FORBIDDEN: what is there is no plain file; ERR_IO.
 */
MUST_USE enum err folder_lock(const char *path, uint64_t ms, int *ret_fd);

/* Removes a file, if it is there. */
void folder_remove_file(const char *path);

#endif
