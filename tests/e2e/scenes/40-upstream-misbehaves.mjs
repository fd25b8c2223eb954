import { textOf } from '../../lib/agent.mjs';
import { upstreamConfig } from '../../lib/sidegate.mjs';
import { start, ways } from '../../upstreams/misbehaving.mjs';

export const name = 'whatever the server does, the call arrives at most once, the client gets one clear answer, and the next call works';
export const clients = ['sdk 1.x', 'client 2.x pinned'];

// These never end by themselves: the client gives up, and Sidegate lets go of the server.
const endless = ['an endless stream'];
const served = ['well', 'a slow answer', 'two answers', 'a surplus answer'];

export default async function (t, client) {
    const upstream = await start();
    t.later(() => upstream.stop());
    const sidegate = await t.sidegate({
        limits: { answer_time: 2_000, comment_time: 300 },
        upstreams: { bad: upstreamConfig(upstream.url, { title: 'Bad server', credential: null }) },
    });
    const agent = await t.agent(sidegate, { kind: client, upstream: 'bad' });
    for (const way of Object.keys(ways)) {
        upstream.way = way;
        const before = upstream.calls;
        const call = agent.call('act', { way }, { timeout: endless.includes(way) ? 1_500 : 20_000 });
        if (endless.includes(way)) {
            t.match(String(await t.fails(call, way)), /timed? ?out/i, `${way}: the client gives up`);
            const { socket } = upstream.requests.findLast((r) => r.rpc === 'tools/call');
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
}
