export const name = 'without an agent key, or with a wrong one, nothing is served: 401 with a challenge, and nothing reaches the server';

export default async function (t) {
    const { station, sidegate } = await t.cast({ agent: null, person: null });
    const key = await sidegate.addKey('ana', 'phone');
    const ask = (authorization, body = { jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } } }) =>
        fetch(sidegate.mcpUrl('weather'), {
            method: 'POST',
            headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...(authorization ? { authorization } : {}) },
            body: JSON.stringify(body),
        });
    for (const [what, value] of Object.entries({
        nothing: undefined, 'another word': 'Basic YTpi', empty: 'Bearer ', 'a made-up key': `Bearer ${'A'.repeat(key.length)}`, 'a cut key': `Bearer ${key.slice(0, -1)}`, 'a longer key': `Bearer ${key}A`,
    })) {
        const response = await ask(value);
        t.equal(response.status, 401, `${what}: refused`);
        t.ok(response.headers.get('www-authenticate'), `${what}: with a challenge`);
        t.ok(!(await response.text()).includes(key), `${what}: nothing repeated`);
    }
    t.equal((await ask(`Bearer ${key}`)).status, 200, 'the right one is served');
    t.equal(station.requests.filter((r) => r.authorised).length, 0, 'nothing authorised reached the server');
}
