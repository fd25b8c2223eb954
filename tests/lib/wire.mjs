// An agent and a person without SDK and browser, for tests that do thousands of steps: plain HTTP, as the protocols say.

export const MODERN = '2026-07-28';

// One modern request. Gives { status, headers, message }: the JSON-RPC message with the request's id, from JSON or SSE, or undefined.
export async function request(url, key, method, params = {}, { id = 1, signal, capabilities = { elicitation: { url: {} } } } = {}) {
    const name = params.name ?? params.uri;
    const response = await fetch(url, {
        method: 'POST',
        signal,
        headers: {
            Authorization: `Bearer ${key}`,
            'Content-Type': 'application/json',
            Accept: 'application/json, text/event-stream',
            'MCP-Protocol-Version': MODERN,
            'Mcp-Method': method,
            ...(name === undefined ? {} : { 'Mcp-Name': name }),
        },
        body: JSON.stringify({
            jsonrpc: '2.0',
            id,
            method,
            params: {
                ...params,
                _meta: {
                    'io.modelcontextprotocol/protocolVersion': MODERN,
                    'io.modelcontextprotocol/clientInfo': { name: 'wire', version: '1' },
                    'io.modelcontextprotocol/clientCapabilities': capabilities,
                    ...params._meta,
                },
            },
        }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, message: messagesIn(response.headers.get('content-type') ?? '', text).find((m) => m.id === id) };
}

function messagesIn(type, text) {
    const texts = type.startsWith('text/event-stream')
        ? text.split(/\r?\n\r?\n/).map((e) => e.split(/\r?\n/).filter((l) => l.startsWith('data:')).map((l) => l.slice(5)).join('\n'))
        : [text];
    return texts.flatMap((t) => {
        try { return [JSON.parse(t)]; } catch { return []; }
    });
}

// Calls a tool as a modern client does: shows links to onLink(url) and goes on until there is a final message.
export async function callTool(url, key, name, args, { onLink, signal, legs = 10 } = {}) {
    let params = { name, arguments: args };
    for (let leg = 0; leg <= legs; leg++) {
        const { status, message } = await request(url, key, 'tools/call', params, { id: leg + 1, signal });
        const result = message?.result;
        if (result?.resultType !== 'input_required') return { status, message, legs: leg };
        const inputResponses = {};
        for (const [k, ask] of Object.entries(result.inputRequests ?? {})) {
            inputResponses[k] = { action: await onLink(ask.params.url) ?? 'accept' };
        }
        params = { name, arguments: args, requestState: result.requestState, ...(result.inputRequests ? { inputResponses } : {}) };
    }
    throw new Error('too many legs');
}

// The person's browser, as far as forms go.
export class PlainPerson {
    cookies = new Map();
    tape = []; // { method, path, status, headers, text } one an exchange

    constructor({ site, name, password }) {
        Object.assign(this, { site, name, password });
    }

    async #fetch(path, form) {
        const response = await fetch(new URL(path, this.site), {
            method: form ? 'POST' : 'GET',
            redirect: 'manual',
            headers: {
                Cookie: [...this.cookies].map(([n, v]) => `${n}=${v}`).join('; '),
                ...(form ? { Origin: this.site, 'Sec-Fetch-Site': 'same-origin', 'Content-Type': 'application/x-www-form-urlencoded' } : {}),
            },
            body: form ? new URLSearchParams(form).toString() : undefined,
        });
        for (const line of response.headers.getSetCookie()) {
            const [, n, v] = /^([^=]+)=([^;]*)/.exec(line);
            if (v === '' || /max-age=0/i.test(line)) this.cookies.delete(n);
            else this.cookies.set(n, v);
        }
        const text = await response.text();
        this.tape.push({ method: form ? 'POST' : 'GET', path: String(path), status: response.status, headers: [...response.headers], text });
        return { status: response.status, location: response.headers.get('location'), text };
    }

    // Follows redirects; logs in where that is asked for.
    async open(path) {
        let page = await this.#fetch(path);
        for (let hops = 0; page.location && hops < 6; hops++) {
            const to = page.location;
            page = await this.#fetch(to);
            if (new URL(to, this.site).pathname !== '/login') continue;
            page = await this.#fetch('/login', { ...hidden(page.text), name: this.name, password: this.password });
        }
        return page;
    }

    // Opens the link and gives the values by the fields' order on the page. Gives the page afterwards.
    async give(path, values, { password = this.password } = {}) {
        const page = await this.open(path);
        const form = /<form[^>]*class="give"[\s\S]*?<\/form>/.exec(page.text)?.[0];
        if (!form) return page;
        const names = [...form.matchAll(/<input id="([^"]+)" name="([^"]+)"/g)].map((m) => m[2]).filter((n) => n !== 'password');
        const fields = Object.fromEntries(names.map((n, i) => [n, values[i]]));
        let after = await this.#fetch(new URL(path, this.site).pathname, { ...hidden(form), ...fields, password });
        if (after.location) after = await this.open(after.location);
        return after;
    }

    // Presses a button that stands alone in its form: that form's address, such as "/logout".
    async press(page, action) {
        const form = new RegExp(`<form[^>]*action="${action}"[\\s\\S]*?</form>`).exec(page.text)?.[0];
        if (!form) throw new Error(`no form ${action} on the page "${title(page)}"`);
        const after = await this.#fetch(action, hidden(form));
        return after.location ? this.open(after.location) : after;
    }
}

function hidden(html) {
    return Object.fromEntries([...html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map((m) => [m[1], m[2]]));
}

export const title = (page) => /<h1>([^<]*)<\/h1>/.exec(page.text)?.[1] ?? '';
