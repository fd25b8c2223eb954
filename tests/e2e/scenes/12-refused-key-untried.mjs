import { textOf } from '../../lib/agent.mjs';
import { says } from '../../lib/person.mjs';

export const name = 'without a way to try it, a wrong key is stored as not tested, and the call that meets the refusal asks again';
export const clients = ['sdk 1.x', 'client 2.x auto', 'client 2.x pinned'];

export default async function (t, client) {
    const { key, station, agent, person } = await t.cast({ client });
    const wrong = t.secret('wrong key');
    const call = agent.call('weather', { station: 'harbour' });
    const first = await agent.link();
    t.match(await person.give(first.url, { 'API key': wrong }), says.untested, 'the page says: stored, not tested');
    const second = await agent.link(1);
    t.ok(second.url !== first.url, 'another handoff');
    await person.open(second.url);
    t.match(await person.text(), says.refused, 'the page says that the server did not accept the key');
    await person.give(second.url, { 'API key': key });
    t.match(textOf(await call), /Harbour wall/, 'and the call goes through');
    t.equal(station.seen('tools/call', 'weather').filter((c) => c.authorised).length, 1, 'once');
}
