import { everyClient, textOf } from '../../lib/agent.mjs';
import { header } from '../../upstreams/lib.mjs';

export const name = 'a server that needs no credential is passed through, and the agent key is not';
export const clients = everyClient;

export default async function (t, client) {
    const { station, agent } = await t.cast({ client, credential: null, person: null, station: { check: () => true } });
    t.match(textOf(await agent.call('weather', { station: 'harbour' })), /Harbour wall/, 'the call');
    t.match(textOf(await agent.call('note', { text: 'ünïcode ✓ \u2028 "quotes" \\ 😀' })), /line 1/, 'any text');
    t.equal(station.book, ['ünïcode ✓ \u2028 "quotes" \\ 😀'], 'arrives as it was');
    for (const entry of station.requests) {
        t.equal(header(entry, 'authorization'), undefined, 'no Authorization');
        t.ok(!JSON.stringify(entry.headers).includes(agent.key) && !entry.body.includes(agent.key), 'the agent key stays here');
    }
}
