import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { auditRecords, root, upstreamConfig } from '../../lib/sidegate.mjs';
import { PlainPerson, callTool, request, title } from '../../lib/wire.mjs';

export const name = 'store, keys and log of each kept copy of an older Sidegate are taken over: the log goes on, and keys, connections and people are who they were';

const kept = join(root, 'tests/kept');

// Its folders in the place of those that init made, owned as those were.
function put(sidegate, folder) {
    const { uid, gid } = statSync(join(sidegate.dir, 'data'));
    for (const part of ['data', 'keys']) rmSync(join(sidegate.dir, part), { recursive: true });
    execFileSync('tar', ['-C', sidegate.dir, '-xzf', join(folder, 'copy.tar.gz')]);
    if (process.getuid() === 0) execFileSync('chown', ['-R', `${uid}:${gid}`, join(sidegate.dir, 'data'), join(sidegate.dir, 'keys')]);
}

async function take(t, version) {
    const folder = join(kept, version);
    const facts = JSON.parse(readFileSync(join(folder, 'facts.json'), 'utf8'));
    const station = await t.station({ key: facts.secret });
    const sidegate = await t.sidegate({
        serve: false,
        upstreams: {
            weather: upstreamConfig(station.url, { credential: { lease: { kind: 'keep' } } }),
            once: upstreamConfig(station.url, { credential: { lease: { kind: 'once' } } }),
        },
    });
    put(sidegate, folder);
    const [seq, head] = facts.head.split(':');
    const call = (label, upstream, text, onLink = () => 'cancel') => callTool(sidegate.mcpUrl(upstream), facts.keys[label], 'note', { text }, { onLink });
    for (const start of ['first', 'second']) {
        const what = `${version}, ${start} start`;
        await sidegate.serve();
        const verified = await sidegate.cli('audit', 'verify');
        t.equal(verified.status, 0, `${what}: audit verify: ${verified.stdout}${verified.stderr}`);
        const { message } = await call('laptop', 'weather', start);
        t.equal(message.result?.content?.[0]?.text, `Noted as line ${station.book.length}.`, `${what}: a key and its connection are good`);
        t.equal((await request(sidegate.mcpUrl('weather'), facts.keys.gone, 'tools/list')).status, 401, `${what}: a removed key is not`);
        let asked = 0;
        await call('desk', 'weather', 'no', () => { asked++; return 'decline'; });
        t.equal(asked, 1, `${what}: nor a revoked connection`);
        t.equal(await sidegate.stop(), 0, `${what}: it stops`);
        t.ok(!/rolled_back|audit_refused/.test(sidegate.log), `${what}: store and log belong together`);
    }
    const records = auditRecords(sidegate.dir);
    t.equal(records.map((r) => r.seq), records.map((_, i) => i + 1), `${version}: numbered on without a gap`);
    t.equal(records[Number(seq) - 1].hash, head, `${version}: behind what was there`);
    t.equal(records.filter((r) => r.event === 'use_unknown').length, 1, `${version}: what was under way is unknown, once`);

    await sidegate.serve();
    const ana = new PlainPerson({ site: sidegate.surfaceUrl, name: 'ana', password: facts.password });
    const given = await callTool(sidegate.mcpUrl('once'), facts.keys.laptop, 'note', { text: 'again' }, {
        onLink: async (url) => { t.match(title(await ana.give(url, [facts.secret])), /^done/i, `${version}: a person logs in and gives a key`); },
    });
    t.equal(given.message.result?.isError ?? false, false, `${version}: and it is used`);
}

export default async function (t) {
    const versions = readdirSync(kept, { withFileTypes: true }).filter((f) => f.isDirectory()).map((f) => f.name);
    t.ok(versions.length > 0, 'there are kept copies');
    for (const version of versions) await take(t, version);
}
