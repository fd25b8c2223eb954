import { connect } from 'node:net';
import { once } from 'node:events';
import { call, exchange, message, modern, post } from '../../lib/raw.mjs';

export const name = 'requests at and beyond the limits of what one message may have end themselves alone: no process ends, and another agent\'s running call goes on';

// base/limits.def
const KEYS = 4096;
const NODES = 262_144;
const ROOM = { keys: 16, nodes: 64 }; // REWRITE_KEYS, REWRITE_NODES

// Values as the reader counts them: keys too.
const nodes = (v) => (v === null || typeof v !== 'object' ? 1
    : Array.isArray(v) ? v.reduce((sum, e) => sum + nodes(e), 1) : Object.values(v).reduce((sum, e) => sum + 1 + nodes(e), 1));

// Requests that do not say who their client is: what leaves says it is Sidegate, and has more in it than what came.
const unsaid = (m) => { delete m.params._meta['io.modelcontextprotocol/clientInfo']; return m; };
function members(n) {
    const m = unsaid(modern('tools/list', {}));
    for (let i = Object.keys(m.params._meta).length; i < n; i++) m.params._meta[`k${i}`] = 0;
    return m;
}
function values(n) {
    const m = unsaid(call(1, 'note', { text: 'many', more: [] }));
    m.params.arguments.more = new Array(n - nodes(m)).fill(0);
    return m;
}
const state = (n) => unsaid(modern('tools/call', { name: 'note', arguments: { text: 'state' }, requestState: 's'.repeat(n) }));

export default async function (t) {
    const { station, sidegate } = await t.cast({ agent: null, person: null, station: { check: () => true }, credential: null });
    const [key, other] = [await sidegate.addKey('ana', 'hostile'), await sidegate.addKey('ana', 'good')];
    const send = (m, headers = {}) => exchange(sidegate.gatewayPort, post(sidegate, 'weather', key, m, { headers }));
    t.equal((await send(call())).status, 200, 'all is well at first');

    const lookout = modern('tools/call', { name: 'lookout', arguments: {} }, 'lookout');
    lookout.params._meta['io.modelcontextprotocol/logLevel'] = 'info';
    const running = connect(sidegate.gatewayPort, '127.0.0.1');
    running.write(post(sidegate, 'weather', other, lookout));
    await once(running, 'data');
    t.equal(station.lookouts.map((signal) => signal.aborted), [false], 'another agent\'s call runs');
    const pids = sidegate.processes().map(({ pid }) => pid);
    const from = sidegate.log.length;

    // As the limits are, and as they are with room for what is added.
    const rows = [
        ['4,096 members of _meta', members(KEYS), 413],
        ['one member more than there is room for', members(KEYS - ROOM.keys + 1), 413],
        ['as many members as there is room for', members(KEYS - ROOM.keys), 200],
        ['262,144 values', values(NODES), 413],
        ['one value more than there is room for', values(NODES - ROOM.nodes + 1), 413],
        ['as many values as there is room for', values(NODES - ROOM.nodes), 200],
        ['a state longer than any', state(20_000), 400],
    ];
    for (const [what, m, status] of rows) {
        const before = station.requests.length;
        const answers = await Promise.all(Array.from({ length: 5 }, () => send(m)));
        t.equal(answers.map((a) => a.status), Array(5).fill(status), `${what}: the answers`);
        if (status === 413) t.match(answers[0].text, /larger than the limit; send less at once/, `${what}: says what to do`);
        if (status === 200) t.ok(answers.every((a) => message(a)?.result !== undefined), `${what}: each has a result\n${answers[0].text.slice(0, 500)}`);
        t.equal(station.requests.length - before, status === 200 ? 5 : 0, `${what}: reaches the server or does not`);
    }

    t.equal(station.lookouts.map((signal) => signal.aborted), [false], 'the other agent\'s call still runs');
    t.ok(!running.destroyed && !running.readableEnded, 'and its client is still connected');
    t.equal(sidegate.processes().map(({ pid }) => pid), pids, 'the same processes run');
    t.ok(!/channel_violation|process_(ended|restarted|misbehaved)|event=alert/.test(sidegate.log.slice(from)), `nobody was accused or ended\n${sidegate.log.slice(from, from + 3000)}`);
    const aborted = once(station.lookouts[0], 'abort');
    running.destroy();
    await aborted;
}
