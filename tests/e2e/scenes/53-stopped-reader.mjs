import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { once } from 'node:events';
import { PATIENCE } from '../../lib/patience.mjs';
import { call, exchange, legacySession, message, post } from '../../lib/raw.mjs';
import { upstreamConfig } from '../../lib/sidegate.mjs';
import { PlainPerson, callTool } from '../../lib/wire.mjs';
import { start } from '../../upstreams/misbehaving.mjs';

export const name = 'readers that stop in the middle of an endless answer stop the server, fill no memory, hold up nobody, and go on when they read again; those that leave are left';

const readers = 4;
const most = 8 * 1024 * 1024; // what a process may grow by for all of them; the answer has no end

const resident = (pid) => 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
const later = (ms) => new Promise((done) => { setTimeout(done, ms); });

async function until(is, what) {
    for (const end = Date.now() + PATIENCE; !is(); await later(50)) if (Date.now() > end) throw new Error(`never: ${what}`);
}

// Until the number has not grown for a second: then nothing more is taken from the server.
async function still(number) {
    let [last, since] = [number(), Date.now()];
    await until(() => {
        if (number() !== last) [last, since] = [number(), Date.now()];
        return Date.now() - since > 1_000;
    }, 'the server is never stopped');
}

async function stopped(t, { sidegate, upstream, request, good }) {
    const processes = ['gateway', 'egress'].map((role) => [role, sidegate.pidOf(role)]);
    const before = processes.map(([, pid]) => resident(pid));
    upstream.way = 'an endless stream';
    const asked = upstream.calls;
    const sockets = Array.from({ length: readers }, () => connect(sidegate.gatewayPort, '127.0.0.1'));
    for (const socket of sockets) {
        socket.write(request());
        await once(socket, 'data');
        socket.pause();
    }
    await until(() => upstream.calls === asked + readers, 'all calls arrive');
    const servers = upstream.seen('tools/call').slice(-readers).map((r) => r.socket);
    const written = () => servers.reduce((sum, s) => sum + s.bytesWritten, 0);
    await still(written);
    upstream.way = 'well';
    await good('while the readers do not read');
    processes.forEach(([role, pid], i) => t.ok(resident(pid) - before[i] < most, `${role} has grown by ${resident(pid) - before[i]} bytes`));
    const at = written();
    for (const socket of sockets) socket.resume();
    await until(() => written() > at + 4 * most, 'they go on when read again');
    processes.forEach(([role, pid], i) => t.ok(resident(pid) - before[i] < most, `${role} has grown by ${resident(pid) - before[i]} bytes while they read`));
    for (const socket of sockets) socket.pause();
    await still(written);
    return { sockets, servers };
}

// A Sidegate with an endless server behind it and the key given, and a key to call with.
async function ready(t, limits) {
    const secret = t.secret();
    const upstream = await start({ key: secret });
    t.later(() => upstream.stop());
    const sidegate = await t.sidegate({ limits, upstreams: { bad: upstreamConfig(upstream.url, { title: 'Endless', credential: { lease: { kind: 'keep' } } }) } });
    const key = await sidegate.addKey('ana', 'raw');
    const person = new PlainPerson({ site: sidegate.surfaceUrl, name: 'ana', password: sidegate.users.get('ana') });
    await callTool(sidegate.mcpUrl('bad'), key, 'act', {}, { onLink: (link) => { person.give(link, [secret]); } });
    const good = async (what) => {
        const answer = await exchange(sidegate.gatewayPort, post(sidegate, 'bad', key, call(1, 'act')));
        t.equal(message(answer)?.result?.content[0].text, 'well', `${what}: others are served`);
    };
    return { upstream, sidegate, key, good };
}

async function modern(t) {
    const { upstream, sidegate, key, good } = await ready(t);
    const { sockets, servers } = await stopped(t, { sidegate, upstream, good, request: () => post(sidegate, 'bad', key, call(1, 'act')) });
    for (const socket of sockets) socket.destroy();
    await until(() => servers.every((s) => s.destroyed), 'the server\'s connections are closed');
    await good('after the readers have gone');
}

// A legacy call goes on without its client, but not for ever, though the server is never quiet.
async function legacy(t) {
    const { upstream, sidegate, key, good } = await ready(t, { answer_time: 1_000 });
    const headers = await legacySession(sidegate, 'bad', key);
    upstream.way = 'an endless drip';
    const asked = upstream.calls;
    const socket = connect(sidegate.gatewayPort, '127.0.0.1');
    socket.write(post(sidegate, 'bad', key, { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'act', arguments: {} } }, { headers }));
    await once(socket, 'data');
    socket.destroy();
    t.equal(upstream.calls, asked + 1, 'the call has arrived');
    const server = upstream.seen('tools/call').at(-1).socket;
    await until(() => server.destroyed, 'the server\'s connection is closed');
    upstream.way = 'well';
    await good('after the legacy reader has gone');
}

export default async function (t) {
    await modern(t);
    await legacy(t);
}
