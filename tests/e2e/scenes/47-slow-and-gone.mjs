import { oneAnEra } from '../../lib/agent.mjs';
import { connect } from 'node:net';
import { once } from 'node:events';
import { call, exchange, legacySession, message, modern, post } from '../../lib/raw.mjs';
import { PATIENCE } from '../../lib/patience.mjs';
import { upstreamConfig } from '../../lib/sidegate.mjs';

export const name = 'slow and vanished clients are dropped in time, hold up nobody, and leave no handoff broken';
export const clients = oneAnEra;

// Calls that wait for the person, held open with an answer that has begun: [socket, the gateway's number of the call].
async function held(t, { sidegate, key, era, dial }) {
    const tool = { name: 'weather', arguments: { station: 'harbour' } };
    let text;
    if (era === 'legacy') {
        const headers = await legacySession(sidegate, 'weather', key, { elicitation: { url: {} } });
        text = (id) => post(sidegate, 'weather', key, { jsonrpc: '2.0', id, method: 'tools/call', params: tool }, { headers });
    } else {
        const { requestState, inputRequests } = message(await exchange(sidegate.gatewayPort, post(sidegate, 'weather', key, modern('tools/call', tool)))).result;
        const retry = { ...tool, requestState, inputResponses: { [Object.keys(inputRequests)[0]]: { action: 'accept' } } };
        text = () => post(sidegate, 'weather', key, modern('tools/call', retry));
    }
    const all = [];
    for (let i = 0; i < 4; i++) {
        const from = sidegate.log.length;
        const socket = dial(text(`held ${i}`));
        await once(socket, 'data');
        const line = await sidegate.logged(era === 'legacy' ? /event=call call=\d+ was="ASKED" is="ELICIT"/ : /event=call call=\d+ was="ASKED" is="HOLD"/, PATIENCE, from);
        all.push([socket, /call=(\d+)/.exec(line)[1]]);
    }
    t.equal(new Set(all.map(([, number]) => number)).size, 4, 'four calls are held');
    return all;
}

const closed = (socket) => new Promise((done, fail) => {
    const timer = setTimeout(() => fail(new Error('not closed in time')), PATIENCE);
    socket.on('error', () => {});
    socket.on('close', () => { clearTimeout(timer); done(); });
    socket.resume();
});

export default async function (t, client) {
    const { key, station, sidegate, agent, person } = await t.cast({ client, limits: { hold_time: 55_000, comment_time: 50_000 }, sidegate: { log: { level: 'debug' } } });
    // Its times are short for the slow ones alone.
    const hasty = await t.sidegate({
        limits: { header_time: 1_000, body_time: 1_500, idle_time: 2_000 },
        upstreams: { weather: upstreamConfig(station.url) },
    });
    const text = post(sidegate, 'weather', agent.key, call());
    const dial = (bytes, gate = sidegate) => {
        const socket = connect(gate.gatewayPort, '127.0.0.1');
        socket.on('error', () => {});
        socket.write(bytes);
        return socket;
    };
    await Promise.all([
        closed(dial('POST /mcp/weather HTTP/1.1\r\nHost: x', hasty)),
        closed(dial(post(hasty, 'weather', agent.key, call()).slice(0, -20), hasty)),
        closed(dial('', hasty)),
    ]);
    // One byte at a time, slower than the header time as a whole.
    const drip = dial('P', hasty);
    const timer = setInterval(() => drip.write('O'), 200);
    await closed(drip);
    clearInterval(timer);

    const waiting = agent.call('weather', { station: 'harbour' });
    const { url } = await agent.link();
    await sidegate.logged(/event=call call=\d+ was="\w+" is="HOLD"/); // the agent's own, not to be taken for one of those below
    // Many that ask and leave, before the answer and in the middle of a held call.
    for (let i = 0; i < 40; i++) {
        const socket = dial(text);
        await new Promise((done) => { socket.once('connect', done); });
        if (i % 2) socket.destroy();
        else socket.resetAndDestroy();
    }
    // And some whose answer is held. libmicrohttpd says nothing of those: Sidegate must notice by itself, long before their time is over.
    const noticed = (number) => sidegate.logged(new RegExp(`process="gateway.*way="out" peer="keeper".*call_gone call=${number} `), 10_000);
    for (const [i, [socket, number]] of (await held(t, { sidegate, key: agent.key, era: agent.era, dial })).entries()) {
        if (i % 2) socket.destroy();
        else socket.resetAndDestroy();
        await noticed(number);
    }
    const answer = await exchange(sidegate.gatewayPort, text);
    t.equal(answer.status, 200, 'a good client is served meanwhile');
    await person.give(url, { 'API key': key });
    t.ok(!(await waiting).isError, 'the waiting call goes through');
    t.equal(station.seen('tools/call').filter((r) => r.authorised).length, 1, 'and is the only one that was sent');
}
