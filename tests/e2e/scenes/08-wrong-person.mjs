import { textOf } from '../../lib/agent.mjs';
import { says } from '../../lib/person.mjs';

export const name = 'another person who opens the link sees nothing and changes nothing';
export const clients = ['sdk 1.x', 'client 2.x auto', 'client 2.x pinned'];

export default async function (t, client) {
    const { key, sidegate, agent, person } = await t.cast({ client });
    await t.user(sidegate, 'bob');
    const call = agent.call('weather', { station: 'harbour' });
    const link = await agent.link();
    const bob = await t.person(sidegate, { name: 'bob' });
    await bob.open(link.url);
    const page = await bob.text();
    t.match(page, says.notYours, 'a neutral page');
    t.ok(!/weather|laptop|\bana\b/i.test(page), `which tells nothing of the request: ${page}`);
    t.equal(await bob.page.getByLabel('API key').count(), 0, 'and has no field');
    await bob.open(`${bob.site}/inbox`);
    t.ok(!/Weather station/.test(await bob.text()), 'nor is it in that inbox');
    await person.give(link.url, { 'API key': key });
    t.match(textOf(await call), /Harbour wall/, 'its own person finishes it all the same');
}
