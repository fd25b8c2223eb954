import { textOf } from '../../lib/agent.mjs';

export const name = 'a slow person: a modern call goes on leg by leg without asking twice; a legacy one ends, and the next finds the same handoff';
export const clients = ['sdk 1.x', 'client 2.x auto', 'client 2.x pinned'];

export default async function (t, client) {
    const { key, agent, person } = await t.cast({ client, limits: { hold_time: 1_000, comment_time: 300 } });
    const call = agent.call('weather', { station: 'harbour' });
    const link = await agent.link();
    if (agent.era === 'modern') {
        await agent.exchanges((x) => x.out.includes('requestState') && x.ended, 3);
        t.equal(agent.links.length, 1, 'the person was asked once over all legs');
        await person.give(link.url, { 'API key': key });
        t.match(textOf(await call), /Harbour wall/, 'the call goes through');
        return;
    }
    const result = await call;
    t.equal(result.isError, true, 'the call ends after its time');
    const again = agent.call('weather', { station: 'harbour' });
    t.equal((await agent.link(1)).url, link.url, 'the same handoff');
    await person.give(link.url, { 'API key': key });
    await again; // it was held for a second, which may not have been enough for the person
    t.match(textOf(await agent.call('weather', { station: 'harbour' })), /Harbour wall/, 'the next call goes through');
}
