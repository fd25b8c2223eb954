import { Upstream } from '../../upstreams/lib.mjs';
import { freePort, upstreamConfig } from '../../lib/sidegate.mjs';

export const name = 'upstream probe: many pages from a server that closes each connection are stored, and a failure is said in words';

const pages = 12;

// Modern era; a list in pages, one connection each.
function answer(message) {
    const common = { resultType: 'complete', ttlMs: 0, cacheScope: 'private' };
    if (message.method === 'server/discover') {
        return { ...common, supportedVersions: ['2026-07-28'], capabilities: { tools: {} }, serverInfo: { name: 'pages', version: '1' } };
    }
    const page = Number(message.params.cursor ?? 0);
    return { ...common, tools: [{ name: `tool-${page}`, inputSchema: { type: 'object' } }], ...(page + 1 < pages ? { nextCursor: String(page + 1) } : {}) };
}

export default async function (t) {
    const server = await new Upstream(async (req, res, entry) => {
        res.writeHead(200, { 'content-type': 'application/json', connection: 'close' });
        res.end(JSON.stringify({ jsonrpc: '2.0', id: entry.message.id, result: answer(entry.message) }));
    }).start();
    try {
        const nobody = `http://127.0.0.1:${await freePort()}/mcp`;
        const { sidegate } = await t.cast({
            agent: null, person: null, sidegate: { upstreams: { paged: upstreamConfig(server.url, { credential: null }), nobody: upstreamConfig(nobody, { credential: null }) } },
        });
        const probed = await sidegate.cli('upstream', 'probe', 'paged');
        t.equal(probed.status, 0, `the probe: ${probed.stderr}`);
        t.equal(server.seen('tools/list').length, pages, 'every page was asked for');
        t.ok(!sidegate.log.includes('channel_violation'), 'nobody broke the protocol');

        const failed = await sidegate.cli('upstream', 'probe', 'nobody');
        t.ok(failed.status !== 0, 'a server that is not there');
        t.match(failed.stderr, /upstream|server/, 'is said to be what it is');
        t.ok(!/unsent|unknown/.test(failed.stderr), `in words: ${failed.stderr}`);
    } finally {
        await server.stop();
    }
}
