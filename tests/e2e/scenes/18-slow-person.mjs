import { everyClient, textOf } from '../../lib/agent.mjs';

export const name = 'a slow person: a modern call goes on leg by leg without asking twice; a legacy one ends, and its client is told when the person is done';
export const clients = everyClient;

export default async function (t, client) {
    const { key, agent, person } = await t.cast({ client, limits: { hold_time: 3_000, comment_time: 300 } });
    await person.open(`${person.site}/inbox`); // logged in: the nine legs are for the person, and not for a busy machine
    const call = agent.call('weather', { station: 'harbour' });
    const link = await agent.link();
    if (agent.era === 'modern') {
        await agent.exchanges((x) => x.out.includes('requestState') && x.ended, 2);
        t.equal(agent.links.length, 1, 'the person was asked once over all legs');
        await person.give(link.url, { 'API key': key });
        t.match(textOf(await call), /Harbour wall/, 'the call goes through');
        return;
    }
    const result = await call;
    t.equal(result.isError, true, 'the call ends after its time');
    t.equal(agent.completed, [], 'nothing is done yet');
    await person.give(link.url, { 'API key': key });
    // No call is open: it comes on the session's own stream.
    t.equal(await agent.completion(), link.id, 'the client is told when it is');
    t.match(textOf(await agent.call('weather', { station: 'harbour' })), /Harbour wall/, 'the next call goes through');
    t.equal(agent.links.length, 1, 'without asking again');
}
