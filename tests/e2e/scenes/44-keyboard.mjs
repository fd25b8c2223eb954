import { textOf } from '../../lib/agent.mjs';
import { says } from '../../lib/person.mjs';

export const name = 'the whole way by keyboard: log in, inbox, give the key, send, connections, revoke, with the focus visible at each step';

export default async function (t) {
    const { key, sidegate, agent, person } = await t.cast();
    const call = agent.call('weather', { station: 'harbour' });
    await agent.link();
    const { page } = person;
    await page.goto(`${person.site}/inbox`);
    const reach = async (what, is) => {
        for (let i = 0; i < 30; i++) {
            const at = await page.evaluate(() => {
                const e = document.activeElement;
                const style = getComputedStyle(e);
                return { tag: e.tagName, type: e.type ?? '', label: e.labels?.[0]?.innerText ?? e.innerText ?? '', to: e.href ?? '', seen: style.outlineStyle !== 'none' || style.boxShadow !== 'none' };
            });
            if (is(at)) {
                t.ok(at.seen, `${what}: the focus is visible`);
                return;
            }
            await page.keyboard.press('Tab');
        }
        t.ok(false, `${what} cannot be reached with Tab`);
    };
    const enter = () => Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
    await reach('the name', (at) => at.tag === 'INPUT' && at.label === 'Name');
    await page.keyboard.type('ana');
    await reach('the password', (at) => at.type === 'password');
    await page.keyboard.type(sidegate.users.get('ana'));
    await enter();
    await reach('the request in the inbox', (at) => at.tag === 'A' && /\/h\//.test(at.to));
    await enter();
    await reach('the key', (at) => at.tag === 'INPUT' && /API key/i.test(at.label));
    await page.keyboard.type(key);
    await reach('the proof', (at) => at.type === 'password' && /Sidegate password/.test(at.label));
    await page.keyboard.type(sidegate.users.get('ana'));
    await enter();
    t.match(await person.text(), says.done, 'done');
    t.match(textOf(await call), /Harbour wall/, 'and the call goes through');

    await reach('the connections', (at) => at.tag === 'A' && /\/connections$/.test(at.to));
    await enter();
    await reach('the way to revoke', (at) => at.tag === 'SUMMARY');
    await page.keyboard.press('Enter');
    await reach('the button', (at) => at.tag === 'BUTTON' && at.label === 'Revoke now');
    await enter();
    agent.onLink = () => 'cancel';
    t.equal((await agent.call('weather', { station: 'harbour' })).isError, true, 'revoked: the next call asks');
}
