import { upstreamConfig } from '../../lib/sidegate.mjs';
import { encodings, start, ways } from '../../upstreams/reflecting.mjs';

export const name = 'a server that gives its key back, in any place and any encoding that the screen knows, gives it to nobody';
export const clients = ['sdk 1.x', 'client 2.x pinned'];
export const time = 240_000;

export default async function (t, client) {
    const key = t.secret('key', `sk_live_"q\\${Math.random().toString(36).slice(2)}/+%41&<x>${Math.random().toString(36).slice(2)}`);
    const upstream = await start({ key });
    t.later(() => upstream.stop());
    const sidegate = await t.sidegate({
        log: { level: 'debug' },
        limits: { screen_hits: 1_000_000, answer_time: 2_000 },
        upstreams: { mirror: upstreamConfig(upstream.url, { title: 'Mirror', credential: { lease: { kind: 'keep' } } }) },
    });
    const agent = await t.agent(sidegate, { kind: client, upstream: 'mirror' });
    const person = await t.person(sidegate);
    const first = agent.call('reflect', { how: 'text of a result' });
    await person.give((await agent.link()).url, { 'API key': key });
    t.match(JSON.stringify(await first), /\[redacted: [^\]]*\]/, 'what was screened out is marked');
    agent.onLink = () => 'cancel';
    for (const how of Object.keys(ways)) {
        for (const encoding of Object.keys(encodings)) {
            if (how === 'a 401 with a body') continue;
            const before = upstream.requests.length;
            await agent.call('reflect', { how, encoding }, { timeout: 10_000 }).catch(() => {});
            t.ok(upstream.requests.length > before, `${how}, ${encoding}: the call reached the server`);
            t.noLeak();
        }
    }
    for (const encoding of Object.keys(encodings)) {
        upstream.lists = encoding;
        for (const ask of [() => agent.client.listTools(), () => agent.client.listResources(), () => agent.client.listPrompts()]) await ask().catch(() => {});
    }
    await agent.client.readResource({ uri: 'debug://x' }).catch(() => {});
    await agent.client.getPrompt({ name: 'reflect' }).catch(() => {});
    const late = await t.agent(sidegate, { kind: client, upstream: 'mirror' });
    await late.tools();
    t.noLeak();
    await agent.call('reflect', { how: 'a 401 with a body' }).catch(() => {});
}
