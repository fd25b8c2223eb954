export const name = 'browser clients: an allowed origin gets CORS answers, also without a key for OPTIONS; another gets none';

export default async function (t) {
    const origin = 'http://localhost:6274';
    const { sidegate } = await t.cast({ agent: null, person: null, sidegate: { gateway: { origins: [origin] } } });
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
}
