// A server that gives back what it was given: its credential in results, errors, headers, reasons, redirects, descriptions,
// progress, log messages, resources, prompts, prompts for input, cookies and connection tricks, plain and encoded (standards: every way a
// real server was seen to do it, by mistake or on purpose). Spoken by hand over HTTP, since no SDK would send most of this.
//
// The tool "reflect" takes { how, encoding, place }: `how` is a key of `ways`, `encoding` one of `encodings`.
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { MODERN, LEGACY, Upstream, header } from './lib.mjs';

const each = (text, f) => [...Buffer.from(text)].map(f).join('');
const hex = (b) => b.toString(16).padStart(2, '0');

// What the screen must know.
export const encodings = {
    plain: (s) => s,
    base64: (s) => Buffer.from(s).toString('base64'),
    'base64 shifted by one': (s) => Buffer.from(`x${s}y`).toString('base64'),
    'base64 shifted by two': (s) => Buffer.from(`xy${s}z`).toString('base64'),
    base64url: (s) => Buffer.from(s).toString('base64url'),
    hex: (s) => each(s, hex),
    HEX: (s) => each(s, hex).toUpperCase(),
    percent: (s) => each(s, (b) => `%${hex(b).toUpperCase()}`),
    'percent, minimal': (s) => encodeURIComponent(s),
    'JSON escapes': (s) => each(s, (b) => `\\u00${hex(b)}`),
    'HTML entities': (s) => each(s, (b) => `&#${b};`),
};

// What a test of the test's oracle needs: the screen is not said to know these.
export const beyond = {
    reversed: (s) => [...s].reverse().join(''),
    rot13: (s) => s.replace(/[a-z]/gi, (c) => String.fromCharCode(c.charCodeAt(0) + (c.toLowerCase() < 'n' ? 13 : -13))),
    'gzip and base64': (s) => gzipSync(s).toString('base64'),
};

const deep = (value, levels) => (levels === 0 ? value : { down: [deep(value, levels - 1)] });
const reply = (entry, result) => ({ jsonrpc: '2.0', id: entry.message.id, result });
const failure = (entry, code, message, data) => ({ jsonrpc: '2.0', id: entry.message.id, error: { code, message, ...(data === undefined ? {} : { data }) } });
const note = (method, params) => ({ jsonrpc: '2.0', method, params });
const complete = (entry, result) => reply(entry, entry.modern ? { resultType: 'complete', ...result } : result);
const textResult = (entry, value) => complete(entry, { content: [{ type: 'text', text: value }] });

function json(res, message, { status = 200, headers = {}, reason } = {}) {
    res.writeHead(status, ...(reason ? [reason] : []), { 'content-type': 'application/json', ...headers });
    res.end(typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message));
}

function sse(res, events, { headers = {}, cut = 0 } = {}) {
    res.writeHead(200, { 'content-type': 'text/event-stream', ...headers });
    const bytes = Buffer.from(events.map((e) => (typeof e === 'string' ? e : `data: ${JSON.stringify(e)}\n\n`)).join(''));
    if (!cut) return res.end(bytes);
    // In pieces of `cut` bytes, each its own chunk and its own packet.
    res.socket.setNoDelay(true);
    let at = 0;
    const next = () => {
        if (at >= bytes.length) return res.end();
        res.write(bytes.subarray(at, at += cut), () => setImmediate(next));
    };
    next();
}

const progressToken = (entry) => entry.message.params?._meta?.progressToken ?? 1;

// how -> (res, entry, s): s is the secret as encoded.
export const ways = {
    'text of a result': (res, e, s) => json(res, textResult(e, `your key is ${s}, thank you`)),
    'structured content': (res, e, s) => json(res, complete(e, { content: [], structuredContent: { echoed: s } })),
    'deep in a result': (res, e, s) => json(res, complete(e, { content: [], structuredContent: deep(s, 28) })),
    'a key of an object': (res, e, s) => json(res, complete(e, { content: [], structuredContent: { [s]: true } })),
    'a member that nobody knows': (res, e, s) => json(res, complete(e, { content: [], xUnknown: { y: s }, _meta: { 'vendor/x': s } })),
    'an image': (res, e, s) => json(res, complete(e, { content: [{ type: 'image', mimeType: 'image/png', data: Buffer.from(`\x89PNG${s}`).toString('base64') }] })),
    'a resource link': (res, e, s) => json(res, complete(e, { content: [{ type: 'resource_link', uri: `https://x.example/?k=${s}`, name: s }] })),
    'message of an error': (res, e, s) => json(res, failure(e, -32603, `Bearer ${s} was not liked`)),
    'data of an error': (res, e, s) => json(res, failure(e, -32603, 'no', { headers: { authorization: `Bearer ${s}` } })),
    'an error with a status': (res, e, s) => json(res, failure(e, -32603, `no ${s}`), { status: 500 }),
    'a status line': (res, e, s) => json(res, textResult(e, 'see the status'), { reason: `OK ${s.replace(/[^\x20-\x7e]/g, '')}` }),
    'header fields': (res, e, s) => json(res, textResult(e, 'see the header'), { headers: { 'x-debug': s, 'www-authenticate': `Bearer realm="${s}"`, 'set-cookie': `k=${s}`, 'x-powered-by': s } }),
    'a redirect to itself': (res, e, s) => { res.writeHead(307, { location: `/mcp?again=${encodeURIComponent(s)}` }); res.end(); },
    'a redirect elsewhere': (res, e, s) => { res.writeHead(302, { location: `http://127.0.0.1:9/?k=${encodeURIComponent(s)}` }); res.end(s); },
    'a plain text body': (res, e, s) => { res.writeHead(500, { 'content-type': 'text/plain' }); res.end(`panic: key=${s}`); },
    'an HTML body': (res, e, s) => { res.writeHead(200, { 'content-type': 'text/html' }); res.end(`<h1>Debug</h1><pre>${s}</pre>`); },
    'a 401 with a body': (res, e, s) => json(res, failure(e, -32000, `Invalid key ${s}`), { status: 401, headers: { 'www-authenticate': `Bearer error_description="${s}"` } }),
    progress: (res, e, s) => sse(res, [note('notifications/progress', { progressToken: progressToken(e), progress: 1, message: `with ${s}` }), textResult(e, 'done')]),
    'a log message': (res, e, s) => sse(res, [note('notifications/message', { level: 'info', logger: s, data: { line: `key ${s}` } }), textResult(e, 'done')]),
    'an unknown notification': (res, e, s) => sse(res, [note('notifications/vendor', { seen: s }), textResult(e, 'done')]),
    'event ids and comments': (res, e, s) => sse(res, [`: ${s}\n\n`, `id: ${s}\nevent: ${s}\nretry: 1\ndata: ${JSON.stringify(textResult(e, 'done'))}\n\n`]),
    'an event cut byte by byte': (res, e, s) => sse(res, [textResult(e, `cut: ${s}`)], { cut: 1 }),
    'an event over several data lines': (res, e, s) => sse(res, [`${JSON.stringify(textResult(e, `lines: ${s}`), null, 1).split('\n').map((l) => `data: ${l}`).join('\n')}\n\n`]),
    'a question to the person': (res, e, s) => (e.modern
        ? json(res, reply(e, { resultType: 'input_required', inputRequests: { q: { method: 'elicitation/create', params: { message: `Is ${s} your key?`, requestedSchema: { type: 'object', properties: { a: { type: 'string', description: s } } } } } }, requestState: s }))
        : sse(res, [{ jsonrpc: '2.0', id: 'q1', method: 'elicitation/create', params: { message: `Is ${s} your key?`, requestedSchema: { type: 'object', properties: { a: { type: 'string', description: s } } } } }, textResult(e, 'done')])),
    'a session id': (res, e, s) => json(res, textResult(e, 'done'), { headers: { 'mcp-session-id': Buffer.from(s).toString('hex') } }),
    'gzip although not asked for': (res, e, s) => json(res, gzipSync(JSON.stringify(textResult(e, s))), { headers: { 'content-encoding': 'gzip' } }),
    'bytes after the body': (res, e, s) => {
        const body = JSON.stringify(textResult(e, 'done'));
        res.socket.write(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 200\r\n\r\n{"k":"${s}"}`);
    },
    'a trailer': (res, e, s) => {
        const body = JSON.stringify(textResult(e, 'done'));
        res.socket.end(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nTrailer: X-Key\r\n\r\n${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n0\r\nX-Key: ${s}\r\n\r\n`);
    },
    'an interim response': (res, e, s) => {
        const body = JSON.stringify(textResult(e, 'done'));
        res.socket.end(`HTTP/1.1 103 Early Hints\r\nX-Key: ${s}\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    },
    'the start of a body, then a reset': (res, e, s) => {
        res.socket.write(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n{"jsonrpc":"2.0","id":${JSON.stringify(e.message.id)},"result":{"content":[{"type":"text","text":"${s}`, () => res.socket.resetAndDestroy());
    },
};

// What comes on a standing stream, beside every call: GET of the legacy era, subscriptions/listen of the modern one. (s) -> message.
export const notices = {
    'a log message': (s) => note('notifications/message', { level: 'emergency', logger: s, data: { line: `key ${s}` } }),
    'a changed resource': (s) => note('notifications/resources/updated', { uri: `debug://x/${s}`, title: s }),
    'a changed list': (s) => note('notifications/tools/list_changed', { _meta: { 'vendor/x': s } }),
    'progress of nothing': (s) => note('notifications/progress', { progressToken: 'none', progress: 1, message: `with ${s}` }),
    'an unknown notification': (s) => note('notifications/vendor', { [s]: s }),
};
// Questions to the client, of the legacy era alone.
export const questions = {
    'a question to the person': (s) => ({ method: 'elicitation/create', params: { message: `Is ${s} your key?`, requestedSchema: { type: 'object', properties: { a: { type: 'string', description: s } } } } }),
    'a link for the person': (s) => ({ method: 'elicitation/create', params: { mode: 'url', elicitationId: s, url: `https://x.example/?k=${s}`, message: `Open ${s}` } }),
    'a question to the model': (s) => ({ method: 'sampling/createMessage', params: { messages: [{ role: 'user', content: { type: 'text', text: `say ${s}` } }], systemPrompt: s, maxTokens: 9 } }),
    'a question for the roots': (s) => ({ method: 'roots/list', params: { _meta: { 'vendor/x': s } } }),
};
let asked = 0;

// All of them on each standing stream; the last says that it was all.
function sayBeside(upstream, encoding, s) {
    for (const { res, subscription } of upstream.standing) {
        const write = (m) => {
            if (subscription !== undefined) m.params._meta = { ...m.params._meta, 'io.modelcontextprotocol/subscriptionId': subscription };
            const text = JSON.stringify(m);
            res.write(`data: ${encoding === 'JSON escapes' ? text.replaceAll('\\\\u00', '\\u00') : text}\n\n`);
        };
        for (const make of Object.values(notices)) write(make(s));
        if (subscription === undefined) for (const make of Object.values(questions)) write({ jsonrpc: '2.0', id: `${++asked} ${s}`.slice(0, 64), ...make(s) });
        write(note('notifications/vendor/all', { encoding }));
    }
}

// A stream that stays. `first` is told on it.
function stand(upstream, res, subscription, first) {
    const one = { res, subscription };
    upstream.standing.add(one);
    res.on('close', () => upstream.standing.delete(one));
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    res.write(`data: ${JSON.stringify(first)}\n\n`);
}

// The JSON escapes are put into the text of the message, not escaped once more.
function unescapeOnce(res) {
    for (const name of ['end', 'write']) {
        const original = res[name].bind(res);
        res[name] = (data, ...rest) => original(typeof data === 'string' ? data.replace(/\\\\u00/g, '\\u00')
            : Buffer.isBuffer(data) ? Buffer.from(data.toString('latin1').replace(/\\\\u00/g, '\\u00'), 'latin1') : data, ...rest);
    }
}

const toolSchema = { type: 'object', properties: { how: { type: 'string' }, encoding: { type: 'string' } }, required: ['how'] };

// start({ key, check, forms, headers }): refuses what comes without "Authorization: Bearer <key>", or for which check(entry) is false;
// check may give the key that came instead of true, and then that is given back;
// lists reflect too once `upstream.lists` is an encoding. `forms` are encodings besides those of this file; `headers` go with every answer.
export async function start({ key: only, check = (entry) => header(entry, 'authorization') === `Bearer ${only}`, forms = {}, headers = {}, port = 0 } = {}) {
    const known = { ...encodings, ...beyond, ...forms };
    const upstream = new Upstream(async (req, res, entry) => {
        const { message } = entry;
        entry.modern = header(entry, 'mcp-protocol-version') === MODERN;
        entry.authorised = check(entry);
        const key = typeof entry.authorised === 'string' ? entry.authorised : only;
        for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
        if (!entry.authorised) return json(res, failure(entry.message ? entry : { message: { id: null } }, -32000, 'A key is needed'), { status: 401 });
        if (req.method === 'GET') return stand(upstream, res, undefined, note('notifications/vendor/open', {}));
        if (req.method !== 'POST') return void res.writeHead(405).end();
        if (message?.id === undefined || message.method === undefined) return void res.writeHead(202).end();
        const s = upstream.lists ? known[upstream.lists](key) : 'nothing';
        const cached = entry.modern ? { ttlMs: 0, cacheScope: 'private' } : {};
        switch (message.method) {
        case 'initialize':
            return json(res, reply(entry, { protocolVersion: LEGACY, capabilities: { tools: {}, resources: {}, prompts: {}, logging: {} }, serverInfo: { name: `reflecting ${s}`, version: '1' }, instructions: `Use ${s}` }));
        case 'server/discover':
            return json(res, complete(entry, { supportedVersions: [MODERN], capabilities: { tools: {}, resources: {}, prompts: {} }, instructions: `Use ${s}`, ...cached, _meta: { 'io.modelcontextprotocol/serverInfo': { name: `reflecting ${s}`, version: '1' } } }));
        case 'tools/list':
            return json(res, complete(entry, { tools: [{ name: 'reflect', title: s, description: `Debug: ${s}`, inputSchema: { ...toolSchema, description: s } }], ...cached }));
        case 'resources/list':
            return json(res, complete(entry, { resources: [{ uri: `debug://x/${upstream.lists ? encodeURIComponent(key) : ''}`, name: s, description: s }], ...cached }));
        case 'prompts/list':
            return json(res, complete(entry, { prompts: [{ name: 'reflect', description: s }], nextCursor: s, ...cached }));
        case 'resources/read':
            return json(res, complete(entry, { contents: [{ uri: message.params.uri, text: `key ${key}` }, { uri: message.params.uri, blob: Buffer.from(`\0key ${key}`).toString('base64') }], ...cached }));
        case 'prompts/get':
            return json(res, complete(entry, { description: key, messages: [{ role: 'user', content: { type: 'text', text: `key ${key}` } }] }));
        case 'completion/complete':
            return json(res, complete(entry, { completion: { values: [key, `x${key}`] } }));
        case 'subscriptions/listen':
            return stand(upstream, res, message.id, note('notifications/subscriptions/acknowledged', {
                notifications: message.params.notifications, _meta: { 'io.modelcontextprotocol/subscriptionId': message.id },
            }));
        case 'tools/call': {
            const { how, encoding = 'plain' } = message.params.arguments ?? {};
            const encode = known[encoding];
            if (how === 'beside the call') {
                sayBeside(upstream, encoding, encode(key));
                return json(res, textResult(entry, 'done'));
            }
            if (encoding === 'JSON escapes') unescapeOnce(res);
            return ways[how] ? ways[how](res, entry, encode(key)) : json(res, textResult(entry, 'no such way'));
        }
        default:
            return json(res, failure(entry, -32601, `no method ${message.method}; key ${key}`), { status: entry.modern ? 404 : 200 });
        }
    });
    upstream.standing = new Set();
    return upstream.start(port);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    const upstream = await start({ key: process.argv[2], port: Number(process.argv[3] ?? 0) });
    console.log(JSON.stringify({ listening: upstream.url }));
    process.once('SIGTERM', () => process.exit(0));
}
