import { everyClient, textOf } from '../../lib/agent.mjs';

export const name = 'the next call asks nobody, and the lists are the server\'s own then';
export const clients = everyClient;

export default async function (t, client) {
    const { key, station, agent, person } = await t.cast({ client });
    const first = agent.call('note', { text: 'gale warning' });
    await person.give((await agent.link()).url, { 'API key': key });
    t.match(textOf(await first), /line 1/, 'the first call');
    t.match(textOf(await agent.call('note', { text: 'wind easing' })), /line 2/, 'the second call');
    t.equal(station.book, ['gale warning', 'wind easing'], 'each call arrived once');
    t.equal(agent.links.length, 1, 'the person was asked once');
    const tools = await agent.tools();
    for (const tool of ['weather', 'note', 'forecast']) t.ok(tools.includes(tool), `the list has ${tool}: ${tools}`);
}
