import { textOf } from '../../lib/agent.mjs';
import { upstreamConfig } from '../../lib/sidegate.mjs';
import { start } from '../../upstreams/reflecting.mjs';

export const name = 'a server that keeps reflecting its key is suspended: the screen is no oracle for guessing';

export default async function (t) {
    const key = t.secret();
    const upstream = await start({ key });
    t.later(() => upstream.stop());
    const sidegate = await t.sidegate({
        limits: { screen_hits: 3 },
        upstreams: { mirror: upstreamConfig(upstream.url, { title: 'Mirror', credential: { lease: { kind: 'keep' } } }) },
    });
    const agent = await t.agent(sidegate, { upstream: 'mirror' });
    const person = await t.person(sidegate);
    const first = agent.call('reflect', { how: 'text of a result' });
    await person.give((await agent.link()).url, { 'API key': key });
    await first;
    agent.onLink = () => 'cancel';
    for (let i = 0; i < 5; i++) await agent.call('reflect', { how: 'text of a result' }).catch(() => {});
    const before = upstream.requests.length;
    const last = await agent.call('reflect', { how: 'text of a result' }).catch((error) => ({ isError: true, content: [{ type: 'text', text: String(error) }] }));
    t.equal(last.isError, true, 'the connection is suspended');
    t.match(textOf(last), /suspend|stopped|person/i, 'and says so');
    t.equal(upstream.requests.length, before, 'nothing more is sent with the key');
    await person.page.goto(`${person.site}/connections`);
    t.match(await person.text(), /suspended/i, 'the person sees it');
}
