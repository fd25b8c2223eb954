// A client that is no client: bytes to the gateway, bytes back.
import { connect } from 'node:net';
import { PATIENCE } from './patience.mjs';

// Sends the text (or the parts, each in a packet of its own) and gives everything that comes back until the peer closes, or
// until `enough` says so, or the time is over: { text, closed, status, head, body }.
export function exchange(port, text, { time = PATIENCE, enough = (got) => complete(got) } = {}) {
    return new Promise((done) => {
        const socket = connect(port, '127.0.0.1');
        let got = '';
        let finished = false;
        const end = (closed) => {
            if (finished) return;
            finished = true;
            clearTimeout(timer);
            socket.destroy();
            done({ text: got, closed, ...parse(got) });
        };
        const timer = setTimeout(() => end(false), time);
        socket.on('data', (data) => { got += data.toString('latin1'); if (enough(got)) end(false); });
        socket.on('end', () => end(true));
        socket.on('close', () => end(true));
        socket.on('error', () => end(true));
        socket.setNoDelay(true);
        for (const part of [text].flat()) socket.write(part);
    });
}

// Whether a whole response is there (by its length, or its last chunk).
export function complete(got) {
    const { head, body } = parse(got);
    if (head === undefined) return false;
    const length = /^content-length: *(\d+)/im.exec(head)?.[1];
    if (length !== undefined) return body.length >= Number(length);
    return /^transfer-encoding: *chunked/im.test(head) ? body.endsWith('0\r\n\r\n') : false;
}

export function parse(got) {
    const at = got.indexOf('\r\n\r\n');
    if (at < 0) return {};
    const head = got.slice(0, at);
    return { status: Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1]), head, body: got.slice(at + 4) };
}

const clientMeta = (version, capabilities = {}) => ({
    'io.modelcontextprotocol/protocolVersion': version,
    'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': capabilities,
});

// Any modern request, of a client that can show links and forms.
export function modern(method, params, id = 'raw') {
    return { jsonrpc: '2.0', id, method, params: { ...params, _meta: clientMeta('2026-07-28', { elicitation: { url: {}, form: {} } }) } };
}

// A modern tools/call as it should be; the callers spoil it.
export function call(id = 1, name = 'weather', args = { station: 'harbour' }, version = '2026-07-28') {
    return { jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args, _meta: clientMeta(version) } };
}

// The whole request as text. `headers` replace (or, as null, leave out) the usual ones; `more` are lines put in as they are.
export function post(gate, upstream, key, body, { headers = {}, more = '', path = `/mcp/${upstream}`, method = 'POST' } = {}) {
    const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
    const message = typeof body === 'object' ? body : {};
    const all = {
        Host: `127.0.0.1:${gate.gatewayPort}`,
        Authorization: `Bearer ${key}`,
        'Content-Type': 'application/json',
        Accept: 'application/json, text/event-stream',
        'MCP-Protocol-Version': '2026-07-28',
        'Mcp-Method': message.method ?? 'tools/call',
        'Mcp-Name': message.params?.name ?? message.params?.uri ?? null,
        'Content-Length': text === undefined ? null : String(Buffer.byteLength(text, 'latin1')), // the text stands for bytes
        ...headers,
    };
    const lines = Object.entries(all).filter(([, v]) => v !== null).map(([n, v]) => `${n}: ${v}\r\n`).join('');
    return `${method} ${path} HTTP/1.1\r\n${lines}${more}\r\n${text ?? ''}`;
}

// Begins a legacy session; gives the headers that its requests are posted with.
export async function legacySession(gate, upstream, key, capabilities = {}) {
    const headers = { 'MCP-Protocol-Version': null, 'Mcp-Method': null, 'Mcp-Name': null };
    const hello = await exchange(gate.gatewayPort, post(gate, upstream, key, {
        jsonrpc: '2.0', id: 0, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities, clientInfo: { name: 'raw', version: '1' } },
    }, { headers }));
    return { ...headers, 'MCP-Protocol-Version': '2025-11-25', 'Mcp-Session-Id': /^mcp-session-id: *(\S+)/im.exec(hello.head)[1] };
}

// The JSON-RPC message in an answer that is final, JSON or the last event of a stream.
export function message(answer) {
    const text = /^content-type: *text\/event-stream/im.test(answer.head ?? '')
        ? [...(answer.body ?? '').matchAll(/^data: ?(.*)$/gm)].at(-1)?.[1]
        : answer.body;
    try { return JSON.parse(Buffer.from(text ?? '', 'latin1').toString('utf8')); } catch { return undefined; }
}

// The JSON-RPC error code in an answer, JSON or SSE; undefined if there is none.
export function code(answer) {
    return Number(/"code": *(-?\d+)/.exec(answer.body ?? '')?.[1]) || undefined;
}
