/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * list - intrusive doubly linked list.
 *
 * A struct list_node sits inside the element; a struct list is the ring's
 * head.  The list owns nothing.
 */
#ifndef UTIL_LIST_H
#define UTIL_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list_node {
	struct list_node *prev, *next;
};

struct list {
	struct list_node head;
};

static inline void list_init(struct list *l)
{
	l->head.prev = l->head.next = &l->head;
}

static inline bool list_is_empty(const struct list *l)
{
	return l->head.next == &l->head;
}

static inline void list_put_last(struct list *l, struct list_node *n)
{
	n->prev = l->head.prev;
	n->next = &l->head;
	n->prev->next = n;
	l->head.prev = n;
}

/* Takes n out of whatever list it is in; harmless on a zeroed node. */
static inline void list_take(struct list_node *n)
{
	if (!n->next)
		return;
	n->prev->next = n->next;
	n->next->prev = n->prev;
	n->prev = n->next = NULL;
}

#define list_entry(node, type, member)                                         \
	((type *)(void *)((char *)(node)-offsetof(type, member)))

/* n is a struct list_node *; the element may not be removed inside. */
#define list_for_each(n, l)                                                    \
	for ((n) = (l)->head.next; (n) != &(l)->head; (n) = (n)->next)

/* The same, and the element may be removed; t is a second cursor. */
#define list_for_each_safe(n, t, l)                                            \
	for ((n) = (l)->head.next, (t) = (n)->next; (n) != &(l)->head;         \
	     (n) = (t), (t) = (n)->next)

#endif
