import { textOf } from '../../lib/agent.mjs';
import { says, send } from '../../lib/person.mjs';

export const name = 'a handoff that nobody finishes expires: the call ends, the page says so, nothing is stored';
export const clients = ['sdk 1.x', 'client 2.x auto', 'client 2.x pinned'];

export default async function (t, client) {
    const { station, agent, person } = await t.cast({ client, limits: { handoff_time: 12_000 } });
    await person.open(`${person.site}/inbox`); // logged in, so that only the form has to be open before the time is over
    const call = agent.call('weather', { station: 'harbour' });
    const link = await agent.link();
    await person.open(link.url);
    const result = await call;
    t.equal(result.isError, true, 'the call ends as an error');
    t.match(textOf(result), /expired|time/i, 'and says why');
    await person.fill({ 'API key': 'sk_too_late_0123456789' });
    await person.press(send);
    t.match(await person.text(), says.expired, 'the page says so, even to a form that was open');
    const again = agent.call('weather', { station: 'harbour' });
    t.ok((await agent.link(1)).url !== link.url, 'the next call opens another');
    agent.onLink = () => 'decline';
    await again;
    t.equal(station.seen('tools/call').filter((c) => c.headers.some(([, v]) => v.includes('sk_too_late'))).length, 0, 'the late key went nowhere');
}
