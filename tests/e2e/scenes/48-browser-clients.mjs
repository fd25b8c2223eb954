import { createServer } from 'node:http';
import { modern } from '../../lib/raw.mjs';
import { startBrowser } from '../../lib/person.mjs';

export const name = 'browser clients: a page of an allowed origin calls and reads, one of another does neither; OPTIONS needs no key';

// An empty page of an origin of its own, in Chromium.
async function page(t) {
    const server = createServer((req, res) => res.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>A client</title>'));
    await new Promise((done) => { server.listen(0, '127.0.0.1', done); });
    t.later(() => { server.close(); server.closeAllConnections(); });
    const context = await (await startBrowser()).newContext();
    t.later(() => context.close());
    const tab = await context.newPage();
    const origin = `http://localhost:${server.address().port}`;
    await tab.goto(origin);
    return { tab, origin };
}

// A call as a client in a page makes it. Gives { status, text, session } or { failed }.
const callFrom = (tab, url, key, body) => tab.evaluate(async ([to, bearer, message]) => {
    try {
        const response = await fetch(to, {
            method: 'POST',
            headers: {
                authorization: `Bearer ${bearer}`, 'content-type': 'application/json', accept: 'application/json, text/event-stream',
                'mcp-protocol-version': '2026-07-28', 'mcp-method': message.method, 'mcp-name': message.params.name,
            },
            body: JSON.stringify(message),
        });
        return { status: response.status, text: await response.text(), challenge: response.headers.get('www-authenticate') };
    } catch (error) {
        return { failed: String(error) };
    }
}, [url, key, body]);

export default async function (t) {
    const [mine, foreign] = [await page(t), await page(t)];
    const { origin } = mine;
    const { station, sidegate } = await t.cast({ agent: null, person: null, station: { check: () => true }, credential: null, sidegate: { gateway: { origins: [origin] } } });
    const url = sidegate.mcpUrl('weather');
    const ask = (from, wanted = 'authorization,content-type,mcp-protocol-version,mcp-method,mcp-name,mcp-session-id,last-event-id') => fetch(url, {
        method: 'OPTIONS', headers: { origin: from, 'access-control-request-method': 'POST', 'access-control-request-headers': wanted },
    });
    const good = await ask(origin);
    t.ok(good.status === 204 || good.status === 200, `preflight: ${good.status}`);
    t.equal(good.headers.get('access-control-allow-origin'), origin, 'the origin by name, never *');
    const allowed = (good.headers.get('access-control-allow-headers') ?? '').toLowerCase();
    for (const name of ['authorization', 'content-type', 'mcp-protocol-version', 'mcp-method', 'mcp-name', 'mcp-session-id', 'last-event-id']) {
        t.ok(allowed.includes(name), `allows ${name}: ${allowed}`);
    }
    t.match(good.headers.get('vary') ?? '', /origin/i, 'caches are told');
    const bad = await ask('http://evil.example');
    t.equal(bad.headers.get('access-control-allow-origin'), null, 'another origin gets nothing');
    const unknown = await fetch(url, { method: 'POST', headers: { origin, 'content-type': 'application/json' }, body: '{}' });
    t.equal(unknown.status, 401, 'without a key');
    t.equal(unknown.headers.get('access-control-allow-origin'), origin, 'the client may read why');
    t.match(unknown.headers.get('access-control-expose-headers') ?? '', /www-authenticate/i, 'and the challenge');

    const key = await sidegate.addKey('ana', 'page');
    const call = modern('tools/call', { name: 'note', arguments: { text: 'from a page' } });
    const done = await callFrom(mine.tab, url, key, call);
    t.equal(done.status, 200, `a page of the allowed origin: ${JSON.stringify(done)}`);
    t.match(done.text, /Noted as line 1/, 'reads the answer');
    const wrong = await callFrom(mine.tab, url, 'no-key', call);
    t.equal(wrong.status, 401, 'with a wrong key it reads why not');
    t.match(wrong.challenge ?? '', /^Bearer /, 'and the challenge');
    const refused = await callFrom(foreign.tab, url, key, call);
    t.match(refused.failed ?? JSON.stringify(refused), /Failed to fetch/, 'a page of another origin gets nothing');
    t.equal(station.book, ['from a page'], 'and its call never arrived');
}
