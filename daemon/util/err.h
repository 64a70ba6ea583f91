/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * err - the one vocabulary of errors.
 *
 * A function that can fail returns enum err, is MUST_CHECK, and fills its
 * out-parameters only on OK.  Predicates return bool.
 */
#ifndef UTIL_ERR_H
#define UTIL_ERR_H

#define MUST_CHECK __attribute__((warn_unused_result))
/* Marks a parameter whose ownership passes to the callee; can be grepped. */
#define OWNED

enum err {
	OK = 0,
	ERR_SHORT,     /* input ends too early */
	ERR_SYNTAX,    /* input breaks a grammar */
	ERR_RANGE,     /* a number or a size is out of its limits */
	ERR_AUTH,      /* a key, MAC, passphrase or token does not fit */
	ERR_STATE,     /* not possible in the present state */
	ERR_FULL,      /* a cap is reached */
	ERR_NOT_FOUND, /* no such thing */
	ERR_EXISTS,    /* it is there already */
	ERR_IO,	       /* the system refused: errno tells more */
	ERR_NO_SPACE,  /* disk full or quota reached */
	ERR_CORRUPT,   /* data at rest is damaged */
	ERR_VERSION,   /* made by, or is, a version we cannot use */
	ERR_CLOSED,    /* the other side is gone */
};

/* A few lower-case words for a log line or a person; never NULL. */
const char *err_str(enum err e);

#endif
