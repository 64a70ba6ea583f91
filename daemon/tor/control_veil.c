/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tor/control_veil.h"

static const char named[] = "650 GUARD ENTRY ";

enum {
	NAME = sizeof(named) - 1,
	PLAIN, /* the rest of the line */
};

static uint8_t put(struct control_veil *v, uint8_t c)
{
	if (c == '\n')
		v->at = 0;
	else if (v->at < NAME)
		v->at = c == (uint8_t)named[v->at] ? v->at + 1 : PLAIN;
	else if (c == ' ' || c == '\r')
		v->at = PLAIN;
	else if (v->at == NAME)
		return 'x';
	return c;
}

void control_veil_put(struct control_veil *v, uint8_t *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		p[i] = put(v, p[i]);
}
