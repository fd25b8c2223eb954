/*
 * What differs between the versions of the libraries that we run on, Debian 12's and Debian 13's.
 * All of it stands here, each with its reason; nothing else asks for a version. Included after the
 * library's own header.
 */
#ifndef SG_BASE_VERSIONS_H
#define SG_BASE_VERSIONS_H

#ifdef MHD_VERSION
#if MHD_VERSION >= 0x00097707
/* Unless told that there is one thread only, it keeps a connection that is added in a queue until
 * it runs; we know whose it is only while we add it. */
#define VERSIONS_MHD_FLAGS ((unsigned)MHD_USE_NO_THREAD_SAFETY)
/* It refuses by itself, in its own words, more of what we refuse: codings other than chunked,
 * chunks beside a Content-Length, a space before a colon, CR in a value. And it refuses what we
 * would take: a chunk extension, whose line end 1.0.1 takes for the first byte of data. */
#define VERSIONS_MHD_REFUSES 1
#else
#define VERSIONS_MHD_FLAGS   0U
#define VERSIONS_MHD_REFUSES 0
#endif
#endif

#endif
