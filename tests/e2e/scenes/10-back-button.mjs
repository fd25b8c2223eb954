import { oneAnEra, textOf } from '../../lib/agent.mjs';
import { says } from '../../lib/person.mjs';

export const name = 'the back button after finishing shows no key and does nothing';
export const clients = oneAnEra;

export default async function (t, client) {
    const { key, agent, person } = await t.cast({ client });
    const call = agent.call('weather', { station: 'harbour' });
    const { url } = await agent.link();
    await person.give(url, { 'API key': key });
    t.match(textOf(await call), /Harbour wall/, 'the call went through');
    await person.page.goBack();
    t.ok(!(await person.page.content()).includes(key), 'the key is not in the page');
    const values = await person.page.locator('input').evaluateAll((inputs) => inputs.map((i) => i.value));
    t.ok(!values.includes(key), 'nor in a field');
    await person.page.goto(url);
    t.match(await person.text(), says.already, 'and the address says that it is done');
}
