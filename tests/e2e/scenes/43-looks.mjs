import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../lib/sidegate.mjs';
import { send } from '../../lib/person.mjs';

export const name = 'every page on a phone, in dark mode, without script and by keyboard alone: no axe-core finding, nothing cut off';

const shots = process.env.SHOTS ?? join(root, 'build/screenshots');

export default async function (t) {
    mkdirSync(shots, { recursive: true });
    const looks = { desk: {}, dark: { dark: true }, phone: { phone: true }, 'phone-dark': { phone: true, dark: true }, plain: { script: false } };
    for (const [look, options] of Object.entries(looks)) {
        const { key, sidegate, agent, person } = await t.cast({ person: options, limits: { handoff_time: 60_000 } });
        await t.user(sidegate, 'bob');
        const see = async (name, who = person) => {
            await who.screenshot(join(shots, `${name}-${look}.png`));
            const wide = await who.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
            t.ok(wide <= 0, `${name} (${look}): nothing hangs over by ${wide} px`);
            if (options.script !== false) t.equal(await who.axe(), [], `${name} (${look}): no axe-core finding`);
        };
        await person.page.goto(`${person.site}/login`);
        await see('login');
        await person.logIn();
        await person.page.goto(`${person.site}/inbox`);
        await see('inbox-empty');
        const call = agent.call('weather', { station: 'harbour' });
        const { url } = await agent.link();
        await person.page.goto(`${person.site}/inbox`);
        await see('inbox');
        const bob = await t.person(sidegate, { name: 'bob', ...options });
        await bob.open(url);
        await see('not-for-you', bob);
        await person.page.goto(url);
        await see('handoff');
        await person.fill({ 'API key': key }, { password: 'wrong' });
        await person.press(send);
        await see('handoff-wrong-password');
        await person.fill({ 'API key': key });
        await person.press(send);
        await see('finished');
        await call;
        await person.page.goto(`${person.site}/connections`);
        await see('connections');
        await person.page.goto(`${person.site}/nowhere`);
        await see('not-found');
    }
}
