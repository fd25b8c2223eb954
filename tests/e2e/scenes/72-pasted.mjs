import { textOf } from '../../lib/agent.mjs';
import { send } from '../../lib/person.mjs';

export const name = 'a value with something invisible in it, or what its place cannot carry, is refused on the page with a hint, and goes nowhere';

export default async function (t) {
    const { key, station, agent, person } = await t.cast();
    const call = agent.call('weather', { station: 'harbour' });
    const { url } = await agent.link();
    await person.open(url);
    for (const [what, value, hint] of [
        ['a zero-width space', `\u200b${key}`, /There is an invisible character in it/],
        ['a byte order mark', `${key}\ufeff`, /There is an invisible character in it/],
        ['a letter that no header carries', `${key}é`, /There is a character in it that this server cannot be sent/],
    ]) {
        await person.fill({ 'API key': value });
        await person.press(send);
        const text = await person.text();
        t.match(text, hint, what);
        t.ok(!text.includes(key) && !person.page.url().includes(key), `${what}: the value is not shown`);
        t.equal(station.requests.filter((r) => r.headers.some(([n]) => /^authorization$/i.test(n))).length, 0, `${what}: the key went nowhere`);
    }
    await person.fill({ 'API key': key });
    await person.press(send);
    t.match(textOf(await call), /Harbour wall/, 'as it should be it goes through');
}
