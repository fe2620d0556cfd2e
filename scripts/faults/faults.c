/* Stands before libc's calls that change files: the FAULT_AT-th of them fails, or writes short.

   FAULT_KIND  short | an errno's number      FAULT_FOREVER  1: all further ones fail, too
   FAULT_LOG   gets a line once it has struck
   Counted are calls on regular files and on stdout; sockets and our own pipes are left alone. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_int calls;

static int counts(int fd) {
    struct stat kind;
    return fd == 1 || (fd > 2 && fstat(fd, &kind) == 0 && S_ISREG(kind.st_mode));
}

/* Gives 0: go on; 1: write short; else the errno. */
static int strikes(int fd, int can_be_short) {
    const char *at = getenv("FAULT_AT"), *kind = getenv("FAULT_KIND"), *log = getenv("FAULT_LOG");
    if (!at || !kind || (fd >= 0 && !counts(fd))) return 0;
    int number = atomic_fetch_add(&calls, 1) + 1, wanted = atoi(at);
    if (number != wanted && !(number > wanted && getenv("FAULT_FOREVER"))) return 0;
    int is_short = strcmp(kind, "short") == 0;
    if (is_short && !can_be_short) return 0;
    if (log) {
        int out = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND, 0600);
        syscall(SYS_write, out, "struck\n", 7);
        syscall(SYS_close, out);
    }
    return is_short ? 1 : atoi(kind);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define FAIL(found) do { errno = (found); return -1; } while (0)

ssize_t write(int fd, const void *data, size_t size) {
    int found = strikes(fd, size > 1);
    if (found > 1) FAIL(found);
    return REAL(write)(fd, data, found == 1 ? (size + 1) / 2 : size);
}

int fsync(int fd) {
    int found = strikes(fd, 0);
    if (found > 1 && found != EAGAIN) FAIL(found);
    return REAL(fsync)(fd);
}

int ftruncate64(int fd, off64_t size) {
    int found = strikes(fd, 0);
    if (found > 1 && found != EAGAIN) FAIL(found);
    return REAL(ftruncate64)(fd, size);
}

int rename(const char *from, const char *to) {
    int found = strikes(-1, 0);
    if (found > 1 && found != EAGAIN && found != EINTR) FAIL(found);
    return REAL(rename)(from, to);
}
