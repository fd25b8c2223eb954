import { textOf } from '../../lib/agent.mjs';

export const name = 'a modern call is held for its number of legs, then ends with a plain result before the client\'s own limit';
export const clients = ['client 2.x auto', 'client 2.x pinned'];

export default async function (t, client) {
    const { key, agent, person } = await t.cast({ client, limits: { hold_time: 300, comment_time: 100 } });
    const result = await agent.call('weather', { station: 'harbour' });
    t.equal(result.isError, true, 'a final result, no exception from the client');
    t.match(textOf(result), /call .*again/i, 'it says to call again');
    const again = agent.call('weather', { station: 'harbour' });
    const link = await agent.link(1);
    t.equal(link.url, agent.links[0].url, 'the same handoff');
    await person.give(link.url, { 'API key': key });
    await again; // its nine legs may have been over before the person was done
    t.match(textOf(await agent.call('weather', { station: 'harbour' })), /Harbour wall/, 'the next call goes through');
}
