import { everyClient, textOf } from '../../lib/agent.mjs';

export const name = 'Sidegate\'s own tools: one starts the handoff before it is needed, one says how it stands';
export const clients = everyClient;

export default async function (t, client) {
    const { key, agent, person } = await t.cast({ client });
    const tools = await agent.tools();
    const connect = tools.find((n) => /connect/.test(n));
    const status = tools.find((n) => /status/.test(n));
    t.ok(connect && status, `both are listed: ${tools}`);
    t.match(textOf(await agent.call(status)), /not connected|missing|no key/i, 'not connected yet');
    const call = agent.call(connect);
    await person.give((await agent.link()).url, { 'API key': key });
    t.ok(!(await call).isError, 'the connecting call ends well');
    t.match(textOf(await agent.call(status)), /connected/i, 'connected now');
    t.match(textOf(await agent.call('weather', { station: 'harbour' })), /Harbour wall/, 'and the call asks nobody');
    t.equal(agent.links.length, 1, 'one question in all');
}
