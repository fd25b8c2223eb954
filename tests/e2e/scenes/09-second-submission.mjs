import { oneAnEra, textOf } from '../../lib/agent.mjs';
import { says, send } from '../../lib/person.mjs';

export const name = 'two tabs: the second submission is told that it is done already, and changes nothing';
export const clients = oneAnEra;

export default async function (t, client) {
    const { key, station, agent, person } = await t.cast({ client });
    const call = agent.call('weather', { station: 'harbour' });
    const { url } = await agent.link();
    const other = await person.newTab();
    await person.open(url);
    await person.open(url, other);
    await person.fill({ 'API key': 'sk_second_0123456789abcdef' }, { page: other });
    await person.fill({ 'API key': key });
    await person.press(send);
    t.match(await person.text(), says.done, 'the first tab is done');
    await person.press(send, other);
    t.match(await person.text(other), says.already, 'the second is told so');
    t.match(textOf(await call), /Harbour wall/, 'the call went through');
    await agent.call('weather', { station: 'hill' });
    t.equal(station.requests.filter((r) => r.headers.some(([, v]) => v.includes('sk_second'))).length, 0, 'with the first key only');
    await person.page.reload();
    t.match(await person.text(), says.already, 'reloading the finished page sends nothing again');
}
