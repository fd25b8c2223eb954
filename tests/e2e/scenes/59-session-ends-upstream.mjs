import { header } from '../../upstreams/lib.mjs';

export const name = 'a client that ends its session ends the server\'s too, once, with the credential';
export const clients = ['sdk 1.x', 'client 2.x legacy'];

export default async function (t, client) {
    const { key, station, agent, person } = await t.cast({ client });
    const call = agent.call('weather', { station: 'hill' });
    await person.give((await agent.link()).url, { 'API key': key });
    await call;
    const used = header(station.seen('tools/call').at(-1), 'mcp-session-id');
    t.ok(used, 'the server gave a session');
    await agent.transport.terminateSession();
    await station.until('DELETE');
    t.equal(station.seen('DELETE').map((r) => [header(r, 'mcp-session-id'), r.authorised]), [[used, true]], 'ended by one DELETE');
    await t.fails(agent.call('weather', { station: 'hill' }), 'a call afterwards');
    t.equal(station.seen('DELETE').length, 1, 'still one');
    t.ok(!agent.got.includes(used), 'the client never saw that session\'s id');
}
