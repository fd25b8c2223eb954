import { once } from 'node:events';
import { PATIENCE } from '../../lib/patience.mjs';

export const name = 'completion, the log level and cancelling reach the server, and what the server says of them reaches the client';
export const clients = ['sdk 1.x', 'client 2.x pinned', 'client 2.x legacy'];

export default async function (t, client) {
    const { key, station, agent, person } = await t.cast({ client });
    const first = agent.call('weather', { station: 'harbour' });
    await person.give((await agent.link()).url, { 'API key': key });
    await first;
    // A legacy session lasts over the handoff: its lists are others now.
    if (agent.era === 'legacy') await agent.notified('notifications/tools/list_changed');

    const { completion } = await agent.client.complete({ ref: { type: 'ref/prompt', name: 'watch' }, argument: { name: 'officer', value: 'An' } });
    t.equal(completion.values, ['Ana', 'Anders'], 'the server completes');
    t.equal(station.seen('completion/complete').map((r) => r.authorised), [true], 'with the key');

    // Legacy sets it for the session, modern says it with each request.
    if (agent.era === 'legacy') await agent.client.setLoggingLevel('warning');
    const params = { name: 'lookout', arguments: {}, ...(agent.era === 'modern' ? { _meta: { 'io.modelcontextprotocol/logLevel': 'warning' } } : {}) };
    const stop = new AbortController();
    const options = { signal: stop.signal, timeout: PATIENCE };
    const call = client === 'sdk 1.x' ? agent.client.callTool(params, undefined, options) : agent.client.callTool(params, options);
    call.catch(() => {});
    t.equal((await agent.notified('notifications/message')).map((n) => [n.params.level, n.params.data]), [['warning', 'the lookout is up']], 'what is at that level comes, and nothing below it');
    t.equal(station.lookouts.map((signal) => signal.aborted), [false], 'the server is at work');
    stop.abort('enough');
    t.match(String(await t.fails(call, 'the call')), /abort|cancel|enough/i, 'the client has given up');
    if (!station.lookouts[0].aborted) await once(station.lookouts[0], 'abort', { signal: AbortSignal.timeout(PATIENCE) });
    t.ok(!(await agent.call('weather', { station: 'hill' })).isError, 'the next call goes through');
    t.equal(agent.links.length, 1, 'nobody was asked again');
}
