import { textOf } from '../../lib/agent.mjs';
import { answer } from '../../upstreams/lib.mjs';

export const name = 'a refusal that is not a 401 is recognised by rule: status, JSON-RPC code, error text';

const ways = {
    status: { stale: [{ status: 403 }], refusal: (req, res, entry) => answer(res, 403, -32000, 'no', undefined, entry.message?.id ?? null) },
    code: { stale: [{ code: -32050 }], refusal: (req, res, entry) => answer(res, 200, -32050, 'no', undefined, entry.message?.id ?? null) },
    text: { stale: [{ text: 'bad api key' }], refusal: (req, res, entry) => answer(res, 200, -32603, 'Sorry: bad api key.', undefined, entry.message?.id ?? null) },
};

export default async function (t) {
    for (const [way, { stale, refusal }] of Object.entries(ways)) {
        const { key, agent, person } = await t.cast({ credential: { stale }, station: { refusal } });
        const call = agent.call('weather', { station: 'harbour' });
        await person.give((await agent.link()).url, { 'API key': `sk_wrong_${'x'.repeat(20)}` });
        await person.give((await agent.link(1)).url, { 'API key': key });
        t.match(textOf(await call), /Harbour wall/, `recognised by ${way}`);
    }
}
