// One half of the pair test: the same scene with the secrets given, on fixed ports, and with random bytes and the time of day from a seed.
// Gives every byte that the agent saw, but for comments and the Date header, which come by the clock.
import { upstreamConfig } from '../lib/sidegate.mjs';
import { start as startReflecting } from '../upstreams/reflecting.mjs';

const HOWS = ['structured content', 'data of an error', 'header fields', 'an HTML body', 'a 401 with a body', 'progress'];
// Each its own, or what init makes and what the keeper makes would be the same: of init, and of serve, which comes after it.
const seed = (value) => ({ SIDEGATE_TEST_SEED: value });

export async function half(t, { build, ports, key, password, kind }) {
    const mirror = await startReflecting({ key, port: ports.mirror });
    t.later(() => mirror.stop());
    const sidegate = await t.sidegate({
        build, ports, password, serve: false, env: seed('1'),
        upstreams: { mirror: upstreamConfig(mirror.url, { title: 'Mirror', credential: { lease: { kind: 'keep' } } }) },
    });
    await sidegate.serve({ env: seed('2') });
    const agent = await t.agent(sidegate, { upstream: 'mirror', kind });
    const person = await t.person(sidegate);
    // What the client opens beside its calls takes random bytes too. It comes in the same place in both halves: before the first call,
    // and, since Sidegate ends it when there is a key to open the server's own with, after it.
    const isStream = (x) => x.method === 'GET';
    if (agent.era === 'legacy') await agent.exchanges((x) => isStream(x) && x.status !== 0);
    const first = agent.call('reflect', { how: 'text of a result' });
    await person.give((await agent.link()).url, { 'API key': key });
    await first;
    if (agent.era === 'legacy') await mirror.untilAny(isStream);
    agent.onLink = () => 'cancel';
    for (const how of HOWS) await agent.call('reflect', { how, encoding: 'plain' }).catch(() => {});
    await agent.settled();
    await agent.close();
    await person.leave();
    await sidegate.stop(); // the other half needs the ports
    await mirror.stop();
    // Requests in their order. The session's own streams come and go as the client likes, beside them: what they brought, as one.
    const is = (method) => agent.tape.filter((x) => x.method === method);
    return {
        exchanges: is('POST').map((x) => [
            `> ${x.out}`,
            `< ${x.status} ${JSON.stringify(x.headers.filter(([n]) => n !== 'date'))}`,
            body(x),
        ].join('\n')),
        stream: is('GET').map(body).join(''),
    };
}

const body = (x) => Buffer.concat(x.parts).toString('utf8').replace(/^:.*\n\n?/gm, '');
