import { everyClient, textOf } from '../../lib/agent.mjs';

export const name = 'a client that gave up finds the same handoff on its next call';
export const clients = everyClient;

export default async function (t, client) {
    const { key, station, agent, person } = await t.cast({ client });
    const patience = new AbortController();
    const given = agent.call('weather', { station: 'harbour' }, { signal: patience.signal });
    await agent.link();
    patience.abort(new Error('too long for me'));
    t.match(String(await t.fails(given, 'the call')), /too long for me/, 'the client gave up');
    const again = agent.call('weather', { station: 'harbour' });
    const link = await agent.link(1);
    t.equal(link.url, agent.links[0].url, 'the same handoff');
    await person.give(link.url, { 'API key': key });
    t.match(textOf(await again), /Harbour wall/, 'the second call goes through');
    t.equal(station.seen('tools/call', 'weather').filter((c) => c.authorised).length, 1, 'the first one was not sent');
}
