import { randomBytes } from 'node:crypto';
import { PATIENCE } from '../../lib/patience.mjs';
import { exchange } from '../../lib/raw.mjs';
import { textOf } from '../../lib/agent.mjs';

export const name = 'however many strangers log in under made-up names, a known browser logs in and finishes a handoff';

const STRANGERS = 64; // twice what may wait
const EAGER = 4; // of them

function logIn(sidegate, name) {
    const token = randomBytes(32).toString('hex');
    const form = `csrf=${token}&name=${name}&password=guess`;
    return exchange(sidegate.surfacePort, `POST /login HTTP/1.1\r\nHost: localhost:${sidegate.surfacePort}\r\nOrigin: null\r\nSec-Fetch-Site: same-origin\r\n`
        + `Cookie: __Host-sidegate-login=${token}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${form.length}\r\nConnection: close\r\n\r\n${form}`);
}

// Strangers who try without end. Who is told that too many wait tries again when the next password has been hashed; a few try again at once, so the queue is full all
// the time.
function flood(sidegate) {
    const said = { busy: 0, wrong: 0, other: [] };
    let waiting = [];
    let over = false;
    const wake = () => { for (const w of waiting.splice(0)) w(); };
    const all = Array.from({ length: STRANGERS }, async (_, nth) => {
        for (let i = 0; !over; i++) {
            const { status } = await logIn(sidegate, `made-up-${nth}-${i}`);
            if (status === 403) {
                said.wrong++;
                wake();
            } else if (status === 503) {
                said.busy++;
                said.full?.();
                if (!over && nth >= EAGER) await new Promise((done) => waiting.push(done));
            } else {
                said.other.push(status);
                said.full?.();
                return;
            }
        }
    });
    return {
        said,
        full: new Promise((done) => { said.full = done; }),
        stop: () => { over = true; wake(); return Promise.all(all); },
    };
}

export default async function (t) {
    const { key, sidegate, agent, person } = await t.cast({ credential: { lease: { kind: 'keep' } } });
    await person.open(`${person.site}/inbox`); // from here on the browser is a known one
    await person.press('Log out');
    const call = agent.call('weather', { station: 'harbour' });
    const { url } = await agent.link();

    const strangers = flood(sidegate);
    t.later(strangers.stop);
    await strangers.full;
    const { busy, wrong } = strangers.said;
    await person.give(url, { 'API key': key }); // logs in first; "busy" would be an error
    t.match(textOf(await call), /Harbour wall/, 'the call goes through');
    t.ok(strangers.said.busy > busy && strangers.said.wrong > wrong, 'the queue of strangers was full meanwhile, and got on');
    await strangers.stop();
    t.equal(strangers.said.other, [], 'strangers are told that their guess is wrong, or that too many wait');
}
export const time = 4 * PATIENCE;
