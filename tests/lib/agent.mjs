// The agent's side: an official client, unchanged, with a tape of every byte that it sent and got. What a person's host would do
// with a link (show it, ask) is `onLink`.
import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema, ElicitationCompleteNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { PATIENCE } from './patience.mjs';

const TAPE_BYTES = 1024 * 1024; // of one exchange

export const kinds = {
    'sdk 1.x': { era: 'legacy', v1: true },
    'client 2.x auto': { era: 'modern', negotiation: 'auto' },
    'client 2.x pinned': { era: 'modern', negotiation: { pin: '2026-07-28' } },
    'client 2.x legacy': { era: 'legacy', negotiation: 'legacy' },
};

// What a scene's `clients` may be: all of them, and one of each era where what differs is the era alone.
export const everyClient = Object.keys(kinds);
export const oneAnEra = ['sdk 1.x', 'client 2.x pinned'];

export class Agent {
    tape = []; // { at, out: bytes, status, headers, parts: [bytes] } one an exchange
    links = []; // { url, message, answer }
    completed = []; // ids of notifications/elicitation/complete
    notifications = [];
    #waiting = [];

    // options: { kind, url, key, capabilities, onLink(link) -> 'accept' | 'decline' | 'cancel', headers }
    constructor({ kind = 'client 2.x auto', url, key, capabilities = { elicitation: { url: {} } }, onLink = () => 'accept', headers = {} }) {
        Object.assign(this, { kind, url, key, onLink, era: kinds[kind].era });
        const { v1, negotiation } = kinds[kind];
        const info = { name: 'test-agent', version: '1.0.0' };
        const init = { headers: { ...(key === undefined ? {} : { Authorization: `Bearer ${key}` }), ...headers } };
        this.capabilities = capabilities;
        if (v1) {
            this.client = new ClientV1(info, { capabilities });
            if (capabilities.elicitation) this.client.setRequestHandler(ElicitRequestSchema, (request) => this.#link(request.params));
            if (capabilities.elicitation) {
                this.client.setNotificationHandler(ElicitationCompleteNotificationSchema, (n) => this.#completed(n.params));
            }
        } else {
            this.client = new ClientV2(info, { capabilities, versionNegotiation: { mode: negotiation } });
            if (capabilities.elicitation) this.client.setRequestHandler('elicitation/create', (request) => this.#link(request.params));
            if (capabilities.elicitation) {
                this.client.setNotificationHandler('notifications/elicitation/complete', (n) => this.#completed(n.params));
            }
        }
        this.client.fallbackNotificationHandler = async (n) => { this.notifications.push(n); this.#told(); };
        const Transport = v1 ? TransportV1 : TransportV2;
        this.transport = new Transport(new URL(url), { requestInit: init, fetch: (to, options) => this.#fetch(to, options) });
    }

    async connect() {
        await this.client.connect(this.transport);
        return this;
    }

    async close() {
        await this.client.close().catch(() => {});
    }

    // options as the SDK's: { timeout, signal, onprogress, … }
    call(name, args = {}, options) {
        const params = { name, arguments: args };
        const called = kinds[this.kind].v1 ? this.client.callTool(params, undefined, options) : this.client.callTool(params, options);
        called.catch(() => {}); // a scene that fails before it awaits this must not take the others with it
        return called;
    }

    async tools() {
        return (await this.client.listTools()).tools.map((t) => t.name);
    }

    // Waits for the nth link (from 0) that the client was asked to show.
    link(nth = 0, time = PATIENCE) {
        return this.#nth(this.links, nth, time, 'link');
    }

    // Waits for the nth notifications/elicitation/complete (from 0); gives the id of its elicitation.
    completion(nth = 0, time = PATIENCE) {
        return this.#nth(this.completed, nth, time, 'completion signal');
    }

    async #nth(list, nth, time, what) {
        const end = Date.now() + time;
        while (list.length <= nth) {
            const left = end - Date.now();
            if (left <= 0) throw new Error(`the agent got no ${what} in ${time} ms`);
            await this.#event(left);
        }
        return list[nth];
    }

    // Waits until the agent's tape has at least `count` exchanges for which `is` holds.
    exchanges(is, count = 1, time = PATIENCE) {
        return this.#some(this.tape, is, count, time, 'the exchange never happened');
    }

    // Waits for `count` notifications (those without a handler of their own) with this method.
    notified(method, count = 1, time = PATIENCE) {
        return this.#some(this.notifications, (n) => n.method === method, count, time, `no ${method} came`);
    }

    async #some(list, is, count, time, otherwise) {
        const end = Date.now() + time;
        for (;;) {
            const found = list.filter(is);
            if (found.length >= count) return found;
            const left = end - Date.now();
            if (left <= 0) throw new Error(otherwise);
            await this.#event(left);
        }
    }

    // Waits until everything that the client posted has been answered: a call may be over for its caller before an answer of the
    // client's own has been taken.
    async settled(time = PATIENCE) {
        const end = Date.now() + time;
        const isOpen = (x) => x.method === 'POST' && !x.error && !x.ended && x.status !== 202;
        while (this.tape.some(isOpen)) {
            const left = end - Date.now();
            if (left <= 0) throw new Error(`not answered in ${time} ms: ${this.tape.find(isOpen).out}`);
            await this.#event(left);
        }
    }

    // Everything the agent's side got or holds, as one text: its key too, which is its own.
    get got() {
        return this.gotSince(0);
    }

    gotSince(from) {
        return this.tape.slice(from).map((x) => [x.status, JSON.stringify(x.headers), Buffer.concat(x.parts).toString('latin1')].join('\n')).join('\n');
    }

    get sent() {
        return this.tape.map((x) => x.out).join('\n');
    }

    #event(time) {
        return new Promise((done) => {
            const timer = setTimeout(done, time);
            this.#waiting.push(() => { clearTimeout(timer); done(); });
        });
    }

    #told() {
        for (const waiter of this.#waiting.splice(0)) waiter();
    }

    async #link(params) {
        const link = { url: params.url, message: params.message, mode: params.mode, id: params.elicitationId };
        this.links.push(link);
        this.#told();
        link.answer = await this.onLink(link);
        return { action: link.answer };
    }

    #completed({ elicitationId }) {
        this.completed.push(elicitationId);
        this.#told();
    }

    async #fetch(to, options) {
        const entry = {
            at: Date.now(), method: options?.method ?? 'GET', out: String(options?.body ?? ''), status: 0, headers: [], parts: [], size: 0, ended: false,
        };
        this.tape.push(entry);
        const response = await fetch(to, options).catch((error) => {
            entry.error = String(error);
            this.#told();
            throw error;
        });
        entry.status = response.status;
        entry.headers = [...response.headers];
        this.#told();
        if (!response.body) {
            entry.ended = true;
            return response;
        }
        const tee = new TransformStream({
            transform: (part, controller) => {
                entry.size += part.length;
                if (entry.size <= TAPE_BYTES) entry.parts.push(Buffer.from(part)); // an endless answer must not fill the memory
                this.#told();
                controller.enqueue(part);
            },
            flush: () => { entry.ended = true; this.#told(); },
        });
        const copy = new Response(response.body.pipeThrough(tee), {
            status: response.status, statusText: response.statusText, headers: response.headers,
        });
        Object.defineProperty(copy, 'url', { value: response.url });
        return copy;
    }
}

// The JSON-RPC messages in what came back in one exchange, JSON or SSE.
export function messages(entry) {
    const text = Buffer.concat(entry.parts).toString('utf8');
    const type = entry.headers.find(([n]) => n === 'content-type')?.[1] ?? '';
    if (!type.startsWith('text/event-stream')) {
        try { return [JSON.parse(text)]; } catch { return []; }
    }
    return text.split(/\r?\n\r?\n/).flatMap((event) => {
        const data = event.split(/\r?\n/).filter((l) => l.startsWith('data:')).map((l) => l.slice(5).replace(/^ /, '')).join('\n');
        try { return data ? [JSON.parse(data)] : []; } catch { return []; }
    });
}

export const textOf = (result) => (result.content ?? []).filter((c) => c.type === 'text').map((c) => c.text).join('\n');
