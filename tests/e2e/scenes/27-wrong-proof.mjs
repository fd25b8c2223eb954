import { oneAnEra, textOf } from '../../lib/agent.mjs';
import { says, send } from '../../lib/person.mjs';

export const name = 'a handoff is finished only with the password typed in it; a wrong one stores nothing';
export const clients = oneAnEra;

export default async function (t, client) {
    const { key, station, agent, person } = await t.cast({ client });
    const call = agent.call('weather', { station: 'harbour' });
    const { url } = await agent.link();
    await person.open(url);
    await person.fill({ 'API key': 'sk_typed_with_a_wrong_password' }, { password: 'not the password' });
    await person.press(send);
    t.match(await person.text(), says.wrongPassword, 'the page says so');
    t.equal(station.requests.filter((r) => r.headers.some(([, v]) => v.includes('sk_typed'))).length, 0, 'the key went nowhere');
    await person.fill({ 'API key': key });
    await person.press(send);
    t.match(textOf(await call), /Harbour wall/, 'with the right one it goes through');
}
