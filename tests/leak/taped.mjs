// An agent by hand, over plain sockets, with a tape of every byte: status lines, reasons, header fields, chunk sizes, streams. One
// connection for each request, read until the other side closes it.
import { connect } from 'node:net';
import { MODERN } from '../lib/wire.mjs';
import { PATIENCE } from '../lib/patience.mjs';

export const LEGACY = '2025-11-25';
const INFO = { name: 'taped', version: '1' };

export class TapedAgent {
    tape = []; // { what, out, parts: [bytes] }
    #id = 0;

    // `path` is /mcp/<upstream> at Sidegate. In the legacy era, start() comes first.
    // `declares`: capabilities besides links; `headers` go with every request.
    constructor({ port, path, key, era = 'modern', links = true, declares = {}, headers = {} }) {
        Object.assign(this, { port, path, key, era, links, declares, headers });
    }

    get capabilities() {
        return { ...this.declares, ...(this.links ? { elicitation: { url: {}, ...this.declares.elicitation } } : {}) };
    }

    // All that came in, in order; and from the nth exchange on.
    got(from = 0) {
        return Buffer.concat(this.tape.slice(from).flatMap((x) => x.parts));
    }

    // Sends a message (or GET or DELETE without one). onMessage(message) is called for each JSON-RPC message that comes, as it comes.
    send(message, { method = 'POST', headers = {}, what = message?.method ?? method, onMessage, signal, time = PATIENCE } = {}) {
        const body = message === undefined ? undefined : JSON.stringify(message);
        const fields = {
            Host: `127.0.0.1:${this.port}`,
            ...(this.key === undefined ? {} : { Authorization: `Bearer ${this.key}` }),
            Accept: 'application/json, text/event-stream',
            ...(body === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }),
            ...this.#eraHeaders(message),
            ...this.headers,
            ...headers,
            Connection: 'close',
        };
        const lines = Object.entries(fields).filter(([, v]) => v !== undefined).map(([n, v]) => `${n}: ${v}\r\n`).join('');
        const entry = { what, out: `${method} ${this.path} HTTP/1.1\r\n${lines}\r\n${body ?? ''}`, parts: [] };
        this.tape.push(entry);
        return new Promise((done) => {
            const socket = connect(this.port, '127.0.0.1');
            const reader = new Reader(onMessage);
            const timer = setTimeout(() => { reader.timedOut = true; socket.destroy(); }, time);
            signal?.addEventListener('abort', () => socket.destroy());
            socket.on('data', (data) => { entry.parts.push(data); reader.add(data); });
            socket.on('error', () => {});
            socket.on('close', () => { clearTimeout(timer); done(reader); });
            socket.write(entry.out, 'utf8'); // and not end(): a half-closed connection is one that left
        });
    }

    #eraHeaders(message) {
        if (this.era === 'modern') {
            const name = message?.params?.name ?? message?.params?.uri;
            return { 'MCP-Protocol-Version': MODERN, 'Mcp-Method': message?.method, 'Mcp-Name': name };
        }
        return this.session ? { 'MCP-Protocol-Version': LEGACY, 'Mcp-Session-Id': this.session } : {};
    }

    #meta(params, progress) {
        const token = progress ? { progressToken: progress } : {};
        if (this.era === 'legacy') return Object.keys(token).length ? { ...params, _meta: token } : params;
        return {
            ...params,
            _meta: {
                'io.modelcontextprotocol/protocolVersion': MODERN,
                'io.modelcontextprotocol/clientInfo': INFO,
                'io.modelcontextprotocol/clientCapabilities': this.capabilities,
                ...token,
            },
        };
    }

    // One request. Gives the Reader, with `message`: the answer to it.
    async request(method, params = {}, { progress, ...options } = {}) {
        const id = ++this.#id;
        const message = { jsonrpc: '2.0', id, method, params: this.#meta(params, progress) };
        const read = await this.send(message, options);
        read.message = read.messages.find((m) => m.id === id && m.method === undefined);
        return read;
    }

    // Legacy: opens the session. `stream`: and its GET stream, until stop(); onMessage is told what comes on it.
    async start({ stream = false, onMessage } = {}) {
        const read = await this.request('initialize', { protocolVersion: LEGACY, capabilities: this.capabilities, clientInfo: INFO });
        this.session = /^mcp-session-id: *(\S+)/im.exec(read.head ?? '')?.[1];
        await this.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
        if (stream) {
            this.abort = new AbortController();
            this.stream = this.send(undefined, { method: 'GET', signal: this.abort.signal, time: 120_000, onMessage });
        }
        return this;
    }

    async stop() {
        this.abort?.abort();
        await this.stream;
        if (this.session) await this.send(undefined, { method: 'DELETE' });
    }

    // Calls a tool as a client of its era does: shows the link to onLink(url), which gives the answer, and goes on until there is a
    // final message.
    async call(name, args, { onLink = () => 'cancel', ...options } = {}) {
        if (this.era === 'legacy') {
            const onMessage = async (m) => {
                if (m.method !== 'elicitation/create') return;
                await this.send({ jsonrpc: '2.0', id: m.id, result: { action: await onLink(m.params.url) ?? 'accept' } }, { what: 'answer' });
            };
            return this.request('tools/call', { name, arguments: args }, { onMessage, ...options });
        }
        let params = { name, arguments: args };
        for (let leg = 0; leg < 10; leg++) {
            const read = await this.request('tools/call', params, options);
            const result = read.message?.result;
            if (result?.resultType !== 'input_required' || !result.requestState) return read;
            const inputResponses = {};
            for (const [k, ask] of Object.entries(result.inputRequests ?? {})) {
                inputResponses[k] = { action: await onLink(ask.params?.url) ?? 'accept' };
            }
            params = { name, arguments: args, requestState: result.requestState, ...(result.inputRequests ? { inputResponses } : {}) };
            if (Object.values(inputResponses).some((r) => r.action !== 'accept')) options = { ...options, onLink: undefined };
        }
        throw new Error('too many legs');
    }
}

// One answer, as it comes.
class Reader {
    messages = [];
    text = '';
    #raw = Buffer.alloc(0);
    #at = 0; // of the chunk that comes next
    #told = 0;

    constructor(onMessage) {
        this.onMessage = onMessage;
    }

    add(data) {
        this.#raw = Buffer.concat([this.#raw, data]);
        if (this.head === undefined) {
            const end = this.#raw.indexOf('\r\n\r\n');
            if (end < 0) return;
            this.head = this.#raw.subarray(0, end).toString('latin1');
            this.status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(this.head)?.[1]);
            this.#at = end + 4;
        }
        if (/^transfer-encoding: *chunked/im.test(this.head)) this.#chunks();
        else this.text = this.#raw.subarray(this.#at).toString('utf8');
        this.#tell();
    }

    #chunks() {
        this.bytes ??= [];
        for (;;) {
            const end = this.#raw.indexOf('\r\n', this.#at);
            const size = end < 0 ? NaN : parseInt(this.#raw.subarray(this.#at, end).toString('latin1'), 16);
            if (!(size > 0) || this.#raw.length < end + 2 + size + 2) break;
            this.bytes.push(this.#raw.subarray(end + 2, end + 2 + size));
            this.#at = end + 2 + size + 2;
        }
        this.text = Buffer.concat(this.bytes).toString('utf8');
    }

    #tell() {
        const sse = /^content-type: *text\/event-stream/im.test(this.head);
        const texts = sse
            ? this.text.split(/\r?\n\r?\n/).slice(0, -1).map((e) => e.split(/\r?\n/).filter((l) => l.startsWith('data:')).map((l) => l.slice(5)).join('\n'))
            : [this.text];
        this.messages = texts.flatMap((t) => {
            try { return [JSON.parse(t)]; } catch { return []; }
        });
        for (const m of this.messages.slice(this.#told)) this.onMessage?.(m);
        this.#told = this.messages.length;
    }
}
