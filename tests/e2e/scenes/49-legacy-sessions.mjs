export const name = 'legacy sessions: an id is given, belongs to its key, ends with DELETE, and an unknown one is 404';

export default async function (t) {
    const { sidegate } = await t.cast({ agent: null, person: null });
    const [mine, other] = [await sidegate.addKey('ana', 'one'), await sidegate.addKey('ana', 'two')];
    const ask = (key, body, headers = {}, method = 'POST') => fetch(sidegate.mcpUrl('weather'), {
        method,
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
        body: body && JSON.stringify(body),
    });
    const initialize = { jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } } };
    const first = await ask(mine, initialize);
    const id = first.headers.get('mcp-session-id');
    t.match(id ?? '', /^[\x21-\x7e]{22,}$/, 'an id that cannot be guessed');
    const session = { 'mcp-session-id': id, 'mcp-protocol-version': '2025-11-25' };
    const ping = { jsonrpc: '2.0', id: 2, method: 'ping' };
    t.equal((await ask(mine, { jsonrpc: '2.0', method: 'notifications/initialized' }, session)).status, 202, 'a notification');
    t.equal((await ask(mine, ping, session)).status, 200, 'a request');
    t.equal((await ask(other, ping, session)).status, 404, 'another key does not get in, and learns nothing');
    t.equal((await ask(mine, ping, { ...session, 'mcp-session-id': id.slice(0, -1) + (id.endsWith('A') ? 'B' : 'A') })).status, 404, 'a changed id');
    t.equal((await ask(mine, ping, { 'mcp-protocol-version': '2025-11-25' })).status, 400, 'no id');
    t.equal((await ask(mine, ping, { ...session, 'mcp-protocol-version': '1999-01-01' })).status, 400, 'an unknown version');
    t.ok([200, 202, 204].includes((await ask(mine, undefined, session, 'DELETE')).status), 'DELETE ends it');
    t.equal((await ask(mine, ping, session)).status, 404, 'then it is unknown');
    const old = await (await ask(mine, { ...initialize, params: { ...initialize.params, protocolVersion: '1999-01-01' } })).text();
    t.match(old, /2025-11-25/, 'an unknown version is answered with one that is known');
}
