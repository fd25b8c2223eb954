// Ways to write a secret, each giving texts: apart from the oracle and written without it, so that one mistake is not made twice.
// `screened` names them by the rows of src/screen/encodings.def.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { root } from '../lib/sidegate.mjs';

const bytesOf = (s) => Buffer.from(s);
const each = (s, f, between = '') => [...bytesOf(s)].map(f).join(between);
const h = (b) => b.toString(16).padStart(2, '0');
const H = (b) => h(b).toUpperCase();
const chr = String.fromCharCode;
const isPlain = (b) => (b >= 48 && b <= 57) || (b >= 65 && b <= 90) || (b >= 97 && b <= 122) || b === 45 || b === 46 || b === 95 || b === 126;
// bytes, as a string in which each character is one of them, written into a Buffer again
const raw = (s) => bytesOf(s);
const text = (s) => bytesOf(s).toString('latin1');
const jsonEscapes = (s, hexOf = h) => {
    const t = bytesOf(s).toString('utf8');
    const units = Buffer.from(t).equals(bytesOf(s)) ? [...t].flatMap((c) => [...Array(c.length).keys()].map((i) => c.charCodeAt(i))) : [...bytesOf(s)];
    return units.map((u) => `\\u${hexOf(u >> 8)}${hexOf(u & 255)}`).join('');
};
const b32 = (bytes) => {
    let bits = [...bytes].map((b) => b.toString(2).padStart(8, '0')).join('');
    bits += '0'.repeat((5 - (bits.length % 5)) % 5);
    const out = bits.match(/.{5}/g).map((five) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[parseInt(five, 2)]).join('');
    return out + '='.repeat((8 - (out.length % 8)) % 8);
};
const shifted = (s, n) => Buffer.concat([Buffer.from('xyzwv'.slice(0, n)), bytesOf(s), Buffer.from('!')]);
const up = (t) => t.replace(/[a-z]/g, (c) => c.toUpperCase());
const low = (t) => t.replace(/[A-Z]/g, (c) => c.toLowerCase());
const flip = (t) => [...t].map((c, i) => (i % 2 ? up(c) : low(c))).join('');
const rot = (t) => t.replace(/[A-Za-z]/g, (c) => { const a = c <= 'Z' ? 65 : 97; return chr(((c.charCodeAt(0) - a + 13) % 26) + a); });
const utf16 = (s, big) => {
    const t = bytesOf(s).toString('utf8');
    const le = Buffer.from(Buffer.from(t).equals(bytesOf(s)) ? t : text(s), 'utf16le');
    return big ? Buffer.from(le).swap16() : le;
};
const wrap = (t, n = 8) => t.match(new RegExp(`.{1,${n}}`, 'gs')).join('\r\n');

// name -> (secret) -> [forms]
export const encoders = {
    raw: (s) => [raw(s)],
    'case-folded': (s) => [Buffer.from(low(text(s)), 'latin1'), Buffer.from(up(text(s)), 'latin1')],
    'mixed case': (s) => [Buffer.from(flip(text(s)), 'latin1')],
    reversed: (s) => [Buffer.from([...bytesOf(s)].reverse())],
    rot13: (s) => [Buffer.from(rot(text(s)), 'latin1')],
    hex: (s) => [each(s, h), each(s, H)],
    'hex with something between': (s) => [each(s, h, ':'), each(s, H, ' '), each(s, H, '-'), each(s, h, ', ')],
    'hex escapes': (s) => [each(s, (b) => `\\x${h(b)}`), each(s, (b) => `\\x${H(b)}`)],
    'octal escapes': (s) => [each(s, (b) => `\\${b.toString(8).padStart(3, '0')}`)],
    'backslashes before punctuation': (s) => [Buffer.from(text(s).replace(/[!-/:-@[-`{-~]/g, '\\$&'), 'latin1')],
    'lists of hexadecimal numbers': (s) => [each(s, (b) => `0x${H(b)}`, ', '), each(s, (b) => `0x${h(b)}`, ',')],
    base64: (s) => [0, 1, 2].map((n) => shifted(s, n).toString('base64')),
    'base64 without padding': (s) => [bytesOf(s).toString('base64').replace(/=+$/, '')],
    'base64 in lines': (s) => [wrap(shifted(s, 1).toString('base64')), wrap(shifted(s, 2).toString('base64'), 5).replaceAll('\r', '')],
    base64url: (s) => [0, 1, 2].map((n) => shifted(s, n).toString('base64url')),
    base32: (s) => [0, 1, 2, 3, 4].map((n) => b32(shifted(s, n))).flatMap((t) => [t, t.toLowerCase()]),
    percent: (s) => [each(s, (b) => `%${h(b)}`), each(s, (b) => `%${H(b)}`)],
    'percent u': (s) => [jsonEscapes(s).replaceAll('\\u', '%u'), jsonEscapes(s, H).replaceAll('\\u', '%u')],
    'percent where needed': (s) => [each(s, (b) => (isPlain(b) ? chr(b) : `%${H(b)}`))],
    'percent twice': (s) => [each(s, (b) => `%25${H(b)}`), each(s, (b) => (isPlain(b) ? chr(b) : `%25${h(b)}`))],
    'posted form': (s) => [each(s, (b) => (b === 32 ? '+' : isPlain(b) ? chr(b) : `%${H(b)}`))],
    'JSON escapes': (s) => [jsonEscapes(s), jsonEscapes(s, H)],
    'JSON escapes where needed': (s) => [JSON.stringify(text(s)).slice(1, -1), JSON.stringify(text(s)).slice(1, -1).replaceAll('/', '\\/')].map((t) => Buffer.from(t, 'latin1')),
    'HTML entities': (s) => [each(s, (b) => `&#${b};`), each(s, (b) => `&#x${h(b)};`), each(s, (b) => `&#X${H(b)};`), each(s, (b) => `&#${String(b).padStart(5, '0')};`)],
    'HTML entities where needed': (s) => [Buffer.from(text(s).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;').replace(/'/g, '&#39;'), 'latin1')],
    'quoted-printable': (s) => [each(s, (b) => (b < 33 || b > 126 || b === 61 ? `=${H(b)}` : chr(b))), each(s, (b) => `=${H(b)}`), wrap(each(s, (b) => `=${H(b)}`), 12).replaceAll('\r\n', '=\r\n')],
    'UTF-16': (s) => [utf16(s, false), utf16(s, true)],
    'lists of numbers': (s) => [each(s, String, ','), each(s, String, ', '), each(s, String, ' ')],
    'gzip and base64': Object.assign((s) => [gzipSync(bytesOf(s)).toString('base64')], { whole: true }),
    digests: Object.assign((s) => ['sha256', 'sha1', 'sha512', 'md5'].flatMap((a) => {
        const d = createHash(a).update(bytesOf(s)).digest();
        return [d.toString('hex'), d.toString('base64'), d.toString('base64url'), d];
    }), { whole: true }),
};

// The rows of encodings.def: [{ row, screened, form(secret): text of a JSON string }]. A row without a form is an error, so that
// one cannot be added there and be forgotten here.
const forms = {
    RAW: (s) => s,
    JSON: (s) => jsonEscapes(s),
    BACKSLASH: (s) => each(s, (b) => `${b > 32 && b < 127 && !/[A-Za-z0-9]/.test(chr(b)) ? '\\' : ''}${chr(b)}`),
    HEX_ESCAPE: (s) => each(s, (b) => `\\x${h(b)}`),
    PERCENT: (s) => each(s, (b) => `%${H(b)}`),
    PERCENT_U: (s) => jsonEscapes(s).replaceAll('\\u', '%u'),
    SHELL: (s) => s.replaceAll("'", "'\\''"),
    PLUS: (s) => each(s, (b) => (b === 32 ? '+' : isPlain(b) ? chr(b) : `%${H(b)}`)),
    HTML: (s) => [...bytesOf(s)].map((b, i) => (i % 2 ? `&#${b};` : `&#x${H(b)};`)).join(''),
    BASE64_0: (s) => shifted(s, 0).toString('base64'),
    BASE64_1: (s) => shifted(s, 1).toString('base64'),
    BASE64_2: (s) => shifted(s, 2).toString('base64'),
    BASE64URL_0: (s) => shifted(s, 0).toString('base64url'),
    BASE64URL_1: (s) => shifted(s, 1).toString('base64url'),
    BASE64URL_2: (s) => shifted(s, 2).toString('base64url'),
    HEX_LOWER: (s) => each(s, h),
    HEX_UPPER: (s) => each(s, H),
    CASE_FOLDED: (s) => flip(s),
    REVERSED: (s) => [...s].reverse().join(''),
    ROT13: (s) => rot(s),
    BASE32: (s) => b32(shifted(s, 3)),
    HEX_SEPARATED: (s) => each(s, h, ':'),
    DOUBLED: (s) => `'${s.match(/.{1,8}/gs).join("''")}'`,
    CHARSET: (s) => each(s, (b) => `\\${b.toString(8).padStart(3, '0')}`),
    QUOTED_PRINTABLE: (s) => each(s, (b) => `=${H(b)}`),
    UTF_16: (s) => utf16(s, false).toString('latin1'),
    TWICE: (s) => Buffer.from(shifted(s, 1).toString('base64')).toString('base64'),
    WRAPPED: (s) => wrap(shifted(s, 2).toString('base64')),
    BYTES: (s) => each(s, String, ', '),
    COMPRESSED: (s) => gzipSync(bytesOf(s)).toString('base64'),
    HASHED: (s) => createHash('sha256').update(bytesOf(s)).digest('hex'),
    SPLIT: (s) => s, // cut by the message itself, see reflection.mjs
    PICTURED: () => undefined, // no bytes to look for
};

export function screenRows() {
    const table = readFileSync(join(root, 'src/screen/encodings.def'), 'utf8');
    const rows = [...table.matchAll(/^([WFK])\(([A-Z0-9_]+),/gm)].map(([, kind, row]) => ({ row, screened: kind !== 'K', form: forms[row] }));
    const unknown = rows.filter((r) => !r.form).map((r) => r.row);
    if (rows.length < 20 || unknown.length > 0) throw new Error(`encodings.def: ${rows.length} rows, without a form in tests/leak/encoders.mjs: ${unknown}`);
    return rows;
}
