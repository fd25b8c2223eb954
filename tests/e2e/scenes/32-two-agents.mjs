import { textOf } from '../../lib/agent.mjs';

export const name = 'agents with the same message ids at the same time each get their own answers, and each person their own questions';
export const clients = ['sdk 1.x', 'client 2.x auto', 'client 2.x pinned'];

export default async function (t, client) {
    const { key, sidegate, agent, person } = await t.cast({ client });
    await t.user(sidegate, 'bob');
    const other = await t.agent(sidegate, { kind: client, user: 'bob', label: 'desk' });
    const bob = await t.person(sidegate, { name: 'bob' });
    const calls = [agent.call('weather', { station: 'harbour' }), other.call('weather', { station: 'hill' })];
    const [mine, his] = [await agent.link(), await other.link()];
    t.ok(mine.url !== his.url, 'two handoffs');
    await person.give(mine.url, { 'API key': key });
    t.match(textOf(await calls[0]), /Harbour wall/, 'hers');
    await bob.give(his.url, { 'API key': key });
    t.match(textOf(await calls[1]), /Signal hill/, 'his');
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 ? agent : other).call('weather', { station: i % 2 ? 'harbour' : 'hill' })
        .then((r) => textOf(r).startsWith(i % 2 ? 'Harbour' : 'Signal'))));
    t.ok(answers.every(Boolean), 'every answer went to whoever asked');
}
