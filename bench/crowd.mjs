// What a call costs beside others: four of the same build and credential take turns, one alone, one with a full store, one with as many
// upstreams as can be configured, one with idle streams. The crowd's rows are copies of real ones under ids of their own.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { answers, bearer, closing, declined, processesOf, watched } from './measure.mjs';
import { Sidegate, run, upstreamConfig } from '../tests/lib/sidegate.mjs';

const PEOPLE = 1000;
const KEYS = 10; // of each, with
const CONNECTIONS = 10; // of each
const OPEN = 5000; // handoffs of the person who calls, under OWN_KEYS other keys; and as many of others
const OWN_KEYS = 5;
const UPSTREAMS = 256;
const STREAMS = 10_000; // idle
const STREAM_KEYS = 3; // that they are of
const HANDOFFS = 200; // opened and cancelled a round
const limits = {
    sessions_per_client: 4096, clients: 65_536, connections_per_client: 65_536, upstream_prompts_per_hour: 10_000,
    handoffs_per_client: 1000, prompts_per_hour: 10_000, user_prompts_per_hour: 10_000,
};

const numbers = (n) => `(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ${n}) SELECT n FROM c)`;
const now = Date.now();
// Columns in the order of the tables. "once" is the connection that the calls go by, and the handoff that was cancelled.
const seed = `
PRAGMA foreign_keys = ON;
BEGIN;
CREATE TEMP TABLE once AS SELECT c.id, c.user, c.client FROM connection c WHERE c.upstream = 'bench' LIMIT 1;
INSERT INTO user SELECT randomblob(16), 'crowd' || n, salt, ops, mem, verifier, kek, wrapped, created
    FROM user, ${numbers(PEOPLE)} WHERE id = (SELECT user FROM once);
INSERT INTO client SELECT randomblob(16), id, 'crowd', randomblob(32), created, 0, 0 FROM user, ${numbers(KEYS)} WHERE name LIKE 'crowd%';
INSERT INTO client SELECT randomblob(16), user, 'own crowd', randomblob(32), 0, 0, 0 FROM once, ${numbers(OWN_KEYS)};
INSERT INTO connection SELECT randomblob(16), c.user, c.id, iif(n = 1, 'bench', 'of the crowd ' || n), 1, 0, 0, 0, 0, 0
    FROM client c, ${numbers(CONNECTIONS)} WHERE c.label = 'crowd';
CREATE TEMP TABLE fresh AS SELECT id FROM connection WHERE id NOT IN (SELECT connection FROM lease);
INSERT INTO lease SELECT randomblob(16), fresh.id, kind, uses_left, expires, created, request FROM fresh, lease WHERE connection = (SELECT id FROM once);
INSERT INTO secret SELECT fresh.id, field, sealed FROM fresh, secret WHERE connection = (SELECT id FROM once);
CREATE TEMP TABLE askers AS SELECT user, id, label FROM client, ${numbers(OPEN / OWN_KEYS)} WHERE label = 'own crowd';
INSERT INTO askers SELECT user, id, label FROM client WHERE label = 'crowd' LIMIT ${OPEN};
INSERT INTO handoff SELECT randomblob(16), a.user, a.id, h.upstream, h.kind, 0, h.need, 0, h.method, h.tool, 0, 0, zeroblob(16), ${now}, ${now + 3_600_000}, 0,
    randomblob(32), randomblob(200) FROM askers a, (SELECT * FROM handoff WHERE state > 3 LIMIT 1) h;
COMMIT;
SELECT (SELECT count(*) FROM connection), (SELECT count(*) FROM handoff WHERE state < 3);
`;

// Another one with the same people, keys and connections, and what is different: { upstreams, sql, streams }. The first is stopped. extra:
// the headers of a call.
async function sibling(first, extra, { upstreams, sql, streams }) {
    const gate = new Sidegate({ program: first.program });
    closing.unshift(async () => { await gate.stop(); gate.remove(); });
    await gate.init({ log: first.settings.log, limits: { ...first.settings.limits, ...limits }, upstreams: { ...first.settings.upstreams, ...upstreams } });
    for (const name of ['data', 'keys']) {
        rmSync(join(gate.dir, name), { recursive: true });
        const copied = await run('cp', ['-a', join(first.dir, name), gate.dir]);
        if (copied.status !== 0) throw new Error(copied.stderr);
    }
    if (sql) {
        const { status, stdout, stderr } = await run('sqlite3', [join(gate.dir, 'data/store/sidegate.db')], { input: sql, time: 300_000 });
        if (status !== 0) throw new Error(`sqlite3: ${stderr}`);
        console.log(`beside: connections|open handoffs ${stdout.trim()}`);
    }
    await gate.serve({ logTo: join(gate.dir, 'log') });
    await answers(gate.mcpUrl('bench'), extra); // so that all its processes are there
    await streams?.(gate.mcpUrl('bench'));
    return gate;
}

// of: { gate, agentKey, rounds, load, figure, openStreams, disk }, as bench.mjs has them.
export async function crowd(of) {
    const { gate, agentKey, rounds, load, figure, openStreams, disk } = of;
    const asker = await gate.addKey('ana', 'asker');
    const idlers = [];
    for (let i = 0; i < STREAM_KEYS; i++) idlers.push(await gate.addKey('ana', `idler ${i}`));
    await declined(gate, asker, 1);
    await gate.stop();
    const more = UPSTREAMS - Object.keys(gate.settings.upstreams).length;
    const upstreams = Object.fromEntries(Array.from({ length: more }, (_, i) => [`other-${i}`, upstreamConfig(`http://127.0.0.1:9/mcp`)]));
    const streams = async (url) => {
        const opened = await Promise.all(idlers.map((key) => openStreams(url, key, Math.ceil(STREAMS / STREAM_KEYS))));
        closing.unshift(() => { for (const { close } of opened) close(); });
        const n = opened.reduce((sum, { open }) => sum + open.length, 0);
        if (n < STREAMS) throw new Error(`${n} streams`);
    };
    const all = {
        alone: {},
        [`beside ${PEOPLE * KEYS * CONNECTIONS} connections and ${2 * OPEN} open handoffs`]: { sql: seed },
        [`with ${UPSTREAMS} upstreams`]: { upstreams },
        [`beside ${STREAMS} idle streams`]: { streams },
    };
    const got = {};
    for (const [name, change] of Object.entries(all)) {
        got[name] = { it: await sibling(gate, bearer(agentKey), change), call: [], handoff: [] };
    }
    const syncs = [];
    for (let round = 0; round < rounds; round++) {
        syncs.push(disk());
        for (const { it, call, handoff } of Object.values(got)) {
            const { cpu, got: { requests } } = await watched({ it: () => processesOf(it) }, () => load(it.mcpUrl('bench'), 64, bearer(agentKey)));
            call.push(cpu.it / requests);
            handoff.push(await declined(it, asker, HANDOFFS));
        }
    }
    for (const [what, one] of [['tools/call cpu, 64 connections', 'call'], ['keeper cpu of a handoff that is opened and declined', 'handoff']]) {
        const alone = got.alone[one];
        for (const [name, list] of Object.entries(got)) figure(`${what}: ${name}`, list[one], 'us', name === 'alone' ? {} : { alone });
    }
    figure('append 180 bytes and fdatasync, between these rounds', syncs, 'us');
}
