import { everyClient, textOf } from '../../lib/agent.mjs';
import { freePort } from '../../lib/sidegate.mjs';
import { upstreamConfig } from '../../lib/sidegate.mjs';
import { start as startStation } from '../../upstreams/station.mjs';

export const name = 'a server that is down at the start: Sidegate and the client start all the same, and work once it is up';
export const clients = everyClient;

export default async function (t, client) {
    const key = t.secret();
    const port = await freePort();
    const sidegate = await t.sidegate({ upstreams: { weather: upstreamConfig(`http://127.0.0.1:${port}/mcp`) } });
    const agent = await t.agent(sidegate, { kind: client });
    const tools = await agent.tools();
    t.ok(tools.length > 0 && tools.every((n) => /sidegate|connect|status/i.test(n)), `only Sidegate's own tools: ${tools}`);
    const person = await t.person(sidegate);
    const call = agent.call('weather', { station: 'harbour' });
    const { url } = await agent.link();
    await person.give(url, { 'API key': key });
    const failed = await call.then((v) => v, (error) => ({ isError: true, content: [{ type: 'text', text: String(error) }] }));
    t.equal(failed.isError, true, 'the call fails, since the server is down');
    t.match(textOf(failed), /reach|down|unavailable|connect/i, 'and says so');
    const station = await startStation({ key, port });
    t.later(() => station.stop());
    t.match(textOf(await agent.call('weather', { station: 'harbour' })), /Harbour wall/, 'works once it is up');
    t.equal(agent.links.length, 1, 'the key was not asked for again');
    t.ok((await agent.tools()).includes('weather'), 'and the list is the server\'s');
}
