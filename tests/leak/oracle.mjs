// The oracle's own test. A search that finds nothing proves nothing until it has been seen to find: every encoding, every part that
// counts, every packing and every way of cutting is planted here and must be found; what is not the secret must not be.
import { createHash, createHmac, randomBytes } from 'node:crypto';
import * as zlib from 'node:zlib';
import { END, Oracle, WINDOW, encodingNames, find } from '../lib/oracle.mjs';
import { encoders } from './encoders.mjs';
import { check, end } from './report.mjs';

// One as keys are, one with everything that encodings treat differently, one of raw bytes, and one with letters beyond ASCII.
const secrets = {
    token: `sk_live_${randomBytes(18).toString('base64url')}`,
    awkward: `p"q\\r/s+t%41&<u>' v=w\x00\x1f\x7f?${randomBytes(6).toString('hex')}`,
    bytes: randomBytes(32),
    letters: `Schlüssel→ключ-${randomBytes(8).toString('hex')}`,
};
const oracle = new Oracle(secrets);
const names = (haystack) => new Set(oracle.find(haystack).map((h) => h.secret));
const around = (body) => Buffer.concat([Buffer.from('{"jsonrpc":"2.0","id":7,"result":{"content":[{"type":"text","text":"'), Buffer.from(body), Buffer.from('"}]}}')]);

const missing = [];
const seen = new Set();
let cells = 0;
for (const [name, secret] of Object.entries(secrets)) {
    const whole = Buffer.from(secret);
    const at = 1 + Math.floor((whole.length - WINDOW) / 2);
    const parts = {
        whole, prefix: whole.subarray(0, END), suffix: whole.subarray(-END), middle: whole.subarray(at, at + WINDOW),
    };
    for (const [part, bytes] of Object.entries(parts)) {
        if (name === 'letters' && part !== 'whole') continue; // cut inside a letter, it is no text
        for (const [encoding, encode] of Object.entries(encoders)) {
            if (encode.whole && part !== 'whole') continue;
            for (const text of encode(bytes)) {
                cells++;
                const hits = oracle.find(around(text)).filter((h) => h.secret === name);
                for (const h of hits) seen.add(h.encoding);
                if (hits.length === 0) missing.push(`${part} of ${name} as ${encoding}: ${JSON.stringify(text).slice(0, 100)}`);
            }
        }
    }
}
check(`every encoding of every part is found (${cells} cells)`, missing);
check('every encoding that the oracle names was used to find something', encodingNames.filter((e) => !seen.has(e)).map((e) => `${e}: never`));

// Packed, and packed inside something.
const packers = {
    gzip: zlib.gzipSync, deflate: zlib.deflateSync, 'raw deflate': zlib.deflateRawSync, brotli: zlib.brotliCompressSync, zstd: zlib.zstdCompressSync,
};
const b64 = (b) => Buffer.from(b).toString('base64');
const lost = [];
for (const [name, pack] of Object.entries(packers)) {
    if (!pack) continue;
    const bytes = pack(Buffer.from(`before ${secrets.token} after`));
    const forms = {
        'as it is': bytes,
        'in base64': around(b64(bytes)),
        'in base64 in base64': around(b64(b64(bytes))),
        'in gzip': zlib.gzipSync(bytes),
        'in a chunk': Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n0\r\n\r\n')]),
        'in base64, then percent': around(encodeURIComponent(b64(bytes)).replace(/[A-Z]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)),
    };
    for (const [how, body] of Object.entries(forms)) if (!names(body).has('token')) lost.push(`${name} ${how}`);
}
check('what is packed is found', lost);

// Cut into pieces.
const { token } = secrets;
const pieces = token.match(/.{1,3}/g);
const chunked = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${[...token].map((c) => `1\r\n${c}\r\n`).join('')}0\r\n\r\n`;
const part = (text) => JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: text } });
const cuts = {
    'over chunks': chunked,
    'over data lines': `data: {"a":"\n${[...token].map((c) => `data: ${c}\n`).join('')}\n`,
    'over event ids': pieces.map((p) => `id: ${p}\ndata: x\n\n`).join(''),
    'over lines': pieces.join('\r\n'),
    'over the lines of MIME base64': around(b64(`padding in front, ${token}`).match(/.{1,16}/g).join('\\r\\n')),
    'over strings of an array': JSON.stringify({ a: pieces }),
    'over strings of different keys': JSON.stringify(Object.fromEntries(pieces.map((p, i) => [`k${i}`, p]))),
    'over keys': JSON.stringify(Object.fromEntries(pieces.map((p) => [p, 1]))),
    'over messages': pieces.map((p) => `data: ${part(p)}\n\n`).join(''),
    'over header fields': pieces.map((p, i) => `X-${i}: ${p}\r\n`).join(''),
    'in the parts of a JWT': `eyJhbGciOiJub25lIn0.${Buffer.from(JSON.stringify({ k: token })).toString('base64url')}.x`,
    'in a MIME part': `--b\r\nContent-Transfer-Encoding: base64\r\n\r\n${b64(`k=${token}`)}\r\n--b--\r\n`,
    'as JSON in JSON in JSON': JSON.stringify(JSON.stringify(JSON.stringify(secrets.awkward))),
    'in base64 as JSON escapes': JSON.stringify({ a: b64([...token].map((c) => `\\u00${c.charCodeAt(0).toString(16)}`).join('')) }),
    'some characters as percent, some as entities': [...token].map((c, i) => (i % 3 === 0 ? `%${c.charCodeAt(0).toString(16)}` : i % 3 === 1 ? `&#${c.charCodeAt(0)};` : c)).join(''),
};
check('what is cut into pieces is found', Object.entries(cuts).filter(([, body]) => names(body).size === 0).map(([how]) => how));

// Digests, with and without a known key.
const known = new Oracle({ token }, { hmacKeys: ['known key'] });
check('digests are found', ['sha256', 'sha1', 'sha512', 'md5'].flatMap((alg) => [
    createHash(alg).update(token).digest(), createHmac(alg, 'known key').update(token).digest(),
].flatMap((d) => [d, d.toString('hex'), d.toString('hex').toUpperCase(), d.toString('base64'), d.toString('base64url')]
    .filter((form) => known.find(around(form)).length === 0).map((form) => `${alg}: ${form.toString('latin1')}`))));

// Large: the scan of memory finds it anywhere, at any alignment.
const memory = randomBytes(4 << 20);
const places = [0, 4095, 4096, 1234567, memory.length - token.length];
check('the scan of memory finds it at each place', places.filter((p) => {
    const copy = Buffer.from(memory);
    copy.write(token, p, 'latin1');
    return !oracle.scan(copy).some((h) => h.secret === 'token' && h.encoding === 'raw' && h.at === p);
}).map(String));

// And nothing else.
const others = Array.from({ length: 200 }, () => part(`sk_test_${randomBytes(24).toString('base64url')} ${randomBytes(24).toString('hex')}`)).join('\n');
check('other keys are not found', oracle.find(others));
check('random bytes are not found', oracle.scan(memory));
check('fewer bytes than count are not found', find(`!${token.slice(4, 4 + WINDOW - 1)}! ${token.slice(9, 9 + END)} ${token.slice(0, END - 1)}`, { token }));
end();
