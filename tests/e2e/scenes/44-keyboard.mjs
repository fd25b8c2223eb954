import { textOf } from '../../lib/agent.mjs';
import { says } from '../../lib/person.mjs';

export const name = 'the whole way by keyboard: log in, give the key, send, with the focus visible at each step';

export default async function (t) {
    const { key, sidegate, agent, person } = await t.cast();
    const call = agent.call('weather', { station: 'harbour' });
    const { url } = await agent.link();
    const { page } = person;
    await page.goto(url);
    const reach = async (what, is) => {
        for (let i = 0; i < 30; i++) {
            const at = await page.evaluate(() => {
                const e = document.activeElement;
                const style = getComputedStyle(e);
                return { tag: e.tagName, type: e.type ?? '', label: e.labels?.[0]?.innerText ?? e.innerText ?? '', seen: style.outlineStyle !== 'none' || style.boxShadow !== 'none' };
            });
            if (is(at)) {
                t.ok(at.seen, `${what}: the focus is visible`);
                return;
            }
            await page.keyboard.press('Tab');
        }
        t.ok(false, `${what} cannot be reached with Tab`);
    };
    await reach('the name', (at) => at.tag === 'INPUT' && at.label === 'Name');
    await page.keyboard.type('ana');
    await reach('the password', (at) => at.type === 'password');
    await page.keyboard.type(sidegate.users.get('ana'));
    await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
    await reach('the key', (at) => at.tag === 'INPUT' && /API key/i.test(at.label));
    await page.keyboard.type(key);
    await reach('the proof', (at) => at.type === 'password' && /Sidegate password/.test(at.label));
    await page.keyboard.type(sidegate.users.get('ana'));
    await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
    t.match(await person.text(), says.done, 'done');
    t.match(textOf(await call), /Harbour wall/, 'and the call goes through');
}
