import { textOf } from '../../lib/agent.mjs';
import { says, send } from '../../lib/person.mjs';

export const name = 'a key that the server refuses when tried is refused on the page, and the right one then works';
export const clients = ['sdk 1.x', 'client 2.x auto', 'client 2.x pinned'];

export default async function (t, client) {
    const { key, station, agent, person } = await t.cast({ client, upstream: { credential: { verify: { method: 'tools/list' } } } });
    const wrong = t.secret('wrong key');
    const call = agent.call('weather', { station: 'harbour' });
    await person.open((await agent.link()).url);
    await person.fill({ 'API key': wrong });
    await person.press(send);
    t.match(await person.text(), says.refused, 'the page says that the server did not accept it');
    t.ok(!(await person.page.content()).includes(wrong), 'without showing it');
    await person.fill({ 'API key': key });
    await person.press(send);
    t.match(await person.text(), says.done, 'the right one is taken');
    t.match(textOf(await call), /Harbour wall/, 'and the call goes through');
    t.equal(station.seen('tools/call', 'weather').filter((c) => c.authorised).length, 1, 'once');
    t.equal(agent.links.length, 1, 'the agent noticed nothing of it');
}
