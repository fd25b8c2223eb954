import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { oneAnEra, textOf } from '../../lib/agent.mjs';
import { auditRecords, run, upstreamConfig } from '../../lib/sidegate.mjs';
import { start, ways } from '../../upstreams/misbehaving.mjs';

export const name = 'whatever the server does, the call arrives at most once, the client gets one clear answer, and the next call works; with a key, each call is one use of its lease and on record with what became of it';
export const clients = oneAnEra;

// These never end by themselves: the client gives up, and Sidegate lets go of the server.
const endless = ['an endless stream', 'an endless drip'];
const served = ['well', 'a slow answer', 'two answers', 'a surplus answer'];

// What the record must say of these; of the others, that there is one.
const becameOf = {
    well: 'answered', 'two answers': 'answered', 'plain 500': 'answered', silence: 'unknown', 'reads the call and closes': 'unknown',
    'reads the call and resets': 'unknown', 'half an answer': 'unknown', 'an endless stream': 'unknown', 'a stream that ends before the answer': 'unknown',
};
const uses = 1000;

// What became of the uses with that body, in order; each must have ended, and once.
function ends(t, records, isBody) {
    const ended = new Map();
    for (const r of records.filter((x) => /^use_(result|unknown)$/.test(x.event))) {
        t.ok(!ended.has(r.use), `use ${r.use} ended once`);
        ended.set(r.use, r.event === 'use_unknown' ? 'unknown' : r.detail);
    }
    return records.filter((r) => r.event === 'use_reserved' && r.connection && isBody(r.body)).map((r) => ended.get(r.use));
}

export default async function (t, client) {
    await misbehaves(t, client, null);
    await misbehaves(t, client, t.secret());
}

async function misbehaves(t, client, key) {
    const upstream = await start({ key: key ?? undefined });
    t.later(() => upstream.stop());
    const sidegate = await t.sidegate({
        limits: { answer_time: 6_000, comment_time: 300 }, // the server speaks from this very process, which may be busy
        upstreams: { bad: upstreamConfig(upstream.url, { title: 'Bad server', credential: key && { lease: { kind: 'task', uses, time: 600_000 } } }) },
    });
    const agent = await t.agent(sidegate, { kind: client, upstream: 'bad' });
    if (key) {
        const first = agent.call('act');
        await (await t.person(sidegate)).give((await agent.link()).url, { 'API key': key });
        t.equal(textOf(await first), 'well', 'the key is there');
    }
    for (const way of Object.keys(ways)) {
        upstream.way = way;
        const before = upstream.calls;
        const patience = new AbortController();
        const call = agent.call('act', { way }, { signal: patience.signal });
        if (endless.includes(way)) {
            const [{ socket }] = await upstream.untilAny((r) => r.rpc === 'tools/call' && r.message.params.arguments.way === way);
            patience.abort(new Error('too long for me'));
            t.match(String(await t.fails(call, way)), /too long for me/, `${way}: the client gives up`);
            if (!socket.destroyed) await new Promise((done) => { socket.once('close', done); });
        } else if (served.includes(way)) {
            t.match(textOf(await call), /well|slowly|first|mine/, `${way}: the answer`);
        } else {
            const error = await call.then((r) => (r.isError ? textOf(r) : Promise.reject(new Error(`${way}: was served: ${JSON.stringify(r)}`))), (e) => String(e));
            t.ok(!/was served/.test(error), error);
            t.ok(!/timed? ?out/i.test(error) || !/-32001/.test(error), `${way}: Sidegate answered before the client gave up: ${error}`);
            t.ok(!/<html|SSH-2|Log in/.test(error), `${way}: nothing of a foreign body is passed on: ${error}`);
        }
        t.equal(upstream.calls - before, 1, `${way}: the call arrived once`);
        upstream.way = 'well';
        t.equal(textOf(await agent.call('act', { after: way })), 'well', `after "${way}" the next call works`);
    }
    t.ok(!agent.got.includes('poison'), 'no surplus bytes became anybody\'s answer');
    if (!key) return;

    // What never left is given back.
    const arrived = new Set(upstream.seen('tools/call').map((r) => createHash('sha256').update(r.body).digest('hex')));
    await upstream.stop();
    const error = await agent.call('act', { way: 'gone' }).then((r) => (r.isError ? textOf(r) : JSON.stringify(r)), String);
    t.match(error, /reach|connect/i, 'a server that is gone: the client is told');
    await sidegate.stop();
    const records = auditRecords(sidegate.dir);
    const became = ends(t, records, (body) => arrived.has(body));
    t.equal(became.length, 1 + 2 * Object.keys(ways).length, 'one use for each call');
    Object.keys(ways).forEach((way, i) => {
        const is = became[1 + 2 * i];
        t.ok(becameOf[way] === undefined ? ['answered', 'unknown'].includes(is) : is === becameOf[way], `${way}: on record as ${is}`);
        t.equal(became[2 + 2 * i], 'answered', `after "${way}": on record`);
    });
    t.equal(ends(t, records, (body) => !arrived.has(body)).filter((e) => e === 'unsent').length, 1, 'the one to nobody is on record as not sent');
    const { stdout } = await run('sqlite3', [join(sidegate.dir, 'data/store/sidegate.db'), 'SELECT uses_left FROM lease']);
    t.equal(Number(stdout), uses - became.length, 'the lease is less by what was sent');
}
