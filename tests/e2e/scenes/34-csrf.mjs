import { decline, says } from '../../lib/person.mjs';

export const name = 'a form posted from elsewhere, without its token or with another session\'s, is refused and changes nothing';

export default async function (t) {
    const { key, station, sidegate, agent, person } = await t.cast();
    const call = agent.call('weather', { station: 'harbour' });
    const { url } = await agent.link();
    await t.user(sidegate, 'bob');
    const agentOfBob = await t.agent(sidegate, { user: 'bob', label: 'desk' });
    const bob = await t.person(sidegate, { name: 'bob' });
    const his = agentOfBob.call('weather', { station: 'hill' });
    const tokensOf = (who) => who.page.locator('form').filter({ has: who.page.getByLabel('API key') }).locator('input[type=hidden]')
        .evaluateAll((all) => all.map((i) => [i.name, i.value]));
    await bob.open((await agentOfBob.link()).url);
    const foreign = new Map(await tokensOf(bob));
    // Ana herself, at another browser: a session of her own, and not this one.
    const elsewhere = await t.person(sidegate);
    await elsewhere.open(url);
    const other = new Map(await tokensOf(elsewhere));
    await person.open(url);
    const form = await person.page.locator('form').filter({ has: person.page.getByLabel('API key') }).evaluate((f) => ({
        action: f.action, method: f.method, fields: [...new FormData(f)], tokens: [...f.querySelectorAll('input[type=hidden]')].map((i) => i.name),
    }));
    t.equal(form.method, 'post', 'the form posts');
    t.ok(form.tokens.length > 0, 'the form has a token');
    const post = (fields, headers = {}, who = person) => who.context.request.post(form.action, {
        headers: { 'content-type': 'application/x-www-form-urlencoded', origin: person.site, 'sec-fetch-site': 'same-origin', ...headers },
        data: new URLSearchParams(fields).toString(), maxRedirects: 0,
    });
    const filled = form.fields.map(([n, v]) => [n, v || (/pass|proof/i.test(n) ? sidegate.users.get('ana') : 'sk_forged_0123456789')]);
    const without = filled.filter(([n]) => !form.tokens.includes(n));
    const wrong = filled.map(([n, v]) => [n, form.tokens.includes(n) ? 'A'.repeat(v.length) : v]);
    const withTokens = (tokens) => filled.map(([n, v]) => [n, tokens.get(n) ?? v]);
    t.ok(form.tokens.every((n) => foreign.has(n) && other.has(n)), 'the others have such tokens too');
    const [stale, foreignSite] = [/form is out of date/, /came from another site/];
    for (const [what, send, why] of [
        ['no token', () => post(without), stale],
        ['a wrong token', () => post(wrong), stale],
        ['another person\'s token', () => post(withTokens(foreign)), stale],
        ['the token of another session of hers', () => post(withTokens(other)), stale],
        ['her form, sent by another person', () => post(filled, {}, bob), /There is nothing for you here/],
        ['another origin', () => post(filled, { origin: 'http://evil.example' }), foreignSite],
        ['a cross-site request', () => post(filled, { 'sec-fetch-site': 'cross-site' }), foreignSite],
        ['a field twice', () => post([...filled, ...filled]), /did not arrive well/],
    ]) {
        const response = await send();
        t.ok(response.status() >= 400 && response.status() < 500, `${what}: ${response.status()}`);
        t.match(await response.text(), why, what);
    }
    // The same request in order passes: it was the spoilt part that was refused.
    const response = await post(filled.map(([n, v]) => [n, v.startsWith('sk_forged') ? key : v]));
    t.ok(response.status() < 400, `in order: ${response.status()}`);
    await person.page.goto(url);
    t.match(await person.text(), says.done, 'and the handoff is done');
    await call;
    await bob.press(decline);
    await his;
    t.equal(station.requests.filter((r) => r.headers.some(([, v]) => v.includes('sk_forged'))).length, 0, 'nothing forged was used');
}
