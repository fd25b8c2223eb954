import { textOf } from '../../lib/agent.mjs';

export const name = 'prompts have a budget: an agent that keeps asking is told to stop, the person is left alone, and other agents may ask';
export const clients = ['sdk 1.x', 'client 2.x auto', 'client 2.x pinned'];

export default async function (t, client) {
    const { agent, person, sidegate } = await t.cast({
        client, limits: { prompts_per_hour: 2, upstream_prompts_per_hour: 2 }, agent: { onLink: () => 'decline' },
    });
    await agent.call('weather', { station: 'harbour' });
    await agent.call('weather', { station: 'harbour' });
    const third = await agent.call('weather', { station: 'harbour' }).catch((error) => ({ isError: true, content: [{ type: 'text', text: String(error) }] }));
    t.equal(third.isError, true, 'the third is refused');
    t.match(textOf(third), /too (many|often)|later|limit/i, 'and says why');
    t.equal(agent.links.length, 2, 'without another link');
    await person.open(`${person.site}/inbox`);
    t.equal(await person.page.locator('a[href*="/h/"]').count(), 0, 'and nothing waits in the inbox');

    const other = await t.agent(sidegate, { kind: client, label: 'phone', onLink: () => 'decline' });
    await other.call('weather', { station: 'harbour' });
    t.equal(other.links.length, 1, 'another agent of the same person is still given a link');
}
