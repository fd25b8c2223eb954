/*
 * Strict JSON (RFC 8259), read without copying into a flat array of nodes in document order.
 *
 * Refused: anything that is not RFC 8259; invalid UTF-8 (overlong forms, surrogates, beyond
 * U+10FFFF); escapes of lone surrogates; a byte order mark; bytes after the value; two equal keys
 * in one object, also when one of them is written with escapes; more than LIM_JSON_DEPTH levels,
 * LIM_JSON_NODES values, LIM_JSON_KEYS members of one object. Numbers stay text: nothing is
 * rounded.
 *
 * A node is named by its index (uint32_t). The root is 0. An object's children are its keys, each
 * directly followed by its value: node k is a key, node k + 1 its value. JSON_NONE is "no such
 * node"; every reader below takes it and answers "no" (JSON_NONE, false, an empty slice), so
 * look-ups chain without tests: json_get(j, json_get(j, root, "params"), "_meta").
 */
#ifndef SG_PROTO_JSON_H
#define SG_PROTO_JSON_H

#include "base/buf.h"

#define JSON_NONE UINT32_MAX

enum json_type {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING, /* keys too */
    JSON_ARRAY,
    JSON_OBJECT
};

struct json_node {
    uint32_t at;     /* offset of the first byte; of a string the one after its quote */
    uint32_t len;    /* bytes as written; of a string without its quotes */
    uint32_t parent; /* the array or object around it; JSON_NONE at the root */
    uint32_t next;   /* index after this node's whole subtree */
    uint32_t count;  /* elements or members */
    uint8_t type;
    bool is_key;
    bool has_escapes; /* of a string: a backslash stands in it */
    bool other_form;  /* its text is not in the form that json_copy writes */
};

/* One parsed document. The text is borrowed and must outlive every use. */
struct json {
    struct slice text;
    struct json_node *nodes;
    uint32_t n, cap;
    uint32_t compared; /* pairs of keys looked at in full, their hashes being equal */
};

/* Ready for json_parse; no memory yet. A zeroed struct is so too. */
#define JSON_INIT ((struct json){.n = 0})
/* Frees the nodes; j is JSON_INIT again. */
void json_free(struct json *j);
/* The memory that j has, beside its text. */
size_t json_bytes(const struct json *j);

/*
 * Reads text, which must be exactly one value with white space around it. j may be used again and
 * again and keeps its memory. ERR_OK; or ERR_SYNTAX, ERR_TOO_DEEP, ERR_DUPLICATE_KEY, ERR_TOO_LARGE
 * (too many values or members, or a text beyond 2^32 - 2 bytes), *ret_at being the offset in bytes
 * where it was found. On an error j holds no document (j->n is 0). ret_at may be NULL.
 */
MUST_USE enum err json_parse(struct json *j, struct slice text, size_t *ret_at);

/* json_parse for a text that is written again with more in it, and must be within the limits then
 * too: this much of them is left free. */
struct json_room {
    uint32_t keys;  /* members of one object */
    uint32_t nodes; /* values in all */
};
MUST_USE enum err json_parse_room(struct json *j, struct slice text, struct json_room room,
                                  size_t *ret_at);

/* --- reading ---------------------------------------------------------------------------------- */

bool json_is(const struct json *j, uint32_t node, enum json_type type);
/* The text as written: of a number its digits, of a string what is between the quotes (escapes not
 * decoded), of an array or object from bracket to bracket. Lives as long as the parsed text. */
struct slice json_raw(const struct json *j, uint32_t node);
/* Elements of an array, members of an object; otherwise 0. */
uint32_t json_count(const struct json *j, uint32_t node);
/* First element of an array or first key of an object; JSON_NONE when empty or neither. */
uint32_t json_first(const struct json *j, uint32_t node);
/* The element after this one; for a key the next key. JSON_NONE after the last. */
uint32_t json_next(const struct json *j, uint32_t node);
/* The value of a key node. */
uint32_t json_value(const struct json *j, uint32_t key);
/* The value of a member, by its decoded name; JSON_NONE when absent or when node is no object. */
uint32_t json_get(const struct json *j, uint32_t object, const char *name);
uint32_t json_get_slice(const struct json *j, uint32_t object, struct slice name);
/* The key node of that member, for json_edit_remove. */
uint32_t json_get_key(const struct json *j, uint32_t object, struct slice name);

/* Appends a string's decoded bytes (UTF-8; may hold NUL). ERR_INVALID_PARAMS when node is no
 * string, ERR_TOO_LARGE when out is full. */
MUST_USE enum err json_str(const struct json *j, uint32_t node, struct buf *out);
/*
 * The decoded string without copying where no escape stands in it; otherwise it is decoded behind
 * what scratch holds. The slice lives as long as the text, and until scratch is written or cleared.
 * SLICE_EMPTY when node is no string or scratch is full: ask json_is and buf_err to tell apart.
 */
struct slice json_str_slice(const struct json *j, uint32_t node, struct buf *scratch);
/* Decoded equality; false when node is no string. */
bool json_str_eq(const struct json *j, uint32_t node, struct slice want);
bool json_str_eq_c(const struct json *j, uint32_t node, const char *want);
/* Whole numbers written without fraction or exponent. False, *ret untouched, on others. */
MUST_USE bool json_i64(const struct json *j, uint32_t node, int64_t *ret);
/* Whether two JSON numbers are mathematically equal, exactly, however they are written ("42.0" and
 * "4.2e1"). Both must be numbers by RFC 8259's grammar (false otherwise). */
bool json_number_eq(struct slice a, struct slice b);
/* Whether s is exactly one number by RFC 8259's grammar. */
bool json_is_number_text(struct slice s);

/* --- writing ---------------------------------------------------------------------------------- */

/* Appends s as a JSON string with quotes. s must be valid UTF-8 (what json_str gives is); other
 * bytes become U+FFFD, so that the output is valid whatever comes. Escaped: the quote, the
 * backslash, U+0000 to U+001F; nothing else. */
void json_put_str(struct buf *out, struct slice s);

/* Writes objects and arrays with the commas in the right places. Deeper than 2 * LIM_JSON_DEPTH
 * levels is a bug: a whole parsed document fits into as many levels of ours. */
struct json_writer {
    struct buf *out;
    uint64_t has_member[2]; /* bit per level: something was written there */
    uint64_t is_array[2];   /* likewise: else it is an object */
    unsigned depth;
    bool after_key;
};

void json_w_init(struct json_writer *w, struct buf *out);
/* Begin one; json_w_end ends the innermost n that are open, of either kind. */
void json_w_object(struct json_writer *w);
void json_w_array(struct json_writer *w);
void json_w_end(struct json_writer *w, unsigned n);
void json_w_key(struct json_writer *w, const char *name);
void json_w_str(struct json_writer *w, struct slice s);
/* A value that is valid JSON text already. */
void json_w_raw(struct json_writer *w, struct slice value);
/* A member with a value of each kind: a string, JSON text, a number, an object that is begun. */
void json_w_member(struct json_writer *w, const char *name, struct slice s);
void json_w_member_raw(struct json_writer *w, const char *name, struct slice value);
void json_w_member_number(struct json_writer *w, const char *name, int64_t v);
void json_w_member_object(struct json_writer *w, const char *name);
/* A subtree of a parsed document, as json_copy writes it. */
void json_w_copy(struct json_writer *w, const struct json *j, uint32_t node);

/*
 * Appends a subtree: no white space, members in their order, numbers as written, strings with the
 * escapes of json_put_str. This is "written again from what was parsed". A key node copies itself
 * alone. Check with buf_err.
 */
void json_copy(const struct json *j, uint32_t node, struct buf *out);

/* --- changing while copying ------------------------------------------------------------------- */

/* A list of changes to one parsed document. It owns copies of the texts it was given. */
struct json_edits {
    struct json_edit *v;
    uint32_t n, cap;
    struct buf text;
};

/* Room for max_bytes of replacement text in all. */
void json_edits_init(struct json_edits *e, size_t max_bytes);
void json_edits_free(struct json_edits *e);

/* The value (or key) node becomes this JSON text; for a key it must be a JSON string. */
void json_edit_replace(struct json_edits *e, uint32_t node, struct slice json_text);
/* The same, the new value being a string: s is decoded text. */
void json_edit_replace_str(struct json_edits *e, uint32_t node, struct slice s);
/* The element, or for a key node the whole member, is left out. */
void json_edit_remove(struct json_edits *e, uint32_t node);
/* A member at the end of an object. The caller has looked that the name is not there. */
void json_edit_add_member(struct json_edits *e, uint32_t object, struct slice name,
                          struct slice json_text);
/* An element at the end of an array. */
void json_edit_add_element(struct json_edits *e, uint32_t array, struct slice json_text);
/* Replaces the member's value if the object has it, otherwise adds the member. */
void json_edit_set(struct json_edits *e, const struct json *j, uint32_t object, const char *name,
                   struct slice json_text);
/* Removes the member if the object has it. */
void json_edit_unset(struct json_edits *e, const struct json *j, uint32_t object, const char *name);

/*
 * json_copy with the changes made. A change inside a subtree that is itself replaced or removed is
 * not seen. The last of two changes of one node counts; additions come in the order of the calls.
 * ERR_TOO_LARGE when out or the edits' text were too small. The list may be used again.
 */
MUST_USE enum err json_copy_edited(const struct json *j, uint32_t node, struct json_edits *e,
                                   struct buf *out);

#endif
