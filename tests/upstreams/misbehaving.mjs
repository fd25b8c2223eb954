// A server that behaves badly, one way at a time: `upstream.way` is a key of `ways` or a function like those, and applies to tools/call only; everything else
// is answered properly. `upstream.calls` counts the calls whose body was read in full.
import { MODERN, LEGACY, Upstream, header } from './lib.mjs';

const good = (entry, text = 'well') => ({
    jsonrpc: '2.0', id: entry.message.id, result: { ...(entry.modern ? { resultType: 'complete' } : {}), content: [{ type: 'text', text }] },
});
const json = (res, message, status = 200, headers = {}) => {
    res.writeHead(status, { 'content-type': 'application/json', ...headers });
    res.end(typeof message === 'string' ? message : JSON.stringify(message));
};
const raw = (res, text, end = true) => (end ? res.socket.end(text) : res.socket.write(text));
const body = (entry, text) => JSON.stringify(good(entry, text));
const head = (length, more = '') => `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n${more}\r\n`;

// way -> (res, entry, upstream)
export const ways = {
    well: (res, e) => json(res, good(e)),
    'HTML with 200': (res) => { res.writeHead(200, { 'content-type': 'text/html' }); res.end('<html><body>Log in</body></html>'); },
    'HTML with 502': (res) => { res.writeHead(502, { 'content-type': 'text/html' }); res.end('<html><body>Bad gateway</body></html>'); },
    'plain 500': (res) => { res.writeHead(500, { 'content-type': 'text/plain' }); res.end('Internal error'); },
    '503 with a retry time': (res) => { res.writeHead(503, { 'retry-after': '1' }); res.end(); },
    '429': (res) => { res.writeHead(429, { 'retry-after': '1' }); res.end(); },
    'a wrong id': (res, e) => json(res, { ...good(e), id: 'someone-else' }),
    'no id': (res, e) => { const { id, ...rest } = good(e); json(res, rest); },
    'the id as another type': (res, e) => json(res, { ...good(e), id: String(e.message.id) === e.message.id ? 0 : String(e.message.id) }),
    'two answers': (res, e) => { res.writeHead(200, { 'content-type': 'text/event-stream' }); res.end(`data: ${body(e, 'first')}\n\ndata: ${body(e, 'second')}\n\n`); },
    'an array of answers': (res, e) => json(res, [good(e), good(e)]),
    'an answer with result and error': (res, e) => json(res, { ...good(e), error: { code: 1, message: 'both' } }),
    'not JSON': (res) => json(res, '{"jsonrpc":"2.0",'),
    'JSON with a key twice': (res, e) => json(res, body(e).replace('"jsonrpc"', '"id":0,"jsonrpc"')),
    'too deep': (res, e) => json(res, body(e).replace('"well"', `${'['.repeat(5000)}${']'.repeat(5000)}`)),
    'too large': (res, e) => { // a piece at a time: one text of that size would hold up everybody in this process
        const [before, after] = body(e, '@').split('@');
        const piece = 'x'.repeat(1024 * 1024);
        let left = 80;
        const more = () => {
            while (left > 0 && !res.destroyed) { left--; if (!res.write(piece)) return; }
            res.end(after);
        };
        res.writeHead(200, { 'content-type': 'application/json' });
        res.write(before);
        res.on('drain', more);
        more();
    },
    'a lone surrogate': (res, e) => json(res, body(e).replace('well', '\\ud800')),
    'no body': (res) => { res.writeHead(200, { 'content-type': 'application/json' }); res.end(); },
    'no content type': (res, e) => { res.writeHead(200); res.end(body(e)); },
    '202 for a request': (res) => { res.writeHead(202); res.end(); },
    '204': (res) => { res.writeHead(204); res.end(); },
    'an empty stream': (res) => { res.writeHead(200, { 'content-type': 'text/event-stream' }); res.end(); },
    'a stream that ends before the answer': (res) => {
        res.writeHead(200, { 'content-type': 'text/event-stream' });
        res.end('data: {"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"soon"}}\n\n');
    },
    'an endless stream': (res) => {
        res.writeHead(200, { 'content-type': 'text/event-stream' });
        const event = `data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'x'.repeat(4000) } })}\n\n`;
        const more = () => { while (!res.destroyed && res.write(event)); };
        res.on('drain', more);
        more();
    },
    'an endless drip': (res) => {
        res.writeHead(200, { 'content-type': 'text/event-stream' });
        const event = `data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'drip' } })}\n\n`;
        const timer = setInterval(() => { if (res.destroyed) clearInterval(timer); else res.write(event); }, 100);
    },
    'an endless event': (res) => {
        res.writeHead(200, { 'content-type': 'text/event-stream' });
        res.write('data: "');
        const more = () => { while (!res.destroyed && res.write('x'.repeat(65536))); };
        res.on('drain', more);
        more();
    },
    'a slow answer': (res, e) => {
        const text = body(e, 'slowly');
        res.writeHead(200, { 'content-type': 'application/json' });
        let at = 0;
        const timer = setInterval(() => {
            if (at >= text.length || res.destroyed) { clearInterval(timer); res.end(); } else res.write(text.slice(at, at += 8));
        }, 20);
    },
    silence: () => {},
    'reads the call and closes': (res) => res.socket.destroy(),
    'reads the call and resets': (res) => res.socket.resetAndDestroy(),
    'half an answer': (res, e) => raw(res, head(9999) + body(e)),
    'half a chunk': (res) => raw(res, 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{"json'),
    'two lengths': (res, e) => raw(res, head(5, `Content-Length: ${body(e).length}\r\n`) + body(e)),
    'length and chunks': (res, e) => raw(res, head(5, 'Transfer-Encoding: chunked\r\n') + `${body(e).length.toString(16)}\r\n${body(e)}\r\n0\r\n\r\n`),
    'a surplus answer': (res, e, up) => {
        raw(res, head(body(e, 'mine').length) + body(e, 'mine') + head(body(e, 'poison').length) + body(e, 'poison'), false);
        up.way = 'well';
    },
    'not HTTP': (res) => raw(res, 'SSH-2.0-OpenSSH_9.2\r\n'),
    'endless headers': (res) => {
        res.socket.write('HTTP/1.1 200 OK\r\n');
        const more = () => { while (!res.socket.destroyed && res.socket.write(`X-More: ${'x'.repeat(1000)}\r\n`)); };
        res.socket.on('drain', more);
        more();
    },
    'a header with a bare CR': (res, e) => raw(res, `HTTP/1.1 200 OK\r\nX-A: b\rContent-Length: 0\r\nContent-Type: application/json\r\nContent-Length: ${body(e).length}\r\n\r\n${body(e)}`),
    'a redirect': (res) => { res.writeHead(308, { location: '/elsewhere' }); res.end(); },
    '100 and then silence': (res) => { res.socket.write('HTTP/1.1 100 Continue\r\n\r\n'); },
    'a broken gzip': (res) => json(res, 'not gzip', 200, { 'content-encoding': 'gzip' }),
};

export async function start({ key, port = 0, way = 'well' } = {}) {
    const upstream = new Upstream(async (req, res, entry) => {
        const { message } = entry;
        entry.modern = header(entry, 'mcp-protocol-version') === MODERN;
        const reply = (result) => json(res, { jsonrpc: '2.0', id: message.id, result: entry.modern ? { resultType: 'complete', ...result } : result });
        if (key !== undefined && header(entry, 'authorization') !== `Bearer ${key}`) return json(res, { jsonrpc: '2.0', id: message?.id ?? null, error: { code: -32000, message: 'A key is needed' } }, 401);
        if (req.method !== 'POST') return void res.writeHead(405).end();
        if (message?.id === undefined || message.method === undefined) return void res.writeHead(202).end();
        const cached = entry.modern ? { ttlMs: 0, cacheScope: 'private' } : {};
        switch (message.method) {
        case 'initialize':
            return reply({ protocolVersion: LEGACY, capabilities: { tools: {} }, serverInfo: { name: 'misbehaving', version: '1' } });
        case 'server/discover':
            return reply({ supportedVersions: [MODERN], capabilities: { tools: {} }, ...cached, _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'misbehaving', version: '1' } } });
        case 'tools/list':
            return reply({ tools: [{ name: 'act', description: 'Has an effect.', inputSchema: { type: 'object' } }], ...cached });
        case 'tools/call':
            upstream.calls++;
            return (ways[upstream.way] ?? upstream.way)(res, entry, upstream);
        default:
            return json(res, { jsonrpc: '2.0', id: message.id, error: { code: -32601, message: 'no such method' } }, entry.modern ? 404 : 200);
        }
    });
    upstream.way = way;
    upstream.calls = 0;
    return upstream.start(port);
}
