import { decline, says } from '../../lib/person.mjs';

export const name = 'links that are made up, cut or of another kind get the same neutral page as another person\'s';

export default async function (t) {
    const { agent, person } = await t.cast();
    const call = agent.call('weather', { station: 'harbour' });
    const { url } = await agent.link();
    await person.open(`${person.site}/inbox`);
    for (const path of [`/h/${'A'.repeat(22)}`, `${new URL(url).pathname.slice(0, -1)}`, `${new URL(url).pathname}A`, '/h/', '/h/..%2f..%2fetc', '/h/%00']) {
        const response = await person.page.goto(person.site + path);
        t.ok([400, 403, 404].includes(response.status()), `${path}: ${response.status()}`);
        t.ok(!/Weather station/.test(await person.text()), `${path}: tells nothing`);
    }
    await person.page.goto(`${person.site}/h/${'A'.repeat(22)}`);
    t.match(await person.text(), says.notYours, 'the neutral page');
    await person.open(url);
    await person.press(decline);
    await call;
}
