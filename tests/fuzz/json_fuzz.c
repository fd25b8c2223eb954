/* The JSON reader and writer: what is read is written, read again the same, and survives edits. */
#include "fuzz.h"
#include "proto/json.h"
#include "proto/utf8.h"

/* The shape that json.h promises, whatever was parsed. */
static void check_shape(const struct json *j)
{
    MUST(j->n > 0 && j->nodes[0].parent == JSON_NONE && j->nodes[0].next == j->n);
    for (uint32_t i = 0; i < j->n; i++) {
        const struct json_node *n = &j->nodes[i];
        MUST((size_t)n->at + n->len <= j->text.n);
        MUST(n->next > i && n->next <= j->n);
        if (i > 0)
            MUST(n->parent < i && i < j->nodes[n->parent].next);
        if (n->is_key) {
            MUST(json_is(j, i, JSON_STRING) && json_is(j, n->parent, JSON_OBJECT));
            MUST(json_get_key(j, n->parent, json_raw(j, i)) == i || n->has_escapes);
        }
        if (n->type == JSON_ARRAY || n->type == JSON_OBJECT) {
            uint32_t count = 0;
            for (uint32_t k = json_first(j, i); k != JSON_NONE; k = json_next(j, k))
                count++;
            MUST(count == n->count);
        }
        if (n->type == JSON_NUMBER)
            MUST(json_number_eq(json_raw(j, i), json_raw(j, i)));
    }
}

/* Equal values: same types, same numbers as text, same decoded strings, same order. */
static void check_equal(const struct json *a, const struct json *b)
{
    MUST(a->n == b->n);
    for (uint32_t i = 0; i < a->n; i++) {
        MUST(a->nodes[i].type == b->nodes[i].type && a->nodes[i].count == b->nodes[i].count);
        MUST(a->nodes[i].next == b->nodes[i].next && a->nodes[i].is_key == b->nodes[i].is_key);
        if (a->nodes[i].type == JSON_NUMBER)
            MUST(slice_eq(json_raw(a, i), json_raw(b, i)));
        if (a->nodes[i].type == JSON_STRING) {
            struct buf s = BUF_INIT(SIZE_MAX);
            MUST(json_str(a, i, &s) == ERR_OK);
            MUST(utf8_valid(buf_slice(&s)) && json_str_eq(b, i, buf_slice(&s)));
            buf_free(&s);
        }
    }
}

/* Some edits, chosen by the text itself; the result is still JSON, or too deep. */
static void check_edits(const struct json *j)
{
    struct json_edits e;
    struct buf out = BUF_INIT(SIZE_MAX);
    struct json again;
    json_edits_init(&e, SIZE_MAX);
    again = JSON_INIT;
    for (uint32_t i = 0; i < j->n; i++) {
        const struct json_node *n = &j->nodes[i];
        unsigned how = (n->at + n->len * 7u) % 5;
        if (how == 0 && !n->is_key)
            json_edit_replace_str(&e, i, json_raw(j, i));
        else if (how == 1 && i > 0 && (n->is_key || json_is(j, n->parent, JSON_ARRAY)))
            json_edit_remove(&e, i);
        else if (how == 2 && n->type == JSON_OBJECT)
            json_edit_set(&e, j, i, "new", SLICE_LIT("[1]"));
        else if (how == 3 && n->type == JSON_ARRAY)
            json_edit_add_element(&e, i, SLICE_LIT("{}"));
    }
    MUST(json_copy_edited(j, 0, &e, &out) == ERR_OK);
    enum err err = json_parse(&again, buf_slice(&out), NULL);
    MUST(err == ERR_OK || err == ERR_TOO_DEEP || err == ERR_TOO_LARGE);
    json_free(&again);
    json_edits_free(&e);
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json j, again;
    struct buf out = BUF_INIT(SIZE_MAX), twice = BUF_INIT(SIZE_MAX);
    size_t at = 0;
    j = JSON_INIT;
    again = JSON_INIT;
    if (json_parse(&j, slice_of(data, size), &at) != ERR_OK) {
        MUST(at <= size && j.n == 0);
    } else {
        check_shape(&j);
        json_copy(&j, 0, &out);
        MUST(json_parse(&again, buf_slice(&out), NULL) == ERR_OK);
        check_equal(&j, &again);
        json_copy(&again, 0, &twice);
        MUST(slice_eq(buf_slice(&out), buf_slice(&twice)));
        check_edits(&j);
    }
    json_free(&j);
    json_free(&again);
    buf_free(&out);
    buf_free(&twice);
    return 0;
}
