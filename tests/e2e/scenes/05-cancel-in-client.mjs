import { everyClient, textOf } from '../../lib/agent.mjs';

export const name = 'cancelling in the client leaves the handoff in the inbox, and the next call finds the same one';
export const clients = everyClient;

export default async function (t, client) {
    const answers = ['cancel', 'accept'];
    const { key, agent, person } = await t.cast({ client, agent: { onLink: () => answers.shift() } });
    const result = await agent.call('weather', { station: 'harbour' });
    t.equal(result.isError, true, 'the call ends');
    await person.open(`${person.site}/inbox`);
    t.match(await person.text(), /Weather station/, 'the inbox still has the request');
    const again = agent.call('weather', { station: 'harbour' });
    const link = await agent.link(1);
    t.equal(link.url, agent.links[0].url, 'the same handoff');
    await person.give(link.url, { 'API key': key });
    t.match(textOf(await again), /Harbour wall/, 'the second call goes through');
}
