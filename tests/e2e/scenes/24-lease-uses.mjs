import { oneAnEra, textOf } from '../../lib/agent.mjs';

export const name = 'leases: once is one call, task is so many calls, keep lasts';
export const clients = oneAnEra;

export default async function (t, client) {
    for (const [lease, free] of [[{ kind: 'once' }, 1], [{ kind: 'task', uses: 3, time: 600_000 }, 3], [{ kind: 'keep' }, 6]]) {
        const { key, agent, person } = await t.cast({ client, credential: { lease } });
        const first = agent.call('note', { text: '1' });
        await person.give((await agent.link()).url, { 'API key': key });
        t.match(textOf(await first), /line 1/, `${lease.kind}: the first call`);
        for (let i = 2; i <= free; i++) t.match(textOf(await agent.call('note', { text: String(i) })), new RegExp(`line ${i}`), `${lease.kind}: call ${i}`);
        t.equal(agent.links.length, 1, `${lease.kind}: asked once for ${free} calls`);
        if (lease.kind === 'keep') continue;
        agent.onLink = () => 'cancel';
        t.equal((await agent.call('note', { text: 'more' })).isError, true, `${lease.kind}: the next call asks again`);
        t.equal(agent.links.length, 2, `${lease.kind}: with another link`);
    }
}
