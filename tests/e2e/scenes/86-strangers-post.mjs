import { connect } from 'node:net';
import { once } from 'node:events';
import { textOf } from '../../lib/agent.mjs';

export const name = 'however many strangers post forms at once under a made-up session, the pages go on and a person finishes a handoff';

const STRANGERS = 1900; // nearly all connections that there may be

// A form with everything in it, for a handoff that there is not.
function form(port) {
    const body = `csrf=${'a'.repeat(64)}&password=x${Array.from({ length: 8 }, (_, i) => `&f${i}=v`).join('')}`;
    return `POST /h/${'0'.repeat(32)} HTTP/1.1\r\nHost: localhost:${port}\r\nOrigin: null\r\nSec-Fetch-Site: same-origin\r\nCookie: __Host-sidegate=${'A'.repeat(43)}\r\n`
        + `Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

export default async function (t) {
    const { key, sidegate, agent, person } = await t.cast({ credential: { lease: { kind: 'keep' } } });
    const surface = sidegate.pidOf('surface');
    const call = agent.call('weather', { station: 'harbour' });
    const { url } = await agent.link();
    const text = form(sidegate.surfacePort);

    const sockets = [];
    for (let i = 0; i < STRANGERS; i++) {
        const socket = connect(sidegate.surfacePort, '127.0.0.1');
        socket.on('error', () => {});
        t.later(() => socket.destroy());
        await once(socket, 'connect');
        socket.write(text.slice(0, -1));
        sockets.push(socket);
    }
    const answers = sockets.map(async (socket) => {
        const got = Promise.race([once(socket, 'data'), once(socket, 'close')]);
        socket.write(text.slice(-1));
        const [data] = await got;
        return /^HTTP\/1.1 (\d+)/.exec(String(data))?.[1];
    });
    const counts = Object.groupBy(await Promise.all(answers), (status) => status);
    t.ok(counts[303]?.length > STRANGERS / 2, `they are answered: ${JSON.stringify(Object.entries(counts).map(([status, all]) => [status, all.length]))}`);
    t.equal(sidegate.pidOf('surface'), surface, 'the pages are served by the process that began');

    await person.give(url, { 'API key': key });
    t.match(textOf(await call), /Harbour wall/, 'the call goes through');
}
