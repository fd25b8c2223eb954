/*
 * What a person typed, as surface seals it (crypto/box_seal.h) and keeper finds it in the opened
 * box: handoff id, u8 length and user name, then per field u8 index, u16 length (big endian) and
 * bytes; all fields of the upstream, in order. Pure; the bytes are those of an exposed process.
 */
#ifndef SG_KEEPER_TYPED_H
#define SG_KEEPER_TYPED_H

#include "keeper/vault.h"

/* What the form was for. */
struct typed_for {
    struct handoff_id handoff;
    const char *user_name;
    size_t fields;
    const uint8_t *wants; /* of each, for base/chars.h */
};

/* False for anything but exactly that form's fields, with nothing in them that their places cannot
 * carry; ret->value points into in. */
MUST_USE bool typed_parse(struct slice in, const struct typed_for *want, struct vault_values *ret);

#endif
