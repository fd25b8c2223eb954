import { textOf } from '../../lib/agent.mjs';

export const name = 'a server that lists without its key is listed without it, and only the call asks';
export const clients = ['sdk 1.x', 'client 2.x auto', 'client 2.x pinned'];

export default async function (t, client) {
    const open = ['initialize', 'notifications/initialized', 'server/discover', 'tools/list', 'prompts/list', 'resources/list'];
    const { key, agent, person } = await t.cast({ client, station: { open } });
    t.ok((await agent.tools()).includes('weather'), 'the tools are listed');
    t.equal(agent.links, [], 'and nobody was asked');
    const call = agent.call('weather', { station: 'hill' });
    await person.give((await agent.link()).url, { 'API key': key });
    t.match(textOf(await call), /Signal hill/, 'the call asks, and goes through');
}
