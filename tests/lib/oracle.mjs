// Finds a secret in bytes, in more encodings than the screen knows. Every window of 12 bytes of the secret counts, so that a
// part of it is found too; a secret shorter than that is looked for whole.
import { createHash } from 'node:crypto';
import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';

const latin = (bytes) => Buffer.from(bytes).toString('latin1');
const each = (bytes, f) => [...bytes].map(f).join('');
const base32Alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function base32(bytes, skip) {
    let bits = '';
    for (const b of bytes) bits += b.toString(2).padStart(8, '0');
    bits = bits.slice(skip);
    let out = '';
    for (let i = 0; i + 5 <= bits.length; i += 5) out += base32Alphabet[parseInt(bits.slice(i, i + 5), 2)];
    return out;
}

// The characters of base64 that are certain whatever stands before and after.
function base64At(bytes, shift, encoding) {
    const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString(encoding).replace(/=+$/, '');
    const first = Math.ceil((shift * 8) / 6);
    const last = Math.floor(((shift + bytes.length) * 8) / 6);
    return text.slice(first, last);
}

const hex = (b) => b.toString(16).padStart(2, '0');

// encoding -> (bytes) -> [text to look for]
export const encodings = {
    raw: (b) => [latin(b)],
    'case-folded': (b) => [latin(b).toLowerCase(), latin(b).toUpperCase()],
    reversed: (b) => [latin([...b].reverse())],
    rot13: (b) => [latin(b).replace(/[a-z]/gi, (c) => String.fromCharCode(c.charCodeAt(0) + (c.toLowerCase() < 'n' ? 13 : -13)))],
    hex: (b) => [each(b, hex), each(b, hex).toUpperCase(), [...b].map(hex).join(':'), [...b].map(hex).join(' '), each(b, (x) => `\\x${hex(x)}`)],
    base64: (b) => [0, 1, 2].map((s) => base64At(b, s, 'base64')),
    base64url: (b) => [0, 1, 2].map((s) => base64At(b, s, 'base64url')),
    base32: (b) => [0, 1, 2, 3, 4].map((s) => base32(b, s)).flatMap((t) => [t, t.toLowerCase()]),
    percent: (b) => [each(b, (x) => `%${hex(x)}`), each(b, (x) => `%${hex(x).toUpperCase()}`), encodeURIComponent(latin(b)),
        encodeURIComponent(encodeURIComponent(latin(b)))],
    'JSON escapes': (b) => [each(b, (x) => `\\u00${hex(x)}`), each(b, (x) => `\\u00${hex(x).toUpperCase()}`),
        JSON.stringify(latin(b)).slice(1, -1), JSON.stringify(latin(b)).slice(1, -1).replaceAll('/', '\\/')],
    'HTML entities': (b) => [each(b, (x) => `&#${x};`), each(b, (x) => `&#x${hex(x)};`), each(b, (x) => `&#x${hex(x).toUpperCase()};`),
        latin(b).replace(/[&<>"']/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[c])],
    'UTF-16': (b) => [each(b, (x) => `${String.fromCharCode(x)}\0`), each(b, (x) => `\0${String.fromCharCode(x)}`)],
    decimal: (b) => [[...b].join(','), [...b].join(', '), [...b].join(' ')],
};

const hashes = (b) => ['sha256', 'sha1', 'md5'].flatMap((alg) => {
    const digest = createHash(alg).update(b).digest();
    return [digest.toString('hex'), digest.toString('base64'), digest.toString('base64url')].map((t) => [`${alg}`, t.replace(/=+$/, '')]);
});

// Everything to look for, for one secret: [[encoding, text]].
export function patterns(secret, window = 12) {
    const bytes = Buffer.from(secret);
    const pieces = [];
    if (bytes.length <= window) pieces.push(bytes);
    else for (let i = 0; i + window <= bytes.length; i++) pieces.push(bytes.subarray(i, i + window));
    const found = new Map();
    for (const piece of pieces) {
        for (const [name, encode] of Object.entries(encodings)) {
            for (const text of encode(piece)) if (text.length >= 4 && !found.has(text)) found.set(text, name);
        }
    }
    for (const [name, text] of hashes(bytes)) found.set(text, name);
    return [...found].map(([text, name]) => [name, text]);
}

const fromHex = (_, h) => String.fromCharCode(parseInt(h, 16));
const unpackers = [gunzipSync, inflateSync, inflateRawSync, brotliDecompressSync];

// The bytes themselves, and what is in them once put together, unescaped, decoded or unpacked.
function views(text, depth = 0) {
    const list = new Set([text]);
    const again = (other) => { if (other !== text && other.length > 8) for (const v of depth < 4 ? views(other, depth + 1) : [other]) list.add(v); };
    const unpack = (bytes) => {
        for (const f of unpackers) {
            try { again(latin(f(bytes, { maxOutputLength: 1 << 20 }))); } catch { /* not packed that way */ }
        }
    };
    if (depth === 0) list.add(text.replace(/\r?\n(data: ?)?/g, ''));
    if (text.includes('\\\\')) again(text.replaceAll('\\\\', '\\'));
    if (/\\u[0-9a-fA-F]{4}/.test(text)) again(text.replace(/\\u([0-9a-fA-F]{4})/g, fromHex));
    if (/%[0-9a-fA-F]{2}/.test(text)) again(text.replace(/%([0-9a-fA-F]{2})/g, fromHex));
    for (let at = text.indexOf('\x1f\x8b\x08'); at >= 0; at = text.indexOf('\x1f\x8b\x08', at + 1)) unpack(Buffer.from(text.slice(at), 'latin1'));
    for (const [token] of text.matchAll(/[A-Za-z0-9+/_-]{16,}={0,2}/g)) {
        const bytes = Buffer.from(token, 'base64');
        again(latin(bytes));
        unpack(bytes);
        if (/^([0-9a-fA-F]{2})+$/.test(token)) again(latin(Buffer.from(token, 'hex')));
    }
    // String leaves of JSON in document order, in case one is cut over several.
    const leaves = depth === 0 ? [...text.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((m) => m[1]) : [];
    if (leaves.length > 1) list.add(leaves.join(''));
    return [...list];
}

// find(bytes or text, { name: secret }) -> [{ secret: name, encoding, at }]
export function find(haystack, secrets) {
    const all = views(typeof haystack === 'string' ? haystack : latin(haystack));
    const hits = [];
    for (const [name, secret] of Object.entries(secrets)) {
        for (const [encoding, text] of patterns(secret)) {
            const view = all.findIndex((v) => v.includes(text));
            if (view >= 0) {
                hits.push({ secret: name, encoding, at: all[view].indexOf(text), view });
                break;
            }
        }
    }
    return hits;
}
