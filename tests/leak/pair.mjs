// One half of the pair test: the same scene with the secrets given, on fixed ports and a fixed seed. Gives every byte that the agent
// and its neighbours saw, with only the time of day and the sealed state's bytes (which hold a time) made equal.
import { Agent } from '../lib/agent.mjs';
import { Person } from '../lib/person.mjs';
import { Sidegate, upstreamConfig } from '../lib/sidegate.mjs';
import { start as startReflecting } from '../upstreams/reflecting.mjs';

export async function half({ build, ports, key, password, kind }) {
    const mirror = await startReflecting({ key, port: ports.mirror });
    const sidegate = new Sidegate({ build });
    const closing = [() => mirror.stop()];
    try {
        await sidegate.init({ password, upstreams: { mirror: upstreamConfig(mirror.url, { title: 'Mirror', credential: { lease: { kind: 'keep' } } }) } });
        closing.unshift(async () => { await sidegate.stop(); sidegate.remove(); });
        sidegate.gatewayPort = ports.gateway;
        sidegate.surfacePort = ports.surface;
        sidegate.settings.gateway.listen = `127.0.0.1:${ports.gateway}`;
        sidegate.settings.surface = { listen: `127.0.0.1:${ports.surface}`, url: `http://localhost:${ports.surface}` };
        sidegate.writeConfig();
        await sidegate.serve({ env: { SIDEGATE_TEST_SEED: '7' } });
        const agent = new Agent({ kind, url: sidegate.mcpUrl('mirror'), key: await sidegate.addKey() });
        closing.unshift(() => agent.close());
        await agent.connect();
        const person = await Person.sit({ password, site: sidegate.surfaceUrl });
        closing.unshift(() => person.leave());
        const first = agent.call('reflect', { how: 'text of a result' });
        await person.give((await agent.link()).url, { 'API key': key });
        await first;
        for (const how of ['structured content', 'data of an error', 'header fields', 'an HTML body', 'a 401 with a body', 'progress']) {
            agent.onLink = () => 'cancel';
            await agent.call('reflect', { how, encoding: 'plain' }).catch(() => {});
        }
        return agent.tape.map((x) => [
            `> ${x.method} ${normal(x.out)}`,
            `< ${x.status} ${JSON.stringify(x.headers.filter(([n]) => n !== 'date'))}`,
            normal(Buffer.concat(x.parts).toString('utf8')),
        ].join('\n'));
    } finally {
        for (const close of closing) await Promise.resolve().then(close).catch(() => {});
    }
}

// Comments come by the clock; the sealed state holds a time, so only its length counts.
function normal(text) {
    return text.replace(/^:.*\n\n?/gm, '').replace(/"requestState":"([^"]*)"/g, (_, s) => `"requestState":${s.length}`);
}
