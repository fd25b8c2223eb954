import { everyClient } from '../../lib/agent.mjs';

export const name = 'a server that refuses initialize and lists without its key: the client starts with Sidegate\'s own tools';
export const clients = everyClient;

export default async function (t, client) {
    const { station, agent } = await t.cast({ client, person: null });
    const tools = await agent.tools();
    t.ok(tools.length > 0 && !tools.includes('weather'), `Sidegate's own tools: ${tools}`);
    t.match(agent.client.getInstructions() ?? '', /person/i, 'the instructions say to tell the person');
    t.equal(agent.links, [], 'listing asks nobody');
    t.equal(station.requests.filter((r) => r.authorised).length, 0, 'nothing was authorised');
}
