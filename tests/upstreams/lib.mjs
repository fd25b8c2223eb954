// What all test upstreams share: an HTTP server on loopback that counts what reaches it, and the two eras of MCP served from one
// factory: modern requests each by an instance of their own, legacy ones in sessions.
import { createServer } from 'node:http';
import { randomUUID } from 'node:crypto';
import { createMcpHandler, isLegacyRequest } from '@modelcontextprotocol/server';
import { NodeStreamableHTTPServerTransport, toNodeHandler, toWebRequest } from '@modelcontextprotocol/node';
import { PATIENCE } from '../lib/patience.mjs';

export const MODERN = '2026-07-28';
export const LEGACY = '2025-11-25';

export function readBody(req, limit = 8 * 1024 * 1024) {
    return new Promise((resolve, reject) => {
        const parts = [];
        let size = 0;
        req.on('data', (part) => {
            size += part.length;
            if (size > limit) reject(new Error('body too large'));
            else parts.push(part);
        });
        req.on('end', () => resolve(Buffer.concat(parts)));
        req.on('error', reject);
    });
}

export function parseJson(bytes) {
    try {
        return JSON.parse(bytes.toString('utf8'));
    } catch {
        return undefined;
    }
}

// An HTTP server whose handler gets (req, res, entry). Every request is kept in `requests` as it came: method, path, headers as
// name and value in the order sent, body bytes, and the MCP message in it.
export class Upstream {
    requests = [];
    #server;
    #waiting = [];

    constructor(handler) {
        this.handler = handler;
    }

    async start(port = 0) {
        this.#server = createServer((req, res) => {
            this.#take(req, res).catch((error) => {
                if (!res.headersSent) res.writeHead(500, { 'content-type': 'text/plain' });
                res.end(String(error?.message ?? error));
            });
        });
        this.#server.keepAliveTimeout = 60_000;
        await new Promise((resolve, reject) => {
            this.#server.once('error', reject);
            this.#server.listen(port, '127.0.0.1', resolve);
        });
        this.port = this.#server.address().port;
        this.url = `http://127.0.0.1:${this.port}/mcp`;
        return this;
    }

    async stop() {
        if (!this.#server) return;
        const closed = new Promise((resolve) => this.#server.close(resolve));
        this.#server.closeAllConnections();
        await closed;
        this.#server = undefined;
    }

    async #take(req, res) {
        const body = await readBody(req);
        const message = body.length ? parseJson(body) : undefined;
        const entry = {
            method: req.method,
            path: req.url,
            headers: pairs(req.rawHeaders),
            body,
            message,
            rpc: message?.method,
            name: message?.params?.name ?? message?.params?.uri,
            socket: req.socket,
        };
        this.requests.push(entry);
        for (const waiter of this.#waiting.splice(0)) waiter();
        await this.handler(req, res, entry);
    }

    // Requests with this MCP method (and tool, prompt or resource name) or, without a message, HTTP method, in the order they came.
    seen(rpc, name) {
        return this.requests.filter((r) => (r.rpc ?? r.method) === rpc && (name === undefined || r.name === name));
    }

    // Waits until at least `count` such requests have come.
    until(rpc, name, count = 1, time = PATIENCE) {
        return this.untilAny((r) => (r.rpc ?? r.method) === rpc && (name === undefined || r.name === name), count, time);
    }

    // The same of any requests.
    async untilAny(is, count = 1, time = PATIENCE) {
        const end = Date.now() + time;
        for (;;) {
            const found = this.requests.filter(is);
            if (found.length >= count) return found;
            const left = end - Date.now();
            if (left <= 0) throw new Error(`not ${count} of ${is} reached the upstream in ${time} ms`);
            await new Promise((resolve) => {
                const timer = setTimeout(resolve, left);
                this.#waiting.push(() => {
                    clearTimeout(timer);
                    resolve();
                });
            });
        }
    }
}

function pairs(raw) {
    const list = [];
    for (let i = 0; i < raw.length; i += 2) list.push([raw[i], raw[i + 1]]);
    return list;
}

export function header(entry, name) {
    return entry.headers.filter(([n]) => n.toLowerCase() === name.toLowerCase()).map(([, v]) => v).join(', ') || undefined;
}

// A request handler that serves both eras (or one) from a factory of McpServer. Legacy sessions are real ones: with an id, a GET
// stream and DELETE, since that is what a gateway has to carry.
export function mcpServing(factory, { eras = [MODERN, LEGACY] } = {}) {
    const modern = createMcpHandler(factory, { legacy: 'reject', keepAliveMs: 0 });
    const serveModern = toNodeHandler(modern);
    const sessions = new Map();

    async function serveLegacy(req, res, message) {
        const id = req.headers['mcp-session-id'];
        let transport = id === undefined ? undefined : sessions.get(id);
        if (id !== undefined && !transport) return answer(res, 404, -32001, 'Session not found');
        if (!transport) {
            if (message?.method !== 'initialize') return answer(res, 400, -32000, 'Bad Request: no session');
            const server = await factory({ era: 'legacy' });
            transport = new NodeStreamableHTTPServerTransport({
                sessionIdGenerator: () => randomUUID(),
                onsessioninitialized: (sid) => sessions.set(sid, transport),
                onsessionclosed: (sid) => sessions.delete(sid),
            });
            await server.connect(transport);
        }
        await transport.handleRequest(req, res, message);
    }

    const serve = async (req, res, entry) => {
        const legacy = await isLegacyRequest(await toWebRequest(req, entry.message), entry.message);
        if (legacy && eras.includes(LEGACY)) return serveLegacy(req, res, entry.message);
        if (!legacy && eras.includes(MODERN)) return serveModern(req, res, entry.message);
        if (legacy) return serveModern(req, res, entry.message); // refuses it in its own words
        return answer(res, 400, -32022, 'Unsupported protocol version', { supported: [LEGACY], requested: MODERN }, entry.message?.id);
    };
    serve.modern = modern;
    return serve;
}

export function answer(res, status, code, message, data, id = null) {
    res.writeHead(status, { 'content-type': 'application/json' });
    res.end(JSON.stringify({ jsonrpc: '2.0', id, error: { code, message, ...(data ? { data } : {}) } }));
}
