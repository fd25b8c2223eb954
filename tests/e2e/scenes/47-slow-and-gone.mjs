import { oneAnEra } from '../../lib/agent.mjs';
import { connect } from 'node:net';
import { call, exchange, post } from '../../lib/raw.mjs';
import { PATIENCE } from '../../lib/patience.mjs';

export const name = 'slow and vanished clients are dropped in time, hold up nobody, and leave no handoff broken';
export const clients = oneAnEra;

const closed = (socket) => new Promise((done, fail) => {
    const timer = setTimeout(() => fail(new Error('not closed in time')), PATIENCE);
    socket.on('error', () => {});
    socket.on('close', () => { clearTimeout(timer); done(); });
    socket.resume();
});

export default async function (t, client) {
    const { key, station, sidegate, agent, person } = await t.cast({ client, limits: { header_time: 1_000, body_time: 1_500, idle_time: 2_000 } });
    const text = post(sidegate, 'weather', agent.key, call());
    const dial = (bytes) => {
        const socket = connect(sidegate.gatewayPort, '127.0.0.1');
        socket.on('error', () => {});
        socket.write(bytes);
        return socket;
    };
    await Promise.all([
        closed(dial('POST /mcp/weather HTTP/1.1\r\nHost: x')),
        closed(dial(text.slice(0, -20))),
        closed(dial('')),
    ]);
    // One byte at a time, slower than the header time as a whole.
    const drip = dial('P');
    const timer = setInterval(() => drip.write('O'), 200);
    await closed(drip);
    clearInterval(timer);

    const waiting = agent.call('weather', { station: 'harbour' });
    const { url } = await agent.link();
    // Many that ask and leave, before the answer and in the middle of a held call.
    for (let i = 0; i < 40; i++) {
        const socket = dial(text);
        await new Promise((done) => { socket.once('connect', done); });
        if (i % 2) socket.destroy();
        else socket.resetAndDestroy();
    }
    const answer = await exchange(sidegate.gatewayPort, text);
    t.equal(answer.status, 200, 'a good client is served meanwhile');
    await person.give(url, { 'API key': key });
    t.ok(!(await waiting).isError, 'the waiting call goes through');
    t.equal(station.seen('tools/call').filter((r) => r.authorised).length, 1, 'and is the only one that was sent');
}
