/*
 * Finding blocks of injected values in bytes. Run by egress on every answer. A pattern (forms.h) is
 * compared wherever its first two bytes stand, be they as they are or escaped; comparing follows every
 * way to read the text at once, so that what is found does not depend on how an escape could have
 * been meant. That takes steps, which are counted and limited (match.h).
 */
#include "screen/match.h"

#include "base/ascii.h"
#include "base/base64.h"
#include "base/planted.h"
#include "screen/escape.h"
#include "screen/forms.h"

/* Readings of one text that are followed at a time: one more with each backslash in a row, otherwise
 * two. All of a block of SCREEN_BLOCK are; only a value that is not cut can have more, and they cost
 * all steps. */
#define READINGS 65

bool screen_active(const struct screen *s)
{
    return s && s->known < s->distinct;
}

struct slice screen_label(const struct screen *s)
{
    return buf_slice(&s->label);
}

/* --- steps ------------------------------------------------------------------------------------ */

void screen_begin(struct screen *s)
{
    s->left = SCREEN_STEPS;
}

void screen_begin_text(struct screen *s, struct slice text)
{
    s->left += SCREEN_STEPS_A_BYTE * text.n;
    s->gave_up = false;
}

bool screen_gave_up(const struct screen *s)
{
    return s->gave_up;
}

size_t screen_steps(const struct screen *s)
{
    return s->steps;
}

/* False when there are not as many left. */
static bool take(struct screen *s, size_t n)
{
    if (n > s->left) {
        s->gave_up = true;
        return false;
    }
    s->left -= n;
    s->steps += n;
    return true;
}

/* --- comparing -------------------------------------------------------------------------------- */

/* Where a text is read on: 4 times the place of a character, and how many of the bytes that it
 * stands for are read. In rising order, each once. */
struct readings {
    size_t n;
    size_t r[READINGS];
};

/* False when there is no room for it. */
static bool put_reading(struct readings *out, size_t at, size_t read)
{
    size_t new = 4 * at + read, i = out->n;
    while (i > 0 && out->r[i - 1] > new)
        i--;
    if (i > 0 && out->r[i - 1] == new)
        return true;
    if (out->n == READINGS)
        return PLANTED(readings_dropped);
    for (size_t k = out->n++; k > i; k--)
        out->r[k] = out->r[k - 1];
    out->r[i] = new;
    return true;
}

/* Every reading in from, if c is what it goes on with, one byte further; false when these are too
 * many. */
static bool step(struct slice text, const struct readings *from, uint8_t c, struct readings *ret)
{
    bool all = true;
    ret->n = 0;
    for (size_t i = 0; i < from->n; i++) {
        size_t at = from->r[i] / 4, read = from->r[i] % 4, n = 0;
        uint8_t b[4];
        size_t k = 0;
        if (at == text.n)
            continue;
        if (escape_begins(text.p[at]))
            k = escape_read(slice_sub(text, at, text.n), b, &n);
        if (read == 0 && text.p[at] == c)
            all &= put_reading(ret, at + 1, 0);
        if (k && b[read] == c)
            all &= put_reading(ret, read + 1 == n ? at + k : at, read + 1 == n ? 0 : read + 1);
    }
    return all;
}

/* Where the furthest reading ends that is not inside a character; 0: there is none. */
static size_t furthest(const struct readings *in)
{
    for (size_t i = in->n; i > 0; i--) {
        if (in->r[i - 1] % 4 == 0)
            return in->r[i - 1] / 4;
    }
    return 0;
}

/* Soon: most texts that begin like a pattern go on otherwise. */
static bool may_go_on(struct slice text, size_t at, uint8_t c)
{
    return at < text.n && (text.p[at] == c || escape_begins(text.p[at]));
}

/* Whether the text can be read as want from at on, as far as the steps suffice; *ret_end is the
 * furthest that any reading then comes. */
static bool agree(struct screen *s, struct slice text, size_t at, struct slice want,
                  size_t *ret_end)
{
    struct readings sets[2];
    size_t k = 0;
    while (k < want.n && at + k < text.n && text.p[at + k] == want.p[k] &&
           !escape_begins(want.p[k]))
        k++;
    if (!take(s, k / SCREEN_STEP_BYTES) || (k < want.n && !may_go_on(text, at + k, want.p[k])))
        return false;
    sets[k % 2].n = 0;
    (void)put_reading(&sets[k % 2], at + k, 0);
    for (; k < want.n && sets[k % 2].n > 0; k++) {
        if (!take(s, sets[k % 2].n))
            return false;
        if (!step(text, &sets[k % 2], want.p[k], &sets[(k + 1) % 2]))
            return take(s, SIZE_MAX);
    }
    *ret_end = furthest(&sets[k % 2]);
    return k == want.n && *ret_end > 0;
}

static struct slice pattern_bytes(const struct screen *s, const struct screen_pattern *p, size_t n)
{
    return slice_of(s->bytes.p + p->at, n);
}

/* --- characters that a block shares ------------------------------------------------------------ */

/* Whether the text is one character, as it is or escaped, that has these bits of the wanted one. */
static bool has_bits(struct slice text, uint8_t want, int mask)
{
    uint8_t b[4] = {text.p[0]};
    size_t n = 1, k = text.n > 1 && escape_begins(text.p[0]) ? escape_read(text, b, &n) : 1;
    return k == text.n && n == 1 && base64_sextet(b[0]) >= 0 &&
           ((base64_sextet(b[0]) ^ base64_sextet(want)) & mask) == 0;
}

/* Whether n characters of the pattern that stand in the text have the rest of their bytes beside
 * them: base64 writes the first and the last bits of a block together with what is not of it, and
 * without them a guess would cost 64 times less. */
static bool is_whole(struct screen *s, const struct screen_pattern *p, size_t n, struct slice text,
                     struct screen_span m)
{
    unsigned lead = p->lead, trail = 8 - (lead + p->bits * (unsigned)n) % 8;
    const uint8_t *want = s->bytes.p + p->at;
    bool first = lead == 0, last = trail == 8;
    if (PLANTED(shared_bits_left))
        return true;
    if (!take(s, first && last ? 0 : ESCAPE_MAX / SCREEN_STEP_BYTES))
        return false;
    for (size_t k = 1; k <= ESCAPE_MAX && k <= m.from && !first; k++)
        first = has_bits(slice_sub(text, m.from - k, m.from), want[-1], (1 << lead) - 1);
    for (size_t k = 1; k <= ESCAPE_MAX && k <= text.n - m.to && !last; k++)
        last = has_bits(slice_sub(text, m.to, m.to + k), want[n], 63 & ~(63 >> trail));
    return first && last;
}

/* --- what stands beside ----------------------------------------------------------------------- */

static bool is_in_alphabet(uint8_t c, uint8_t bits)
{
    if (bits == 4)
        return ascii_hex(c) >= 0;
    return bits == 8 || base64_sextet(c) >= 0;
}

static bool is_padding(uint8_t c, uint8_t bits)
{
    return bits == 0 && c == '=';
}

/* The length of the character at the start of text, escaped or as it is, if it is one of those that
 * are written with so many bits (0: the padding of base64); otherwise 0. */
static size_t character_at(struct screen *s, struct slice text, uint8_t bits)
{
    bool (*is)(uint8_t, uint8_t) = bits == 0 ? is_padding : is_in_alphabet;
    uint8_t b[4];
    size_t n = 0, k = 0;
    if (text.n == 0)
        return 0;
    if (escape_begins(text.p[0]) && (PLANTED(escapes_uncounted) || take(s, 1)))
        k = escape_read(text, b, &n);
    if (k > 0 && (bits == 8 || (n == 1 && is(b[0], bits))))
        return k;
    return is(text.p[0], bits) ? 1 : 0;
}

/* The same of the character before at: the longest that ends there. */
static size_t character_before(struct screen *s, struct slice text, size_t at, uint8_t bits)
{
    for (size_t k = at < ESCAPE_MAX ? at : ESCAPE_MAX; k > 0; k--) {
        if ((k == 1 || escape_begins(text.p[at - k])) &&
            character_at(s, slice_sub(text, at - k, at), bits) == k)
            return k;
    }
    return 0;
}

static size_t characters(size_t bits, size_t each)
{
    return (bits + each - 1) / each;
}

/*
 * Takes in as many characters as may hold what is left of the value beside its block when the value
 * was cut there, and the padding. It takes them whatever they are: if it depended on them, it would
 * tell whether they are the value's. all: what other matches have taken already.
 */
static void widen(struct screen *s, const struct screen_pattern *p, struct slice text,
                  const struct screen_span *all, struct screen_span *m)
{
    size_t before = characters(p->lead + 8 * (size_t)p->before, p->bits);
    size_t after = characters(p->trail + 8 * (size_t)p->after, p->bits);
    size_t k = 1;
    if (PLANTED(neighbours_left) || !take(s, (before + after) / SCREEN_STEP_BYTES))
        return;
    if (all->from <= m->from && m->from - all->from >= before * ESCAPE_MAX)
        before = 0;
    for (; before > 0 && k > 0; before--, m->from -= k)
        k = character_before(s, text, m->from, p->bits);
    for (k = 1; after > 0 && k > 0; after--, m->to += k)
        k = character_at(s, slice_sub(text, m->to, text.n), p->bits);
    for (int i = 0; i < 2 && p->bits == 6 && p->last; i++)
        m->to += character_at(s, slice_sub(text, m->to, text.n), 0);
}

static bool is_inside_character(struct slice text, size_t at)
{
    return at > 0 && at < text.n && (text.p[at] & 0xc0) == 0x80;
}

/* A text stays UTF-8 if it was. */
static void align(struct slice text, struct screen_span *m)
{
    for (int i = 0; i < 3; i++) {
        m->from -= is_inside_character(text, m->from);
        m->to += is_inside_character(text, m->to);
    }
}

/* --- finding ---------------------------------------------------------------------------------- */

static bool may_begin(const struct screen *s, const uint8_t *p)
{
    return screen_bit(s->written, p[0], p[1]);
}

/* What the text at a place may begin with. */
struct heads {
    size_t n;
    uint32_t head[1 << SCREEN_HEAD];
};

/* Whether a pattern begins with these n bytes, as far as two of them say. */
static bool begins(const struct screen *s, const uint8_t *head, size_t n)
{
    return n == 1 ? s->first[head[0]] : screen_bit(s->two, head[0], head[1]);
}

/* Each way to read on: the first n bytes of head are read, the rest of the text is not. */
static void put_heads(const struct screen *s, uint8_t head[SCREEN_HEAD + 4], size_t n,
                      struct slice rest, struct heads *ret)
{
    size_t k, bytes = 0;
    if (n >= SCREEN_HEAD) {
        ret->head[ret->n++] = screen_head(head);
        return;
    }
    if (rest.n == 0)
        return;
    k = escape_begins(rest.p[0]) ? escape_read(rest, head + n, &bytes) : 0;
    if (k > 0 && begins(s, head, n + bytes))
        put_heads(s, head, n + bytes, (struct slice){rest.p + k, rest.n - k}, ret);
    head[n] = rest.p[0];
    if (begins(s, head, n + 1))
        put_heads(s, head, n + 1, (struct slice){rest.p + 1, rest.n - 1}, ret);
}

static bool has_escape(const uint8_t *p)
{
    return escape_begins(p[0]) || escape_begins(p[1]) || escape_begins(p[2]);
}

/* The next pattern from *at on, of the list of those that may begin so, that does; *at is then behind
 * it. Those whose block the request had are taken off the list. NULL: there is none. */
static const struct screen_pattern *next_pattern(struct screen *s, uint32_t head, uint32_t **at)
{
    while (**at > 0 && (PLANTED(walk_uncounted) || take(s, 1))) {
        struct screen_pattern *p = screen_pattern(s, **at - 1);
        if (screen_block(s, p->block)->known) {
            **at = p->next;
            continue;
        }
        *at = &p->next;
        if (p->head == head)
            return p;
    }
    return NULL;
}

/* Calls fn with each pattern that may begin at this place; whether one of the calls said true. */
typedef bool pattern_fn(struct screen *s, const struct screen_pattern *p, struct slice text,
                        size_t at, struct screen_span *m);

static bool each_pattern(struct screen *s, struct slice text, size_t at, pattern_fn *fn,
                         struct screen_span *m)
{
    const struct screen_pattern *p;
    uint8_t head[SCREEN_HEAD + 4];
    struct heads heads;
    bool any = false;
    heads.n = 0;
    if (at + SCREEN_HEAD <= text.n && !has_escape(text.p + at))
        heads.head[heads.n++] = screen_head(text.p + at);
    else
        put_heads(s, head, 0, slice_sub(text, at, text.n), &heads);
    for (size_t i = 0; i < heads.n; i++) {
        uint32_t *list = screen_list(s, heads.head[i]);
        while ((p = next_pattern(s, heads.head[i], &list)))
            any |= fn(s, p, text, at, m);
    }
    return any;
}

/* Makes *m larger by a match of p at this place, if there is one. */
static bool match(struct screen *s, const struct screen_pattern *p, struct slice text, size_t at,
                  struct screen_span *m)
{
    struct screen_span found = {at, at};
    if (!agree(s, text, at, pattern_bytes(s, p, p->n), &found.to) ||
        !is_whole(s, p, p->n, text, found))
        return false;
    widen(s, p, text, m, &found);
    align(text, &found);
    if (found.from < m->from)
        m->from = found.from;
    if (found.to > m->to)
        m->to = found.to;
    return true;
}

bool screen_find(struct screen *s, struct slice text, size_t begin, struct screen_span *ret)
{
    struct screen_span m = {SIZE_MAX, 0};
    bool found = false;
    /* What begins inside a match and ends behind it belongs to it. */
    for (size_t at = begin; at + 1 < text.n && !s->gave_up && (!found || (ret && at < m.to)); at++)
        found |= may_begin(s, text.p + at) && each_pattern(s, text, at, match, &m);
    if (!found || s->gave_up)
        return false;
    if (ret)
        *ret = (struct screen_span){m.from < begin ? begin : m.from, m.to};
    return true;
}

/* --- what the request knew already ------------------------------------------------------------ */

static bool learn(struct screen *s, const struct screen_pattern *p, struct slice text, size_t at,
                  UNUSED struct screen_span *m)
{
    struct screen_span found = {at, at};
    size_t n = PLANTED(excuse_partial) ? p->n / 2 : p->whole;
    if (!agree(s, text, at, pattern_bytes(s, p, n), &found.to) || !is_whole(s, p, n, text, found))
        return false;
    screen_block(s, p->block)->known = true;
    s->known++;
    return true;
}

void screen_learn(struct screen *s, struct slice text)
{
    screen_begin_text(s, text);
    for (size_t at = 0; at + 1 < text.n && !s->gave_up; at++) {
        if (may_begin(s, text.p + at))
            (void)each_pattern(s, text, at, learn, NULL);
    }
}

static struct screen_block *block_of(const struct screen *s, const struct screen_value *v, size_t i)
{
    return screen_block(s, screen_block(s, v->block + i)->same);
}

static bool is_known(const struct screen *s, const struct screen_value *v)
{
    for (size_t i = 0; i < v->blocks; i++) {
        if (!block_of(s, v, i)->known)
            return false;
    }
    return true;
}

static void set_known(struct screen *s, const struct screen_value *v)
{
    for (size_t i = 0; i < v->blocks; i++) {
        s->known += !block_of(s, v, i)->known;
        block_of(s, v, i)->known = true;
    }
}

void screen_learn_forms(struct screen *s)
{
    for (size_t i = 0; i < screen_values(s) && !PLANTED(forms_confirm); i++) {
        for (size_t j = 0; j < screen_values(s) && is_known(s, screen_value(s, i)); j++) {
            if (screen_value(s, j)->of == screen_value(s, i)->of)
                set_known(s, screen_value(s, j));
        }
    }
}

size_t screen_known(const struct screen *s)
{
    return s->known;
}
