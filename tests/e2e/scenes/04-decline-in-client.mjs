import { everyClient, textOf } from '../../lib/agent.mjs';

export const name = 'declining in the client ends the handoff and the call';
export const clients = everyClient;

export default async function (t, client) {
    const { station, agent, person } = await t.cast({ client, agent: { onLink: () => 'decline' } });
    const result = await agent.call('weather', { station: 'harbour' });
    t.equal(result.isError, true, 'the call ends as an error');
    t.match(textOf(result), /declined/i, 'and says why');
    await person.open(agent.links[0].url);
    t.match(await person.text(), /declined/i, 'the page knows it too');
    t.equal(await person.page.getByLabel('API key').count(), 0, 'and takes no key any more');
    t.equal(station.seen('tools/call').filter((c) => c.authorised).length, 0, 'nothing authorised reached the server');
}
