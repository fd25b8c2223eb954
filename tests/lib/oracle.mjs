// Finds a secret in bytes, in more encodings than the screen knows, and in part: any 12 bytes of it in a row, its first 8, its
// last 8. Two steps: `views` undoes what can be undone (packing, escaping, cutting into pieces), and a scan with a rolling hash looks
// for every window in every encoding. tests/leak/oracle.mjs shows that each of them is found.
import { createHash, createHmac } from 'node:crypto';
import * as zlib from 'node:zlib';

export const WINDOW = 12;
export const END = 8; // a prefix or suffix this long counts
const ANCHOR = 8; // the scan hashes the last 8 bytes of a pattern; no shorter pattern is hashed

const latin = (bytes) => Buffer.from(bytes.buffer ?? bytes, bytes.byteOffset, bytes.length).toString('latin1');
const hex = (b) => b.toString(16).padStart(2, '0');
const each = (bytes, f) => Array.from(bytes, f).join('');
const units = (text) => Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
const base32Alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

function base32(bytes, skip) {
    const bits = each(bytes, (b) => b.toString(2).padStart(8, '0')).slice(skip);
    let out = '';
    for (let i = 0; i + 5 <= bits.length; i += 5) out += base32Alphabet[parseInt(bits.slice(i, i + 5), 2)];
    return out;
}

// The characters of base64 that are certain whatever stands before and after.
function base64At(bytes, shift, encoding) {
    const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString(encoding).replace(/=+$/, '');
    return text.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + bytes.length) * 8) / 6));
}

const rot13 = (text) => text.replace(/[a-z]/gi, (c) => String.fromCharCode(c.charCodeAt(0) + (c.toLowerCase() < 'n' ? 13 : -13)));
const named = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const quotedPrintable = (b) => (b < 32 || b > 126 || b === 61 ? `=${hex(b).toUpperCase()}` : String.fromCharCode(b));
const minimalPercent = (b) => (/[A-Za-z0-9_.~!*'()-]/.test(String.fromCharCode(b)) ? String.fromCharCode(b) : `%${hex(b).toUpperCase()}`);
const jsonText = (text) => JSON.stringify(text).slice(1, -1);

// encoding -> (bytes, text: as latin1 or, of a secret that is text, its characters) -> [text to look for], byte for byte.
const exact = {
    raw: (b) => [latin(b)],
    reversed: (b, t) => [latin(Buffer.from([...b].reverse())), latin(Buffer.from([...t].reverse().join('')))],
    rot13: (b) => [rot13(latin(b))],
    base64: (b) => [0, 1, 2].map((s) => base64At(b, s, 'base64')),
    base64url: (b) => [0, 1, 2].map((s) => base64At(b, s, 'base64url')),
    'percent, minimal': (b) => [each(b, minimalPercent), each(b, minimalPercent).replaceAll('%20', '+')],
    'JSON escapes, minimal': (b, t) => [jsonText(t), jsonText(t).replaceAll('/', '\\/')].map((x) => latin(Buffer.from(x))),
    'HTML entities, minimal': (b) => [latin(b).replace(/[&<>"']/g, (c) => named[c])],
    'quoted-printable': (b) => [each(b, quotedPrintable)],
    'UTF-16': (b, t) => [each(units(t), (u) => String.fromCharCode(u & 255, u >> 8)), each(units(t), (u) => String.fromCharCode(u >> 8, u & 255))],
};

// The same for encodings in which the case of letters does not matter: looked for in lower case.
const folded = {
    'case-folded': (b) => [latin(b)],
    hex: (b) => [each(b, hex)],
    'hex, separated': (b) => [':', ' ', '-', ', ', ','].map((s) => [...b].map(hex).join(s)),
    'hex escapes': (b) => [each(b, (x) => `\\x${hex(x)}`), [...b].map((x) => `0x${hex(x)}`).join(','), [...b].map((x) => `0x${hex(x)}`).join(', ')],
    base32: (b) => [0, 1, 2, 3, 4].map((s) => base32(b, s)),
    percent: (b) => [each(b, (x) => `%${hex(x)}`)],
    'percent twice': (b) => [each(b, (x) => `%25${hex(x)}`), each(b, minimalPercent).replaceAll('%', '%25')],
    'JSON escapes': (b, t) => [each(units(t), (u) => `\\u${u.toString(16).padStart(4, '0')}`)],
    'percent u': (b, t) => [each(units(t), (u) => `%u${u.toString(16).padStart(4, '0')}`)],
    'HTML entities': (b, t) => [each(units(t), (u) => `&#${u};`), each(units(t), (u) => `&#x${u.toString(16)};`), each(units(t), (u) => `&#x${u.toString(16).padStart(4, '0')};`)],
    'quoted-printable, all': (b) => [each(b, (x) => `=${hex(x)}`)],
    'lists of numbers': (b) => [',', ', ', ' ', '\n', ';'].map((s) => [...b].join(s)),
};

function hashes(bytes, hmacKeys) {
    const all = [];
    for (const alg of ['sha256', 'sha1', 'sha512', 'md5']) {
        all.push([alg, createHash(alg).update(bytes).digest()]);
        for (const key of hmacKeys) all.push([`hmac-${alg}`, createHmac(alg, key).update(bytes).digest()]);
    }
    return all.flatMap(([name, d]) => [[name, latin(d)], [name, d.toString('base64').replace(/=+$/, '')], [name, d.toString('base64url')]]
        .concat([[name, d.toString('hex'), true]]));
}

export const encodingNames = [...Object.keys(exact), ...Object.keys(folded), 'sha256', 'sha1', 'sha512', 'md5'];

// The pieces of which each counts as the secret: [{ bytes, text }].
function pieces(secret) {
    const whole = Buffer.from(secret);
    const isText = typeof secret === 'string' && whole.length !== secret.length;
    const cut = (from, to) => {
        const bytes = isText ? Buffer.from(secret.slice(from, to)) : whole.subarray(from, to);
        return { bytes, text: isText ? secret.slice(from, to) : latin(bytes) };
    };
    const n = isText ? secret.length : whole.length;
    if (n <= END) return [cut(0, n)];
    const list = [cut(0, END), cut(n - END, n), ...(n <= WINDOW ? [cut(0, n)] : [])];
    for (let i = 0; i + WINDOW <= n; i++) list.push(cut(i, i + WINDOW));
    return list;
}

const upperToLower = Uint8Array.from({ length: 256 }, (_, c) => (c >= 65 && c <= 90 ? c + 32 : c));
const lower = (text) => latin(Uint8Array.from(units(text), (c) => upperToLower[c]));

// One set of patterns: those of at least ANCHOR bytes by the hash of their last ones, the shorter ones apart.
class Patterns {
    bits = new Uint32Array(1 << 17);
    byHash = new Map();
    short = [];
    #known = new Set();

    add(text, secret, encoding) {
        const key = `${secret}\0${text}`;
        if (text.length < 4 || this.#known.has(key)) return;
        this.#known.add(key);
        const entry = { bytes: Buffer.from(text, 'latin1'), secret, encoding };
        if (text.length < ANCHOR) {
            this.short.push(entry);
            return;
        }
        let hi = 0;
        let lo = 0;
        for (const b of entry.bytes.subarray(-ANCHOR)) {
            hi = (hi << 8) | (lo >>> 24);
            lo = (lo << 8) | b;
        }
        const h = (Math.imul(hi, 0x9e3779b1) ^ Math.imul(lo, 0x85ebca6b)) >>> 10;
        this.bits[h >>> 5] |= 1 << (h & 31);
        if (this.byHash.has(h)) this.byHash.get(h).push(entry);
        else this.byHash.set(h, [entry]);
    }

    // Calls found(entry, at) for each pattern in the bytes.
    scan(bytes, found) {
        const { bits, byHash } = this;
        let hi = 0;
        let lo = 0;
        for (let i = 0; i < bytes.length; i++) {
            hi = (hi << 8) | (lo >>> 24);
            lo = (lo << 8) | bytes[i];
            const h = (Math.imul(hi, 0x9e3779b1) ^ Math.imul(lo, 0x85ebca6b)) >>> 10;
            if ((bits[h >>> 5] & (1 << (h & 31))) === 0) continue;
            for (const entry of byHash.get(h)) {
                const at = i + 1 - entry.bytes.length;
                if (at >= 0 && entry.bytes.compare(bytes, at, i + 1) === 0) found(entry, at);
            }
        }
        for (const entry of this.short) {
            const at = bytes.indexOf(entry.bytes);
            if (at >= 0) found(entry, at);
        }
    }
}

// secrets: { name: text or bytes }. hmacKeys: keys with which someone might have made an HMAC of them.
export class Oracle {
    #exact = new Patterns();
    #folded = new Patterns();

    constructor(secrets, { hmacKeys = [] } = {}) {
        for (const [name, secret] of Object.entries(secrets)) {
            for (const { bytes, text } of pieces(secret)) {
                for (const [encoding, encode] of Object.entries(exact)) for (const t of encode(bytes, text)) this.#exact.add(t, name, encoding);
                for (const [encoding, encode] of Object.entries(folded)) for (const t of encode(bytes, text)) this.#folded.add(lower(t), name, encoding);
            }
            for (const [encoding, t, fold] of hashes(Buffer.from(secret), hmacKeys)) (fold ? this.#folded : this.#exact).add(t, name, encoding);
        }
    }

    // As the bytes are: for memory and files. [{ secret, encoding, at }], one for each secret and encoding.
    scan(bytes, view = 0, hits = new Map()) {
        const found = (entry, at) => {
            const key = `${entry.secret}\0${entry.encoding}`;
            if (!hits.has(key)) hits.set(key, { secret: entry.secret, encoding: entry.encoding, at, view });
        };
        this.#exact.scan(bytes, found);
        const low = Buffer.allocUnsafe(bytes.length);
        for (let i = 0; i < bytes.length; i++) low[i] = upperToLower[bytes[i]];
        this.#folded.scan(low, found);
        return [...hits.values()];
    }

    // With everything undone that can be undone: for streams, pages, logs.
    find(haystack) {
        const hits = new Map();
        const text = typeof haystack === 'string' ? latin(Buffer.from(haystack)) : latin(haystack);
        views(text).forEach((view, i) => this.scan(Buffer.from(view, 'latin1'), i, hits));
        // The plainest name of a hit: a raw value is also found case-folded.
        const all = [...hits.values()];
        return all.filter((h) => h.encoding !== 'case-folded' || !all.some((o) => o.secret === h.secret && o.encoding === 'raw'));
    }
}

// --- what can be undone -----------------------------------------------------------------------------------------------------------

const DEEPEST = 4;
const LONG = 16 * 1024;
const BLIND = 2000; // tries to unpack what does not look packed (raw deflate and brotli have no first bytes)

// By hand, since Node refuses gzip with other bytes behind it.
function gunzip(bytes, options) {
    if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) throw new Error('no gzip');
    const flags = bytes[3];
    let at = 10;
    if (flags & 4) at += 2 + bytes.readUInt16LE(at);
    for (const flag of [8, 16]) if (flags & flag) at = bytes.indexOf(0, at) + 1;
    return zlib.inflateRawSync(bytes.subarray(at + (flags & 2)), options);
}

const most = { maxOutputLength: 1 << 20 };
const cut = { finishFlush: zlib.constants.Z_SYNC_FLUSH, ...most }; // what is cut off is unpacked as far as it goes
const unpackers = [[gunzip, cut], [zlib.inflateSync, cut], [zlib.inflateRawSync, cut], [zlib.brotliDecompressSync, most], [zlib.zstdDecompressSync, most]]
    .filter(([unpack]) => unpack);

function unpacked(bytes) {
    const list = [];
    for (const [unpack, options] of unpackers) {
        try { list.push(latin(unpack(bytes, options))); } catch { /* not packed that way */ }
    }
    return list.filter((t) => t.length > 0);
}

const char = (code) => latin(Buffer.from(String.fromCodePoint(code < 0x110000 ? code : 0xfffd)));
const simple = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
const htmlNames = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const fromHex = (_, h) => String.fromCharCode(parseInt(h, 16));
const unquote = (text) => text
    .replace(/\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}/g, (p) => latin(Buffer.from(JSON.parse(`"${p}"`))))
    .replace(/\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([^ux]))/g, (_, u, x, c) => (u ? char(parseInt(u, 16)) : x ? fromHex(0, x) : simple[c] ?? c));

// text -> [texts]. These join what was cut into pieces;
const join = [
    (t) => (/[\r\n]/.test(t) ? [t.replace(/[ \t]*\r?\n[ \t]*/g, '')] : []),
    // server-sent events: the data lines in a row, and the other fields;
    (t) => (/^(data|id|event|retry)?:/m.test(t) ? [lines(t, /^data: ?(.*)$/gm), lines(t, /^(?:id|event|retry)?: ?(.*)$/gm)] : []),
    // values of headers in a row.
    (t) => (/^[A-Za-z0-9-]+: /m.test(t) ? [lines(t, /^[A-Za-z0-9-]+: (.*)$/gm)] : []),
    leaves,
];

// these take an escaping away,
const unescape = [
    (t) => (t.includes('\\') ? [unquote(t)] : []),
    (t) => (/\\[0-3][0-7]{2}/.test(t) ? [t.replace(/\\([0-3][0-7]{2})/g, (_, o) => String.fromCharCode(parseInt(o, 8)))] : []),
    (t) => (/%[0-9a-fA-F]{2}/.test(t) ? [t.replace(/%([0-9a-fA-F]{2})/g, fromHex), t.replaceAll('+', ' ').replace(/%([0-9a-fA-F]{2})/g, fromHex)] : []),
    // Numbers up to 255 may be meant as characters or as bytes.
    (t) => (/&(#|[a-z])/.test(t) ? [char, (code) => (code < 256 ? String.fromCharCode(code) : char(code))].map((to) => t.replace(
        /&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|(amp|lt|gt|quot|apos));?/g,
        (_, d, h, n) => (n ? htmlNames[n] : to(d ? Number(d) : parseInt(h, 16))),
    )) : []),
    // Bytes that were taken for Latin-1 and written as UTF-8.
    (t) => (/[\xc2\xc3][\x80-\xbf]/.test(t) ? [t.replace(/[\xc2\xc3][\x80-\xbf]/g, (two) => Buffer.from(two, 'latin1').toString('utf8'))] : []),
    (t) => (/=[0-9A-F]{2}|=\r?\n/.test(t) ? [t.replace(/=\r?\n/g, '').replace(/=([0-9A-F]{2})/g, fromHex)] : []),
];

// and these give what is inside.
const open = [tokens, packed];

// HTTP chunks put together.
const size = '[0-9a-fA-F]{1,8}(?:;[^\\r\\n]*)?\\r\\n';
const firstSize = new RegExp(`(^|HTTP/1\\.[01] \\d{3}(?:(?!\\r\\n\\r\\n)[^])*\\r\\n\\r\\n)${size}`, 'g');
const laterSize = new RegExp(`\\r\\n${size}`, 'g');
const dechunked = (t) => {
    const body = t.replace(firstSize, '$1').replace(laterSize, '');
    return body === t ? [] : [body];
};

function lines(text, pattern) {
    return [...text.matchAll(pattern)].map((m) => m[1].replace(/\r$/, '')).join('');
}

// The strings of JSON in document order, in case a value is cut over several: all of them, the values alone, and those of each key.
function leaves(text) {
    const all = [...text.matchAll(/"((?:[^"\\]|\\.)*)"(\s*:)?/g)];
    if (all.length < 2) return [];
    const byKey = new Map();
    const values = [];
    let key = '';
    for (const [, string, colon] of all) {
        if (colon) {
            key = string;
            continue;
        }
        values.push(string);
        byKey.set(key, `${byKey.get(key) ?? ''}${string}`);
    }
    const numbers = [...text.matchAll(/[:[,]\s*(-?\d[\d.eE+-]*)/g)].map((m) => m[1]);
    return [all.map((m) => m[1]).join(''), values.join(''), [...byKey.values()].join('\n'), all.filter((m) => m[2]).map((m) => m[1]).join(''), numbers.join('')];
}

// What looks like base64, base64url or hexadecimal, decoded, and unpacked if it was packed. Each different one once; `seen` is kept
// over all views of a text. The results of one kind stand in one text.
function tokens(text, seen) {
    const out = ['', '', ''];
    for (const [token] of text.matchAll(/[A-Za-z0-9+/_-]{12,100000}={0,2}/g)) {
        if (seen.has(token)) continue;
        seen.add(token);
        const bytes = Buffer.from(token, 'base64');
        out[0] += `${latin(bytes)}\n`;
        if (magic(bytes) || (bytes.length >= 12 && seen.size < BLIND)) for (const t of unpacked(bytes)) out[1] += `${t}\n`;
        if (!/^([0-9a-fA-F]{2})+$/.test(token)) continue;
        const plain = Buffer.from(token, 'hex');
        out[2] += `${latin(plain)}\n`;
        if (magic(plain)) for (const t of unpacked(plain)) out[1] += `${t}\n`;
    }
    return out.filter(Boolean);
}

const magics = ['\x1f\x8b\x08', '\x78\x01', '\x78\x5e', '\x78\x9c', '\x78\xda', '\x28\xb5\x2f\xfd'];
const magic = (bytes) => magics.some((m) => latin(bytes.subarray(0, 4)).startsWith(m));

// Packed bytes in the middle of others, by their first bytes; the whole, and what stands behind headers, which may be packed without any.
function packed(text) {
    const list = [];
    for (const m of magics) {
        for (let at = text.indexOf(m), tries = 0; at >= 0 && tries < 50; at = text.indexOf(m, at + 1), tries++) {
            list.push(...unpacked(Buffer.from(text.slice(at), 'latin1')));
        }
    }
    for (let at = 0, tries = 0; at >= 0 && tries < 200; tries++) {
        if (/[\x00-\x08\x80-\xff]/.test(text.slice(at, at + 64))) list.push(...unpacked(Buffer.from(text.slice(at), 'latin1')));
        at = text.indexOf('\r\n\r\n', at);
        if (at >= 0) at += 4;
    }
    return list;
}

// The text (bytes as latin1) and what it becomes by joining, then by taking away escapes and opening, to a depth of 4 (2 for the
// escapes of long texts: what is cut finer than that is small).
export function views(text) {
    const all = new Set();
    const seen = new Set();
    const walk = (t, depth) => {
        if (t.length < 4 || all.has(t)) return;
        all.add(t);
        if (depth === DEEPEST) return;
        for (const step of open) for (const other of step(t, seen)) walk(other, depth + 1);
        if (depth >= 2 && t.length > LONG) return;
        for (const step of unescape) for (const other of step(t)) walk(other, depth + 1);
        if (depth > 0 && t.length < LONG) for (const other of join[0](t)) walk(other, depth + 1);
    };
    const whole = [text, ...dechunked(text)];
    const events = whole.flatMap(join[1]);
    for (const t of [...whole, ...[...whole, ...events].flatMap((w) => join.flatMap((step) => step(w)))]) walk(t, 0);
    return [...all];
}

// --- in one call ------------------------------------------------------------------------------------------------------------------

const made = new Map();

// find(bytes or text, { name: secret }) -> [{ secret, encoding, at, view }], one for each secret that is there.
export function find(haystack, secrets) {
    const key = JSON.stringify(Object.entries(secrets).map(([n, s]) => [n, typeof s === 'string' ? s : Buffer.from(s).toString('base64')]));
    if (!made.has(key)) made.set(key, new Oracle(secrets));
    const first = new Map();
    for (const hit of made.get(key).find(haystack)) if (!first.has(hit.secret)) first.set(hit.secret, hit);
    return [...first.values()];
}
