import { oneAnEra, textOf } from '../../lib/agent.mjs';
import { MODERN, answer } from '../../upstreams/lib.mjs';

export const name = 'a refusal that is not a 401 is recognised by rule: status, JSON-RPC code, the text of an error or of a tool\'s error result';
export const clients = oneAnEra;

const ways = {
    status: { stale: [{ status: 403 }], refusal: (req, res, entry) => answer(res, 403, -32000, 'no', undefined, entry.message?.id ?? null) },
    code: { stale: [{ code: -32050 }], refusal: (req, res, entry) => answer(res, 200, -32050, 'no', undefined, entry.message?.id ?? null) },
    text: { stale: [{ text: 'bad api key' }], refusal: (req, res, entry) => answer(res, 200, -32603, 'Sorry: bad api key.', undefined, entry.message?.id ?? null) },
    'text of a result': {
        stale: [{ text: 'bad api key' }],
        // A server that lets everybody in and says no in the result of the tool.
        open: ['initialize', 'notifications/initialized', 'server/discover', 'tools/list'],
        refusal: (req, res, { message, headers }) => {
            const modern = headers.some(([n, v]) => n.toLowerCase() === 'mcp-protocol-version' && v === MODERN);
            const result = { content: [{ type: 'text', text: 'Sorry: bad api key.' }], isError: true, ...(modern ? { resultType: 'complete' } : {}) };
            res.writeHead(200, { 'content-type': 'application/json' });
            res.end(JSON.stringify({ jsonrpc: '2.0', id: message?.id ?? null, result }));
        },
    },
};

export default async function (t, client) {
    for (const [way, { stale, refusal, open }] of Object.entries(ways)) {
        const { key, agent, person } = await t.cast({ client, credential: { stale }, station: { refusal, open } });
        const call = agent.call('weather', { station: 'harbour' });
        await person.give((await agent.link()).url, { 'API key': `sk_wrong_${'x'.repeat(20)}` });
        await person.give((await agent.link(1)).url, { 'API key': key });
        t.match(textOf(await call), /Harbour wall/, `recognised by ${way}`);
    }
}
