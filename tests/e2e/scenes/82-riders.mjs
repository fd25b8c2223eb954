import { once } from 'node:events';
import { PATIENCE } from '../../lib/patience.mjs';
import { upstreamConfig } from '../../lib/sidegate.mjs';
import { MODERN, callTool } from '../../lib/wire.mjs';
import { Upstream, header } from '../../upstreams/lib.mjs';

export const name = 'a stream ends with the lease or the agent key that it rides on, or with the keeper, and begins again with the next call; a removed agent key takes sessions and streams with it';
export const clients = ['sdk 1.x', 'client 2.x legacy', 'raw modern'];

const closed = (entry) => (entry.socket.destroyed ? undefined : once(entry.socket, 'close', { signal: AbortSignal.timeout(PATIENCE) }));

async function legacy(t, client) {
    const { key, station, sidegate, agent, person } = await t.cast({ client, credential: { lease: { kind: 'task', uses: 3, time: 600_000 } } });
    const feeds = () => station.seen('GET').filter((r) => r.authorised);
    const first = agent.call('weather', { station: 'hill' });
    await person.give((await agent.link()).url, { 'API key': key });
    await first;
    await station.untilAny((r) => r.method === 'GET' && r.authorised);
    t.equal(feeds().length, 1, 'the first call brings a feed for the stream that the client opened before');
    t.ok(!feeds()[0].socket.destroyed, 'which stays while the lease lasts');
    await killKeeper(sidegate, sidegate.mcpUrl('weather'), agent.key);
    await closed(feeds()[0]);
    await agent.call('weather', { station: 'harbour' });
    await station.untilAny((r) => r.method === 'GET' && r.authorised, 2);
    await agent.call('weather', { station: 'harbour' });
    await closed(feeds()[1]);
    const fourth = agent.call('weather', { station: 'hill' });
    await person.give((await agent.link(1)).url, { 'API key': key });
    t.ok(!(await fourth).isError, 'the next call goes through');
    await agent.notified('notifications/tools/list_changed', 2); // on the client's own stream, which was open all the time
    await station.untilAny((r) => r.method === 'GET' && r.authorised, 3);
    const again = feeds()[2];
    const own = await openStream(sidegate.mcpUrl('weather'), agent.key);
    t.equal((await sidegate.cli('key', 'remove', await keyId(sidegate))).status, 0, 'the agent key is removed');
    await closed(again);
    await own.text();
    t.equal((await fetch(sidegate.mcpUrl('weather'), { headers: own.with })).status, 401, "the client's own stream has ended too, and none can be opened");
}

// A session with the client's own stream, which nothing but the gateway ends.
async function openStream(url, key) {
    const from = { authorization: `Bearer ${key}`, accept: 'application/json, text/event-stream' };
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } };
    const hello = await fetch(url, { method: 'POST', headers: { ...from, 'content-type': 'application/json' }, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params }) });
    await hello.text();
    const headers = { ...from, 'mcp-protocol-version': '2025-11-25', 'mcp-session-id': hello.headers.get('mcp-session-id') };
    const stream = await fetch(url, { headers });
    if (stream.status !== 200) throw new Error(`no stream: ${stream.status}`);
    return { with: headers, text: () => stream.text() };
}

// And waits until the gateway has the next one: it knows the key then, and refuses what lacks a session.
async function killKeeper(sidegate, url, key) {
    const from = sidegate.log.length;
    process.kill(sidegate.pidOf('keeper'), 'SIGKILL');
    await sidegate.logged(/process_ready name="keeper"/, PATIENCE, from);
    const ask = async () => (await fetch(url, { headers: { authorization: `Bearer ${key}`, accept: 'text/event-stream' } })).status;
    for (const end = Date.now() + PATIENCE; (await ask()) === 503 && Date.now() < end;);
}

async function keyId(sidegate) {
    return (await sidegate.cli('key', 'list')).stdout.match(/[0-9a-f]{32}|[\w-]{22}/)[0];
}

// A listen of the modern era, at a server that needs its key and holds the stream open.
async function modern(t) {
    const key = t.secret();
    const upstream = new Upstream((req, res, entry) => {
        if (header(entry, 'authorization') !== `Bearer ${key}`) return void res.writeHead(401).end();
        if (entry.rpc !== 'subscriptions/listen') {
            res.writeHead(200, { 'content-type': 'application/json' });
            return void res.end(JSON.stringify({ jsonrpc: '2.0', id: entry.message.id, result: { resultType: 'complete', content: [] } }));
        }
        res.writeHead(200, { 'content-type': 'text/event-stream' });
        res.write(`data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' })}\n\n`);
    });
    await upstream.start();
    t.later(() => upstream.stop());
    const sidegate = await t.sidegate({ upstreams: { lists: upstreamConfig(upstream.url, { credential: { lease: { kind: 'keep' } } }) } });
    const person = await t.person(sidegate);
    const agentKey = await sidegate.addKey('ana', 'laptop');
    const url = sidegate.mcpUrl('lists');
    const { message } = await callTool(url, agentKey, 'any', {}, { onLink: (link) => person.give(link, { 'API key': key }).then(() => 'accept') });
    t.ok(message.result, 'there is a connection');
    const params = { _meta: { 'io.modelcontextprotocol/protocolVersion': MODERN, 'io.modelcontextprotocol/clientInfo': { name: 'x', version: '1' }, 'io.modelcontextprotocol/clientCapabilities': {} } };
    const listening = await fetch(url, {
        method: 'POST',
        headers: { authorization: `Bearer ${agentKey}`, 'content-type': 'application/json', accept: 'application/json, text/event-stream', 'mcp-protocol-version': MODERN, 'mcp-method': 'subscriptions/listen' },
        body: JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'subscriptions/listen', params: { ...params, notifications: { toolsListChanged: true } } }),
    });
    t.equal(listening.status, 200, 'it listens');
    const text = listening.text();
    const [entry] = await upstream.until('subscriptions/listen');
    t.equal((await sidegate.cli('key', 'remove', await keyId(sidegate))).status, 0, 'the agent key is removed');
    await closed(entry);
    t.match(await text, /list_changed[\s\S]*"id":7,"error"/, 'what came came, then the stream ended');
}

export default async function (t, client) {
    await (client === 'raw modern' ? modern(t) : legacy(t, client));
}
