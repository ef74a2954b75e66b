/* An intrusive doubly linked list. The head is a node of its own; an unlinked node points to
 * itself. */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>

#include "base/macros.h"

struct list_node {
    struct list_node *prev, *next;
};

static inline void list_init(struct list_node *node)
{
    node->prev = node->next = node;
}

static inline bool list_is_empty(const struct list_node *head)
{
    return head->next == head;
}

static inline void list_remove(struct list_node *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    list_init(node);
}

static inline void list_append(struct list_node *head, struct list_node *node)
{
    node->prev = head->prev;
    node->next = head;
    head->prev->next = node;
    head->prev = node;
}

/* Body may remove `node`. */
#define list_for_each(node, head)                                                                  \
    for (struct list_node *node = (head)->next, *node##_next = node->next; node != (head);         \
         node = node##_next, node##_next = node->next)

#endif
