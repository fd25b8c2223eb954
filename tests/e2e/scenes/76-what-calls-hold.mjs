import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { once } from 'node:events';
import { PATIENCE } from '../../lib/patience.mjs';
import { call, exchange, message, post } from '../../lib/raw.mjs';
import { upstreamConfig } from '../../lib/sidegate.mjs';
import { start } from '../../upstreams/misbehaving.mjs';

export const name = 'large calls of one key, bodies of strangers and idle connections fill no memory and hold up nobody else';

const MiB = 1024 * 1024;
const most = 112 * MiB; // what a process may grow by: a key's share of 64 MiB, one message being read and written, and what malloc keeps
const quick = 5_000; // ms for a good call on a busy machine; what this scene is about takes 15 s, or until header_time is over

const resident = (pid) => 1024 * Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);

// A call of almost 4 MiB.
const large = (id) => call(id, 'act', { text: 'x'.repeat(4 * MiB - 1024) });

async function good(t, { sidegate, key }, what, args = {}) {
    const began = Date.now();
    const answer = await exchange(sidegate.gatewayPort, post(sidegate, 'bad', key, call('good', 'act', args)));
    t.equal(message(answer)?.result?.content[0].text, 'well', `${what}: another key's call is answered (${answer.text.slice(0, 300)})`);
    t.ok(Date.now() - began < quick, `${what}: another key's call took ${Date.now() - began} ms`);
}

function dial(sidegate, bytes, port = sidegate.gatewayPort) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    if (bytes !== undefined) socket.write(bytes);
    return socket;
}

// What the first line of an answer says, when it comes.
const status = async (socket) => Number(/^HTTP\/1.1 (\d+)/.exec((await once(socket, 'data'))[0].toString('latin1'))?.[1]);

async function manyLargeCalls(t, g) {
    const { sidegate, upstream } = g;
    const hostile = await sidegate.addKey('ana', 'hostile');
    const processes = ['gateway', 'egress'].map((role) => [role, sidegate.pidOf(role)]);
    const before = processes.map(([, pid]) => resident(pid));
    const asked = upstream.calls;
    upstream.way = (res, entry) => { if (entry.message.id === 'good') res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id: 'good', result: { resultType: 'complete', content: [{ type: 'text', text: 'well' }] } })); };
    const sockets = Array.from({ length: 64 }, (_, i) => dial(sidegate, post(sidegate, 'bad', hostile, large(i))));
    let refused = 0;
    for (const socket of sockets) status(socket).then((s) => { if (s === 429) refused++; }, () => {});
    // Each arrives at the server, or is refused.
    for (const end = Date.now() + PATIENCE; upstream.calls - asked + refused < 64;) {
        if (Date.now() > end) throw new Error(`of 64 calls ${upstream.calls - asked} arrived and ${refused} were refused`);
        await new Promise((done) => { setTimeout(done, 20); });
    }
    await good(t, g, 'while one key has 64 large calls');
    await good(t, g, 'while one key has 64 large calls', { text: 'y'.repeat(2 * MiB) });
    processes.forEach(([role, pid], i) => t.ok(resident(pid) - before[i] < most, `${role} has grown by ${(resident(pid) - before[i]) / MiB} MiB`));
    t.ok(upstream.calls - asked >= 8, 'some of the large calls went through');
    t.ok(refused > 0, 'the others were refused with 429');
    for (const socket of sockets) socket.destroy();
    upstream.way = 'well';
}

async function unfinishedBodies(t, g) {
    const { sidegate } = g;
    const pid = sidegate.pidOf('gateway');
    const before = resident(pid);
    const text = post(sidegate, 'bad', 'sgk_made-up', large('unfinished'));
    const sockets = Array.from({ length: 66 }, () => dial(sidegate));
    await Promise.all(sockets.map((socket) => new Promise((done) => { socket.write(text.slice(0, -1), done); })));
    await good(t, g, 'while strangers send 66 bodies', { text: 'y'.repeat(MiB) });
    t.ok(resident(pid) - before < 8 * MiB, `the gateway has grown by ${(resident(pid) - before) / MiB} MiB`);
    for (const socket of sockets) socket.destroy();
    t.equal((await exchange(sidegate.gatewayPort, text)).status, 401, 'a made-up token is told so when its body is read');
}

async function idleConnections(t, g) {
    const { sidegate, key } = g;
    const kept = dial(sidegate, post(sidegate, 'bad', key, call('kept', 'act')));
    t.equal(await status(kept), 200, 'a connection that a good token was shown on');
    const sockets = [];
    for (const port of [sidegate.gatewayPort, sidegate.surfacePort]) {
        for (let i = 0; i < 2100; i++) {
            const socket = dial(sidegate, undefined, port);
            sockets.push(socket);
            await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
        }
    }
    await good(t, g, 'while strangers hold 2100 connections');
    const began = Date.now();
    t.equal((await exchange(sidegate.surfacePort, `GET /login HTTP/1.1\r\nHost: localhost:${sidegate.surfacePort}\r\n\r\n`)).status, 200, 'a page is shown');
    t.ok(Date.now() - began < quick, `a page took ${Date.now() - began} ms`);
    kept.write(post(sidegate, 'bad', key, call('kept', 'act')));
    t.equal(await status(kept), 200, 'and is still served among all these');
    kept.destroy();
    for (const socket of sockets) socket.destroy();
}

export default async function (t) {
    const upstream = await start();
    t.later(() => upstream.stop());
    const sidegate = await t.sidegate({ upstreams: { bad: upstreamConfig(upstream.url, { title: 'Open', credential: null, protocols: ['2026-07-28'] }) } });
    const g = { upstream, sidegate, key: await sidegate.addKey('ana', 'good') };
    await good(t, g, 'at first');
    await idleConnections(t, g);
    await unfinishedBodies(t, g);
    await manyLargeCalls(t, g);
}
